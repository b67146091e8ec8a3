/* SPDX-License-Identifier: BSD-2-Clause */
/* Needs libtarget.so at start; the test chooses which by LD_LIBRARY_PATH. */
int library_run(void);

int main(void)
{
	return library_run();
}
