/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list`: the table of what can be done with lists of digests.
 */
#include <signal.h>
#include <stdio.h>

#include "cmd_list.h"
#include "command.h"
#include "util.h"

struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
	const char *summary;
};

static const struct verb verbs[] = {
	{ "build", cmd_list_build, cmd_list_build_help, "make a list of software that is at hand" },
	{ "import", cmd_list_import, cmd_list_import_help, "make native lists of any others" },
	{ "show", cmd_list_show, cmd_list_show_help, "show what lists hold" },
	{ "verify", cmd_list_verify, cmd_list_verify_help, "look for mistakes in lists" },
	{ "diff", cmd_list_diff, cmd_list_diff_help, "say what a new list changes" },
	{ "sign", cmd_list_sign, cmd_list_sign_help, "sign lists as minisign does" },
	{ "check-signature", cmd_list_check_signature, cmd_list_check_signature_help,
	  "verify the signatures of lists" },
};

static void usage(FILE *out)
{
	fputs("usage: interdict list VERB [OPTION...]\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-16s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\nEach verb explains itself: interdict list VERB --help\n", out);
}

int cmd_list(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		usage(stderr);
		return EXIT_TROUBLE;
	}
	if (streq(name, "--help") || streq(name, "-h") || streq(name, "help")) {
		usage(stdout);
		return EXIT_FINE;
	}
	/* A reader that goes away is an error like any other, with a message. */
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!streq(verbs[i].name, name))
			continue;
		if (argc > 2 && (streq(argv[2], "--help") || streq(argv[2], "-h"))) {
			fputs(verbs[i].help, stdout);
			return EXIT_FINE;
		}
		return verbs[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "interdict: no verb '%s' of list; `interdict list --help` lists them\n",
		name);
	return EXIT_TROUBLE;
}
