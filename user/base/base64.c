/* SPDX-License-Identifier: BSD-2-Clause */
#include "base64.h"

#include <errno.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Reads four characters that stand for @size bytes, 1 to 3. */
static int decode_group(const char *text, uint8_t *bytes, size_t size)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i <= size ? value_of(text[i]) : text[i] == '=' ? 0 : -1;

		if (value < 0)
			return -EINVAL;
		bits = bits << 6 | (uint32_t)value;
	}
	/* Whoever changes these has another text for the same bytes. */
	if (bits & ((1U << 8 * (3 - size)) - 1))
		return -EINVAL;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(bits >> (16 - 8 * i));
	return 0;
}

int base64_decode(const char *text, size_t text_size, uint8_t *ret_bytes, size_t size)
{
	if (text_size != BASE64_SIZE(size))
		return -EINVAL;
	for (size_t done = 0; done < size; done += 3, text += 4) {
		size_t left = size - done;
		int r = decode_group(text, ret_bytes + done, left < 3 ? left : 3);

		if (r < 0)
			return r;
	}
	return 0;
}

void base64_encode(const uint8_t *bytes, size_t size, char *ret_text)
{
	for (size_t done = 0; done < size; done += 3) {
		size_t left = size - done;
		uint32_t bits = (uint32_t)bytes[done] << 16;

		if (left > 1)
			bits |= (uint32_t)bytes[done + 1] << 8;
		if (left > 2)
			bits |= bytes[done + 2];
		*ret_text++ = alphabet[bits >> 18];
		*ret_text++ = alphabet[bits >> 12 & 63];
		*ret_text++ = left > 1 ? alphabet[bits >> 6 & 63] : '=';
		*ret_text++ = left > 2 ? alphabet[bits & 63] : '=';
	}
	*ret_text = '\0';
}
