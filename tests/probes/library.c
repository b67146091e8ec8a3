/* SPDX-License-Identifier: BSD-2-Clause */
/* A library to restrict, loaded by needs_library and load_library. See target.c for the zeros. */
#include <unistd.h>

int library_run(void);

static const char line[] = "RAN-00000000\n";

int library_run(void)
{
	return write(1, line, sizeof(line) - 1) == sizeof(line) - 1 ? 0 : 1;
}
