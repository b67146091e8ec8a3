/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comma-separated values (RFC 4180) below a row of column names, in any order.
 *
 * The native ones are sha256,size,product,version,package,path,source; only sha256
 * is required. Feeds of others name theirs in many ways, and have columns that say
 * nothing here. Such columns are left out, with one warning that names them: so a
 * native name that was misspelt does not go unnoticed either. In native lists each
 * row has to have its SHA-256; elsewhere a row that has only a weaker digest is
 * counted.
 */
#include "list_csv.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "util.h"

#define WARNED_MAX 12U /* columns that the warning names */

/*
 * Names in lower case without blanks, `_` and `-`. Where a header has several for the
 * same field, the one that comes first here counts.
 */
static const struct column_name {
	const char *name;
	size_t field; /* enum csv_field or enum list_text */
	bool native;
} names[] = {
	{ "sha256", CSV_SHA256, true },
	{ "sha256hash", CSV_SHA256, false },
	{ "filesha256", CSV_SHA256, false },
	{ "hashsha256", CSV_SHA256, false },
	{ "sha256sum", CSV_SHA256, false },
	{ "sha256digest", CSV_SHA256, false },
	{ "hash", CSV_SHA256, false },
	{ "filehash", CSV_SHA256, false },
	{ "digest", CSV_SHA256, false },
	{ "size", CSV_SIZE, true },
	{ "filesize", CSV_SIZE, false },
	{ "sha1", CSV_SHA1, false },
	{ "sha1hash", CSV_SHA1, false },
	{ "filesha1", CSV_SHA1, false },
	{ "hashsha1", CSV_SHA1, false },
	{ "sha1sum", CSV_SHA1, false },
	{ "md5", CSV_MD5, false },
	{ "md5hash", CSV_MD5, false },
	{ "filemd5", CSV_MD5, false },
	{ "hashmd5", CSV_MD5, false },
	{ "md5sum", CSV_MD5, false },
	{ "sha512", CSV_OTHER_DIGEST, false },
	{ "sha512hash", CSV_OTHER_DIGEST, false },
	{ "sha384", CSV_OTHER_DIGEST, false },
	{ "product", LIST_PRODUCT, true },
	{ "productname", LIST_PRODUCT, false },
	{ "software", LIST_PRODUCT, false },
	{ "signature", LIST_PRODUCT, false },
	{ "malware", LIST_PRODUCT, false },
	{ "malwarefamily", LIST_PRODUCT, false },
	{ "family", LIST_PRODUCT, false },
	{ "threat", LIST_PRODUCT, false },
	{ "threatname", LIST_PRODUCT, false },
	{ "name", LIST_PRODUCT, false },
	{ "version", LIST_VERSION, true },
	{ "productversion", LIST_VERSION, false },
	{ "fileversion", LIST_VERSION, false },
	{ "package", LIST_PACKAGE, true },
	{ "packagename", LIST_PACKAGE, false },
	{ "path", LIST_PATH, true },
	{ "filepath", LIST_PATH, false },
	{ "fullpath", LIST_PATH, false },
	{ "filename", LIST_PATH, false },
	{ "file", LIST_PATH, false },
	{ "source", LIST_SOURCE, true },
	{ "description", LIST_SOURCE, false },
	{ "comment", LIST_SOURCE, false },
	{ "comments", LIST_SOURCE, false },
	{ "note", LIST_SOURCE, false },
	{ "notes", LIST_SOURCE, false },
	{ "reference", LIST_SOURCE, false },
};

/* NULL: not known. */
static const struct column_name *find_name(struct slice name)
{
	char plain[32];
	size_t used = 0;

	for (size_t i = 0; i < name.size; i++) {
		char c = name.bytes[i];

		if (c == ' ' || c == '_' || c == '-')
			continue;
		if (used == sizeof(plain) - 1 || !c)
			return NULL;
		plain[used++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	plain[used] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (streq(names[i].name, plain))
			return &names[i];
	return NULL;
}

static bool is_digest_field(size_t field)
{
	return field == CSV_SHA256 || field == CSV_SHA1 || field == CSV_MD5 ||
	       field == CSV_OTHER_DIGEST;
}

bool csv_is_header(struct slice header)
{
	struct slice name;

	while (csv_header_name(&header, &name)) {
		const struct column_name *known = find_name(name);

		if (known && is_digest_field(known->field))
			return true;
	}
	return false;
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	(void)parser;
	return csv_is_header((struct slice){ first->text, first->size });
}

/* The columns of a header that are not known or not needed, for one warning. */
struct leftover {
	struct buffer names;
	size_t count;
};

static void leave_out(struct leftover *leftover, struct slice name)
{
	_cleanup_free_ char *quoted = NULL;

	if (++leftover->count > WARNED_MAX)
		return;
	quoted = problem_quote(name.bytes, name.size);
	if (leftover->count > 1)
		buffer_append_string(&leftover->names, ", ");
	buffer_append_string(&leftover->names, quoted ? quoted : "?");
}

static void warn_leftover(struct list_parser *parser, uint32_t line,
			  const struct leftover *leftover)
{
	if (leftover->count > 0 && !leftover->names.failed)
		problems_add(parser->problems, PROBLEM_WARNING, parser->file, line,
			     "columns that mean nothing here, left out: %.*s%s",
			     (int)leftover->names.size, leftover->names.data,
			     leftover->count > WARNED_MAX ? " ..." : "");
}

/* Enters a column. False if it was reported. */
static bool add_column(struct list_parser *parser, const struct csv_record *header,
		       struct slice name, const struct column_name *taken[CSV_FIELD_COUNT],
		       struct csv_layout *layout, struct leftover *leftover)
{
	const struct column_name *known = find_name(name);
	size_t index = layout->count++;

	if (layout->count > CSV_COLUMNS_MAX) {
		csv_record_malformed(parser, header, "at most 256 columns");
		return false;
	}
	if (!known || !known->native || name.size != strlen(known->name))
		layout->native = false;
	if (!known) {
		leave_out(leftover, name);
		return true;
	}
	if (known == taken[known->field]) {
		list_malformed(parser, header->line, name.bytes, name.size,
			       "each column at most once");
		return false;
	}
	if (taken[known->field] && taken[known->field] < known) {
		leave_out(leftover, name);
		return true;
	}
	if (taken[known->field])
		leave_out(leftover, (struct slice){ taken[known->field]->name,
						    strlen(taken[known->field]->name) });
	taken[known->field] = known;
	layout->column[known->field] = index;
	return true;
}

static bool has_digest(const struct csv_layout *layout)
{
	for (size_t field = 0; field < CSV_FIELD_COUNT; field++)
		if (is_digest_field(field) && layout->column[field] != SIZE_MAX)
			return true;
	return false;
}

bool csv_layout_read(struct list_parser *parser, struct csv_record *header, bool warn,
		     struct csv_layout *ret_layout)
{
	const struct column_name *taken[CSV_FIELD_COUNT] = { NULL };
	struct csv_layout layout = { .native = true };
	struct leftover leftover = { .count = 0 };
	struct slice name;
	bool good = true;
	int r;

	memset(layout.column, 0xff, sizeof(layout.column));
	while (good && (r = csv_record_field(header, &name)) > 0)
		good = add_column(parser, header, name, taken, &layout, &leftover);
	if (good && (r < 0 || !has_digest(&layout))) {
		csv_record_malformed(parser, header, "a header row with the column sha256");
		good = false;
	}
	if (good && warn)
		warn_leftover(parser, header->line, &leftover);
	buffer_release(&leftover.names);
	*ret_layout = layout;
	return good;
}

/* What tables write where they have nothing to say. */
static bool says_nothing(struct slice text)
{
	static const char *const nothing[] = { "", "-", "n/a", "none", "null", "nan" };

	for (size_t i = 0; i < ARRAY_SIZE(nothing); i++)
		if (slice_is(text, nothing[i]))
			return true;
	return false;
}

/* The field of a row, empty if there is no such column or nothing in it. */
static struct slice get(const struct csv_layout *layout, const struct slice *fields,
			size_t field)
{
	struct slice text = { NULL, 0 };

	if (layout->column[field] != SIZE_MAX)
		text = fields[layout->column[field]];
	if (!layout->native && says_nothing(text))
		text.size = 0;
	return text;
}

/* Takes the digest of a row. False if it is weak or none, which was counted or reported. */
static bool take_digest(struct list_parser *parser, const struct csv_layout *layout,
			const struct slice *fields, struct list_row *row)
{
	static const struct {
		size_t field; /* enum csv_field or enum list_text */
		enum list_weak weak;
	} weaker[] = { { CSV_SHA1, LIST_SHA1 }, { CSV_MD5, LIST_MD5 },
		       { CSV_OTHER_DIGEST, LIST_OTHER } };
	struct slice strong = get(layout, fields, CSV_SHA256);

	for (size_t i = 0; i < ARRAY_SIZE(weaker) && strong.size == 0; i++) {
		struct slice weak = get(layout, fields, weaker[i].field);

		if (weak.size == 0)
			continue;
		list_weak_digest(parser, row->line, weak, weaker[i].weak);
		return false;
	}
	return list_digest(parser, row->line, strong, row->digest);
}

/* Fills the row. False if the record gives none: then it was counted or reported. */
static bool parse_fields(struct list_parser *parser, const void *layout,
			 const struct slice *fields, struct list_row *row)
{
	struct slice size = get(layout, fields, CSV_SIZE);

	if (!take_digest(parser, layout, fields, row))
		return false;
	if (size.size > 0 && !list_parse_size(size, &row->size)) {
		list_malformed(parser, row->line, size.bytes, size.size,
			       "a size in bytes, or nothing");
		return false;
	}
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		row->text[i] = get(layout, fields, i);
		if (!slice_has_nul(row->text[i]))
			continue;
		list_malformed(parser, row->line, row->text[i].bytes, row->text[i].size,
			       "text without NUL");
		return false;
	}
	return true;
}

int csv_rows_read(struct list_parser *parser, const struct csv_layout *layout)
{
	return csv_each_record(parser, layout->count, parse_fields, layout);
}

static int parse(struct list_parser *parser)
{
	struct csv_layout layout;
	struct csv_record header;
	int r = csv_record_next(parser, &header);

	if (r <= 0)
		return r;
	return csv_layout_read(parser, &header, true, &layout) ? csv_rows_read(parser, &layout) : 0;
}

const struct list_format list_format_csv = {
	.name = "csv",
	.description = "CSV with a header row that names the column sha256",
	.detect = detect,
	.parse = parse,
};
