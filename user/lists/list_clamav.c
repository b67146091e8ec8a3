/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash signatures of ClamAV (.hdb .hsb .hdu .hsu):
 *
 *	DIGEST:SIZE:NAME[:MINFL[:MAXFL]]
 *
 * with `*` for a size that is not known; MINFL and MAXFL are levels of the engine.
 * Import hashes (.imp) are written the very same way and are no digests of files:
 * only the name of the list tells, so they are counted by that.
 */
#include "list_format.h"

#include <fnmatch.h>

static const char expected[] = "ClamAV's DIGEST:SIZE:NAME[:MINFL[:MAXFL]]";

static bool is_size(struct slice text)
{
	return (text.size == 1 && *text.bytes == '*') ||
	       (text.size > 0 && slice_all(text, "0123456789"));
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice rest = { first->text, first->size };
	struct slice digest = slice_take(&rest, ':');
	size_t digits;

	(void)parser;
	return list_begins_with_digest(digest, &digits) && digits == digest.size &&
	       is_size(slice_take(&rest, ':')) && rest.size > 0;
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice rest = slice_trim((struct slice){ line->text, line->size });
	struct slice hex = slice_take(&rest, ':'), size = slice_take(&rest, ':');
	struct slice name = slice_take(&rest, ':'), least = slice_take(&rest, ':');

	if (!is_size(size) || name.size == 0 || slice_has_nul(name) ||
	    !slice_all(least, "0123456789") || !slice_all(rest, "0123456789"))
		return list_line_malformed(parser, line, expected);
	if (*size.bytes != '*' && !list_parse_size(size, &row->size))
		return list_line_malformed(parser, line, expected);
	if (fnmatch("*.imp", parser->file, 0) == 0 || fnmatch("*.imp.*", parser->file, 0) == 0) {
		list_weak(parser, LIST_OTHER);
		return false;
	}
	row->text[LIST_PRODUCT] = name;
	return list_digest(parser, line->number, hex, row->digest);
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_clamav = {
	.name = "clamav",
	.description = "ClamAV's hash signatures, .hdb .hsb .hdu .hsu",
	.detect = detect,
	.parse = parse,
};
