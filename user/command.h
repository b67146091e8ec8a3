/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of `interdict`, one file cmd_<verb>.c each; main.c has the table.
 */
#ifndef INTERDICT_COMMAND_H
#define INTERDICT_COMMAND_H

/* Exit statuses, the same for every verb. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_FOUND = 1,	  /* restricted software found */
	EXIT_TROUBLE = 2, /* usage or system error */
};

/* @argv[0] is the verb. Returns an exit status. */
int cmd_run(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_scan(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_version(int argc, char **argv);

/* What `interdict <verb> --help` prints. */
extern const char cmd_run_help[];
extern const char cmd_check_help[];
extern const char cmd_scan_help[];
extern const char cmd_status_help[];
extern const char cmd_doctor_help[];
extern const char cmd_selftest_help[];
extern const char cmd_reload_help[];
extern const char cmd_version_help[];

#endif
