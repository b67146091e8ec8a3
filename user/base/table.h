/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of named columns as CSV (RFC 4180, below a row of names) or as a JSON array
 * of objects, one a line. Texts may be hostile: in JSON they are escaped as
 * escape.h says, in CSV control characters become '?'.
 */
#ifndef INTERDICT_TABLE_H
#define INTERDICT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum table_format {
	TABLE_TEXT, /* for a person: written by the command, not here */
	TABLE_CSV,
	TABLE_JSON,
};

struct table_column {
	const char *name;
	bool number;
};

struct table {
	FILE *out;
	enum table_format format; /* not TABLE_TEXT */
	const struct table_column *columns;
	size_t column_count;
	/* Private: */
	bool started;
	bool failed;
};

/* "text", "csv", "json". Returns 0 or -EINVAL. */
int table_format_parse(const char *name, enum table_format *ret_format);

void table_begin(struct table *table);

/* One value a column; of a number its digits. NULL or "": not known. */
void table_row(struct table *table, const char *const *values);

/* Returns 0, or a negative errno if not everything was written. */
int table_end(struct table *table);

/* Flushes @out. Returns 0, or a negative errno if this or anything before failed. */
int table_flush(FILE *out);

#endif
