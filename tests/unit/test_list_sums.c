/* SPDX-License-Identifier: BSD-2-Clause */
/* What sha256sum and its relatives write. */
#include "list_input.h"

static void test_gnu(void **state)
{
	struct result result = read_text(A "  usr/bin/a\n" B " *b c \n\\" C
					   "  x\\ny\\\\z\\r\n" A "  *\r\n" B " * blank\n");

	(void)state;
	assert_rows(&result, "sha256sum", 5);
	assert_string_equal(result.rows[0].text[LIST_PATH], "usr/bin/a");
	assert_string_equal(result.rows[1].text[LIST_PATH], "b c ");
	assert_string_equal(result.rows[2].text[LIST_PATH], "x\ny\\z\r");
	assert_string_equal(result.rows[3].text[LIST_PATH], "*");
	assert_string_equal(result.rows[4].text[LIST_PATH], " blank");
	assert_int_equal(result.rows[2].line, 3);
	assert_true(result.rows[0].size == ENTRY_SIZE_UNKNOWN);
	release(&result);
	/* Without a backslash before the line, backslashes are themselves. */
	result = read_text(A "  x\\ny\n");
	assert_rows(&result, "sha256sum", 1);
	assert_string_equal(result.rows[0].text[LIST_PATH], "x\\ny");
	release(&result);
}

static void test_bsd(void **state)
{
	struct result result = read_text("SHA256 (a b) = " A "\nSHA256 (x) = (y) = " B
					 "  \r\n\\SHA256 (n\\nm) = " C "\n" A "  mixed\n");

	(void)state;
	assert_rows(&result, "sha256sum", 4);
	assert_string_equal(result.rows[0].text[LIST_PATH], "a b");
	assert_string_equal(result.rows[1].text[LIST_PATH], "x) = (y");
	assert_string_equal(result.rows[2].text[LIST_PATH], "n\nm");
	assert_string_equal(result.rows[3].text[LIST_PATH], "mixed");
	release(&result);
}

static void test_sha256sum_malformed(void **state)
{
	(void)state;
	assert_malformed(A "  a\n" B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" B "  \n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" B " b\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" B "\tb c\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\n" A "a  b\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A "  a\nMD5 (b) = d41d8cd98f00b204e9800998ecf8427\n", 2, "an MD5: 32", 1);
	assert_malformed(A "  a\nSHA1 (b) = " B "\n", 2, "a SHA-1: 40 hexadecimal digits", 1);
	assert_malformed(A "  a\nSHA512 (b) = \n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nWHIRLPOOL (b) = " B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (b) " B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 () = " B "\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (b\n", 2, "DIGEST  NAME", 1);
	assert_malformed(A "  a\nSHA256 (b) = " B "b\n", 2, "64 hexadecimal digits", 1);
	assert_malformed(A "  a\n\\" B "  x\\ty\n", 2, "as escapes in a name", 1);
	assert_malformed(A "  a\n\\" B "  x\\\n", 2, "as escapes in a name", 1);
	assert_malformed(A "  a\n\\\n", 2, "DIGEST  NAME", 1);
}

/* md5sum and the others, in both styles; a tag says what a length would not. */
static void test_weak_sums(void **state)
{
	struct result result = read_text(MD5_HEX "  a\n" SHA1_HEX " *b\n" A "  c\n" A A "  d\n"
					 "MD5 (e) = " MD5_HEX "\nSHA1 (f) = " SHA1_HEX
					 "\nSHA512 (g) = " A A "\nSHA3-256 (h) = " A "\nSHA256 (i) = " B "\n");

	(void)state;
	assert_rows(&result, "sha256sum", 2);
	assert_counted(&result, 2, 2, 3, 0);
	assert_string_equal(result.rows[0].text[LIST_PATH], "c");
	assert_string_equal(result.rows[1].text[LIST_PATH], "i");
	release(&result);
	result = read_text("MD5 (a) = " MD5_HEX "\n");
	assert_rows(&result, "sha256sum", 0);
	assert_counted(&result, 1, 0, 0, 0);
	release(&result);
}

static void test_dpkg_md5sums(void **state)
{
	struct result result = read_text(MD5_HEX "  usr/bin/a\n" MD5_HEX "  opt/x y/\\z\n");

	(void)state;
	assert_rows(&result, "dpkg-md5sums", 0);
	assert_counted(&result, 2, 0, 0, 0);
	release(&result);
	/* Of md5sum itself, since these are no paths of a package. */
	result = read_text(MD5_HEX "  ./usr/bin/a\n");
	assert_rows(&result, "sha256sum", 0);
	assert_counted(&result, 1, 0, 0, 0);
	release(&result);
	assert_malformed(MD5_HEX "  usr/a\n" MD5_HEX " usr/b\n", 2, "dpkg's MD5  PATH", 0);
	assert_malformed(MD5_HEX "  usr/a\n" MD5_HEX "\n", 2, "dpkg's MD5  PATH", 0);
	assert_malformed(MD5_HEX "  usr/a\n" MD5_HEX "0  usr/b\n", 2, "hexadecimal digits", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gnu),
		cmocka_unit_test(test_bsd),
		cmocka_unit_test(test_sha256sum_malformed),
		cmocka_unit_test(test_weak_sums),
		cmocka_unit_test(test_dpkg_md5sums),
	};

	return cmocka_run_group_tests_name("list_sums", tests, NULL, NULL);
}
