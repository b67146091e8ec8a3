/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every test of the outputs needs: cmocka, deterministic random bytes, and
 * a reader of escaped text that shares no code with the writer.
 */
#ifndef INTERDICT_TEST_UNIT_H
#define INTERDICT_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* xorshift64*: the same sequence in every run. */
static inline uint64_t random_u64(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545F4914F6CDD1DULL;
}

static inline void random_bytes(uint64_t *state, void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(random_u64(state) >> 56);
}

static inline unsigned int unescape_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *digit = c ? strchr(digits, c) : NULL;

	assert_non_null(digit);
	return (unsigned int)(digit - digits);
}

/* Undoes escape.h's scheme; fails the test on anything else. Returns the bytes written. */
static inline size_t unescape(const char *text, size_t size, char *ret_bytes)
{
	size_t used = 0;

	for (size_t i = 0; i < size;) {
		if (text[i] != '\\') {
			ret_bytes[used++] = text[i++];
			continue;
		}
		assert_true(i + 1 < size);
		if (text[i + 1] == '\\' || text[i + 1] == '"') {
			ret_bytes[used++] = text[i + 1];
			i += 2;
			continue;
		}
		assert_true(text[i + 1] == 'x' && i + 3 < size);
		ret_bytes[used++] =
		        (char)(unescape_digit(text[i + 2]) << 4 | unescape_digit(text[i + 3]));
		i += 4;
	}
	return used;
}

/* Copies a value of the text format, bare or quoted, unescaped; returns its end. */
static inline const char *text_read_value(const char *text, char *ret_bytes, size_t *ret_size)
{
	const char *end = text;

	if (*text != '"') {
		end += strcspn(text, " ,[]=\"\n");
		assert_true(end > text);
		*ret_size = unescape(text, (size_t)(end - text), ret_bytes);
		return end;
	}
	for (end = text + 1; *end != '"'; end++) {
		assert_true(*end && *end != '\n');
		if (*end == '\\')
			end++;
	}
	*ret_size = unescape(text + 1, (size_t)(end - text - 1), ret_bytes);
	return end + 1;
}

/*
 * Finds `key` in a line of the text format and yields its value unescaped, of a
 * list the elements each with a NUL behind. Walks the whole line, so that a line
 * that is not well-formed fails the test. Returns how often the key is there.
 */
static inline size_t text_find(const char *line, size_t words, const char *key, char *ret_bytes,
                               size_t *ret_size)
{
	size_t found = 0;
	char *value = malloc(strlen(line) + 1);

	assert_non_null(value);
	for (size_t i = 0; i < words; i++) {
		line += strcspn(line, " \n");
		line += *line == ' ';
	}
	while (*line && *line != '\n') {
		size_t length = strcspn(line, "= \n");
		bool matches = strlen(key) == length && memcmp(line, key, length) == 0;
		size_t size = 0, total = 0;

		assert_int_equal(line[length], '=');
		line += length + 1;
		if (*line == '[') {
			do {
				line = text_read_value(line + 1, value + total, &size);
				total += size;
				value[total++] = '\0';
			} while (*line == ',');
			assert_int_equal(*line, ']');
			line++;
		} else {
			line = text_read_value(line, value, &total);
		}
		if (matches && ret_bytes) {
			memcpy(ret_bytes, value, total);
			*ret_size = total;
		}
		found += matches;
		assert_true(*line == ' ' || *line == '\n' || *line == '\0');
		line += *line == ' ';
	}
	free(value);
	return found;
}

/* Asserts that `key` stands once in the line with exactly this value. */
static inline void assert_text_bytes(const char *line, size_t words, const char *key,
                                     const void *bytes, size_t size)
{
	char *value = malloc(strlen(line) + 1);
	size_t got = 0;

	assert_non_null(value);
	if (text_find(line, words, key, value, &got) != 1)
		fail_msg("%s does not stand once in: %s", key, line);
	if (got != size || memcmp(value, bytes, size) != 0)
		fail_msg("%s has another value in: %s", key, line);
	free(value);
}

static inline void assert_text(const char *line, size_t words, const char *key, const char *text)
{
	assert_text_bytes(line, words, key, text, strlen(text));
}

static inline void assert_no_text(const char *line, size_t words, const char *key)
{
	assert_int_equal(text_find(line, words, key, NULL, NULL), 0);
}

#endif
