/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DIGEST;COMMENT, as the hash lists of scanners such as Loki have it. The comment
 * may hold semicolons itself, and may be missing.
 */
#include "list_format.h"

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice text = slice_trim((struct slice){ first->text, first->size });
	size_t digits;

	(void)parser;
	if (!list_begins_with_digest(text, &digits))
		return false;
	text = slice_trim((struct slice){ text.bytes + digits, text.size - digits });
	return text.size > 0 && *text.bytes == ';';
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice rest = { line->text, line->size };
	struct slice hex = slice_trim(slice_take(&rest, ';'));

	if (slice_has_nul(rest))
		return list_line_malformed(parser, line, "DIGEST;COMMENT");
	row->text[LIST_SOURCE] = slice_trim(rest);
	return list_digest(parser, line->number, hex, row->digest);
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_semicolon = {
	.name = "semicolon",
	.description = "DIGEST;COMMENT",
	.detect = detect,
	.parse = parse,
};
