/* SPDX-License-Identifier: BSD-2-Clause */
/* Bills of materials: CycloneDX and SPDX. */
#include "list_json_input.h"

static void test_cyclonedx(void **state)
{
	struct result result = read_text(BOM(
		"\"components\":[{\"type\":\"file\",\"name\":\"/opt/x\",\"version\":\"1.2\","
		"\"purl\":\"pkg:deb/x@1.2\","
		"\"hashes\":[" ALG("MD5", MD5) "," ALG("SHA-256", C) "]}]"));

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 1);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "/opt/x");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "1.2");
	assert_string_equal(result.rows[0].text[LIST_PACKAGE], "pkg:deb/x@1.2");
	assert_string_equal(result.rows[0].text[LIST_PATH], "/opt/x");
	release(&result);
	ASSERT_GOOD("cyclonedx",
		{ .text = BOM("\"version\":1") },
		{ .text = BOM("\"components\":[" COMPONENT("a", ALG("SHA-256", A)) ","
		  COMPONENT("b", ALG("SHA-256", B)) "]"), .rows = 2 },
		{ .text = BOM("\"components\":[{\"name\":\"a\",\"components\":[{\"name\":\"b\","
		  "\"components\":[" COMPONENT("c", ALG("SHA-256", A)) "]}]}]"), .rows = 1 },
		{ .text = BOM("\"components\":[" COMPONENT("e", ALG("SHA-256", EMPTY)) "]"),
		  .set_aside = 1 },
		{ .text = BOM("\"metadata\":{\"component\":" COMPONENT("m", ALG("SHA-256", A))
		  "}"), .rows = 1 },
		{ .text = BOM("\"metadata\":{\"tools\":[{\"hashes\":[" ALG("MD5", MD5) "," ALG(
		  "SHA-256", A) "]}]}"), .set_aside = 1 },
		{ .text =
		  BOM("\"components\":[{\"name\":\"a\",\"externalReferences\":[{\"hashes\":["
		  ALG("SHA-256", A) "]}],\"hashes\":[" ALG("SHA-256", B) "]}]"), .rows = 1,
		  .set_aside = 1 },
		{ .text = BOM("\"components\":[" COMPONENT("a", ALG("MD5", MD5) "," ALG("SHA-1",
		  SHA1) "," ALG("SHA3-256", A)) "]"), .md5 = 1, .sha1 = 1, .other = 1 });
	ASSERT_BAD(
		{ BOM("\"components\":5"),
		  "BOM: expected an array as \"components\", found a number", 0, 0 },
		{ BOM("\"components\":[[]]"),
		  "expected an object for each component, found an array", 0, 0 },
		{ BOM("\"components\":[{\"name\":\"a\",\"hashes\":{}}]"),
		  "a: expected an array as \"hashes\"", 0, 0 },
		{ BOM("\"components\":[" COMPONENT("a", "5," ALG("SHA-256", A)) "]"),
		  "a: expected the name of an algorithm as \"alg\", found nothing", 1, 0 },
		{ BOM("\"components\":[" COMPONENT("a", ALG("SHA-256", MD5)) "," COMPONENT("b",
		  ALG("SHA-256", B)) "]"), "a: expected a SHA-256", 1, 0 },
		{ BOM("\"components\":[" COMPONENT("a", "{\"alg\":\"SHA-256\"}") "]"),
		  "a: expected a SHA-256: 64 hexadecimal digits, found nothing", 0, 0 });
}

static void test_spdx(void **state)
{
	struct result result = read_text(SPDX(
		"\"packages\":[{\"SPDXID\":\"SPDXRef-p\",\"name\":\"p\",\"versionInfo\":\"1.2\","
		"\"packageFileName\":\"p.jar\",\"checksums\":[" SUM("SHA256", A) "]}],"
		"\"files\":[" SFILE("./usr/bin/x", SUM("SHA1", SHA1) "," SUM("SHA256", B)) "]"));

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 2);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "p");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "1.2");
	assert_string_equal(result.rows[0].text[LIST_PATH], "p.jar");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "doc");
	assert_string_equal(result.rows[1].text[LIST_PATH], "./usr/bin/x");
	release(&result);
	ASSERT_GOOD("spdx",
		{ .text = SPDX("\"files\":[]") },
		{ .text = SPDX("\"files\":[" SFILE("e", SUM("SHA256", EMPTY)) "," SFILE("a",
		  SUM("SHA256", A)) "]"), .rows = 1, .set_aside = 1 },
		{ .text = SPDX("\"files\":[" SFILE("a", SUM("SHA1", SHA1) "," SUM("BLAKE2b-256",
		  A)) "]"), .sha1 = 1, .other = 1 });
	ASSERT_BAD(
		{ SPDX("\"files\":{}"), "doc: expected an array as \"files\", found an object",
		  0, 0 },
		{ SPDX("\"files\":[1," SFILE("a", SUM("SHA256", A)) "]"), "found a number", 1, 0
		  },
		{ SPDX("\"files\":[" SFILE("a", "null") "]"),
		  "a: expected the name of an algorithm", 0, 0 },
		{ SPDX("\"files\":[" SFILE("a", SUM("SHA256", "zz")) "]"),
		  "a: expected a SHA-256", 0, 0 },
		{ SPDX("\"packages\":[{\"SPDXID\":\"x\",\"checksums\":\"\"}]"),
		  "x: expected an array as", 0, 0 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cyclonedx),
		cmocka_unit_test(test_spdx),
	};

	return cmocka_run_group_tests_name("list_bom", tests, NULL, NULL);
}
