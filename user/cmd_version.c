/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "command.h"

const char cmd_version_help[] = "usage: interdict version\n\nPrints the version.\n";

int cmd_version(int argc, char **argv)
{
	if (argc > 1) {
		fprintf(stderr, "interdict %s: takes no arguments\n", argv[0]);
		return EXIT_TROUBLE;
	}
	puts("interdict " INTERDICT_VERSION);
	return EXIT_FINE;
}
