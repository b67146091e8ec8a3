/* SPDX-License-Identifier: BSD-2-Clause */
/* STIX bundles: the patterns of indicators, and files. */
#include "list_json_input.h"

static void test_stix_patterns(void **state)
{
	(void)state;
	ASSERT_GOOD("stix",
		{ .text = PATTERN("[file:hashes.'SHA-256' = '" A "']"), .rows = 1 },
		{ .text = PATTERN("[file:hashes.sha256='" A "']"), .rows = 1 },
		{ .text = PATTERN("[file:hashes.\\\"SHA-256\\\" = '" A "']"), .rows = 1 },
		{ .text = PATTERN("[file:hashes.SHA256 == '" A "']"), .rows = 1 },
		{ .text = PATTERN("[ file:hashes . 'SHA-256'\\t=\\n'" C "' ]"), .rows = 1 },
		{ .text = PATTERN("[artifact:hashes.'SHA-256' = '" A "']"), .rows = 1 },
		{ .text = PATTERN("[process:image_ref.hashes.'SHA-256' = '" A "']"), .rows = 1
		  },
		{ .text = PATTERN("[" HASH " OR file:hashes.'SHA-256' = '" B "']"), .rows = 2 },
		{ .text = PATTERN("[" HASH "] OR [" HASH "] or [" HASH "]"), .rows = 3 },
		{ .text = PATTERN("(([(" HASH ") OR (" HASH " OR " HASH ")]))"), .rows = 3 },
		{ .text = PATTERN("/* a */ [" HASH "] // b"), .rows = 1 },
		{ .text = PATTERN("[file:hashes.MD5 = '" MD5 "' OR file:hashes.'SHA-1' = '" SHA1
		  "' OR " HASH "]"), .rows = 1, .md5 = 1, .sha1 = 1 },
		{ .text = PATTERN("[file:hashes.'SHA3-256' = '" A "']"), .other = 1 },
		{ .text = PATTERN("[file:hashes.ssdeep = '3:it\\\\'s:']"), .other = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"x\":1")), .rows = 1 },
		{ .text = "{\"more\":false,\"objects\":[" INDICATOR("[" HASH "]") "]}", .rows =
		  1 },
		{ .text = "{\"type\":\"bundle\",\"id\":\"bundle--1\"}" });
}

static void test_stix_set_aside(void **state)
{
	(void)state;
	ASSERT_GOOD("stix",
		{ .text = PATTERN("[domain-name:value='x.example']"), .set_aside = 1 },
		{ .text = PATTERN("[file:name = 'x' OR url:value = 'y']"), .set_aside = 1 },
		{ .text = PATTERN("[domain-name:value='x' AND url:value LIKE 'y%'] FOLLOWEDBY "
		  "[ipv4-addr:value ISSUBSET '10.0.0.0/8'] WITHIN 5 SECONDS"), .set_aside = 1 },
		{ .text =
		  PATTERN("[network-traffic:dst_port = 80 OR process:pid = -5 OR x-y:z = 1.5 "
		  "OR file:created = t'2020-01-01T00:00:00Z' OR a:b = true]"), .set_aside = 1 },
		{ .text = PATTERN("[x509-certificate:hashes.'SHA-256' = '" A "']"), .set_aside =
		  1 },
		{ .text = PATTERN("[file:extensions.'windows-pebinary-ext'.sections[*].hashes."
		  "'SHA-256' = '" A "']"), .set_aside = 1 },
		{ .text = PATTERN("[" HASH " OR file:name = 'x' OR url:value = 'y']"), .rows =
		  1, .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"revoked\":true")), .set_aside = 1
		  },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"revoked\":false")), .rows = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]",
		  "\"valid_until\":\"2001-01-01T00:00:00Z\"")), .rows = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"indicator_types\":[\"benign\"]")),
		  .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"labels\":[\"benign\"]")),
		  .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]",
		  "\"indicator_types\":[\"malicious-activity\"]")), .rows = 1 },
		{ .text = BUNDLE(INDICATORX("rule x { }", "\"pattern_type\":\"yara\"")),
		  .set_aside = 1 },
		{ .text = BUNDLE("{\"type\":\"identity\",\"id\":\"identity--1\"}") });
}

/* The digest alone cannot decide these: loudly no, with the indicator's id. */
static void test_stix_refused(void **state)
{
	static const struct {
		const char *pattern, *found;
	} refused[] = {
		{ "[" HASH " AND file:name = 'x']", "found AND" },
		{ "[file:name = 'x' AND " HASH "]", "found AND" },
		{ "[" HASH "] AND [url:value = 'x']", "found AND" },
		{ "[" HASH "] FOLLOWEDBY [url:value = 'x']", "found FOLLOWEDBY" },
		{ "[url:value = 'x'] FOLLOWEDBY [" HASH "]", "found FOLLOWEDBY" },
		{ "[file:hashes.'SHA-256' != '" A "']", "found \"!=\"" },
		{ "[file:hashes.'SHA-256' <> '" A "']", "found \"<>\"" },
		{ "[file:hashes.'SHA-256' NOT = '" A "']", "found NOT" },
		{ "[NOT " HASH "]", "found NOT" },
		{ "[file:hashes.'SHA-256' > '" A "']", "found \">\"" },
		{ "[file:hashes.'SHA-256' LIKE 'aa%']", "found LIKE" },
		{ "[file:hashes.'SHA-256' MATCHES '^aa']", "found MATCHES" },
		{ "[file:hashes.'SHA-256' IN ('" A "', '" B "')]", "found IN" },
		{ "[EXISTS file:hashes.'SHA-256']", "found EXISTS" },
		{ "[" HASH "] WITHIN 5 SECONDS", "found WITHIN" },
		{ "[" HASH "] REPEATS 5 TIMES", "found REPEATS" },
		{ "[" HASH "] START t'2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'",
		  "found START" },
		{ "[file:hashes.'SHA-256' = h'aa']", "found h" },
		{ "[file:hashes.'SHA-256' = 5]", "found 5" },
		{ "[file:hashes = '" A "']", "found file" },
		{ "[file:hashes[0] = '" A "']", "found file" },
		{ "[file:sha256 = '" A "']", "found sha256" },
		{ "[file:hash.sha256 = '" A "']", "found hash" },
		{ "[" HASH, "found nothing more" },
		{ "[" HASH "]]", "found \"]\"" },
		{ "([" HASH "]", "found nothing more" },
		{ "[(" HASH "])", "found \"]\"" },
		{ "[" HASH "] OR", "found nothing more" },
		{ "[" HASH " OR]", "found \"]\"" },
		{ HASH, "found file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		char *text = format_string(BUNDLE(INDICATOR("%s") "," INDICATOR("[" HASH "]")),
					   refused[i].pattern);
		struct result result = read_text(text);

		assert_only_error(result.problems, "list", 0,
				  "indicator--1: expected nothing but file:hashes.'SHA-256' = "
				  "'...', with OR between, ");
		assert_non_null(strstr(problems_first_error(result.problems)->text,
				       refused[i].found));
		assert_int_equal(result.count, 1);
		release(&result);
		free(text);
	}
}

static void test_stix_malformed(void **state)
{
	static const char *const patterns[] = { "", "x", "[", "[]",
						"[file:hashes.'SHA-256 = '" A "']",
						"[" HASH "] /* x", "[" HASH "] #",
						"['x' = 'y']", "[:]",
						"[" HASH "] \xc3\xa9", "[file:hashes.'x\\\\" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *text = format_string(PATTERN("%s"), patterns[i]);
		struct result result = read_text(text);

		assert_only_error(result.problems, "list", 0,
				  "indicator--1: expected a STIX pattern");
		assert_int_equal(result.count, 0);
		release(&result);
		free(text);
	}
	ASSERT_BAD(
		{ PATTERN("[file:hashes.'SHA-256' = 'aa']"),
		  "indicator--1: expected a SHA-256: 64 hexadecimal digits, found aa", 0, 0 },
		{ PATTERN("[file:hashes.'SHA-256' = '']"),
		  "64 hexadecimal digits, found nothing", 0, 0 },
		{ PATTERN("[file:hashes.'SHA-256' = '" EMPTY "']"), "digest of the empty file",
		  0, 0 },
		{ BUNDLE("{\"type\":\"indicator\",\"id\":\"i1\",\"pattern\":5}"),
		  "i1: expected a text as \"pattern\", found a number", 0, 0 },
		{ BUNDLE("{\"type\":\"indicator\",\"id\":\"\\u001b[31m\"}"),
		  "\\x1b[31m\": expected a text as \"pattern\", found nothing", 0, 0 },
		{ BUNDLE("5"), "expected an object with \"type\", found a number", 0, 0 },
		{ BUNDLE("{\"type\":[]}"), "expected an object with \"type\", found an object",
		  0, 0 },
		{ "{\"type\":\"bundle\",\"id\":\"b1\",\"objects\":{}}",
		  "b1: expected an array as \"objects\", found an object", 0, 0 });
}

static void test_stix_files(void **state)
{
	struct result result = read_text(BUNDLE(
		FILEX("\"name\":\"a.bin\",\"size\":17,\"hashes\":{\"SHA-256\":\"" A "\"}") ","
		INDICATOR("[" HASH "]")));

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 2);
	assert_true(result.rows[0].size == 17);
	assert_string_equal(result.rows[0].text[LIST_PATH], "a.bin");
	assert_string_equal(result.rows[0].text[LIST_SOURCE], "file--1");
	assert_string_equal(result.rows[1].text[LIST_PRODUCT], "N");
	assert_string_equal(result.rows[1].text[LIST_SOURCE], "indicator--1");
	release(&result);
	ASSERT_GOOD("stix",
		{ .text = BUNDLE(FILEX("\"hashes\":{\"MD5\":\"" MD5 "\",\"SHA-256\":\"" A
		  "\"}")), .rows = 1 },
		{ .text = BUNDLE(FILEX("\"hashes\":{\"MD5\":\"" MD5 "\",\"SHA-1\":\"" SHA1
		  "\"}")), .md5 = 1, .sha1 = 1 },
		{ .text = BUNDLE(FILEX("\"name\":\"x\"")), .set_aside = 1 },
		{ .text = BUNDLE(FILEX("\"hashes\":{\"SHA-256\":\"" A "\"}") ","
		  OBSERVED("file--1")), .set_aside = 1 },
		{ .text = BUNDLE(FILEX("\"hashes\":{\"SHA-256\":\"" A "\"}") ","
		  OBSERVED("file--2")), .rows = 1 },
		{ .text = BUNDLE("{\"type\":\"observed-data\",\"id\":\"o\",\"objects\":{\"0\":"
		  FILEX("\"hashes\":{\"SHA-256\":\"" A "\"}") "}}"), .set_aside = 1 });
	ASSERT_BAD(
		{ BUNDLE(FILEX("\"hashes\":[]")), "file--1: expected an object as \"hashes\"",
		  0, 0 },
		{ BUNDLE(FILEX("\"hashes\":{\"SHA-256\":5}")), "file--1: expected a SHA-256", 0,
		  0 },
		{ BUNDLE(FILEX("\"hashes\":{\"SHA-256\":\"" MD5 "\"}")),
		  "file--1: expected a SHA-256", 0, 0 },
		{ BUNDLE(FILEX("\"size\":0,\"hashes\":{\"SHA-256\":\"" A "\"}")), "size 0", 0, 0
		  });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stix_patterns),
		cmocka_unit_test(test_stix_set_aside),
		cmocka_unit_test(test_stix_refused),
		cmocka_unit_test(test_stix_malformed),
		cmocka_unit_test(test_stix_files),
	};

	return cmocka_run_group_tests_name("list_stix", tests, NULL, NULL);
}
