/* SPDX-License-Identifier: BSD-2-Clause */
#include "csv_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void csv_record_malformed(struct list_parser *parser, const struct csv_record *record,
			  const char *expected)
{
	list_malformed(parser, record->line, record->shown, record->shown_size, expected);
}

static void skip_bytes(struct slice *slice, size_t count)
{
	slice->bytes += count;
	slice->size -= count;
}

/* Takes a quoted field, undoing the quotes in place. False if it does not end. */
static bool take_quoted(struct slice *rest, struct slice *ret_field)
{
	char *out = (char *)rest->bytes;
	size_t used = 0;

	for (size_t i = 1; i < rest->size; i++) {
		if (rest->bytes[i] == '"' && (++i == rest->size || rest->bytes[i] != '"')) {
			*ret_field = (struct slice){ out, used };
			skip_bytes(rest, i);
			return true;
		}
		out[used++] = rest->bytes[i];
	}
	return false;
}

int csv_record_field(struct csv_record *record, struct slice *ret_field)
{
	struct slice *rest = &record->rest;
	struct slice plain;
	const char *comma;
	bool quoted;

	if (!rest->bytes)
		return 0;
	while (rest->size > 0 && (*rest->bytes == ' ' || *rest->bytes == '\t'))
		skip_bytes(rest, 1);
	quoted = rest->size > 0 && *rest->bytes == '"';
	if (quoted && !take_quoted(rest, ret_field))
		return -EINVAL;
	comma = memchr(rest->bytes, ',', rest->size);
	plain.bytes = rest->bytes;
	plain.size = comma ? (size_t)(comma - rest->bytes) : rest->size;
	plain = slice_trim(plain);
	if (memchr(plain.bytes, '"', plain.size) || (quoted && plain.size > 0))
		return -EINVAL;
	if (!quoted)
		*ret_field = plain;
	if (comma)
		skip_bytes(rest, (size_t)(comma + 1 - rest->bytes));
	else
		rest->bytes = NULL;
	return 1;
}

bool csv_record_fields(struct list_parser *parser, struct csv_record *record, size_t columns,
		       struct slice *fields)
{
	struct slice field;
	size_t count = 0;
	int r;

	while ((r = csv_record_field(record, &field)) > 0) {
		if (count < columns)
			fields[count] = field;
		count++;
	}
	if (r < 0) {
		csv_record_malformed(parser, record, "fields quoted as in RFC 4180");
		return false;
	}
	if (count != columns) {
		char expected[64];

		snprintf(expected, sizeof(expected), "%zu fields, as the header has", columns);
		csv_record_malformed(parser, record, expected);
		return false;
	}
	return true;
}

static size_t count_quotes(const char *bytes, size_t size)
{
	size_t count = 0;

	for (const char *at = bytes; (at = memchr(at, '"', size - (size_t)(at - bytes))); at++)
		count++;
	return count;
}

void csv_record_set(struct csv_record *record, struct slice text, uint32_t line)
{
	record->line = line;
	record->rest = text;
	record->shown_size = text.size < CSV_SHOWN_MAX ? text.size : CSV_SHOWN_MAX;
	memcpy(record->shown, text.bytes, record->shown_size);
}

int csv_record_next(struct list_parser *parser, struct csv_record *record)
{
	struct line line;
	int r = list_next_line(parser, &line);
	size_t quotes;

	if (r <= 0)
		return r;
	quotes = count_quotes(line.text, line.size);
	while (quotes % 2 == 1 && r > 0) {
		size_t counted = line.size;

		r = line_reader_extend(parser->lines, &line);
		if (r > 0)
			quotes += count_quotes(line.text + counted, line.size - counted);
	}
	if (r < 0 && r != -EMSGSIZE)
		return r;
	csv_record_set(record, (struct slice){ line.text, line.size }, line.number);
	return 1;
}

int csv_each_record(struct list_parser *parser, size_t columns, csv_row_fn fill,
		    const void *layout)
{
	struct slice fields[CSV_COLUMNS_MAX];
	struct csv_record record;
	int r;

	while ((r = csv_record_next(parser, &record)) > 0) {
		struct list_row row = { .size = ENTRY_SIZE_UNKNOWN, .line = record.line };

		if (!csv_record_fields(parser, &record, columns, fields) ||
		    !fill(parser, layout, fields, &row))
			continue;
		r = list_emit(parser, &row);
		if (r < 0)
			return r;
	}
	return r;
}

bool csv_header_name(struct slice *rest, struct slice *ret_name)
{
	struct slice name;

	if (!rest->bytes)
		return false;
	name = slice_trim(slice_take(rest, ','));
	if (name.size > 2 && *name.bytes == '"' && name.bytes[name.size - 1] == '"')
		name = (struct slice){ name.bytes + 1, name.size - 2 };
	*ret_name = name;
	return true;
}
