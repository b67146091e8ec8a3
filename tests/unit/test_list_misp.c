/* SPDX-License-Identifier: BSD-2-Clause */
/* Events and attributes of MISP. */
#include "list_json_input.h"

static void test_misp(void **state)
{
	(void)state;
	ASSERT_GOOD("misp",
		{ .text = EVENT(ATTR("sha256", A) "," ATTR("sha256", C)), .rows = 2 },
		{ .text = "\xef\xbb\xbf\r\n\t" EVENT(ATTR("sha256", A)) "\n\n", .rows = 1 },
		{ .text = "{\"response\":[" EVENT(ATTR("sha256", A)) "," EVENT( ATTR("sha256",
		  B)) "]}", .rows = 2 },
		{ .text = "{\"response\":{\"Attribute\":[" ATTR("sha256", A) "]}}", .rows = 1 },
		{ .text = "{\"response\":[]}" },
		{ .text = "[" EVENT(ATTR("sha256", A)) "]", .rows = 1 },
		{ .text = "[" ATTRX("url", A, "\"category\":\"x\"") "]", .set_aside = 1 },
		{ .text = "[" ATTR("filename|sha256", "x|" A) "]", .rows = 1 },
		{ .text = "{\"Attribute\":[" ATTR("sha256", A) "]}", .rows = 1 },
		{ .text = "{\"Event\":{\"Object\":[{\"Attribute\":[" ATTR("sha256", A) "]}]}}",
		  .rows = 1 },
		{ .text = "{\"Event\":{\"Attribute\":null,\"Object\":[]}}" });
	/* Composites, weak ones, what is no digest of a file. */
	ASSERT_GOOD("misp",
		{ .text = EVENT(ATTR("filename|sha256", "a|b.exe|" A)), .rows = 1 },
		{ .text = EVENT(ATTR("md5", MD5) "," ATTR("filename|md5", "x|" MD5) "," ATTR(
		  "malware-sample", "x|" MD5)), .md5 = 3 },
		{ .text = EVENT(ATTR("sha1", SHA1) "," ATTR("ssdeep", "3::")), .sha1 = 1, .other
		  = 1 },
		{ .text = EVENT(ATTR("sha512/256", A) "," ATTR("sha3-256", A) "," ATTR(
		  "filename|authentihash", "x|" A)), .other = 3 },
		{ .text = EVENT(ATTR("url", "x") "," ATTR("x509-fingerprint-sha256", A) ","
		  ATTR("filename", "x") "," ATTR("hassh-md5", MD5)), .set_aside = 4 });
}

static void test_misp_flags(void **state)
{
	(void)state;
	ASSERT_GOOD("misp",
		{ .text = EVENT(ATTRX("sha256", A, "\"to_ids\":false")), .set_aside = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"to_ids\":0")), .set_aside = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"to_ids\":\"0\"")), .set_aside = 1 },
		{ .text = EVENT(ATTRX("md5", MD5, "\"to_ids\":false")), .set_aside = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"to_ids\":1")), .rows = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"to_ids\":\"1\"")), .rows = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"comment\":\"\"")), .rows = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"deleted\":true")), .set_aside = 1 },
		{ .text = EVENT(ATTRX("sha256", A, "\"deleted\":false")), .rows = 1 },
		{ .text = "{\"Event\":{\"Object\":[{\"deleted\":true,\"Attribute\":[" ATTR(
		  "sha256", A) "]}]}}", .set_aside = 1 });
	ASSERT_BAD(
		{ EVENT(ATTRX("sha256", A, "\"uuid\":\"u1\",\"to_ids\":\"yes\"")),
		  "u1: expected true or false as \"to_ids\"", 0, 0 },
		{ EVENT(ATTRX("sha256", A, "\"to_ids\":[]") "," ATTR("sha256", B)),
		  "expected true or false", 1, 0 });
}

#define RELATION(t, v) ATTRX(t, v, "\"object_relation\":\"" t "\"")
#define OBJECT(n, ...) "{\"name\":\"" n "\",\"Attribute\":[" __VA_ARGS__ "]}"

static void test_misp_texts(void **state)
{
	static const char event[] =
		"{\"Event\":{\"info\":\"An event\",\"Attribute\":["
		ATTRX("filename|sha256", "dir/a|b|" C, "\"comment\":\"a comment\"")
		"],\"Object\":["
		OBJECT("file", ATTR("sha256", B) "," RELATION("filename", "k.exe") ","
		       RELATION("size-in-bytes", "4711"))
		"," OBJECT("pe-section", ATTR("sha256", A) "," RELATION("size-in-bytes", "4711"))
		"]}}";
	struct result result = read_text(event);

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 3);
	assert_string_equal(result.rows[0].text[LIST_PATH], "dir/a|b");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "An event: a comment");
	assert_true(result.rows[0].size == ENTRY_SIZE_UNKNOWN);
	assert_string_equal(result.rows[1].hex, B);
	assert_string_equal(result.rows[1].text[LIST_PATH], "k.exe");
	assert_string_equal(result.rows[1].text[LIST_SOURCE], "An event");
	assert_true(result.rows[1].size == 4711);
	assert_true(result.rows[2].size == ENTRY_SIZE_UNKNOWN);
	release(&result);
}

static void test_misp_malformed(void **state)
{
	(void)state;
	ASSERT_BAD(
		{ EVENT(ATTRX("sha256", "aa", "\"uuid\":\"u1\"") "," ATTR("sha256", B)),
		  "u1: expected a SHA-256: 64 hexadecimal digits, found aa", 1, 0 },
		{ EVENT(ATTR("sha256", A " ")), "64 hexadecimal digits", 0, 0 },
		{ EVENT(ATTR("filename|sha256", A)), "a file name, | and 64", 0, 0 },
		{ EVENT(ATTR("filename|sha256", A "|x")), "a file name, | and 64", 0, 0 },
		{ EVENT("{\"type\":\"sha256\",\"value\":5}"),
		  "64 hexadecimal digits, found a number", 0, 0 },
		{ EVENT("{\"type\":5,\"value\":\"" A "\"}"),
		  "an attribute with \"type\" and \"value\"", 0, 0 },
		{ EVENT("{\"type\":\"sha256\"}"), "an attribute with", 0, 0 },
		{ EVENT("7," ATTR("sha256", A)), "found a number", 1, 0 },
		{ "{\"Event\":{\"uuid\":\"e1\",\"Attribute\":{}}}",
		  "e1: expected an array as \"Attribute\", found an object", 0, 0 },
		{ "{\"Event\":{\"Object\":5}}",
		  "expected an array as \"Object\", found a number", 0, 0 },
		{ "{\"Event\":{\"Object\":[5]}}", "an object in \"Object\", found a number", 0,
		  0 },
		{ "[" EVENT(ATTR("sha256", A)) ",5]",
		  "an object with \"Event\" or \"Attribute\"", 1, 0 },
		{ EVENT(ATTR("sha256", EMPTY)), "digest of the empty file", 0, 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_misp),
		cmocka_unit_test(test_misp_flags),
		cmocka_unit_test(test_misp_texts),
		cmocka_unit_test(test_misp_malformed),
	};

	return cmocka_run_group_tests_name("list_misp", tests, NULL, NULL);
}
