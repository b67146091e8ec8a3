/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tables of files in CSV: what a header's names mean, and rows below it. Private to
 * list_csv.c and to formats that are such a table with something around it.
 */
#ifndef INTERDICT_LIST_CSV_H
#define INTERDICT_LIST_CSV_H

#include "csv_record.h"

/* What a column is about: the texts of a row, and then the others. */
enum csv_field {
	CSV_SHA256 = LIST_TEXT_COUNT,
	CSV_SIZE,
	CSV_SHA1,
	CSV_MD5,
	CSV_OTHER_DIGEST,
	CSV_FIELD_COUNT,
};

/* Which column stands where, by the header. */
struct csv_layout {
	bool native; /* all columns are ours */
	size_t count;
	size_t column[CSV_FIELD_COUNT]; /* index; SIZE_MAX: there is none */
};

/* Whether a header of these names is one of a table of files. */
bool csv_is_header(struct slice header);

/*
 * Reads the header. What none of its columns can be is reported as a warning if
 * @warn. False if it was reported as an error: then rows cannot be read.
 */
bool csv_layout_read(struct list_parser *parser, struct csv_record *header, bool warn,
		     struct csv_layout *ret_layout);

/* Reads all rows below it. Returns 0 or a negative errno. */
int csv_rows_read(struct list_parser *parser, const struct csv_layout *layout);

#endif
