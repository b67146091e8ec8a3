/* SPDX-License-Identifier: BSD-2-Clause */
/* An ordinary dynamic program, for `ld.so ./program`. See target.c for the zeros. */
#include <unistd.h>

static const char line[] = "RAN-00000000\n";

int main(void)
{
	return write(1, line, sizeof(line) - 1) == sizeof(line) - 1 ? 0 : 1;
}
