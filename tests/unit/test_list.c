/* SPDX-License-Identifier: BSD-2-Clause */
/* What all list formats have in common, bare digests, and what hostile lists could do. */
#include "list_input.h"

#include "buffer.h"

static void test_plain(void **state)
{
	static const char *const lists[] = {
		A "\n" B "\n" C "\n",
		A "\r\n" B "\r\n" C "\r\n",
		A "\n" B "\n" C,
		"\xef\xbb\xbf" A "\n" B "\n" C "\n",
		"\n\n" A " \n" B "\t \r\n\n   \n\t" C "\n\n",
		"# comment\n" A "\n#" B "\n" B "\n" C "\n# end",
	};
	static const uint32_t lines[][3] = { { 1, 2, 3 }, { 1, 2, 3 }, { 1, 2, 3 },
					     { 1, 2, 3 }, { 3, 4, 7 }, { 2, 4, 5 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct result result = read_text(lists[i]);

		assert_rows(&result, "plain", 3);
		assert_string_equal(result.rows[0].hex, A);
		assert_string_equal(result.rows[1].hex, B);
		assert_string_equal(result.rows[2].hex, "0123456789abcdef0123456789abcdef"
							"0123456789abcdef0123456789abcdef");
		for (size_t j = 0; j < 3; j++) {
			assert_int_equal(result.rows[j].line, lines[i][j]);
			assert_true(result.rows[j].size == ENTRY_SIZE_UNKNOWN);
		}
		assert_null(result.facts.compression);
		release(&result);
	}
}

static void test_plain_malformed(void **state)
{
	(void)state;
	assert_malformed(A "\n" A "a\n" B "\n", 2, "64 hexadecimal digits", 2);
	assert_malformed(A "\n\nabcdef\n" B "\n", 3, "found abcdef", 2);
	assert_malformed(A "\r\n" B " x\r\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A "\ng" A "\n", 2, "found g", 1);
	/* The first line tells the format although it is wrong. */
	assert_malformed("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" B "\n", 1, "64 hexadecimal", 1);
}

static void test_weak_digests_are_counted(void **state)
{
	struct result result = read_text("da39a3ee5e6b4b0d3255bfef95601890afd80709\n" A "\n"
					 "d41d8cd98f00b204e9800998ecf8427e\n" B B "\n" B "\n");

	(void)state;
	assert_int_equal(result.error, 0);
	assert_int_equal(problems_errors(result.problems), 0);
	assert_int_equal(result.count, 2);
	assert_int_equal(result.facts.weak[LIST_MD5], 1);
	assert_int_equal(result.facts.weak[LIST_SHA1], 1);
	assert_int_equal(result.facts.weak[LIST_OTHER], 1);
	release(&result);
}

static void test_every_bad_line_is_said(void **state)
{
	struct result result = read_text(A "\nx\ny\n" B "\nz\n");

	(void)state;
	assert_int_equal(result.count, 2);
	assert_int_equal(problems_errors(result.problems), 3);
	assert_error(result.problems, "list", 2, "found x");
	assert_error(result.problems, "list", 3, "found y");
	assert_error(result.problems, "list", 5, "found z");
	release(&result);
}

static void test_empty_file_digest(void **state)
{
	(void)state;
	assert_malformed(A "\n" EMPTY "\n", 2, "digest of the empty file", 1);
	assert_malformed(A "  a\n" EMPTY "  b\n", 2, "digest of the empty file", 1);
	assert_malformed(HEAD A ",0,,,,,\n", 2, "size 0", 0);
}

static void test_nul_bytes(void **state)
{
	static const char gnu[] = A "  a\n" B "  b\0c\n";
	static const char csv[] = "sha256,product,size\n" A ",p\0q,\n" A ",p,1\0002\n";
	struct result result = read_bytes(gnu, sizeof(gnu) - 1);

	(void)state;
	assert_only_error(result.problems, "list", 2, "DIGEST  NAME");
	release(&result);
	result = read_bytes(csv, sizeof(csv) - 1);
	assert_int_equal(problems_errors(result.problems), 2);
	assert_error(result.problems, "list", 2, "text without NUL, found \"p\\x00q\"");
	assert_error(result.problems, "list", 3, "a size in bytes");
	release(&result);
}

static void test_unknown_format(void **state)
{
	(void)state;
	assert_malformed("hello\n" A "\n", 1, "in one of the formats", 0);
	assert_malformed("\n\nhello, world\n", 3, "csv, ", 0);
	assert_malformed("path,size\n/x,7\n", 1, "found \"path,size\"", 0);
	assert_malformed("\n\n{\"a\": 1}\n", 0, "expected a MISP event in JSON, or", 0);
}

static void test_nothing(void **state)
{
	static const char *const lists[] = { "", "\n", "\xef\xbb\xbf", "# only\n#comments\n",
					     "\r\n \n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct result result = read_text(lists[i]);

		assert_no_errors(result.problems);
		assert_int_equal(result.error, 0);
		assert_int_equal(result.facts.rows, 0);
		assert_null(result.facts.format);
		release(&result);
	}
}

/* A line of @size bytes between two good ones. */
static struct result read_long_line(size_t size)
{
	char *text = malloc(size + 256);
	struct result result;
	size_t used = (size_t)sprintf(text, "%s  a\n%s  ", A, B);

	memset(text + used, 'x', size - 66);
	used += size - 66;
	used += (size_t)sprintf(text + used, "\n%s  c\n", C);
	result = read_bytes(text, used);
	free(text);
	return result;
}

static void test_long_lines(void **state)
{
	static const size_t bad[] = { 1, 2, 3, 4, 4096, 65536, LIST_LINE_MAX, 3 * LIST_LINE_MAX,
				      4 * LIST_LINE_MAX, 40 * LIST_LINE_MAX + 1 };
	struct result result = read_long_line(LIST_LINE_MAX);

	(void)state;
	assert_rows(&result, "sha256sum", 3);
	assert_int_equal(strlen(result.rows[1].text[LIST_PATH]), LIST_LINE_MAX - 66);
	release(&result);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		result = read_long_line(LIST_LINE_MAX + bad[i]);
		assert_only_error(result.problems, "list", 2, "a line of at most 32768 bytes");
		assert_int_equal(result.count, 2);
		assert_int_equal(result.rows[1].line, 3);
		release(&result);
	}
}

/* Line ends at every offset of the buffer. */
static void test_buffer_edges(void **state)
{
	struct buffer text = { 0 };
	uint64_t random = 42;
	size_t count = 20000;
	struct result result;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		char line[512];
		int length = (int)(random_u64(&random) % 300) + 1;

		snprintf(line, sizeof(line), "%064zx  %0*d%s\n", i + 1, length, 7,
			 i % 3 ? "" : "\r");
		buffer_append_string(&text, line);
	}
	result = read_bytes(text.data, text.size);
	assert_rows(&result, "sha256sum", count);
	for (size_t i = 0; i < count; i++) {
		char hex[DIGEST_HEX_SIZE];

		snprintf(hex, sizeof(hex), "%064zx", i + 1);
		assert_string_equal(result.rows[i].hex, hex);
		assert_int_equal(result.rows[i].line, i + 1);
		assert_int_equal(strspn(result.rows[i].text[LIST_PATH], "0") + 1,
				 strlen(result.rows[i].text[LIST_PATH]));
	}
	release(&result);
	buffer_release(&text);
}

/* An error of the one who takes the rows is his, and ends the reading. */
static void test_row_function_fails(void **state)
{
	struct result result = read_with(A "\n" B "\n" C "\n", 195, NULL, 2);

	(void)state;
	assert_int_equal(result.error, -EXDEV);
	assert_int_equal(result.count, 1);
	assert_no_errors(result.problems);
	release(&result);
}

static void test_unreadable(void **state)
{
	struct list_facts facts = { .rows = 7 };
	struct problems *problems = problems_new();
	int fd = open("/", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(list_read(fd, "list", NULL, problems, keep_row, NULL, &facts), -EISDIR);
	assert_only_error(problems, "list", 0, "cannot be read: Is a directory");
	assert_int_equal(facts.rows, 7);
	close(fd);
	problems_free(problems);
}

static uint32_t counted(const struct list_facts *facts)
{
	return facts->weak[LIST_MD5] + facts->weak[LIST_SHA1] + facts->weak[LIST_OTHER] +
	       facts->set_aside;
}

/* Random bytes, and random changes of good lists: errors perhaps, never a crash. */
static void test_random(void **state)
{
	static const char *const seeds[] = {
		A "\n" B "\n" C "\n",
		A "  a\n\\" B " *b\\n\nSHA256 (c) = " C "\n",
		HEAD A ",1,\"p\",v,\"a\nb\",x,y\n" B ",2,,,,,\n",
		"hash,sha1,file_name\n" A ",,\"x\"\n,0123456789abcdef0123456789abcdef01234567,y\n",
		"uuid,type,value,to_ids\nu,filename|sha256,\"a.exe|" A "\",1\nu,md5,x,0\n",
		"# \"first_seen\",\"sha256_hash\",\"signature\"\n\"2026\", \"" B "\", \"x\"\n",
		A ";comment; more\n" B "\n",
		A ":17:name:73:99\n" B ":*:other\n",
		A ":value\n\"" B "\":\"a:b\"\n",
		"# AUTOGENERATED FILE VERSION 2\n/a%20b 17 " A "\n",
		"10 0123456789abcdef0123456789abcdef01234567 ima-sig sha256:" A " /a 0302\n",
		"/a b 1 2 " A " 0100755 root root 0 1 0 X\n/c 0 1 " B " 0120777 r r 0 0 0 d e\n",
		"x = 1\n[[rules]]\nrule_type = \"BINARY\"\npolicy = \"BLOCKLIST\"\n"
		"identifier = \"" A "\"\ncustom_msg = \"a\\u00e9\\n\" # c\n",
	};
	const size_t each_line_counts = 3; /* of the others, a line may become a comment */
	uint64_t random = 7;

	(void)state;
	for (size_t round = 0; round < 30000; round++) {
		size_t seed = round % ARRAY_SIZE(seeds), size = strlen(seeds[seed]);
		struct result result;
		char text[512];

		memcpy(text, seeds[seed], size);
		for (uint64_t change = random_u64(&random) % 6; change > 0; change--)
			text[random_u64(&random) % size] = (char)random_u64(&random);
		if (round % 11 == 0)
			random_bytes(&random, text, size);
		result = read_bytes(text, size);
		/* A row for each line, or an error for it, unless it became part of another. */
		assert_true(seed >= each_line_counts || result.count > 0 || result.error < 0 ||
			    counted(&result.facts) > 0 || problems_errors(result.problems) > 0 ||
			    problems_warnings(result.problems) > 0 ||
			    !result.facts.format);
		release(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_malformed),
		cmocka_unit_test(test_weak_digests_are_counted),
		cmocka_unit_test(test_every_bad_line_is_said),
		cmocka_unit_test(test_empty_file_digest),
		cmocka_unit_test(test_nul_bytes),
		cmocka_unit_test(test_unknown_format),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_buffer_edges),
		cmocka_unit_test(test_row_function_fails),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}
