/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Attributes of MISP as CSV:
 *
 *	uuid,event_id,category,type,value,comment,to_ids,date,...
 *
 * Set aside are attributes that are not for detection (to_ids 0) and those that
 * are no digest of a file.
 */
#include "csv_record.h"

#include <errno.h>
#include <string.h>

#include "misp_type.h"

enum column {
	COLUMN_TYPE,
	COLUMN_VALUE,
	COLUMN_COMMENT,
	COLUMN_TO_IDS,
	COLUMN_COUNT,
};

static const char *const column_names[COLUMN_COUNT] = { "type", "value", "comment", "to_ids" };

/* Which column stands where; SIZE_MAX: nowhere. */
struct layout {
	size_t column[COLUMN_COUNT];
	size_t count;
};

static size_t find_column(struct slice name)
{
	size_t i = 0;

	while (i < COLUMN_COUNT && !slice_is(name, column_names[i]))
		i++;
	return i;
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice rest = { first->text, first->size }, name;
	bool found[COLUMN_COUNT + 1] = { false }, misp = false;

	(void)parser;
	while (csv_header_name(&rest, &name)) {
		found[find_column(name)] = true;
		misp = misp || slice_is(name, "uuid") || slice_is(name, "event_id") ||
		       slice_is(name, "category");
	}
	return found[COLUMN_TYPE] && found[COLUMN_VALUE] && (misp || found[COLUMN_TO_IDS]);
}

/* False if the header was reported: then the rows cannot be read. */
static bool parse_header(struct list_parser *parser, struct csv_record *header,
			 struct layout *layout)
{
	struct slice name;
	int r;

	memset(layout->column, 0xff, sizeof(layout->column));
	layout->count = 0;
	while ((r = csv_record_field(header, &name)) > 0 && layout->count < CSV_COLUMNS_MAX) {
		size_t column = find_column(name);

		if (column < COLUMN_COUNT && layout->column[column] != SIZE_MAX)
			r = -EINVAL;
		if (r < 0)
			break;
		if (column < COLUMN_COUNT)
			layout->column[column] = layout->count;
		layout->count++;
	}
	if (r == 0 && layout->column[COLUMN_TYPE] != SIZE_MAX &&
	    layout->column[COLUMN_VALUE] != SIZE_MAX)
		return true;
	csv_record_malformed(parser, header, "a header row with the columns type, value and "
					     "to_ids, each once");
	return false;
}

/* Whether it is for detection, as MISP says if it does not say: for digests it is. */
static bool read_to_ids(struct slice text, bool *ret_to_ids)
{
	*ret_to_ids = text.size == 0 || slice_is(text, "1") || slice_is(text, "true");
	return *ret_to_ids || slice_is(text, "0") || slice_is(text, "false");
}

static struct slice get(const struct layout *layout, const struct slice *fields,
			enum column column)
{
	if (layout->column[column] == SIZE_MAX)
		return (struct slice){ NULL, 0 };
	return fields[layout->column[column]];
}

/* Fills the row. False if the record gives none: then it was counted or reported. */
static bool parse_fields(struct list_parser *parser, const void *layout,
			 const struct slice *fields, struct list_row *row)
{
	struct slice type = get(layout, fields, COLUMN_TYPE);
	struct slice value = get(layout, fields, COLUMN_VALUE), hex = value;
	struct slice to_ids = get(layout, fields, COLUMN_TO_IDS);
	struct misp_digest digest;
	bool wanted;

	if (!read_to_ids(to_ids, &wanted)) {
		list_malformed(parser, row->line, to_ids.bytes, to_ids.size, "0 or 1 as to_ids");
		return false;
	}
	if (!misp_type_digest(type, &digest) || !wanted) {
		list_set_aside(parser);
		return false;
	}
	if (digest.named && !slice_take_last(&value, '|', &hex)) {
		list_malformed(parser, row->line, value.bytes, value.size,
			       "a file name, | and a digest");
		return false;
	}
	row->text[LIST_PATH] = digest.named ? value : row->text[LIST_PATH];
	row->text[LIST_SOURCE] = get(layout, fields, COLUMN_COMMENT);
	if (digest.weak < LIST_WEAK_COUNT) {
		list_weak_digest(parser, row->line, hex, digest.weak);
		return false;
	}
	if (slice_has_nul(row->text[LIST_PATH]) || slice_has_nul(row->text[LIST_SOURCE])) {
		list_malformed(parser, row->line, value.bytes, value.size, "text without NUL");
		return false;
	}
	return list_digest(parser, row->line, hex, row->digest);
}

static int parse(struct list_parser *parser)
{
	struct layout layout;
	struct csv_record header;
	int r = csv_record_next(parser, &header);

	if (r <= 0)
		return r;
	return parse_header(parser, &header, &layout) ?
		       csv_each_record(parser, layout.count, parse_fields, &layout) :
		       0;
}

const struct list_format list_format_misp_csv = {
	.name = "misp-csv",
	.description = "attributes of MISP as CSV",
	.detect = detect,
	.parse = parse,
};
