/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of lists that are JSON documents need: tables of documents that are
 * fine and of such with one mistake, and their pieces.
 */
#ifndef INTERDICT_TEST_LIST_JSON_INPUT_H
#define INTERDICT_TEST_LIST_JSON_INPUT_H

#include "list_input.h"

#include "buffer.h"

#define MD5  "d41d8cd98f00b204e9800998ecf8427e"
#define SHA1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"

/* A list that is fine, and what is in it. */
struct good {
	const char *text;
	uint32_t rows, md5, sha1, other, set_aside;
};

static inline void assert_good(const char *format, const struct good *good, size_t count)
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

static inline void assert_bad(const struct bad *bad, size_t count)
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

/* MISP */
#define EVENT(...)  "{\"Event\":{\"info\":\"I\",\"uuid\":\"U\",\"Attribute\":[" __VA_ARGS__ "]}}"
#define ATTR(t, v)  "{\"type\":\"" t "\",\"value\":\"" v "\",\"to_ids\":true}"
#define ATTRX(t, v, more) "{\"type\":\"" t "\",\"value\":\"" v "\"," more "}"

/* STIX */
#define BUNDLE(...)    "{\"type\":\"bundle\",\"id\":\"bundle--1\",\"objects\":[" __VA_ARGS__ "]}"
#define INDICATOR(p)                                                                               \
	"{\"type\":\"indicator\",\"id\":\"indicator--1\",\"name\":\"N\",\"pattern\":\"" p "\","         \
	"\"pattern_type\":\"stix\"}"
#define INDICATORX(p, more)                                                                        \
	"{\"type\":\"indicator\",\"id\":\"indicator--1\",\"pattern\":\"" p "\"," more "}"
#define PATTERN(p)     BUNDLE(INDICATOR(p))
#define HASH           "file:hashes.'SHA-256' = '" A "'"
#define FILEX(more)  "{\"type\":\"file\",\"id\":\"file--1\"," more "}"
#define OBSERVED(id)                                                                               \
	"{\"type\":\"observed-data\",\"id\":\"o\",\"object_refs\":[\"" id "\"]}"

/* CycloneDX */
#define BOM(more)    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\"," more "}"
#define COMPONENT(n, ...) "{\"type\":\"library\",\"name\":\"" n "\",\"hashes\":[" __VA_ARGS__ "]}"
#define ALG(a, c)    "{\"alg\":\"" a "\",\"content\":\"" c "\"}"

/* SPDX */
#define SPDX(more)   "{\"spdxVersion\":\"SPDX-2.3\",\"name\":\"doc\"," more "}"
#define SUM(a, v)    "{\"algorithm\":\"" a "\",\"checksumValue\":\"" v "\"}"
#define SFILE(n, ...) "{\"fileName\":\"" n "\",\"checksums\":[" __VA_ARGS__ "]}"

#endif
