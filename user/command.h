/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of `interdict`, one file cmd_<verb>.c each; main.c has the table.
 */
#ifndef INTERDICT_COMMAND_H
#define INTERDICT_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses, the same for every verb. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_FOUND = 1,	  /* restricted software found */
	EXIT_TROUBLE = 2, /* usage or system error */
};

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* NULL: the command has verbs, and prints its help itself */
	const char *summary;
};

/* Verbs, and what is said around them. */
struct command_table {
	const char *path;     /* what is typed before the verb */
	const char *synopsis; /* behind "usage: " */
	const char *epilogue; /* lines, each with its newline */
	const char *kind;     /* "command": what one of them is called */
	const char *of;	      /* behind the name of one that there is not */
	int width;	      /* of the column of names */
	const struct command *commands;
	size_t count;
};

/*
 * Runs the verb that @argv[1] names, or prints its help or that of the table. Returns an
 * exit status.
 */
int command_run(const struct command_table *table, int argc, char **argv);

/*
 * For verbs that take --json and nothing else. Returns 0, or -EINVAL for anything else,
 * which was reported.
 */
int command_parse_json(int argc, char **argv, bool *ret_json);

/* @argv[0] is the verb. Returns an exit status. */
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* What `interdict <verb> --help` prints. */
extern const char cmd_run_help[];
extern const char cmd_check_help[];
extern const char cmd_scan_help[];
extern const char cmd_status_help[];
extern const char cmd_doctor_help[];
extern const char cmd_selftest_help[];
extern const char cmd_reload_help[];
extern const char cmd_stop_help[];
extern const char cmd_version_help[];

#endif
