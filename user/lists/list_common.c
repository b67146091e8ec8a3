/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the list formats of lines share: the loop over the lines, and pieces of them.
 */
#include <string.h>
#include <strings.h>

#include "list_format.h"

#define DIGEST_DIGITS_MIN 16U

int list_each_line(struct list_parser *parser, list_line_fn function)
{
	struct line line;
	int r;

	while ((r = list_next_line(parser, &line)) > 0) {
		struct list_row row = { .size = ENTRY_SIZE_UNKNOWN, .line = line.number };

		if (!function(parser, &line, &row))
			continue;
		r = list_emit(parser, &row);
		if (r < 0)
			return r;
	}
	return r;
}

bool list_line_malformed(struct list_parser *parser, const struct line *line, const char *expected)
{
	list_malformed(parser, line->number, line->text, line->size, expected);
	return false;
}

void list_weak_digest(struct list_parser *parser, uint32_t line, struct slice hex,
		      enum list_weak weak)
{
	static const struct {
		size_t digits; /* 0: not known, and not hexadecimal digits perhaps */
		const char *expected;
	} known[LIST_WEAK_COUNT] = {
		[LIST_MD5] = { 32, "an MD5: 32 hexadecimal digits" },
		[LIST_SHA1] = { 40, "a SHA-1: 40 hexadecimal digits" },
		[LIST_OTHER] = { 0, "a digest" },
	};
	size_t digits = known[weak].digits;

	if (hex.size == 0 || (digits > 0 && (hex.size != digits ||
					     list_hex_run(hex.bytes, hex.size) != digits)))
		list_malformed(parser, line, hex.bytes, hex.size, known[weak].expected);
	else
		list_weak(parser, weak);
}

bool list_parse_size(struct slice text, uint64_t *ret_size)
{
	uint64_t size = 0;

	if (text.size == 0)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		unsigned int digit = (unsigned int)(text.bytes[i] - '0');

		if (digit > 9 || size > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		size = 10 * size + digit;
	}
	*ret_size = size;
	return true;
}

size_t list_hex_run(const char *bytes, size_t size)
{
	size_t i = 0;

	while (i < size && ((bytes[i] >= '0' && bytes[i] <= '9') ||
			    (bytes[i] >= 'a' && bytes[i] <= 'f') ||
			    (bytes[i] >= 'A' && bytes[i] <= 'F')))
		i++;
	return i;
}

bool list_begins_with_digest(struct slice text, size_t *ret_digits)
{
	*ret_digits = list_hex_run(text.bytes, text.size);
	return *ret_digits >= DIGEST_DIGITS_MIN;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct slice slice_trim(struct slice slice)
{
	while (slice.size > 0 && is_blank(*slice.bytes)) {
		slice.bytes++;
		slice.size--;
	}
	while (slice.size > 0 && is_blank(slice.bytes[slice.size - 1]))
		slice.size--;
	return slice;
}

struct slice slice_take(struct slice *rest, char separator)
{
	const char *end = rest->size ? memchr(rest->bytes, separator, rest->size) : NULL;
	struct slice taken = *rest;

	if (!end) {
		*rest = (struct slice){ NULL, 0 };
		return taken;
	}
	taken.size = (size_t)(end - rest->bytes);
	rest->bytes = end + 1;
	rest->size -= taken.size + 1;
	return taken;
}

bool slice_take_last(struct slice *rest, char separator, struct slice *ret_last)
{
	const char *at = rest->size ? memrchr(rest->bytes, separator, rest->size) : NULL;
	size_t before;

	if (!at)
		return false;
	before = (size_t)(at - rest->bytes);
	*ret_last = (struct slice){ at + 1, rest->size - before - 1 };
	rest->size = before;
	return true;
}

bool slice_is(struct slice slice, const char *text)
{
	return slice.size == strlen(text) &&
	       (slice.size == 0 || strncasecmp(slice.bytes, text, slice.size) == 0);
}

bool slice_begins(struct slice slice, const char *text)
{
	size_t size = strlen(text);

	return slice.size >= size && memcmp(slice.bytes, text, size) == 0;
}

bool slice_all(struct slice slice, const char *characters)
{
	for (size_t i = 0; i < slice.size; i++)
		if (!slice.bytes[i] || !strchr(characters, slice.bytes[i]))
			return false;
	return true;
}

bool slice_has_nul(struct slice slice)
{
	return slice.size > 0 && memchr(slice.bytes, '\0', slice.size);
}
