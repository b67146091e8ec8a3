/* SPDX-License-Identifier: BSD-2-Clause */
/* For LD_AUDIT and LD_PRELOAD: a library whose loading alone prints. See target.c for the zeros. */
#include <unistd.h>

unsigned int la_version(unsigned int version);

static const char line[] = "RAN-00000000\n";

__attribute__((constructor)) static void loaded(void)
{
	if (write(1, line, sizeof(line) - 1) != sizeof(line) - 1)
		_exit(1);
}

unsigned int la_version(unsigned int version)
{
	return version;
}
