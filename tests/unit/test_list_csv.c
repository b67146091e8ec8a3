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

static void assert_warned(const struct result *result, unsigned int line, const char *said)
{
	assert_problem(result->problems, PROBLEM_WARNING, "list", line, said);
	assert_int_equal(problems_warnings(result->problems), 1);
}

/* Columns of others: names as feeds write them, and what says nothing here. */
static void test_foreign(void **state)
{
	static const char *const hashes[] = { "sha256_hash", "SHA-256", "Hash",	     "file_sha256",
					      "sha256hash",  "SHA 256", "File Hash", "digest" };
	struct result result = read_text("sha256,Description\n" A ",Linux sample\n");

	(void)state;
	assert_rows(&result, "csv", 1);
	assert_int_equal(problems_warnings(result.problems), 0);
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "Linux sample");
	release(&result);
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
		char text[256];

		snprintf(text, sizeof(text), "file_name,%s,File Size,comment\na b," A ",7,why\n",
			 hashes[i]);
		result = read_text(text);
		assert_rows(&result, "csv", 1);
		assert_string_equal(result.rows[0].hex, A);
		assert_true(result.rows[0].size == 7);
		assert_string_equal(result.rows[0].text[LIST_PATH], "a b");
		assert_string_equal(result.rows[0].text[LIST_SOURCE], "why");
		release(&result);
	}
}

static void test_left_out(void **state)
{
	struct result result = read_text("sha256,sise,first seen,\n" A ",1,2026,\n");

	(void)state;
	/* What an error about columns was for: that this is noticed. */
	assert_rows(&result, "csv", 1);
	assert_warned(&result, 1, "left out: sise, \"first seen\", \"\"");
	assert_true(result.rows[0].size == ENTRY_SIZE_UNKNOWN);
	release(&result);
	/* Two columns for one thing: the better name counts. */
	result = read_text("hash,filename,path,sha256\n" MD5_HEX ",x,/y," A "\n");
	assert_rows(&result, "csv", 1);
	assert_warned(&result, 1, "left out: filename, hash");
	assert_string_equal(result.rows[0].hex, A);
	assert_string_equal(result.rows[0].text[LIST_PATH], "/y");
	release(&result);
	result = read_text("sha256,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,c12,\x1b,c14\n");
	assert_warned(&result, 1, "c11, c12 ...");
	release(&result);
}

/* A row is weak if it has nothing better; a table has ways to say nothing. */
static void test_foreign_weak(void **state)
{
	struct result result = read_text("md5,sha1,sha256,size,name\n"
					 MD5_HEX "," SHA1_HEX "," A ",,p\n"
					 MD5_HEX "," SHA1_HEX ",,,\n"
					 MD5_HEX ",,,5,\n"
					 MD5_HEX ",-,n/a,NULL,None\n"
					 MD5_HEX "," SHA1_HEX "," B ",N/A,-\n");

	(void)state;
	assert_rows(&result, "csv", 2);
	assert_counted(&result, 2, 1, 0, 0);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "p");
	assert_string_equal(result.rows[1].text[LIST_PRODUCT], "");
	assert_true(result.rows[1].size == ENTRY_SIZE_UNKNOWN);
	release(&result);
	/* A column for any digest, and lists without a SHA-256. */
	result = read_text("hash\n" A "\n" MD5_HEX "\n" SHA1_HEX "\n" A B "\n");
	assert_rows(&result, "csv", 1);
	assert_counted(&result, 1, 1, 1, 0);
	release(&result);
	result = read_text("file,md5,sha512\nx," MD5_HEX ",\ny,," A B "\n");
	assert_rows(&result, "csv", 0);
	assert_counted(&result, 1, 0, 1, 0);
	release(&result);
	assert_malformed("md5,sha256\n,\n" MD5_HEX "," A "\n", 2, "64 hexadecimal digits", 1);
	assert_malformed("md5,sha256\nxyz,\n" MD5_HEX "," A "\n", 2, "an MD5: 32", 1);
	assert_malformed("sha1,sha256\n" SHA1_HEX "a,\n" SHA1_HEX "," A "\n", 2, "a SHA-1: 40", 1);
	assert_malformed("hash,file size\n" A ",1 KB\n" B ",1\n", 2, "a size in bytes", 1);
	assert_malformed("hash,file,file\n" A ",1,2\n", 1, "each column at most once", 0);
	/* In our own, what says nothing is empty and nothing else. */
	assert_malformed("sha256,size\n" A ",n/a\n", 2, "a size in bytes", 0);
}

static void test_many_columns(void **state)
{
	struct buffer text = { 0 };
	struct result result;

	(void)state;
	buffer_append_string(&text, "sha256");
	for (int i = 0; i < 255; i++)
		buffer_append_string(&text, ",x");
	buffer_append_string(&text, "\n" A);
	for (int i = 0; i < 255; i++)
		buffer_append_string(&text, ",");
	result = read_bytes(text.data, text.size);
	assert_rows(&result, "csv", 1);
	release(&result);
	buffer_clear(&text);
	buffer_append_string(&text, "sha256");
	for (int i = 0; i < 256; i++)
		buffer_append_string(&text, ",x");
	result = read_bytes(text.data, text.size);
	assert_only_error(result.problems, "list", 1, "at most 256 columns");
	release(&result);
	buffer_release(&text);
}

#define MISP "uuid,event_id,category,type,value,comment,to_ids,date,object_relation\n"

static void test_misp(void **state)
{
	struct result result = read_text(
		MISP "u,7,\"Payload delivery\",\"sha256\",\"" A "\",\"say \"\"x\"\"\",1,2026,\n"
		     "u,7,P,filename|sha256,a|b.exe|" B ",,1,2026,\n"
		     "u,7,P,sha256," C ",not for detection,0,2026,\n"
		     "u,7,P,md5," MD5_HEX ",,1,2026,\n"
		     "u,7,P,filename|sha1,x|" SHA1_HEX ",,1,2026,\n"
		     "u,7,P,malware-sample,x.exe|" MD5_HEX ",,1,2026,\n"
		     "u,7,P,ssdeep,\"3:a,b:c\",,1,2026,\n"
		     "u,7,P,filename|imphash,x|" MD5_HEX ",,1,2026,\n"
		     "u,7,P,domain,example.org,,1,2026,\n"
		     "u,7,P,md5," MD5_HEX ",,0,2026,\n");

	(void)state;
	assert_rows(&result, "misp-csv", 2);
	assert_counted(&result, 2, 1, 2, 3);
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "say \"x\"");
	assert_string_equal(result.rows[1].text[LIST_PATH], "a|b.exe");
	assert_int_equal(result.rows[1].line, 3);
	release(&result);
	/* Other columns, and none that says what is for detection. */
	result = read_text("value,category,type\n" A ",x,sha256\n");
	assert_rows(&result, "misp-csv", 1);
	release(&result);
}

static void test_misp_malformed(void **state)
{
	(void)state;
	assert_malformed(MISP "u,7,P,sha256," A "a,,1,2,\n", 2, "64 hexadecimal digits", 0);
	assert_malformed(MISP "u,7,P,sha256," A ",,maybe,2,\n", 2, "0 or 1 as to_ids", 0);
	assert_malformed(MISP "u,7,P,filename|sha256," A ",,1,2,\n", 2, "a file name, |", 0);
	assert_malformed(MISP "u,7,P,md5,abc,,1,2,\n", 2, "an MD5: 32", 0);
	assert_malformed(MISP "u,7,P,sha256," A ",,1,2\n", 2, "expected 9 fields", 0);
	assert_malformed(MISP "u,7,P,sha256,\"" A "\"x,,1,2,\n", 2, "RFC 4180", 0);
	assert_malformed("uuid,type,value,type\nu,sha256," A ",x\n", 1, "a header row with", 0);
}

#define BAZAAR                                                                                     \
	"################################\n# MalwareBazaar\n#\n"                                   \
	"# \"first_seen_utc\",\"sha256_hash\","                                                    \
	"\"md5_hash\",\"sha1_hash\",\"reporter\",\"file_name\",\"file_type_guess\",\"mime_type\"," \
	"\"signature\",\"clamav\",\"vtpercent\",\"imphash\",\"ssdeep\",\"tlsh\"\n"
#define BAZAAR_ROW(digest, name, signature)                                                        \
	"\"2026-11-20 10:00:00\", \"" digest "\", \"" MD5_HEX "\", \"" SHA1_HEX "\", \"who\", \""   \
	name "\", \"elf\", \"application/x-elf\", \"" signature                                         \
	"\", \"n/a\", \"12.50\", \"n/a\", \"3:a,b:c\", \"T1A\"\n"

static void test_malwarebazaar(void **state)
{
	static const char *const lists[] = {
		BAZAAR BAZAAR_ROW(A, "a, b.elf", "Mirai") BAZAAR_ROW(B, "c", "n/a")
		"# Number of entries: 2\n",
		/* Where the comments were taken off. */
		BAZAAR_ROW(A, "a, b.elf", "Mirai") BAZAAR_ROW(B, "c", "n/a"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		struct result result = read_text(lists[i]);

		assert_rows(&result, "malwarebazaar", 2);
		assert_int_equal(problems_warnings(result.problems), 0);
		assert_string_equal(result.rows[0].hex, A);
		assert_string_equal(result.rows[0].text[LIST_PATH], "a, b.elf");
		assert_string_equal(result.rows[0].text[LIST_PRODUCT], "Mirai");
		assert_string_equal(result.rows[1].text[LIST_PRODUCT], "");
		assert_counted(&result, 0, 0, 0, 0);
		release(&result);
	}
	assert_malformed(BAZAAR BAZAAR_ROW(A "a", "x", "y") BAZAAR_ROW(B, "x", "y"), 5,
			 "64 hexadecimal digits", 1);
	assert_malformed(BAZAAR BAZAAR_ROW(A, "x", "y") "\"2026\", \"" B "\"\n", 6,
			 "expected 14 fields", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_columns),
		cmocka_unit_test(test_csv_malformed),
		cmocka_unit_test(test_endless_quote),
		cmocka_unit_test(test_long_records),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_foreign_weak),
		cmocka_unit_test(test_many_columns),
		cmocka_unit_test(test_misp),
		cmocka_unit_test(test_misp_malformed),
		cmocka_unit_test(test_malwarebazaar),
	};

	return cmocka_run_group_tests_name("list_csv", tests, NULL, NULL);
}
