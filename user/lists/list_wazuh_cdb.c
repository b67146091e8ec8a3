/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CDB lists of Wazuh with digests as keys: KEY:VALUE, KEY: or KEY, where either
 * may stand in quotation marks.
 */
#include "list_format.h"

#include <string.h>

static const char expected[] = "Wazuh's DIGEST:VALUE";

/* Takes what is before the colon, and the quotation marks off it. False if they are not closed. */
static bool take(struct slice *rest, struct slice *ret_text)
{
	struct slice text = slice_trim(*rest);
	const char *end;

	if (text.size == 0 || *text.bytes != '"') {
		*ret_text = slice_trim(slice_take(rest, ':'));
		return !memchr(ret_text->bytes, '"', ret_text->size);
	}
	end = memchr(text.bytes + 1, '"', text.size - 1);
	if (!end)
		return false;
	*ret_text = (struct slice){ text.bytes + 1, (size_t)(end - text.bytes) - 1 };
	*rest = slice_trim((struct slice){ end + 1, text.size - ret_text->size - 2 });
	if (rest->size > 0 && *rest->bytes != ':')
		return false;
	slice_take(rest, ':');
	return true;
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice rest = { first->text, first->size }, key;
	bool colon = memchr(first->text, ':', first->size);
	size_t digits;

	(void)parser;
	return colon && take(&rest, &key) && list_begins_with_digest(key, &digits) &&
	       digits == key.size;
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice rest = { line->text, line->size }, key, value = { NULL, 0 };

	if (!take(&rest, &key) || slice_has_nul(rest))
		return list_line_malformed(parser, line, expected);
	rest = slice_trim(rest);
	/* A value without quotation marks may hold colons. */
	if (rest.size > 0 && *rest.bytes == '"' && (!take(&rest, &value) || rest.size > 0))
		return list_line_malformed(parser, line, expected);
	row->text[LIST_SOURCE] = value.bytes ? value : rest;
	return list_digest(parser, line->number, key, row->digest);
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_wazuh_cdb = {
	.name = "wazuh-cdb",
	.description = "a CDB list of Wazuh, DIGEST:VALUE",
	.detect = detect,
	.parse = parse,
};
