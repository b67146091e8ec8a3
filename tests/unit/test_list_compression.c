/* SPDX-License-Identifier: BSD-2-Clause */
/* gzip, xz and zstd: undone, and never taken for a shorter list when damaged. */
#include "list_input.h"

#include <archive.h>
#include <archive_entry.h>

struct compression {
	const char *name;
	int (*add)(struct archive *archive);
};

static const struct compression compressions[] = {
	{ "gzip", archive_write_add_filter_gzip },
	{ "xz", archive_write_add_filter_xz },
	{ "zstd", archive_write_add_filter_zstd },
};

/* Returns the compressed size. */
static size_t pack(const struct compression *compression, const void *bytes, size_t size,
		   unsigned char *out, size_t room)
{
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t used = 0;

	assert_non_null(archive);
	assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
	assert_int_equal(compression->add(archive), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_per_block(archive, 0), ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(archive, out, room, &used), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_pathname(entry, "list");
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, bytes, size), size);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(archive);
	return used;
}

static void test_compressed(void **state)
{
	static const char *const lists[] = { A "\n" B "\n", A "  a\n" B " *b",
					     HEAD A ",1,,,,,\n" B ",2,,,,,\n" };
	static const char *const formats[] = { "plain", "sha256sum", "csv" };
	unsigned char packed[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists) * ARRAY_SIZE(compressions); i++) {
		const struct compression *compression = &compressions[i / ARRAY_SIZE(lists)];
		const char *list = lists[i % ARRAY_SIZE(lists)];
		size_t size = pack(compression, list, strlen(list), packed, sizeof(packed));
		struct result result = read_bytes(packed, size);

		assert_rows(&result, formats[i % ARRAY_SIZE(lists)], 2);
		assert_string_equal(result.facts.compression, compression->name);
		release(&result);
	}
}

/* More than half a megabyte, which needs more than one look at the file. */
static void test_large(void **state)
{
	size_t count = 20000, size = 0, room = 4U << 20;
	unsigned char *packed = malloc(room);
	char *text = malloc(count * 80);
	uint64_t random = 3;

	(void)state;
	assert_non_null(packed);
	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		for (int j = 0; j < 4; j++)
			size += (size_t)sprintf(text + size, "%016jx",
						(uintmax_t)random_u64(&random));
		size += (size_t)sprintf(text + size, "  %zu\n", i + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		size_t used = pack(&compressions[i], text, size, packed, room);
		struct result result = read_bytes(packed, used);

		assert_true(used > 512U << 10);
		assert_rows(&result, "sha256sum", count);
		assert_string_equal(result.rows[count - 1].text[LIST_PATH], "20000");
		release(&result);
	}
	free(packed);
	free(text);
}

/* gzip members, xz streams, zstd frames. */
static void test_members(void **state)
{
	unsigned char packed[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		size_t size = pack(&compressions[i], A "\n" A, 129, packed, sizeof(packed));
		struct result result;

		size += pack(&compressions[i], "\n" B "\n", 66, packed + size,
			     sizeof(packed) - size);
		result = read_bytes(packed, size);
		assert_rows(&result, "plain", 3);
		assert_string_equal(result.rows[2].hex, B);
		release(&result);
	}
}

/* What is compressed and empty is an empty list, as without compression. */
static void test_nothing_in_it(void **state)
{
	unsigned char packed[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		size_t size = pack(&compressions[i], "", 0, packed, sizeof(packed));
		struct result result = read_bytes(packed, size);

		assert_no_errors(result.problems);
		assert_int_equal(result.error, 0);
		assert_null(result.facts.format);
		release(&result);
	}
}

/* Written by zstd(1), which adds a checksum where libarchive does not. */
static const unsigned char zstd_frame[] = {
	0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x45, 0x01, 0x00, 0xd8, 0x61, 0x0a,
	0x62, 0x0a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39,
	0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46,
	0x0a, 0x04, 0x00, 0x43, 0xe1, 0x72, 0x26, 0xbc, 0x08, 0x24, 0xa4, 0x04,
	0xd8, 0x97, 0x7c, 0xcd, 0xfa,
};

static void assert_damaged(const void *bytes, size_t size, const char *name)
{
	struct result result = read_bytes(bytes, size);
	char said[64];

	snprintf(said, sizeof(said), "expected %s data, whole and undamaged", name);
	assert_int_equal(result.error, -EBADMSG);
	assert_only_error(result.problems, "list", 0, said);
	release(&result);
}

static void assert_all_three(const struct result *result)
{
	assert_rows(result, "plain", 3);
	assert_string_equal(result->rows[0].hex, A);
	assert_string_equal(result->rows[1].hex, B);
	assert_string_equal(result->rows[2].hex, "0123456789abcdef0123456789abcdef"
						 "0123456789abcdef0123456789abcdef");
}

/* Cut short anywhere, damaged, or with something behind: an error, never a shorter list. */
static void check_damage(const char *name, unsigned char *packed, size_t size, size_t magic)
{
	struct result result = read_bytes(packed, size);

	assert_all_three(&result);
	assert_string_equal(result.facts.compression, name);
	release(&result);
	for (size_t cut = magic; cut < size; cut++)
		assert_damaged(packed, cut, name);
	for (size_t i = 0; i < size; i++) {
		packed[i] ^= 0x55;
		result = read_bytes(packed, size);
		/* A header has bytes that say nothing of the contents: then all is there. */
		if (problems_errors(result.problems) == 0)
			assert_all_three(&result);
		release(&result);
		packed[i] ^= 0x55;
	}
	for (size_t more = 1; more < 16; more++) {
		memcpy(packed + size, "junkjunkjunkjunk", more);
		assert_damaged(packed, size + more, name);
	}
}

static void test_damaged(void **state)
{
	unsigned char packed[4096];
	size_t size;

	(void)state;
	size = pack(&compressions[0], A "\n" B "\n" C "\n", 195, packed, sizeof(packed));
	check_damage("gzip", packed, size, 2);
	size = pack(&compressions[1], A "\n" B "\n" C "\n", 195, packed, sizeof(packed));
	check_damage("xz", packed, size, 6);
	memcpy(packed, zstd_frame, sizeof(zstd_frame));
	check_damage("zstd", packed, sizeof(zstd_frame), 4);
}

static void test_bomb(void **state)
{
	size_t size = 16U << 20;
	unsigned char *packed = malloc(1U << 20);
	char *blank = malloc(size);

	(void)state;
	assert_non_null(packed);
	assert_non_null(blank);
	memset(blank, '\n', size);
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		size_t used = pack(&compressions[i], blank, size, packed, 1U << 20);
		struct result result = read_bytes(packed, used);

		assert_int_equal(result.error, -E2BIG);
		assert_only_error(result.problems, "list", 0, "more than 200 times");
		release(&result);
	}
	free(packed);
	free(blank);
}

/* Twice compressed, or an archive: not looked into. */
static void test_nested(void **state)
{
	unsigned char once[4096], twice[4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(compressions) * ARRAY_SIZE(compressions); i++) {
		const struct compression *outer = &compressions[i / ARRAY_SIZE(compressions)];
		const struct compression *inner = &compressions[i % ARRAY_SIZE(compressions)];
		size_t size = pack(inner, A "\n" B "\n", 130, once, sizeof(once));
		struct result result;

		size = pack(outer, once, size, twice, sizeof(twice));
		result = read_bytes(twice, size);
		assert_int_equal(result.count, 0);
		assert_true(problems_errors(result.problems) > 0);
		release(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compressed),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_nothing_in_it),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_nested),
	};

	return cmocka_run_group_tests_name("list_compression", tests, NULL, NULL);
}
