/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of all list formats need: reads a list from memory and keeps what
 * came out of it.
 */
#ifndef INTERDICT_TEST_LIST_INPUT_H
#define INTERDICT_TEST_LIST_INPUT_H

#include <errno.h>
#include <sys/mman.h>

#include "input.h"
#include "list.h"
#include "util.h"

#define A        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C        "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789ABCDEF"
#define EMPTY    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define MD5_HEX  "0123456789abcdef0123456789abcdef"
#define SHA1_HEX "0123456789abcdef0123456789abcdef01234567"
#define ZEROS    "0000000000000000000000000000000000000000000000000000000000000000"
#define HEAD     "sha256,size,product,version,package,path,source\n"

struct row {
	char hex[DIGEST_HEX_SIZE];
	uint64_t size;
	uint32_t line;
	char *text[LIST_TEXT_COUNT];
	size_t text_size[LIST_TEXT_COUNT];
};

/* What came out of a list. */
struct result {
	struct row *rows;
	size_t count;
	size_t capacity;
	struct list_facts facts;
	struct problems *problems;
	int error;
	int fail_at; /* row at which the function fails; 0: never */
};

static inline int keep_row(void *cookie, const struct list_row *row)
{
	struct result *result = cookie;
	struct row *kept;

	if (result->fail_at && result->count + 1 == (size_t)result->fail_at)
		return -EXDEV;
	if (result->count == result->capacity) {
		result->capacity = result->capacity ? 2 * result->capacity : 16;
		result->rows = realloc(result->rows, result->capacity * sizeof(*result->rows));
		assert_non_null(result->rows);
	}
	kept = &result->rows[result->count++];
	digest_to_hex(row->digest, kept->hex);
	kept->size = row->size;
	kept->line = row->line;
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		kept->text_size[i] = row->text[i].size;
		kept->text[i] = strndup(row->text[i].bytes ? row->text[i].bytes : "",
					row->text[i].size);
		assert_non_null(kept->text[i]);
	}
	return 0;
}

/* @format insists on one; @fail_at is the row at which the row function fails, 0: never. */
static inline struct result read_with(const void *bytes, size_t size, const char *format,
				      int fail_at)
{
	struct result result = { .problems = problems_new(), .fail_at = fail_at };
	int fd = memfd_create("list", MFD_CLOEXEC);

	assert_non_null(result.problems);
	assert_true(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)bytes + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	result.error = list_read(fd, "list", format, result.problems, keep_row, &result,
				 &result.facts);
	close(fd);
	return result;
}

static inline struct result read_bytes(const void *bytes, size_t size)
{
	return read_with(bytes, size, NULL, 0);
}

static inline struct result read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

static inline struct result read_as(const char *format, const char *text)
{
	return read_with(text, strlen(text), format, 0);
}

static inline void release(struct result *result)
{
	for (size_t i = 0; i < result->count; i++)
		for (size_t j = 0; j < LIST_TEXT_COUNT; j++)
			free(result->rows[i].text[j]);
	free(result->rows);
	problems_free(result->problems);
}

static inline void assert_rows(const struct result *result, const char *format, size_t count)
{
	assert_no_errors(result->problems);
	assert_int_equal(result->error, 0);
	assert_int_equal(result->count, count);
	assert_int_equal(result->facts.rows, count);
	assert_non_null(result->facts.format);
	assert_string_equal(result->facts.format, format);
}

static inline void assert_counted(const struct result *result, uint32_t md5, uint32_t sha1,
				  uint32_t other, uint32_t set_aside)
{
	assert_int_equal(result->facts.weak[LIST_MD5], md5);
	assert_int_equal(result->facts.weak[LIST_SHA1], sha1);
	assert_int_equal(result->facts.weak[LIST_OTHER], other);
	assert_int_equal(result->facts.set_aside, set_aside);
}

/* Reads a list whose only mistake is in @line, and of which @rows rows are good. */
static inline void assert_malformed(const char *text, unsigned int line, const char *said,
				    size_t rows)
{
	struct result result = read_text(text);

	assert_int_equal(result.error, 0);
	assert_only_error(result.problems, "list", line, said);
	assert_int_equal(result.count, rows);
	release(&result);
}

#endif
