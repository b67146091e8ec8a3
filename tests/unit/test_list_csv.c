/* SPDX-License-Identifier: BSD-2-Clause */
/* The native CSV, and those of others. */
#include "list_input.h"

#include "buffer.h"

static void test_csv(void **state)
{
	struct result result = read_text(HEAD A ",4711,Prod,1.2,pkg,/usr/bin/x,built\r\n" B
						",,,,,,\n\n# remark\n" C
						" , 1 ,\"a,\"\"b\"\"\", \"q\" ,\"l1\nl2\r\nl3\",y ,z\n" A
						",9223372036854775807,,,,,");

	(void)state;
	assert_rows(&result, "csv", 4);
	assert_true(result.rows[0].size == 4711);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "Prod");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "1.2");
	assert_string_equal(result.rows[0].text[LIST_PACKAGE], "pkg");
	assert_string_equal(result.rows[0].text[LIST_PATH], "/usr/bin/x");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "built");
	assert_true(result.rows[1].size == ENTRY_SIZE_UNKNOWN);
	assert_string_equal(result.rows[1].text[LIST_SOURCE], "");
	assert_int_equal(result.rows[2].line, 6);
	assert_true(result.rows[2].size == 1);
	assert_string_equal(result.rows[2].text[LIST_PRODUCT], "a,\"b\"");
	assert_string_equal(result.rows[2].text[LIST_VERSION], "q");
	assert_string_equal(result.rows[2].text[LIST_PACKAGE], "l1\nl2\r\nl3");
	assert_string_equal(result.rows[2].text[LIST_PATH], "y");
	assert_string_equal(result.rows[2].text[LIST_SOURCE], "z");
	/* Lines inside a quoted field count. */
	assert_int_equal(result.rows[3].line, 9);
	assert_true(result.rows[3].size == INT64_MAX);
	release(&result);
}

static void test_csv_columns(void **state)
{
	static const char *const lists[] = {
		"sha256\n" A "\n",
		"SHA256\r\n" A "\r\n",
		"\xef\xbb\xbf\"sha256\"\n\"" A "\"\n",
		"path, Sha256 ,size\n/x," A ",5\n",
		"# a list\n\nsource,version,product,sha256\na,b,c," A "\n",
	};
	struct result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		result = read_text(lists[i]);
		assert_rows(&result, "csv", 1);
		assert_string_equal(result.rows[0].hex, A);
		release(&result);
	}
	result = read_text(lists[4]);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "c");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "b");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "a");
	release(&result);
	assert_malformed("sha256,size,sha256\n" A ",1," A "\n", 1, "each column at most once", 0);
	assert_malformed("\"sha256\",\"size\n" A ",1\n", 1, "a header row", 0);
}

static void test_csv_malformed(void **state)
{
	(void)state;
	assert_malformed("sha256,size\n" A "\n" B ",1\n", 2, "expected 2 fields", 1);
	assert_malformed("sha256,size\n" A ",1,2\n" B ",1\n", 2, "expected 2 fields", 1);
	assert_malformed("sha256,size\n" A ",x\n", 2, "a size in bytes, or nothing, found x", 0);
	assert_malformed("sha256,size\n" A ",-1\n", 2, "a size in bytes", 0);
	assert_malformed("sha256,size\n" A ",1e6\n", 2, "a size in bytes", 0);
	assert_malformed("sha256,size\n" A ",9223372036854775808\n", 2, "a size in bytes", 0);
	assert_malformed("sha256,size\n" A ",99999999999999999999999999\n", 2, "a size", 0);
	assert_malformed("sha256,size\n" A "a,1\n" B ",2\n", 2, "64 hexadecimal digits", 1);
	assert_malformed("sha256,size\n,1\n" B ",2\n", 2, "64 hexadecimal digits", 1);
	assert_malformed("sha256,path\n" A ",\"x\"y\n" B ",z\n", 2, "RFC 4180", 1);
	assert_malformed("sha256,path\n" A ",a \"x\" y\n" B ",z\n", 2, "RFC 4180", 1);
	assert_malformed("sha256,path\n" B ",z\n" A ",\"x\n", 3, "RFC 4180", 1);
}

/* A quoted field that never ends must not take the list with it, nor the memory. */
static void test_endless_quote(void **state)
{
	struct buffer text = { 0 };
	struct result result;

	(void)state;
	buffer_append_string(&text, "sha256,path\n" A ",\"x\n");
	for (int i = 0; i < 2000; i++)
		buffer_append_string(&text, B ",y\n");
	result = read_bytes(text.data, text.size);
	assert_int_equal(result.error, 0);
	assert_error(result.problems, "list", 2, "RFC 4180");
	assert_true(problems_errors(result.problems) == 1);
	release(&result);
	buffer_release(&text);
}

/* A record over several lines may be as long as a line, and not a byte longer. */
static void test_long_records(void **state)
{
	static char text[2 * LIST_LINE_MAX];

	(void)state;
	for (size_t more = 0; more < 4; more++) {
		size_t used = (size_t)sprintf(text, "sha256,path\n%s,\"x\n", A);
		size_t begin = used - 68;
		struct result result;

		while (used - begin < LIST_LINE_MAX - 1 + more)
			text[used++] = 'y';
		used += (size_t)sprintf(text + used, "\"\r\n%s,z\n", B);
		result = read_bytes(text, used);
		if (more == 0) {
			assert_rows(&result, "csv", 2);
			assert_int_equal(strlen(result.rows[0].text[LIST_PATH]),
					 LIST_LINE_MAX - 67);
			assert_int_equal(result.rows[1].line, 4);
		} else {
			assert_error(result.problems, "list", 2, "RFC 4180");
		}
		release(&result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_columns),
		cmocka_unit_test(test_csv_malformed),
		cmocka_unit_test(test_endless_quote),
		cmocka_unit_test(test_long_records),
	};

	return cmocka_run_group_tests_name("list_csv", tests, NULL, NULL);
}
