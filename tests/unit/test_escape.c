/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>

#include "buffer.h"
#include "escape.h"
#include "util.h"

static void assert_buffer(struct buffer *buffer, const char *expected)
{
	buffer_append_char(buffer, '\0');
	assert_false(buffer->failed);
	assert_string_equal(buffer->data, expected);
	buffer_release(buffer);
}

static void numbers(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	buffer_append_u64(&buffer, 0);
	buffer_append_char(&buffer, ' ');
	buffer_append_u64(&buffer, UINT64_MAX);
	buffer_append_char(&buffer, ' ');
	buffer_append_s64(&buffer, INT64_MIN);
	buffer_append_char(&buffer, ' ');
	buffer_append_s64(&buffer, 42);
	assert_buffer(&buffer, "0 18446744073709551615 -9223372036854775808 42");
}

static void huge_append_fails(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	buffer_append_string(&buffer, "a");
	buffer_append(&buffer, "", SIZE_MAX / 2);
	assert_true(buffer.failed);
	buffer_append_string(&buffer, "b");
	assert_int_equal(buffer.size, 1);
	buffer_clear(&buffer);
	assert_false(buffer.failed);
	buffer_append_string(&buffer, "b");
	assert_buffer(&buffer, "b");
}

/* Both forms of the bytes: valid UTF-8, nothing that controls, and the bytes back. */
static void check_round_trip(const void *bytes, size_t size)
{
	struct buffer buffer = { 0 };
	char back[256];
	size_t got;

	assert_true(size < sizeof(back) / 4);
	escape_append(&buffer, bytes, size);
	if (size > 0) {
		json_t *string = json_stringn(buffer.data, buffer.size); /* checks UTF-8 */

		assert_non_null(string);
		json_decref(string);
	}
	for (size_t i = 0; i < buffer.size; i++)
		assert_true((uint8_t)buffer.data[i] >= 0x20 && buffer.data[i] != 0x7f);
	got = unescape(buffer.data, buffer.size, back);
	assert_int_equal(got, size);
	assert_memory_equal(back, bytes, size);

	buffer_clear(&buffer);
	assert_true(escape_append_value(&buffer, bytes, size, SIZE_MAX));
	buffer_append_char(&buffer, '\0');
	assert_null(strpbrk(buffer.data, "\n\r\033"));
	assert_ptr_equal(text_read_value(buffer.data, back, &got), buffer.data + buffer.size - 1);
	assert_int_equal(got, size);
	assert_memory_equal(back, bytes, size);
	buffer_release(&buffer);
}

static void every_byte(void **state)
{
	uint8_t pair[2];

	(void)state;
	check_round_trip("", 0);
	for (unsigned int first = 0; first < 256; first++) {
		pair[0] = (uint8_t)first;
		check_round_trip(pair, 1);
		for (unsigned int second = 0; second < 256; second++) {
			pair[1] = (uint8_t)second;
			check_round_trip(pair, 2);
		}
	}
}

static void random_sequences(void **state)
{
	/* Bytes at which UTF-8 and the scheme itself change their mind. */
	static const uint8_t edges[] = { 0x00, 0x0a, 0x1b, 0x20, 0x22, 0x3d, 0x5b, 0x5c, 0x78,
		                         0x7f, 0x80, 0x8f, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf,
		                         0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff };
	uint64_t seed = 1;
	uint8_t bytes[40];

	(void)state;
	for (int round = 0; round < 50000; round++) {
		size_t size = random_u64(&seed) % sizeof(bytes);

		random_bytes(&seed, bytes, size);
		for (size_t i = 0; round % 2 && i < size; i++)
			bytes[i] = edges[bytes[i] % sizeof(edges)];
		check_round_trip(bytes, size);
	}
}

static size_t encode(uint32_t codepoint, char out[4])
{
	if (codepoint < 0x80) {
		out[0] = (char)codepoint;
		return 1;
	}
	if (codepoint < 0x800) {
		out[0] = (char)(0xc0 | codepoint >> 6);
		out[1] = (char)(0x80 | (codepoint & 63));
		return 2;
	}
	if (codepoint < 0x10000) {
		out[0] = (char)(0xe0 | codepoint >> 12);
		out[1] = (char)(0x80 | (codepoint >> 6 & 63));
		out[2] = (char)(0x80 | (codepoint & 63));
		return 3;
	}
	out[0] = (char)(0xf0 | codepoint >> 18);
	out[1] = (char)(0x80 | (codepoint >> 12 & 63));
	out[2] = (char)(0x80 | (codepoint >> 6 & 63));
	out[3] = (char)(0x80 | (codepoint & 63));
	return 4;
}

static bool stands_for_itself(uint32_t codepoint)
{
	struct buffer buffer = { 0 };
	char bytes[4];
	size_t size = encode(codepoint, bytes);
	bool same;

	check_round_trip(bytes, size);
	escape_append(&buffer, bytes, size);
	same = buffer.size == size && memcmp(buffer.data, bytes, size) == 0;
	buffer_release(&buffer);
	return same;
}

static void every_code_point(void **state)
{
	static const uint32_t deceiving[] = { 0x85,    0x9b,     0xad,    0x61c,  0x200b, 0x200e,
		                              0x200f,  0x2028,   0x2029,  0x202a, 0x202d, 0x202e,
		                              0x2066,  0x2069,   0xfeff,  0xfff9, 0xffff, 0xfdd0,
		                              0x1fffe, 0x10ffff, 0xe0001, 0xd800, 0xdfff };
	static const uint32_t ordinary[] = { 'a',     ' ',    '=',     '"',    0xa0,
		                             0xe9,    0x416,  0x4e2d,  0x20ac, 0xac00,
		                             0x1f600, 0xfffd, 0x10fffd };

	(void)state;
	for (uint32_t codepoint = 0; codepoint < 0x20; codepoint++)
		assert_false(stands_for_itself(codepoint));
	for (uint32_t codepoint = 0x7f; codepoint < 0xa0; codepoint++)
		assert_false(stands_for_itself(codepoint));
	for (size_t i = 0; i < ARRAY_SIZE(deceiving); i++)
		assert_false(stands_for_itself(deceiving[i]));
	for (size_t i = 0; i < ARRAY_SIZE(ordinary); i++)
		assert_true(stands_for_itself(ordinary[i]));
	for (uint32_t codepoint = 0; codepoint < 0x110000; codepoint += 7)
		stands_for_itself(codepoint);
}

static void expected_forms(void **state)
{
	static const struct {
		const char *name, *value;
	} cases[] = {
		{ "/usr/bin/hello", "/usr/bin/hello" },
		{ "", "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a=b", "\"a=b\"" },
		{ "[a,b]", "\"[a,b]\"" },
		{ "x\" decision=allow y=\"", "\"x\\\" decision=allow y=\\\"\"" },
		{ "x\n2026-11-21T00:00:00+00:00 allow",
		  "\"x\\x0a2026-11-21T00:00:00+00:00 allow\"" },
		{ "\033[2J\a", "\"\\x1b[2J\\x07\"" },
		{ "C:\\x0a", "\"C:\\\\x0a\"" },
		{ "caf\xc3\xa9", "\"caf\xc3\xa9\"" },
		{ "caf\xe9", "\"caf\\xe9\"" },
		{ "\xc0\xaf", "\"\\xc0\\xaf\"" }, /* overlong slash */
		{ "\xe2\x80\xae"
		  "fdp.exe",
		  "\"\\xe2\\x80\\xaefdp.exe\"" },                   /* override */
		{ "\xed\xa0\x80", "\"\\xed\\xa0\\x80\"" },          /* surrogate */
		{ "\xf4\x90\x80\x80", "\"\\xf4\\x90\\x80\\x80\"" }, /* above 10FFFF */
		{ "\xe4\xb8", "\"\\xe4\\xb8\"" },                   /* cut off */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer buffer = { 0 };

		assert_true(escape_append_value(&buffer, cases[i].name, strlen(cases[i].name),
		                                SIZE_MAX));
		assert_buffer(&buffer, cases[i].value);
	}
}

static void json_leaves_quotes(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	escape_append(&buffer, "a\"b\\c", 5);
	assert_buffer(&buffer, "a\"b\\\\c");
}

static void cut_between_characters(void **state)
{
	static const char name[] = "a\"\\b\n\xc3\xa9z\xff=";
	size_t size = sizeof(name) - 1;
	bool whole = false;

	(void)state;
	for (size_t max = 0; !whole; max++) {
		struct buffer buffer = { 0 };
		char back[64];
		size_t got;

		assert_true(max < 40);
		whole = escape_append_value(&buffer, name, size, max);
		assert_true(buffer.size <= max + 2);
		buffer_append_char(&buffer, '\0');
		text_read_value(buffer.data, back, &got);
		assert_true(whole ? got == size : got < size);
		assert_memory_equal(back, name, got);
		assert_true(got == 0 || (uint8_t)back[got - 1] != 0xc3);
		buffer_release(&buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(huge_append_fails),
		cmocka_unit_test(every_byte),
		cmocka_unit_test(random_sequences),
		cmocka_unit_test(every_code_point),
		cmocka_unit_test(expected_forms),
		cmocka_unit_test(json_leaves_quotes),
		cmocka_unit_test(cut_between_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
