/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list`: the table of what can be done with lists of digests.
 */
#include <signal.h>

#include "cmd_list.h"
#include "command.h"
#include "util.h"

static const struct command verbs[] = {
	{ "build", cmd_list_build, cmd_list_build_help, "make a list of software that is at hand" },
	{ "import", cmd_list_import, cmd_list_import_help, "make native lists of any others" },
	{ "show", cmd_list_show, cmd_list_show_help, "show what lists hold" },
	{ "verify", cmd_list_verify, cmd_list_verify_help, "look for mistakes in lists" },
	{ "diff", cmd_list_diff, cmd_list_diff_help, "say what a new list changes" },
	{ "sign", cmd_list_sign, cmd_list_sign_help, "sign lists as minisign does" },
	{ "check-signature", cmd_list_check_signature, cmd_list_check_signature_help,
	  "verify the signatures of lists" },
};

static const struct command_table table = {
	.path = "interdict list",
	.synopsis = "interdict list VERB [OPTION...]",
	.epilogue = "Each verb explains itself: interdict list VERB --help\n",
	.kind = "verb",
	.of = " of list",
	.width = 16,
	.commands = verbs,
	.count = ARRAY_SIZE(verbs),
};

int cmd_list(int argc, char **argv)
{
	/* A reader that goes away is an error like any other, with a message. */
	signal(SIGPIPE, SIG_IGN);
	return command_run(&table, argc, argv);
}
