/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bare digests, one a line.
 */
#include "list_format.h"

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice text = slice_trim((struct slice){ first->text, first->size });
	size_t digits;

	(void)parser;
	return list_begins_with_digest(text, &digits) && digits == text.size;
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice text = slice_trim((struct slice){ line->text, line->size });

	return list_digest(parser, line->number, text, row->digest);
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_plain = {
	.name = "plain",
	.description = "one digest a line",
	.detect = detect,
	.parse = parse,
};
