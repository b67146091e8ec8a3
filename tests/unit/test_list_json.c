/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists that are JSON documents: MISP, STIX, CycloneDX, SPDX; dirty and hostile ones. */
#include "list_input.h"

#include "buffer.h"

#define MD5   "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1  "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static struct result read_format(const void *bytes, size_t size, const char *format)
{
	struct result result = { .problems = problems_new() };
	int fd = memfd_create("list", MFD_CLOEXEC);

	assert_non_null(result.problems);
	assert_true(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)bytes + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	result.error =
		list_read(fd, "list", format, result.problems, keep_row, &result, &result.facts);
	close(fd);
	return result;
}

/* A list that is fine, and what is in it. */
struct good {
	const char *text;
	uint32_t rows, md5, sha1, other, set_aside;
};

static void assert_good(const char *format, const struct good *good, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct result result = read_text(good[i].text);
		const struct list_facts *facts = &result.facts;

		if (problems_errors(result.problems) || result.count != good[i].rows ||
		    facts->rows != good[i].rows || facts->weak[LIST_MD5] != good[i].md5 ||
		    facts->weak[LIST_SHA1] != good[i].sha1 ||
		    facts->weak[LIST_OTHER] != good[i].other ||
		    facts->set_aside != good[i].set_aside) {
			problems_print(result.problems, SIZE_MAX);
			fail_msg("%zu rows, weak %u %u %u, set aside %u: %s", result.count,
				 facts->weak[0], facts->weak[1], facts->weak[2], facts->set_aside,
				 good[i].text);
		}
		assert_string_equal(facts->format, format);
		for (size_t row = 0; row < result.count; row++)
			assert_int_equal(result.rows[row].line, 0);
		release(&result);
	}
}

/* A list with one mistake, how it is said, and how many rows there are all the same. */
struct bad {
	const char *text;
	const char *said;
	uint32_t rows;
	unsigned int line;
};

static void assert_bad(const struct bad *bad, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct result result = read_text(bad[i].text);

		assert_int_equal(result.error, 0);
		assert_only_error(result.problems, "list", bad[i].line, bad[i].said);
		if (result.count != bad[i].rows)
			fail_msg("%zu rows: %s", result.count, bad[i].text);
		release(&result);
	}
}

#define ASSERT_GOOD(format, ...)                                                                   \
	do {                                                                                       \
		static const struct good good_[] = { __VA_ARGS__ };                                \
		assert_good(format, good_, ARRAY_SIZE(good_));                                     \
	} while (0)

#define ASSERT_BAD(...)                                                                            \
	do {                                                                                       \
		static const struct bad bad_[] = { __VA_ARGS__ };                                  \
		assert_bad(bad_, ARRAY_SIZE(bad_));                                                \
	} while (0)

/* Attributes of MISP. */
#define EVENT(...)  "{\"Event\":{\"info\":\"I\",\"uuid\":\"U\",\"Attribute\":[" __VA_ARGS__ "]}}"
#define ATTR(t, v)  "{\"type\":\"" t "\",\"value\":\"" v "\",\"to_ids\":true}"
#define ATTRX(t, v, more) "{\"type\":\"" t "\",\"value\":\"" v "\"," more "}"

static void test_misp(void **state)
{
	(void)state;
	ASSERT_GOOD(
		"misp",
		{ .text = EVENT(ATTR("sha256", A) "," ATTR("sha256", C)), .rows = 2 },
		{ .text = "\xef\xbb\xbf\r\n\t" EVENT(ATTR("sha256", A)) "\n\n", .rows = 1 },
		{ .text = "{\"response\":[" EVENT(ATTR("sha256", A)) "," EVENT(
			  ATTR("sha256", B)) "]}", .rows = 2 },
		{ .text = "{\"response\":{\"Attribute\":[" ATTR("sha256", A) "]}}", .rows = 1 },
		{ .text = "{\"response\":[]}" },
		{ .text = "[" EVENT(ATTR("sha256", A)) "]", .rows = 1 },
		{ .text = "[" ATTRX("sha256", A, "\"category\":\"x\"") "]", .rows = 1 },
		{ .text = "{\"Attribute\":[" ATTR("sha256", A) "]}", .rows = 1 },
		{ .text = "{\"Event\":{\"Object\":[{\"Attribute\":[" ATTR("sha256", A) "]}]}}",
		  .rows = 1 },
		{ .text = "{\"Event\":{\"Attribute\":null,\"Object\":[]}}" });
	/* Composites, weak ones, what is no digest of a file. */
	ASSERT_GOOD("misp",
		    { .text = EVENT(ATTR("filename|sha256", "a|b.exe|" A)), .rows = 1 },
		    { .text = EVENT(ATTR("md5", MD5) "," ATTR("filename|md5", "x|" MD5) "," ATTR(
			      "malware-sample", "x|" MD5)), .md5 = 3 },
		    { .text = EVENT(ATTR("sha1", SHA1) "," ATTR("ssdeep", "3::")), .sha1 = 1, .other = 1 },
		    { .text = EVENT(ATTR("sha512/256", A) "," ATTR("sha3-256", A) "," ATTR(
			      "filename|authentihash", "x|" A)), .other = 3 },
		    { .text = EVENT(ATTR("url", "x") "," ATTR("x509-fingerprint-sha256", A) "," ATTR(
			      "filename", "x") "," ATTR("hassh-md5", MD5)), .set_aside = 4 });
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
	ASSERT_BAD({ EVENT(ATTRX("sha256", A, "\"uuid\":\"u1\",\"to_ids\":\"yes\"")),
		     "u1: expected true or false as \"to_ids\"", 0, 0 },
		   { EVENT(ATTRX("sha256", A, "\"to_ids\":[]") "," ATTR("sha256", B)),
		     "expected true or false", 1, 0 });
}

static void test_misp_texts(void **state)
{
	struct result result = read_text(
		"{\"Event\":{\"info\":\"An event\",\"Attribute\":[" ATTRX(
			"filename|sha256", "dir/a|b|" C, "\"comment\":\"a comment\"") "],\"Object\":["
		"{\"name\":\"file\",\"Attribute\":[" ATTR("sha256", B) ","
		ATTRX("filename", "k.exe", "\"object_relation\":\"filename\"") ","
		ATTRX("size-in-bytes", "4711", "\"object_relation\":\"size-in-bytes\"") "]},"
		"{\"name\":\"pe-section\",\"Attribute\":[" ATTR("sha256", A) ","
		ATTRX("size-in-bytes", "4711", "\"object_relation\":\"size-in-bytes\"") "]}]}}");

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
	ASSERT_BAD({ EVENT(ATTRX("sha256", "aa", "\"uuid\":\"u1\"") "," ATTR("sha256", B)),
		     "u1: expected a SHA-256: 64 hexadecimal digits, found aa", 1, 0 },
		   { EVENT(ATTR("sha256", A " ")), "64 hexadecimal digits", 0, 0 },
		   { EVENT(ATTR("filename|sha256", A)), "a file name, | and 64", 0, 0 },
		   { EVENT(ATTR("filename|sha256", A "|x")), "a file name, | and 64", 0, 0 },
		   { EVENT("{\"type\":\"sha256\",\"value\":5}"), "64 hexadecimal digits, found a number", 0, 0 },
		   { EVENT("{\"type\":5,\"value\":\"" A "\"}"), "an attribute with \"type\" and \"value\"", 0, 0 },
		   { EVENT("{\"type\":\"sha256\"}"), "an attribute with", 0, 0 },
		   { EVENT("7," ATTR("sha256", A)), "found a number", 1, 0 },
		   { "{\"Event\":{\"uuid\":\"e1\",\"Attribute\":{}}}", "e1: expected an array as \"Attribute\", found an object", 0, 0 },
		   { "{\"Event\":{\"Object\":5}}", "expected an array as \"Object\", found a number", 0, 0 },
		   { "{\"Event\":{\"Object\":[5]}}", "an object in \"Object\", found a number", 0, 0 },
		   { "[" EVENT(ATTR("sha256", A)) ",5]", "an object with \"Event\" or \"Attribute\"", 1, 0 },
		   { EVENT(ATTR("sha256", EMPTY)), "digest of the empty file", 0, 0 });
}

#define BUNDLE(...)    "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[" __VA_ARGS__ "]}"
#define INDICATOR(p)   "{\"type\":\"indicator\",\"id\":\"indicator--1\",\"name\":\"N\",\"pattern\":\"" p "\",\"pattern_type\":\"stix\"}"
#define INDICATORX(p, more) "{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"" p "\"," more "}"
#define PATTERN(p)     BUNDLE(INDICATOR(p))
#define HASH           "file:hashes.'SHA-256' = '" A "'"

static void test_stix_patterns(void **state)
{
	(void)state;
	ASSERT_GOOD("stix", { .text = PATTERN("[file:hashes.'SHA-256' = '" A "']"), .rows = 1 },
		    { .text = PATTERN("[file:hashes.sha256='" A "']"), .rows = 1 },
		    { .text = PATTERN("[file:hashes.\\\"SHA-256\\\" = '" A "']"), .rows = 1 },
		    { .text = PATTERN("[file:hashes.SHA256 == '" A "']"), .rows = 1 },
		    { .text = PATTERN("[ file:hashes . 'SHA-256'\\t=\\n'" C "' ]"), .rows = 1 },
		    { .text = PATTERN("[artifact:hashes.'SHA-256' = '" A "']"), .rows = 1 },
		    { .text = PATTERN("[process:image_ref.hashes.'SHA-256' = '" A "']"), .rows = 1 },
		    { .text = PATTERN("[" HASH " OR file:hashes.'SHA-256' = '" B "']"), .rows = 2 },
		    { .text = PATTERN("[" HASH "] OR [" HASH "] or [" HASH "]"), .rows = 3 },
		    { .text = PATTERN("(([(" HASH ") OR (" HASH " OR " HASH ")]))"), .rows = 3 },
		    { .text = PATTERN("/* a */ [" HASH "] // b"), .rows = 1 },
		    { .text = PATTERN("[file:hashes.MD5 = '" MD5 "' OR file:hashes.'SHA-1' = '" SHA1
				      "' OR " HASH "]"), .rows = 1, .md5 = 1, .sha1 = 1 },
		    { .text = PATTERN("[file:hashes.'SHA3-256' = '" A "']"), .other = 1 },
		    { .text = PATTERN("[file:hashes.ssdeep = '3:it\\\\'s:']"), .other = 1 },
		    { .text = BUNDLE(INDICATORX("[" HASH "]", "\"x\":1")), .rows = 1 },
		    { .text = "{\"more\":false,\"objects\":[" INDICATOR("[" HASH "]") "]}", .rows = 1 },
		    { .text = "{\"type\":\"bundle\",\"id\":\"bundle--1\"}" });
}

static void test_stix_set_aside(void **state)
{
	(void)state;
	ASSERT_GOOD(
		"stix", { .text = PATTERN("[domain-name:value='x.example']"), .set_aside = 1 },
		{ .text = PATTERN("[file:name = 'x' OR url:value = 'y']"), .set_aside = 1 },
		{ .text = PATTERN("[domain-name:value='x' AND url:value LIKE 'y%'] FOLLOWEDBY "
				  "[ipv4-addr:value ISSUBSET '10.0.0.0/8'] WITHIN 5 SECONDS"),
		  .set_aside = 1 },
		{ .text = PATTERN("[network-traffic:dst_port = 80 OR process:pid = -5 OR x-y:z = 1.5 "
				  "OR file:created = t'2020-01-01T00:00:00Z' OR a:b = true]"),
		  .set_aside = 1 },
		{ .text = PATTERN("[x509-certificate:hashes.'SHA-256' = '" A "']"), .set_aside = 1 },
		{ .text = PATTERN("[file:extensions.'windows-pebinary-ext'.sections[*].hashes."
				  "'SHA-256' = '" A "']"), .set_aside = 1 },
		{ .text = PATTERN("[" HASH " OR file:name = 'x' OR url:value = 'y']"), .rows = 1, .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"revoked\":true")), .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"revoked\":false")), .rows = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"valid_until\":\"2001-01-01T00:00:00Z\"")),
		  .rows = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"indicator_types\":[\"benign\"]")), .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"labels\":[\"benign\"]")), .set_aside = 1 },
		{ .text = BUNDLE(INDICATORX("[" HASH "]", "\"indicator_types\":[\"malicious-activity\"]")),
		  .rows = 1 },
		{ .text = BUNDLE(INDICATORX("rule x { }", "\"pattern_type\":\"yara\"")), .set_aside = 1 },
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
		{ "[" HASH "] START t'2020-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'", "found START" },
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
	static const char *const patterns[] = { "", "x", "[", "[]", "[file:hashes.'SHA-256 = '" A "']",
						"[" HASH "] /* x", "[" HASH "] #", "['x' = 'y']", "[:]",
						"[" HASH "] \xc3\xa9", "[file:hashes.'x\\\\" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char *text = format_string(PATTERN("%s"), patterns[i]);
		struct result result = read_text(text);

		assert_only_error(result.problems, "list", 0, "indicator--1: expected a STIX pattern");
		assert_int_equal(result.count, 0);
		release(&result);
		free(text);
	}
	ASSERT_BAD({ PATTERN("[file:hashes.'SHA-256' = 'aa']"),
		     "indicator--1: expected a SHA-256: 64 hexadecimal digits, found aa", 0, 0 },
		   { PATTERN("[file:hashes.'SHA-256' = '']"), "64 hexadecimal digits, found nothing", 0, 0 },
		   { PATTERN("[file:hashes.'SHA-256' = '" EMPTY "']"), "digest of the empty file", 0, 0 },
		   { BUNDLE("{\"type\":\"indicator\",\"id\":\"i1\",\"pattern\":5}"),
		     "i1: expected a text as \"pattern\", found a number", 0, 0 },
		   { BUNDLE("{\"type\":\"indicator\",\"id\":\"\\u001b[31m\"}"),
		     "\\x1b[31m\": expected a text as \"pattern\", found nothing", 0, 0 },
		   { BUNDLE("5"), "expected an object with \"type\", found a number", 0, 0 },
		   { BUNDLE("{\"type\":[]}"), "expected an object with \"type\", found an object", 0, 0 },
		   { "{\"type\":\"bundle\",\"id\":\"b1\",\"objects\":{}}",
		     "b1: expected an array as \"objects\", found an object", 0, 0 });
}

#define FILEX(more)  "{\"type\":\"file\",\"id\":\"file--1\"," more "}"
#define OBSERVED(id) "{\"type\":\"observed-data\",\"id\":\"observed-data--1\",\"object_refs\":[\"" id "\"]}"

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
		    { .text = BUNDLE(FILEX("\"hashes\":{\"MD5\":\"" MD5 "\",\"SHA-256\":\"" A "\"}")), .rows = 1 },
		    { .text = BUNDLE(FILEX("\"hashes\":{\"MD5\":\"" MD5 "\",\"SHA-1\":\"" SHA1 "\"}")),
		      .md5 = 1, .sha1 = 1 },
		    { .text = BUNDLE(FILEX("\"name\":\"x\"")), .set_aside = 1 },
		    { .text = BUNDLE(FILEX("\"hashes\":{\"SHA-256\":\"" A "\"}") "," OBSERVED("file--1")),
		      .set_aside = 1 },
		    { .text = BUNDLE(FILEX("\"hashes\":{\"SHA-256\":\"" A "\"}") "," OBSERVED("file--2")),
		      .rows = 1 },
		    { .text = BUNDLE("{\"type\":\"observed-data\",\"id\":\"o\",\"objects\":{\"0\":" FILEX(
			      "\"hashes\":{\"SHA-256\":\"" A "\"}") "}}"), .set_aside = 1 });
	ASSERT_BAD({ BUNDLE(FILEX("\"hashes\":[]")), "file--1: expected an object as \"hashes\"", 0, 0 },
		   { BUNDLE(FILEX("\"hashes\":{\"SHA-256\":5}")), "file--1: expected a SHA-256", 0, 0 },
		   { BUNDLE(FILEX("\"hashes\":{\"SHA-256\":\"" MD5 "\"}")), "file--1: expected a SHA-256", 0, 0 },
		   { BUNDLE(FILEX("\"size\":0,\"hashes\":{\"SHA-256\":\"" A "\"}")), "size 0", 0, 0 });
}

#define BOM(more)    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\"," more "}"
#define COMPONENT(n, ...) "{\"type\":\"library\",\"name\":\"" n "\",\"hashes\":[" __VA_ARGS__ "]}"
#define ALG(a, c)    "{\"alg\":\"" a "\",\"content\":\"" c "\"}"

static void test_cyclonedx(void **state)
{
	struct result result = read_text(BOM(
		"\"components\":[{\"type\":\"file\",\"name\":\"/opt/x\",\"version\":\"1.2\",\"purl\":\"pkg:deb/x@1.2\","
		"\"hashes\":[" ALG("MD5", MD5) "," ALG("SHA-256", C) "]}]"));

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 1);
	assert_string_equal(result.rows[0].text[LIST_PRODUCT], "/opt/x");
	assert_string_equal(result.rows[0].text[LIST_VERSION], "1.2");
	assert_string_equal(result.rows[0].text[LIST_PACKAGE], "pkg:deb/x@1.2");
	assert_string_equal(result.rows[0].text[LIST_PATH], "/opt/x");
	release(&result);
	ASSERT_GOOD("cyclonedx", { .text = BOM("\"version\":1") },
		    { .text = BOM("\"components\":[" COMPONENT("a", ALG("SHA-256", A)) "," COMPONENT(
			      "b", ALG("SHA-256", B)) "]"), .rows = 2 },
		    { .text = BOM("\"components\":[{\"name\":\"a\",\"components\":[{\"name\":\"b\","
				  "\"components\":[" COMPONENT("c", ALG("SHA-256", A)) "]}]}]"), .rows = 1 },
		    { .text = BOM("\"components\":[" COMPONENT("e", ALG("SHA-256", EMPTY)) "]"), .set_aside = 1 },
		    { .text = BOM("\"metadata\":{\"component\":" COMPONENT("m", ALG("SHA-256", A)) "}"), .rows = 1 },
		    { .text = BOM("\"metadata\":{\"tools\":[{\"hashes\":[" ALG("MD5", MD5) "," ALG(
			      "SHA-256", A) "]}]}"), .set_aside = 1 },
		    { .text = BOM("\"components\":[{\"name\":\"a\",\"externalReferences\":[{\"hashes\":["
				  ALG("SHA-256", A) "]}],\"hashes\":[" ALG("SHA-256", B) "]}]"),
		      .rows = 1, .set_aside = 1 },
		    { .text = BOM("\"components\":[" COMPONENT("a", ALG("MD5", MD5) "," ALG("SHA-1", SHA1)
			      "," ALG("SHA3-256", A)) "]"), .md5 = 1, .sha1 = 1, .other = 1 });
	ASSERT_BAD({ BOM("\"components\":5"), "BOM: expected an array as \"components\", found a number", 0, 0 },
		   { BOM("\"components\":[[]]"), "expected an object for each component, found an array", 0, 0 },
		   { BOM("\"components\":[{\"name\":\"a\",\"hashes\":{}}]"), "a: expected an array as \"hashes\"", 0, 0 },
		   { BOM("\"components\":[" COMPONENT("a", "5," ALG("SHA-256", A)) "]"),
		     "a: expected the name of an algorithm as \"alg\", found nothing", 1, 0 },
		   { BOM("\"components\":[" COMPONENT("a", ALG("SHA-256", MD5)) "," COMPONENT(
			   "b", ALG("SHA-256", B)) "]"), "a: expected a SHA-256", 1, 0 },
		   { BOM("\"components\":[" COMPONENT("a", "{\"alg\":\"SHA-256\"}") "]"),
		     "a: expected a SHA-256: 64 hexadecimal digits, found nothing", 0, 0 });
}

#define SPDX(more)   "{\"spdxVersion\":\"SPDX-2.3\",\"name\":\"doc\"," more "}"
#define SUM(a, v)    "{\"algorithm\":\"" a "\",\"checksumValue\":\"" v "\"}"
#define SFILE(n, ...) "{\"fileName\":\"" n "\",\"checksums\":[" __VA_ARGS__ "]}"

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
	ASSERT_GOOD("spdx", { .text = SPDX("\"files\":[]") },
		    { .text = SPDX("\"files\":[" SFILE("e", SUM("SHA256", EMPTY)) "," SFILE(
			      "a", SUM("SHA256", A)) "]"), .rows = 1, .set_aside = 1 },
		    { .text = SPDX("\"files\":[" SFILE("a", SUM("SHA1", SHA1) "," SUM("BLAKE2b-256", A)) "]"),
		      .sha1 = 1, .other = 1 });
	ASSERT_BAD({ SPDX("\"files\":{}"), "doc: expected an array as \"files\", found an object", 0, 0 },
		   { SPDX("\"files\":[1," SFILE("a", SUM("SHA256", A)) "]"), "found a number", 1, 0 },
		   { SPDX("\"files\":[" SFILE("a", "null") "]"), "a: expected the name of an algorithm", 0, 0 },
		   { SPDX("\"files\":[" SFILE("a", SUM("SHA256", "zz")) "]"), "a: expected a SHA-256", 0, 0 },
		   { SPDX("\"packages\":[{\"SPDXID\":\"x\",\"checksums\":\"\"}]"), "x: expected an array as", 0, 0 });
}

static void test_unknown(void **state)
{
	(void)state;
	ASSERT_BAD({ "{}", "found an object with nothing in it", 0, 0 },
		   { "[]", "found an array, first of it: no object", 0, 0 },
		   { "{\"a\x1b\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}", "control character", 0, 1 },
		   { "{\"a\\u009b\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}", "\\xc2\\x9b\", b, c, d, e, f, ...", 0, 0 },
		   { "{\"list\":[\"" A "\"],\"type\":\"hostname\"}", "expected a MISP event in JSON, or a STIX 2 bundle, or", 0, 0 },
		   { "[\"" A "\"]", "expected a MISP event", 0, 0 },
		   { "{\"Event\":5}", "expected a MISP event", 0, 0 },
		   { "{\"spdxVersion\":\"SPDX-3.0\"}", "expected a MISP event", 0, 0 },
		   { "{\"type\":\"Bundle\"}", "expected a MISP event", 0, 0 });
}

/* A table of TOML is no document. */
static void test_not_json(void **state)
{
	struct result result = read_text("[[rules]]\nidentifier = \"" A "\"\n");

	(void)state;
	for (size_t i = 0; problems_get(result.problems, i); i++)
		assert_null(strstr(problems_get(result.problems, i)->text, "JSON:"));
	release(&result);
}

static void test_syntax(void **state)
{
	(void)state;
	ASSERT_BAD({ "{", "column 1: expected JSON: string or '}' expected near end of file", 0, 1 },
		   { "\n\n {\"a\":1,}", "expected JSON: string or '}' expected", 0, 3 },
		   { EVENT(ATTR("sha256", A)) "x", "expected JSON: end of file expected", 0, 1 },
		   { EVENT(ATTR("sha256", A)) "\n" EVENT(ATTR("sha256", B)) "\n", "end of file expected", 0, 2 },
		   { "{\"a\":1,\n\"a\":2}", "expected JSON: duplicate object key", 0, 2 },
		   { EVENT(ATTR("sha256", A "\\u0000")), "expected JSON: \\\\u0000 is not allowed", 0, 1 },
		   { EVENT(ATTR("\xff", A)), "expected JSON: unable to decode byte 0xff", 0, 1 },
		   { EVENT(ATTR("sha256", A "\x1b[0m")), "control character 0x1b", 0, 1 },
		   { "{\xc2\x9b}", "expected JSON: string or '}' expected near '\\xc2\\x9b", 0, 1 },
		   { "{\"a\":99999999999999999999999999}", "too big integer", 0, 1 },
		   { "{\"a\":1e999}", "real number overflow", 0, 1 });
}

/* @format insists, and is not to be had of another document. */
static void test_insist(void **state)
{
	static const char event[] = EVENT(ATTR("sha256", A)), bom[] = BOM("\"version\":1");
	struct result result = read_format(event, sizeof(event) - 1, "misp");

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 1);
	release(&result);
	result = read_format(bom, sizeof(bom) - 1, "misp");
	assert_only_error(result.problems, "list", 0, "expected a MISP event in JSON, found an object with");
	release(&result);
	result = read_format(event, sizeof(event) - 1, "plain");
	assert_only_error(result.problems, "list", 1, "64 hexadecimal digits");
	release(&result);
	result = read_format(A "\n", 65, "stix");
	assert_only_error(result.problems, "list", 1, "expected JSON");
	release(&result);
	result = read_format("", 0, "stix");
	assert_only_error(result.problems, "list", 1, "expected JSON");
	release(&result);
}

static void append_times(struct buffer *text, const char *piece, size_t times)
{
	for (size_t i = 0; i < times; i++)
		buffer_append_string(text, piece);
}

/* Deep ones are refused by jansson, long lines and many values are fine up to a bound. */
static void test_bounds(void **state)
{
	struct buffer text = { 0 };
	struct result result;

	(void)state;
	buffer_append_string(&text, "{\"bomFormat\":\"CycloneDX\",\"components\":[");
	append_times(&text, "{\"name\":\"a\",\"components\":[", 5000);
	result = read_format(text.data, text.size, NULL);
	assert_only_error(result.problems, "list", 1, "maximum parsing depth reached");
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "{\"bomFormat\":\"CycloneDX\",\"components\":[");
	append_times(&text, "{\"name\":\"a\",\"components\":[", 1000);
	buffer_append_string(&text, COMPONENT("z", ALG("SHA-256", A)));
	append_times(&text, "]}", 1000);
	buffer_append_string(&text, "]}");
	result = read_format(text.data, text.size, NULL);
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 1);
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "{\"Attribute\":[" ATTR("sha256", A));
	append_times(&text, "," ATTR("sha256", B), 5000);
	buffer_append_string(&text, "]}");
	result = read_format(text.data, text.size, NULL);
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 5001);
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "[{");
	append_times(&text, ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", 10);
	result = read_format(text.data, text.size, NULL);
	assert_only_error(result.problems, "list", 1, "expected JSON");
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "[{\"a\":\"");
	append_times(&text, ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,", (8U << 20) / 64);
	buffer_append_string(&text, "\"}]");
	result = read_format(text.data, text.size, NULL);
	assert_only_error(result.problems, "list", 0, "expected JSON of at most 268435456 bytes and 8388608 values");
	release(&result);
	buffer_release(&text);
}

/* Every value of a good document replaced by every type: errors perhaps, never a crash. */
static void test_wrong_types(void **state)
{
	static const char *const documents[] = {
		"{\"Event\":{\"info\":\"I\",\"uuid\":\"u\",\"Attribute\":[" ATTRX("sha256", A, "\"to_ids\":true,"
			"\"comment\":\"c\",\"uuid\":\"u\"") "],\"Object\":[{\"name\":\"file\",\"Attribute\":[" ATTRX(
			"filename", "f", "\"object_relation\":\"filename\"") "]}]}}",
		BUNDLE(INDICATOR("[" HASH "]") "," FILEX("\"name\":\"n\",\"size\":5,\"hashes\":{\"SHA-256\":\"" A
			"\"}") "," OBSERVED("x")),
		BOM("\"metadata\":{\"component\":" COMPONENT("m", ALG("SHA-256", A)) "},\"components\":["
			COMPONENT("n", ALG("SHA-256", A)) "]"),
		SPDX("\"packages\":[{\"name\":\"p\",\"checksums\":[" SUM("SHA256", A) "]}],\"files\":["
			SFILE("f", SUM("SHA256", A)) "]"),
	};
	static const char *const values[] = { "null", "true", "5", "-1.5", "\"\"", "[]", "{}", "[[]]", "[5]",
					      "{\"a\":\"b\"}", "9223372036854775807" };

	(void)state;
	for (size_t d = 0; d < ARRAY_SIZE(documents); d++) {
		for (const char *at = strchr(documents[d], ':'); at; at = strchr(at + 1, ':')) {
			const char *end = at + 1;

			if (at[-1] != '"')
				continue;
			if (*end == '"')
				end = strchr(end + 1, '"') + 1;
			else
				end += strcspn(end, ",]}");
			for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
				char *text = format_string("%.*s%s%s", (int)(at + 1 - documents[d]),
							   documents[d], values[v], end);
				struct result result = read_text(text);

				assert_int_equal(result.error, 0);
				release(&result);
				free(text);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_misp),
		cmocka_unit_test(test_misp_flags),
		cmocka_unit_test(test_misp_texts),
		cmocka_unit_test(test_misp_malformed),
		cmocka_unit_test(test_stix_patterns),
		cmocka_unit_test(test_stix_set_aside),
		cmocka_unit_test(test_stix_refused),
		cmocka_unit_test(test_stix_malformed),
		cmocka_unit_test(test_stix_files),
		cmocka_unit_test(test_cyclonedx),
		cmocka_unit_test(test_spdx),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_insist),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_wrong_types),
	};

	return cmocka_run_group_tests_name("list_json", tests, NULL, NULL);
}
