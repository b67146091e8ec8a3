/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists in memory: merging, the order that people read, the native CSV, differences. */
#include "input.h"

#include <errno.h>

#include "listing.h"
#include "listing_diff.h"
#include "listing_read.h"
#include "table.h"
#include "util.h"

static struct scratch scratch;
static struct listing *listing;

static int setup(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	assert_int_equal(listing_new(&listing), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	listing_free(listing);
	scratch_end(&scratch);
	return 0;
}

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

/* A digest of one byte, 32 times. */
static void add_to(struct listing *list, uint8_t byte, uint64_t size, const char *product,
		   const char *version, const char *path)
{
	struct list_row row = { .size = size, .line = 7 };

	memset(row.digest, byte, sizeof(row.digest));
	row.text[LIST_PRODUCT] = slice_of(product);
	row.text[LIST_VERSION] = slice_of(version);
	row.text[LIST_PATH] = slice_of(path);
	assert_int_equal(listing_add(list, &row), 0);
}

static void add(uint8_t byte, uint64_t size, const char *product, const char *version,
		const char *path)
{
	add_to(listing, byte, size, product, version, path);
}

static struct list_row row_at(size_t index)
{
	struct list_row row;

	listing_get(listing, index, &row);
	return row;
}

static void assert_row(size_t index, uint8_t byte, uint64_t size, const char *product,
		       const char *version)
{
	struct list_row row = row_at(index);

	assert_int_equal(row.digest[0], byte);
	assert_int_equal(row.size, size);
	assert_string_equal(row.text[LIST_PRODUCT].bytes, product);
	assert_string_equal(row.text[LIST_VERSION].bytes, version);
}

static void test_merge(void **state)
{
	(void)state;
	add(2, ENTRY_SIZE_UNKNOWN, "", "2.0", "");
	add(1, 5, "one", "", "");
	add(2, 6, "two", "9.9", "");
	add(2, 6, "late", "", "/p");
	assert_int_equal(listing_count(listing), 4);
	assert_int_equal(listing_merge(listing, "l", scratch.problems), 2);
	assert_no_errors(scratch.problems);
	assert_int_equal(listing_count(listing), 2);
	assert_row(0, 1, 5, "one", "");
	/* The first stays; the others say what it does not. */
	assert_row(1, 2, 6, "two", "2.0");
	assert_string_equal(row_at(1).text[LIST_PATH].bytes, "/p");
	/* Again, with more. */
	add(1, 5, "again", "1", "");
	assert_int_equal(listing_merge(listing, "l", scratch.problems), 1);
	assert_row(0, 1, 5, "one", "1");
}

static void test_two_sizes(void **state)
{
	(void)state;
	assert_int_equal(listing_begin_file(listing, "first"), 0);
	add(1, 5, "", "", "");
	assert_int_equal(listing_begin_file(listing, "empty"), 0);
	assert_int_equal(listing_begin_file(listing, "second"), 0);
	add(2, 5, "", "", "");
	add(1, 6, "", "", "");
	listing_merge(listing, NULL, scratch.problems);
	assert_only_error(scratch.problems, "second", 7,
			  "5, as in first:7, found 6");
	assert_int_equal(listing_merged(listing, 0), 0);
	assert_int_equal(listing_merged(listing, 1), 0);
	assert_int_equal(listing_merged(listing, 2), 1);
	assert_int_equal(row_at(1).line, 7);
}

/* Without a file, the caller's name stands in the message. */
static void test_no_file(void **state)
{
	(void)state;
	add(1, 5, "", "", "");
	add(1, 6, "", "", "");
	listing_merge(listing, "made here", scratch.problems);
	assert_only_error(scratch.problems, "made here", 7, "5, as in \"made here\":7, found 6");
}

static void test_sort(void **state)
{
	static const struct {
		const char *product, *version, *path;
	} wanted[] = {
		{ "", "", "" },
		{ "", "", "/long beginning" },
		{ "", "", "/long beginning 1" },
		{ "", "", "/long beginning 10" },
		{ "", "", "/long beginning \xc3\xbc" },
		{ "a", "1", "" },
		{ "a", "1", "/x" },
		{ "a", "1", "/y" },
		{ "a", "2", "/a" },
		{ "b", "0", "/" },
		{ "b", "0", "/" },
		{ "b", "0", "/common/of/all/1234567" },
		{ "b", "0", "/common/of/all/12345678" },
		{ "b", "0", "/common/of/all/123456780" },
		{ "b", "0", "/common/of/all/123456789" },
	};
	uint64_t seed = 7;

	(void)state;
	/* In any order at all, and merged or not. */
	for (int round = 0; round < 20; round++) {
		uint8_t order[ARRAY_SIZE(wanted)];
		size_t first = 0;

		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			order[i] = (uint8_t)i;
		for (size_t i = ARRAY_SIZE(wanted) - 1; i > 0; i--) {
			size_t j = random_u64(&seed) % (i + 1);
			uint8_t moved = order[i];

			order[i] = order[j];
			order[j] = moved;
		}
		listing_free(listing);
		assert_int_equal(listing_new(&listing), 0);
		/* Of those that all begin alike, too. */
		if (round >= 10)
			first = ARRAY_SIZE(wanted) - 4;
		for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
			if (order[i] >= first)
				add(order[i] + 1, 1, wanted[order[i]].product,
				    wanted[order[i]].version, wanted[order[i]].path);
		if (round % 2)
			listing_merge(listing, "l", scratch.problems);
		assert_int_equal(listing_sort(listing), 0);
		for (size_t i = first; i < ARRAY_SIZE(wanted); i++)
			assert_int_equal(row_at(i - first).digest[0], i + 1);
	}
}

/* Writes the listing; the caller frees it. */
static char *write_csv(void)
{
	static char *text;
	static size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(listing_write_csv(listing, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_csv(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "plain", ",plain," },
		{ "", ",," },
		{ "a,b", ",\"a,b\"," },
		{ "say \"x\"", ",\"say \"\"x\"\"\"," },
		{ "\"", ",\"\"\"\"," },
		{ " blank", ",\" blank\"," },
		{ "blank ", ",\"blank \"," },
		{ "two\nlines", ",two?lines," },
		{ "\x1b[31m\x7f", ",?[31m?," },
		{ "#hash", ",\"#hash\"," },
		{ "M\xc3\xbcller", ",M\xc3\xbcller," },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct list_facts facts;
		struct list_row row;
		char *text;

		listing_free(listing);
		assert_int_equal(listing_new(&listing), 0);
		add(1, ENTRY_SIZE_UNKNOWN, cases[i].text, "1", "/p");
		text = write_csv();
		if (!strstr(text, cases[i].written))
			fail_msg("%s is not in: %s", cases[i].written, text);
		assert_null(strchr(strchr(text, '\n') + 66, '\x1b'));
		/* And what was written is read back. */
		scratch_write(&scratch, "l", text);
		free(text);
		listing_free(listing);
		assert_int_equal(listing_new(&listing), 0);
		char *path = scratch_path(&scratch, "l");

		assert_int_equal(listing_read(listing, path, "csv", NULL, scratch.problems,
					      &facts), 0);
		free(path);
		assert_no_errors(scratch.problems);
		assert_int_equal(listing_count(listing), 1);
		row = row_at(0);
		if (!strchr(cases[i].written, '?'))
			assert_string_equal(row.text[LIST_PRODUCT].bytes, cases[i].text);
		assert_string_equal(row.text[LIST_PATH].bytes, "/p");
	}
}

static void test_csv_full(void **state)
{
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	add(1, 1, "", "", "");
	assert_int_equal(listing_write_csv(listing, out), -ENOSPC);
	fclose(out);
}

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void test_read_defaults(void **state)
{
	const struct listing_defaults defaults = { .product = "P", .version = "V" };
	const struct listing_defaults source = { .source = "S" };
	struct list_facts facts;
	char *path = scratch_path(&scratch, "feed.csv");

	(void)state;
	scratch_write(&scratch, "feed.csv", "sha256,product,source\n" A ",own,mine\n" B ",,\n");
	/* Whose file it is does not matter: nothing is decided by it. */
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(listing_read(listing, path, NULL, &defaults, scratch.problems, &facts), 0);
	assert_int_equal(facts.rows, 2);
	assert_row(0, 0xaa, ENTRY_SIZE_UNKNOWN, "own", "V");
	assert_row(1, 0xbb, ENTRY_SIZE_UNKNOWN, "P", "V");
	assert_string_equal(row_at(0).text[LIST_SOURCE].bytes, "mine");
	assert_string_equal(row_at(1).text[LIST_SOURCE].bytes, "feed.csv");
	assert_int_equal(row_at(1).line, 3);
	assert_int_equal(listing_read(listing, path, NULL, &source, scratch.problems, &facts), 0);
	assert_string_equal(row_at(3).text[LIST_SOURCE].bytes, "S");
	assert_no_errors(scratch.problems);
	free(path);
}

static void test_read_trouble(void **state)
{
	struct list_facts facts;

	(void)state;
	assert_int_equal(listing_read(listing, "/nonexistent", NULL, NULL, scratch.problems,
				      &facts), -ENOENT);
	assert_error(scratch.problems, "/nonexistent", 0, "cannot be opened: No such file");
	assert_int_equal(listing_read(listing, scratch.path, NULL, NULL, scratch.problems, &facts),
			 -EISDIR);
	assert_int_equal(problems_errors(scratch.problems), 2);
}

/* The changes between `listing` and another, a line each: "changed old-digest new-digest". */
static char *differences(struct listing *new)
{
	static const char *const names[] = { "added", "removed", "changed" };
	struct listing_change *changes;
	char *text = NULL;
	size_t count, size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	listing_merge(listing, "old", scratch.problems);
	listing_merge(new, "new", scratch.problems);
	assert_no_errors(scratch.problems);
	assert_int_equal(listing_diff(listing, new, &changes, &count), 0);
	for (size_t i = 0; i < count; i++) {
		struct list_row before = { 0 }, after = { 0 };

		if (changes[i].before != LISTING_NO_ROW)
			listing_get(listing, changes[i].before, &before);
		if (changes[i].after != LISTING_NO_ROW)
			listing_get(new, changes[i].after, &after);
		fprintf(out, "%s %u %u\n", names[changes[i].kind], before.digest[0],
			after.digest[0]);
	}
	assert_int_equal(fclose(out), 0);
	free(changes);
	listing_free(new);
	return text;
}

static void assert_differences(struct listing *new, const char *wanted)
{
	char *text = differences(new);

	assert_string_equal(text, wanted);
	free(text);
}

static struct listing *other(void)
{
	struct listing *new;

	assert_int_equal(listing_new(&new), 0);
	return new;
}

static void test_diff_same(void **state)
{
	struct listing *new = other();

	(void)state;
	assert_differences(other(), "");
	add(1, 5, "p", "1", "/a");
	add(2, 5, "p", "1", "/b");
	add_to(new, 2, 5, "p", "1", "/b");
	add_to(new, 1, 5, "p", "1", "/a");
	assert_differences(new, "");
}

static void test_diff_kinds(void **state)
{
	struct listing *new = other();

	(void)state;
	add(1, 5, "p", "1", "/same");
	add(2, 5, "p", "1", "/gone");
	add(3, 5, "p", "1", "/new digest");
	add(4, 5, "p", "1", "/new version");
	add(5, 5, "p", "1", "/new size");
	add(6, ENTRY_SIZE_UNKNOWN, "", "", "");
	add_to(new, 1, 5, "p", "1", "/same");
	add_to(new, 30, 6, "p", "2", "/new digest");
	add_to(new, 4, 5, "p", "2", "/new version");
	add_to(new, 5, 6, "p", "1", "/new size");
	add_to(new, 7, 5, "p", "1", "/came");
	/* Without a path, two digests are two files. */
	add_to(new, 8, ENTRY_SIZE_UNKNOWN, "", "", "");
	assert_differences(new, "removed 6 0\nadded 0 8\nadded 0 7\nremoved 2 0\nchanged 3 30\n"
				"changed 5 5\nchanged 4 4\n");
}

/* Several versions of one path: they go together in order, and what is over stays. */
static void test_diff_versions(void **state)
{
	struct listing *new = other();

	(void)state;
	add(1, 5, "p", "1", "/a");
	add(2, 5, "p", "2", "/a");
	add_to(new, 3, 5, "p", "3", "/a");
	add_to(new, 4, 5, "p", "4", "/a");
	add_to(new, 5, 5, "p", "5", "/a");
	/* The same path of another product is another place. */
	add_to(new, 6, 5, "q", "1", "/a");
	assert_differences(new, "changed 1 3\nchanged 2 4\nadded 0 5\nadded 0 6\n");
}

static void test_table(void **state)
{
	static const struct table_column columns[] = { { "text", false }, { "size", true } };
	static const char *const hostile[] = { "a \"b\", \x1b\xff", "18" };
	static const char *const unknown[] = { "", NULL };
	static const struct {
		enum table_format format;
		const char *wanted;
	} cases[] = {
		{ TABLE_CSV, "text,size\n\"a \"\"b\"\", ?\xff\",18\n,\n" },
		{ TABLE_JSON, "[\n{\"text\":\"a \\\"b\\\", \\\\x1b\\\\xff\",\"size\":18},\n"
			      "{\"text\":\"\",\"size\":null}\n]\n" },
	};
	enum table_format format;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *text = NULL;
		size_t size;
		struct table table = { .out = open_memstream(&text, &size),
				       .format = cases[i].format,
				       .columns = columns,
				       .column_count = ARRAY_SIZE(columns) };

		table_begin(&table);
		table_row(&table, hostile);
		table_row(&table, unknown);
		assert_int_equal(table_end(&table), 0);
		assert_string_equal(text, cases[i].wanted);
		fclose(table.out);
		free(text);
	}
	assert_int_equal(table_format_parse("json", &format), 0);
	assert_int_equal(format, TABLE_JSON);
	assert_int_equal(table_format_parse("xml", &format), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sort, setup, teardown),
		cmocka_unit_test_setup_teardown(test_csv, setup, teardown),
		cmocka_unit_test_setup_teardown(test_csv_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_defaults, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_trouble, setup, teardown),
		cmocka_unit_test_setup_teardown(test_diff_same, setup, teardown),
		cmocka_unit_test_setup_teardown(test_diff_kinds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_diff_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
