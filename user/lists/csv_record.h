/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of comma-separated values (RFC 4180), field by field. Blanks around a
 * field that is not quoted do not count, nor do those around quotation marks.
 * Private to the list formats that are CSV.
 */
#ifndef INTERDICT_CSV_RECORD_H
#define INTERDICT_CSV_RECORD_H

#include "list_format.h"

#define CSV_SHOWN_MAX	96U /* bytes of a record that messages can show */
#define CSV_COLUMNS_MAX 256U

/* One record, and its beginning as it was before fields were changed in place. */
struct csv_record {
	uint32_t line;
	struct slice rest; /* bytes: NULL behind the last field */
	char shown[CSV_SHOWN_MAX];
	size_t shown_size;
};

/* Makes a record of bytes that may be changed in place. */
void csv_record_set(struct csv_record *record, struct slice text, uint32_t line);

/*
 * Makes a record of the next line and of those that a quoted field goes on in. Returns
 * 1, 0 at the end, or a negative errno.
 */
int csv_record_next(struct list_parser *parser, struct csv_record *record);

/*
 * Fills a row, whose line is set, with the fields of a record. False if the record
 * gives none: then it was counted or reported.
 */
typedef bool (*csv_row_fn)(struct list_parser *parser, const void *layout,
			   const struct slice *fields, struct list_row *row);

/*
 * Takes all records that are left, of @columns fields each, CSV_COLUMNS_MAX at most.
 * Returns 0 or a negative errno.
 */
int csv_each_record(struct list_parser *parser, size_t columns, csv_row_fn fill,
		    const void *layout);

/*
 * Takes the next field, its quotes undone in place. Returns 1, 0 if there is none
 * left, or -EINVAL for wrong quoting.
 */
int csv_record_field(struct csv_record *record, struct slice *ret_field);

/* Reports that the record is not what was expected, and counts no row. */
void csv_record_malformed(struct list_parser *parser, const struct csv_record *record,
			  const char *expected);

/*
 * Takes all fields: those of the first @columns into @fields. False if there are
 * not as many, or if they are quoted wrongly, which was reported.
 */
bool csv_record_fields(struct list_parser *parser, struct csv_record *record, size_t columns,
		       struct slice *fields);

/*
 * Takes the next name of a header that may not be changed, for detection: where
 * quotation marks are in the way it is no name that is looked for.
 */
bool csv_header_name(struct slice *rest, struct slice *ret_name);

#endif
