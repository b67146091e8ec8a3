/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The native format: comma-separated values (RFC 4180) below a row of column
 * names, in any order: sha256,size,product,version,package,path,source. Only
 * sha256 is required. Blanks around a field that is not quoted do not count.
 */
#include "list_format.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define SHOWN_MAX 96U /* bytes of a record that messages can show */

/* The texts of a row, and then the others. */
enum {
	COLUMN_SHA256 = LIST_TEXT_COUNT,
	COLUMN_SIZE,
	COLUMN_COUNT,
};

static const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_SHA256] = "sha256", [COLUMN_SIZE] = "size",	[LIST_PRODUCT] = "product",
	[LIST_VERSION] = "version", [LIST_PACKAGE] = "package", [LIST_PATH] = "path",
	[LIST_SOURCE] = "source",
};

/* Which column stands where, by the header. */
struct layout {
	size_t column[COLUMN_COUNT];
	size_t count;
};

/* One record, and its beginning as it was before fields were changed in place. */
struct record {
	uint32_t line;
	struct slice rest; /* bytes: NULL behind the last field */
	char shown[SHOWN_MAX];
	size_t shown_size;
};

static void record_malformed(struct list_parser *parser, const struct record *record,
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

/*
 * Takes the next field off the record. Returns 1, 0 if there is none left, or
 * -EINVAL for wrong quoting.
 */
static int take_field(struct slice *rest, struct slice *ret_field)
{
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

static size_t count_quotes(const char *bytes, size_t size)
{
	size_t count = 0;

	for (const char *at = bytes; (at = memchr(at, '"', size - (size_t)(at - bytes))); at++)
		count++;
	return count;
}

/* Makes a record of a line and of those that a quoted field goes on in. */
static int begin_record(struct list_parser *parser, struct line *line, struct record *record)
{
	size_t quotes = count_quotes(line->text, line->size);
	int r = 1;

	while (quotes % 2 == 1 && r > 0) {
		size_t counted = line->size;

		r = line_reader_extend(parser->lines, line);
		if (r > 0)
			quotes += count_quotes(line->text + counted, line->size - counted);
	}
	if (r < 0 && r != -EMSGSIZE)
		return r;
	record->line = line->number;
	record->rest = (struct slice){ line->text, line->size };
	record->shown_size = line->size < SHOWN_MAX ? line->size : SHOWN_MAX;
	memcpy(record->shown, line->text, record->shown_size);
	return 0;
}

/* Returns COLUMN_COUNT if there is no column of that name. */
static size_t find_column(struct slice name)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (name.size == strlen(column_names[i]) &&
		    strncasecmp(name.bytes, column_names[i], name.size) == 0)
			return i;
	return COLUMN_COUNT;
}

static bool detect(const struct line *first)
{
	struct slice rest = { first->text, first->size };

	for (;;) {
		const char *comma = memchr(rest.bytes, ',', rest.size);
		size_t size = comma ? (size_t)(comma - rest.bytes) : rest.size;
		struct slice name = slice_trim((struct slice){ rest.bytes, size });

		if (name.size > 2 && *name.bytes == '"' && name.bytes[name.size - 1] == '"')
			name = (struct slice){ name.bytes + 1, name.size - 2 };
		if (find_column(name) == COLUMN_SHA256)
			return true;
		if (!comma)
			return false;
		skip_bytes(&rest, size + 1);
	}
}

static bool layout_has(const struct layout *layout, size_t column)
{
	for (size_t i = 0; i < layout->count; i++)
		if (layout->column[i] == column)
			return true;
	return false;
}

/* False if the header was reported: then the rows cannot be read. */
static bool parse_header(struct list_parser *parser, struct record *record, struct layout *layout)
{
	struct slice name;
	int r;

	while ((r = take_field(&record->rest, &name)) > 0) {
		size_t column = find_column(name);

		if (column == COLUMN_COUNT || layout_has(layout, column)) {
			list_malformed(parser, record->line, name.bytes, name.size,
				       "as columns, each at most once: "
				       "sha256,size,product,version,package,path,source");
			return false;
		}
		layout->column[layout->count++] = column;
	}
	if (r < 0 || !layout_has(layout, COLUMN_SHA256)) {
		record_malformed(parser, record, "a header row with the column sha256");
		return false;
	}
	return true;
}

static bool parse_size(struct slice text, uint64_t *ret_size)
{
	char number[24];

	if (text.size == 0)
		return true;
	if (text.size >= sizeof(number) || memchr(text.bytes, '\0', text.size))
		return false;
	memcpy(number, text.bytes, text.size);
	number[text.size] = '\0';
	return parse_u64(number, INT64_MAX, ret_size) == 0;
}

/* False if the field was reported. */
static bool set_field(struct list_parser *parser, size_t column, struct slice value,
		      struct list_row *row)
{
	if (column == COLUMN_SHA256)
		return list_digest(parser, row->line, value, row->digest);
	if (column == COLUMN_SIZE) {
		if (parse_size(value, &row->size))
			return true;
		list_malformed(parser, row->line, value.bytes, value.size,
			       "a size in bytes, or nothing");
		return false;
	}
	if (memchr(value.bytes, '\0', value.size)) {
		list_malformed(parser, row->line, value.bytes, value.size, "text without NUL");
		return false;
	}
	row->text[column] = value;
	return true;
}

/* False if the record was reported. */
static bool parse_record(struct list_parser *parser, const struct layout *layout,
			 struct record *record, struct list_row *row)
{
	struct slice value;
	size_t fields = 0;
	bool good = true;
	int r;

	while ((r = take_field(&record->rest, &value)) > 0) {
		if (fields < layout->count && good)
			good = set_field(parser, layout->column[fields], value, row);
		fields++;
	}
	if (r < 0) {
		record_malformed(parser, record, "fields quoted as in RFC 4180");
	} else if (good && fields != layout->count) {
		char expected[64];

		snprintf(expected, sizeof(expected), "%zu fields, as the header has",
			 layout->count);
		record_malformed(parser, record, expected);
	}
	return good && r == 0 && fields == layout->count;
}

static int parse(struct list_parser *parser)
{
	struct layout layout = { .count = 0 };
	struct record record;
	struct line line;
	int r;

	while ((r = list_next_line(parser, &line)) > 0) {
		struct list_row row = { .size = ENTRY_SIZE_UNKNOWN, .line = line.number };

		r = begin_record(parser, &line, &record);
		if (r < 0)
			return r;
		if (layout.count == 0) {
			if (!parse_header(parser, &record, &layout))
				return 0;
			continue;
		}
		if (!parse_record(parser, &layout, &record, &row))
			continue;
		r = list_emit(parser, &row);
		if (r < 0)
			return r;
	}
	return r;
}

const struct list_format list_format_csv = {
	.name = "csv",
	.description = "CSV with a header row that names the column sha256",
	.detect = detect,
	.parse = parse,
};
