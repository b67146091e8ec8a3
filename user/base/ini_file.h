/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INI files, read by inih and with every mistake reported by its line: the
 * configuration and the vendor files.
 *
 * `key = value` (or `key: value`) below a [section]. Blanks around all of them
 * do not count. A line that begins with # or ; is a comment, and so is what
 * follows a blank and a ; in a line. There are no continuation lines.
 */
#ifndef INTERDICT_INI_FILE_H
#define INTERDICT_INI_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "problems.h"

struct ini_line {
	const char *file;
	unsigned int number;
	const char *section; /* "": before the first section */
	const char *key;     /* NULL: this line begins the section */
	const char *value;   /* NULL at the beginning of a section */
};

typedef void (*ini_line_fn)(void *cookie, const struct ini_line *line);

/*
 * Reads the whole file behind @fd, which stays the caller's, and calls @function
 * for each section and each key. Lines that are neither were added to @problems;
 * then the others are still read. Returns 0, or a negative errno if the file
 * could not be read to its end, which is in @problems too.
 */
int ini_read(int fd, const char *file, struct problems *problems, ini_line_fn function,
	     void *cookie);

/* A table of the keys that a file may have begins each of its rows with this. */
struct ini_key {
	const char *section;
	const char *key;
	bool repeats; /* may be given several times */
};

struct ini_table {
	const void *rows;
	size_t count;
	size_t stride;	    /* bytes of a row */
	unsigned int *seen; /* for each row, the line of its first value; 0: not given */
};

/*
 * The row for @line. NULL if the line begins a section, or if there is no such
 * row, it was given before, or it has no value, which is in @problems then.
 */
const void *ini_lookup(const struct ini_table *table, const struct ini_line *line,
		       struct problems *problems);

#endif
