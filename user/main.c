/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interdict: the table of commands. Where to look for what:
 *
 *	cmd_*.c		one verb each: options, messages, exit status
 *	cmd_list_*.c	the verbs of `interdict list`
 *
 *	base/		files replaced whole or opened safely, INI, problems and log, escaping,
 *			JSON and CSV text, a background thread, passwords, progress, small things
 *	lists/		list.c and list_*.c: lists read, one format a file
 *			byte_source.c line_reader.c csv_record.c: unpacked, cut into lines and fields
 *			listing*.c entry*.c: rows in memory
 *			minisign*.c signed_list.c sequences.c: signed, and not older than before
 *	policy/		vendor*.c schedule.c identity.c: a vendor file
 *			policy*.c: all vendors, their entries, and the image for the kernel
 *			protect.c hygiene*.c warning_list.c: what should not be in it
 *			calendar.c policy_status.c: what the dates ask of people
 *	software/	what is at hand: file_hash.c file_kind.c elf_facts.c archive_*.c
 *			package*.c owners.c: what is installed
 *			harvest*.c: rows of lists from all of these
 *	scan/		check.c: one file against the policy; scan*.c: files at rest
 *	monitor/	monitor*.c: the daemon, its loop and what it reacts to
 *			kernel.c policy_map.c features*.c: programs and maps of the kernel half (bpf/)
 *			inforce.c: the policy in force: install, name, decide
 *			hold.c locate.c hasher.c: files and tasks that the kernel left to user space
 *			sweep*.c: processes that run already
 *			suspect.c learn.c: what has no digest yet
 *			report.c repeat.c enrich.c process.c: from an alert to the outputs
 *			config.c control*.c notify.c: the administrator, the service manager
 *	output/		events.c fields.c classify.c: records, their fields and words
 *			output*.c: text, ECS, event file, syslog
 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "util.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* NULL: the command has verbs, and prints its help itself */
	const char *summary;
};

static const struct command commands[] = {
	{ "run", cmd_run, cmd_run_help, "start the monitor in the foreground" },
	{ "check", cmd_check, cmd_check_help, "say what would happen to a file, and why" },
	{ "scan", cmd_scan, cmd_scan_help, "look for restricted files on this machine" },
	{ "list", cmd_list, NULL, "find, make, compare and sign lists of digests" },
	{ "status", cmd_status, cmd_status_help, "show what the running monitor does" },
	{ "doctor", cmd_doctor, cmd_doctor_help, "say what this kernel offers" },
	{ "selftest", cmd_selftest, cmd_selftest_help, "run a listed program and see it noticed" },
	{ "reload", cmd_reload, cmd_reload_help, "make the running monitor read its lists again" },
	{ "version", cmd_version, cmd_version_help, "print the version" },
};

static void usage(FILE *out)
{
	fputs("usage: interdict COMMAND [OPTION...]\n\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
	fputs("\nEach command explains itself: interdict COMMAND --help\n"
	      "Exit status: 0 fine, 1 restricted software found, 2 usage or system error.\n",
	      out);
}

int main(int argc, char **argv)
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
	if (streq(name, "--version"))
		name = "version";
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!streq(commands[i].name, name))
			continue;
		if (commands[i].help && argc > 2 &&
		    (streq(argv[2], "--help") || streq(argv[2], "-h"))) {
			fputs(commands[i].help, stdout);
			return EXIT_FINE;
		}
		return commands[i].run(argc - 1, argv + 1);
	}
	fprintf(stderr, "interdict: no command '%s'; `interdict --help` lists them\n", name);
	return EXIT_TROUBLE;
}
