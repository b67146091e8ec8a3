/* SPDX-License-Identifier: BSD-2-Clause */
#include "escape.h"

#include <stdint.h>

#include "util.h"

/*
 * Characters that are written as bytes although they are valid: controls,
 * format characters and default-ignorable code points of the Unicode Character
 * Database that move, hide or join what stands around them; noncharacters.
 */
static const struct {
	uint32_t first, last;
} unsafe_ranges[] = {
	{ 0x0000, 0x001f },   /* C0 controls */
	{ 0x007f, 0x009f },   /* DEL, C1 controls */
	{ 0x00ad, 0x00ad },   /* soft hyphen */
	{ 0x034f, 0x034f },   /* combining grapheme joiner */
	{ 0x061c, 0x061c },   /* Arabic letter mark */
	{ 0x115f, 0x1160 },   /* Hangul fillers */
	{ 0x17b4, 0x17b5 },   /* Khmer inherent vowels, invisible */
	{ 0x180b, 0x180f },   /* Mongolian variation selectors, vowel separator */
	{ 0x200b, 0x200f },   /* zero width, direction marks */
	{ 0x2028, 0x202e },   /* line and paragraph separator, bidirectional overrides */
	{ 0x2060, 0x206f },   /* invisible operators, bidirectional isolates */
	{ 0x3164, 0x3164 },   /* Hangul filler */
	{ 0xfdd0, 0xfdef },   /* noncharacters */
	{ 0xfeff, 0xfeff },   /* byte order mark */
	{ 0xffa0, 0xffa0 },   /* halfwidth Hangul filler */
	{ 0xfff0, 0xfffb },   /* specials, interlinear annotation */
	{ 0x1d173, 0x1d17a }, /* musical format controls */
	{ 0xe0000, 0xe0fff }, /* tags, variation selectors supplement */
};

static bool codepoint_is_unsafe(uint32_t codepoint)
{
	if ((codepoint & 0xfffeU) == 0xfffeU)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(unsafe_ranges); i++) {
		if (codepoint < unsafe_ranges[i].first)
			return false;
		if (codepoint <= unsafe_ranges[i].last)
			return true;
	}
	return false;
}

/*
 * Length of the well-formed UTF-8 sequence at @bytes and its code point, or 0
 * (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above 10FFFF).
 */
static size_t utf8_decode(const uint8_t *bytes, size_t left, uint32_t *ret_codepoint)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t codepoint;
	size_t length;

	if (bytes[0] < 0x80) {
		*ret_codepoint = bytes[0];
		return 1;
	}
	length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length > left)
		return 0;
	codepoint = bytes[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		codepoint = codepoint << 6 | (bytes[i] & 0x3fU);
	}
	if (codepoint < smallest[length] || codepoint > 0x10ffff ||
	    (codepoint >= 0xd800 && codepoint <= 0xdfff))
		return 0;
	*ret_codepoint = codepoint;
	return length;
}

static bool byte_is_printable_ascii(uint8_t byte)
{
	return byte >= 0x20 && byte < 0x7f;
}

/* Bytes from @bytes on that stand for themselves and need no closer look. */
static size_t plain_run(const uint8_t *bytes, size_t size)
{
	size_t i = 0;

	while (i < size && byte_is_printable_ascii(bytes[i]) && bytes[i] != '\\' && bytes[i] != '"')
		i++;
	return i;
}

/* Writes the escape of the character at @bytes to @out; returns its length. */
static size_t escape_one(const uint8_t *bytes, size_t left, bool quotes, char out[16],
                         size_t *ret_taken)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t codepoint = 0;
	size_t length = utf8_decode(bytes, left, &codepoint);
	size_t used = 0;

	*ret_taken = length ? length : 1;
	if (length && (codepoint == '\\' || (codepoint == '"' && quotes))) {
		out[used++] = '\\';
		out[used++] = (char)codepoint;
		return used;
	}
	for (size_t i = 0; i < *ret_taken; i++) {
		if (length && !codepoint_is_unsafe(codepoint)) {
			out[used++] = (char)bytes[i];
			continue;
		}
		out[used++] = '\\';
		out[used++] = 'x';
		out[used++] = digits[bytes[i] >> 4];
		out[used++] = digits[bytes[i] & 15];
	}
	return used;
}

/* Appends at most @max bytes; returns how many of @bytes they stand for. */
static size_t append_escaped(struct buffer *buffer, const uint8_t *bytes, size_t size, bool quotes,
                             size_t max)
{
	size_t done = 0;

	while (done < size) {
		size_t run = plain_run(bytes + done, size - done);
		size_t length, taken;
		char out[16];

		if (run > max)
			run = max;
		buffer_append(buffer, bytes + done, run);
		done += run;
		max -= run;
		if (done == size)
			break;
		length = escape_one(bytes + done, size - done, quotes, out, &taken);
		if (length > max)
			break;
		buffer_append(buffer, out, length);
		done += taken;
		max -= length;
	}
	return done;
}

void escape_append(struct buffer *buffer, const void *bytes, size_t size)
{
	append_escaped(buffer, bytes, size, false, SIZE_MAX);
}

static bool byte_is_bare(uint8_t byte)
{
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'))
		return true;
	if (byte >= '-' && byte <= ':') /* - . / 0-9 : */
		return true;
	return byte == '_' || byte == '@' || byte == '%' || byte == '+' || byte == '~' ||
	       byte == '^';
}

bool escape_append_value(struct buffer *buffer, const void *bytes, size_t size, size_t max)
{
	const uint8_t *byte = bytes;
	size_t bare = 0;

	while (bare < size && byte_is_bare(byte[bare]))
		bare++;
	if (bare == size && size > 0 && size <= max) {
		buffer_append(buffer, bytes, size);
		return true;
	}
	buffer_append_char(buffer, '"');
	size -= append_escaped(buffer, bytes, size, true, max);
	buffer_append_char(buffer, '"');
	return size == 0;
}
