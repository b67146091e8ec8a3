/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verbs of `interdict list`, one file cmd_list_<verb>.c each; cmd_list.c has the table.
 */
#ifndef INTERDICT_CMD_LIST_H
#define INTERDICT_CMD_LIST_H

#include "listing.h"

/* @argv[0] is the verb. Returns an exit status (command.h). */
int cmd_list_build(int argc, char **argv);
int cmd_list_import(int argc, char **argv);
int cmd_list_show(int argc, char **argv);
int cmd_list_verify(int argc, char **argv);
int cmd_list_diff(int argc, char **argv);
int cmd_list_sign(int argc, char **argv);
int cmd_list_check_signature(int argc, char **argv);

/* What `interdict list <verb> --help` prints. */
extern const char cmd_list_build_help[];
extern const char cmd_list_import_help[];
extern const char cmd_list_show_help[];
extern const char cmd_list_verify_help[];
extern const char cmd_list_diff_help[];
extern const char cmd_list_sign_help[];
extern const char cmd_list_check_signature_help[];

/*
 * Writes the listing as native CSV, to standard output if @path is NULL. Returns 0 or a
 * negative errno, which was reported as the verb's.
 */
int list_write(const char *verb, const struct listing *listing, const char *path);

#endif
