/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bare digests, one a line.
 */
#include "list_format.h"

#define DETECT_DIGITS 16U /* fewer hexadecimal digits are rather a word */

static bool detect(const struct line *first)
{
	struct slice text = slice_trim((struct slice){ first->text, first->size });

	return text.size >= DETECT_DIGITS && list_hex_run(text.bytes, text.size) == text.size;
}

static int parse(struct list_parser *parser)
{
	struct line line;
	int r;

	while ((r = list_next_line(parser, &line)) > 0) {
		struct list_row row = { .size = ENTRY_SIZE_UNKNOWN, .line = line.number };
		struct slice text = slice_trim((struct slice){ line.text, line.size });

		if (!list_digest(parser, line.number, text, row.digest))
			continue;
		r = list_emit(parser, &row);
		if (r < 0)
			return r;
	}
	return r;
}

const struct list_format list_format_plain = {
	.name = "plain",
	.description = "one SHA-256 a line",
	.detect = detect,
	.parse = parse,
};
