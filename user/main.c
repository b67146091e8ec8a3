/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interdict: the table of commands. Where to look for what:
 *
 *	cmd_*.c			one verb each: options, messages, exit status
 *	cmd_list_*.c		the verbs of `interdict list`
 *	monitor*.c		the daemon: life and event loop, policy, status
 *	kernel.c policy_map.c	programs and maps of the kernel half (bpf/)
 *	inforce.c		the policy in force: install, name, decide
 *	hold.c locate.c		files and tasks that the kernel left to user space
 *	hasher.c file_hash.c	SHA-256, in worker threads
 *	suspect.c owners.c learn.c background.c	what has no digest yet
 *	report.c repeat.c	from an alert to the outputs
 *	output*.c fields.c	text, ECS, event file, syslog
 *	events.c escape.c json_text.c	records decoded; hostile text made harmless
 *	enrich.c process.c package.c elf_facts.c	who and what it was
 *	config.c vendor*.c list_*.c policy*.c schedule.c protect.c	what is restricted
 *	misp_type.c stix_pattern.c	what the list formats need
 *	hygiene*.c warning_list.c	entries that get into lists by mistake
 *	calendar.c policy_status.c	what the dates ask of people
 *	identity.c package_db.c package_{dpkg,rpm}.c	what a vendor is known by, and what is installed
 *	listing*.c entry*.c	lists in memory, for the commands and for the policy
 *	harvest*.c file_kind.c	rows of lists from software: archives, directories, packages
 *	archive_*.c package_facts.c	archives in archives, and what packages say they are
 *	progress.c		how far a long command is, on a terminal
 *	atomic_file.c		files that are replaced whole
 *	byte_source.c line_reader.c csv_record.c	lists, unpacked and cut into lines and fields
 *	sweep.c			processes that run already
 *	scan.c scan_*.c		files at rest: mounts, walk, findings, coverage
 *	features.c		what this kernel can do
 *	minisign*.c base64.c blake2b.c	keys and signatures in minisign's format
 *	password.c		a secret from a file or a person
 *	signed_list.c sequences.c	lists that have to be signed, and not older than before
 *	control.c notify.c	the control socket, the service manager
 *	problems.c log.c util.c cleanup.h	messages and small things
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
