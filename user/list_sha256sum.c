/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sha256sum(1) writes, in either style:
 *
 *	DIGEST  name		text mark
 *	DIGEST *name		binary mark
 *	SHA256 (name) = DIGEST	--tag
 *
 * A backslash before the line says that \\, \n and \r in the name are escapes.
 */
#include "list_format.h"

#include <string.h>

#include "util.h"

#define DETECT_DIGITS 16U
#define TAG	      "SHA256 ("
#define TAG_SIZE      (sizeof(TAG) - 1)
#define TAG_END	      ") = "
#define TAG_END_SIZE  (sizeof(TAG_END) - 1)

static const char expected[] = "sha256sum's DIGEST  NAME or SHA256 (NAME) = DIGEST";

static bool is_tagged(struct slice text)
{
	return text.size > TAG_SIZE && memcmp(text.bytes, TAG, TAG_SIZE) == 0;
}

static bool detect(const struct line *first)
{
	struct slice text = { first->text, first->size };
	size_t digits;

	if (text.size > 0 && *text.bytes == '\\') {
		text.bytes++;
		text.size--;
	}
	if (is_tagged(text))
		return true;
	digits = list_hex_run(text.bytes, text.size);
	if (digits < DETECT_DIGITS || digits + 2 > text.size || text.bytes[digits] != ' ')
		return false;
	/* Blanks alone after a bare digest are no name. */
	return slice_trim((struct slice){ text.bytes + digits, text.size - digits }).size > 0;
}

/* DIGEST, a blank, a blank or the binary mark, and the name. */
static bool split_untagged(struct slice text, struct slice *ret_hex, struct slice *ret_name)
{
	const char *blank = memchr(text.bytes, ' ', text.size);
	size_t digits = blank ? (size_t)(blank - text.bytes) : text.size;

	*ret_hex = (struct slice){ text.bytes, digits };
	if (text.size < digits + 3 || (text.bytes[digits + 1] != ' ' &&
				       text.bytes[digits + 1] != '*'))
		return false;
	*ret_name = (struct slice){ text.bytes + digits + 2, text.size - digits - 2 };
	return true;
}

/* The name may hold ") = " itself, so the last one counts. */
static bool split_tagged(struct slice text, struct slice *ret_hex, struct slice *ret_name)
{
	text = slice_trim(text);
	for (size_t at = text.size - TAG_END_SIZE; at > TAG_SIZE; at--) {
		if (memcmp(text.bytes + at, TAG_END, TAG_END_SIZE) != 0)
			continue;
		*ret_name = (struct slice){ text.bytes + TAG_SIZE, at - TAG_SIZE };
		*ret_hex = (struct slice){ text.bytes + at + TAG_END_SIZE,
					   text.size - at - TAG_END_SIZE };
		return true;
	}
	return false;
}

/* Undoes the escapes in place. False if there is one that sha256sum does not write. */
static bool unescape(struct slice *name)
{
	char *out = (char *)name->bytes;
	size_t used = 0;

	for (size_t i = 0; i < name->size; i++) {
		char c = name->bytes[i];

		if (c == '\\') {
			if (++i == name->size || !strchr("\\nr", name->bytes[i]) ||
			    !name->bytes[i])
				return false;
			c = name->bytes[i] == 'n' ? '\n' : name->bytes[i] == 'r' ? '\r' : '\\';
		}
		out[used++] = c;
	}
	name->size = used;
	return true;
}

/* Fills the row; false if the line was reported. */
static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice text = { line->text, line->size }, hex, name;
	bool escaped = *text.bytes == '\\', split;

	if (escaped) {
		text.bytes++;
		text.size--;
	}
	split = is_tagged(text) ? split_tagged(text, &hex, &name) :
				  split_untagged(text, &hex, &name);
	if (!split || memchr(name.bytes, '\0', name.size)) {
		list_malformed(parser, line->number, line->text, line->size, expected);
		return false;
	}
	if (!list_digest(parser, line->number, hex, row->digest))
		return false;
	if (escaped && !unescape(&name)) {
		list_malformed(parser, line->number, name.bytes, name.size,
			       "only \\\\, \\n and \\r as escapes in a name");
		return false;
	}
	row->text[LIST_PATH] = name;
	return true;
}

static int parse(struct list_parser *parser)
{
	struct line line;
	int r;

	while ((r = list_next_line(parser, &line)) > 0) {
		struct list_row row = { .size = ENTRY_SIZE_UNKNOWN, .line = line.number };

		if (!parse_line(parser, &line, &row))
			continue;
		r = list_emit(parser, &row);
		if (r < 0)
			return r;
	}
	return r;
}

const struct list_format list_format_sha256sum = {
	.name = "sha256sum",
	.description = "the output of sha256sum",
	.detect = detect,
	.parse = parse,
};
