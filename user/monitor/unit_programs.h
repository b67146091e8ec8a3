/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that a systemd unit file starts, by its text alone: Exec* lines, whichever
 * section they stand in. Anything may stand in such a file, so nothing is believed but that a
 * path begins with "/"; what holds specifiers, variables or escapes is left out.
 */
#ifndef INTERDICT_UNIT_PROGRAMS_H
#define INTERDICT_UNIT_PROGRAMS_H

/* @path: absolute, below PATH_MAX bytes, only valid during the call. */
typedef void unit_program_found(const char *path, void *context);

/* Calls @found for each program of @text, in its order; one may come more than once. */
void unit_programs(const char *text, unit_program_found *found, void *context);

#endif
