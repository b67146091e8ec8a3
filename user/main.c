/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interdict: the table of commands. Where to look for what:
 *
 *	command.c	how verbs are found in a table
 *	cmd_*.c		one verb each: options, messages, exit status
 *	cmd_list_*.c	the verbs of `interdict list`
 *
 *	base/		files replaced whole or opened safely, INI, problems and log, escaping,
 *			JSON text, a background thread, passwords, progress, small things
 *			sandbox*.c frames.c apart.c: parsers in a child without privileges
 *			capabilities.c: what a process may do
 *	lists/		list.c and list_*.c: lists read, one format a file
 *			list_apart.c list_frames.c: the same in the sandbox
 *			byte_source.c line_reader.c csv_record.c: unpacked, cut into lines and fields
 *			listing*.c entry*.c: rows in memory
 *			minisign*.c signed_list.c sequences.c: signed, and not older than before
 *	policy/		vendor*.c schedule.c identity.c: a vendor file
 *			policy*.c: all vendors, their entries, and the image for the kernel
 *			protect.c hygiene*.c warning_list.c: what should not be in it
 *			calendar.c policy_status.c: what the dates ask of people
 *	software/	what is at hand: file_hash.c file_kind.c elf_facts.c archive_*.c
 *			package*.c owners.c: what is installed
 *			harvest*.c: rows of lists from all of these, archives in the sandbox
 *	scan/		check.c: one file against the policy; scan*.c: files at rest
 *	monitor/	monitor*.c: the daemon, its loop and what it reacts to
 *			kernel*.c policy_map.c features*.c: programs and maps of the kernel half (bpf/)
 *			pins*.c: what of them outlives the daemon
 *			inforce.c: the policy in force: install, name, decide
 *			hold.c locate.c hasher.c hash_queue.c: files and tasks that the kernel left to user space
 *			sweep*.c: processes that run already
 *			suspect.c learn.c: what has no digest yet
 *			report.c repeat.c enrich.c process.c: from an alert to the outputs
 *			privileges*.c: what the daemon gives up once it runs
 *			protection.c: what root may not do to it (protect = yes)
 *			config.c control*.c notify.c: the administrator, the service manager
 *	output/		events.c field*.c classify.c: records, their fields and words
 *			output*.c: text, ECS, event file, syslog
 *			account.c last_run.c: where records have gone, and where the run before ended
 */
#include <string.h>

#include "command.h"
#include "util.h"

static const struct command commands[] = {
	{ "run", cmd_run, cmd_run_help, "start the monitor in the foreground" },
	{ "check", cmd_check, cmd_check_help, "say what would happen to a file, and why" },
	{ "scan", cmd_scan, cmd_scan_help, "look for restricted files on this machine" },
	{ "list", cmd_list, NULL, "find, make, compare and sign lists of digests" },
	{ "status", cmd_status, cmd_status_help, "show what the running monitor does" },
	{ "doctor", cmd_doctor, cmd_doctor_help, "say what this kernel offers" },
	{ "selftest", cmd_selftest, cmd_selftest_help, "run a listed program and see it noticed" },
	{ "reload", cmd_reload, cmd_reload_help, "make the running monitor read its lists again" },
	{ "stop", cmd_stop, cmd_stop_help, "end the monitor and what it has left in the kernel" },
	{ "version", cmd_version, cmd_version_help, "print the version" },
};

static const struct command_table table = {
	.path = "interdict",
	.synopsis = "interdict COMMAND [OPTION...]",
	.epilogue = "Each command explains itself: interdict COMMAND --help\n"
		    "Exit status: 0 fine, 1 restricted software found, 2 usage or system error.\n",
	.kind = "command",
	.of = "",
	.width = 10,
	.commands = commands,
	.count = ARRAY_SIZE(commands),
};

int main(int argc, char **argv)
{
	/* As everywhere else, the version is asked for by an option too. */
	if (argc > 1 && streq(argv[1], "--version"))
		argv[1] += strlen("--");
	return command_run(&table, argc, argv);
}
