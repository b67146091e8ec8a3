/* SPDX-License-Identifier: BSD-2-Clause */
/* What all lists that are JSON documents share: dirty and hostile ones. */
#include "list_json_input.h"

static void test_unknown(void **state)
{
	(void)state;
	ASSERT_BAD(
		{ "{}", "found an object with nothing in it", 0, 0 },
		{ "[]", "found an array, first of it: no object", 0, 0 },
		{ "{\"a\x1b\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}",
		  "control character", 0, 1 },
		{ "{\"a\\u009b\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7}",
		  "\\xc2\\x9b\", b, c, d, e, f, ...", 0, 0 },
		{ "{\"list\":[\"" A "\"],\"type\":\"hostname\"}",
		  "expected a MISP event in JSON, or a STIX 2 bundle, or", 0, 0 },
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
	ASSERT_BAD(
		{ "{", "column 1: expected JSON: string or '}' expected near end of file", 0, 1
		  },
		{ "\n\n {\"a\":1,}", "expected JSON: string or '}' expected", 0, 3 },
		{ EVENT(ATTR("sha256", A)) "x", "expected JSON: end of file expected", 0, 1 },
		{ EVENT(ATTR("sha256", A)) "\n" EVENT(ATTR("sha256", B)) "\n",
		  "end of file expected", 0, 2 },
		{ "{\"a\":1,\n\"a\":2}", "expected JSON: duplicate object key", 0, 2 },
		{ EVENT(ATTR("sha256", A "\\u0000")), "expected JSON: \\\\u0000 is not allowed",
		  0, 1 },
		{ EVENT(ATTR("\xff", A)), "expected JSON: unable to decode byte 0xff", 0, 1 },
		{ EVENT(ATTR("sha256", A "\x1b[0m")), "control character 0x1b", 0, 1 },
		{ "{\xc2\x9b}", "expected JSON: string or '}' expected near '\\xc2\\x9b", 0, 1
		  },
		{ "{\"a\":99999999999999999999999999}", "too big integer", 0, 1 },
		{ "{\"a\":1e999}", "real number overflow", 0, 1 });
}

/* @format insists, and is not to be had of another document. */
static void test_insist(void **state)
{
	static const char event[] = EVENT(ATTR("sha256", A)), bom[] = BOM("\"version\":1");
	struct result result = read_with(event, sizeof(event) - 1, "misp", 0);

	(void)state;
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 1);
	release(&result);
	result = read_with(bom, sizeof(bom) - 1, "misp", 0);
	assert_only_error(result.problems, "list", 0,
			  "expected a MISP event in JSON, found an object with");
	release(&result);
	result = read_with(event, sizeof(event) - 1, "plain", 0);
	assert_only_error(result.problems, "list", 1, "64 hexadecimal digits");
	release(&result);
	result = read_with(A "\n", 65, "stix", 0);
	assert_only_error(result.problems, "list", 1, "expected JSON");
	release(&result);
	result = read_with("", 0, "stix", 0);
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
	result = read_bytes(text.data, text.size);
	assert_only_error(result.problems, "list", 1, "maximum parsing depth reached");
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "{\"bomFormat\":\"CycloneDX\",\"components\":[");
	append_times(&text, "{\"name\":\"a\",\"components\":[", 1000);
	buffer_append_string(&text, COMPONENT("z", ALG("SHA-256", A)));
	append_times(&text, "]}", 1000);
	buffer_append_string(&text, "]}");
	result = read_bytes(text.data, text.size);
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 1);
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "{\"Attribute\":[" ATTR("sha256", A));
	append_times(&text, "," ATTR("sha256", B), 5000);
	buffer_append_string(&text, "]}");
	result = read_bytes(text.data, text.size);
	assert_no_errors(result.problems);
	assert_int_equal(result.count, 5001);
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "[{");
	append_times(&text, ",,,,,,,,,,,,,,,,", 40);
	result = read_bytes(text.data, text.size);
	assert_only_error(result.problems, "list", 1, "expected JSON");
	release(&result);

	buffer_clear(&text);
	buffer_append_string(&text, "[{\"a\":\"");
	append_times(&text, ",,,,,,,,,,,,,,,,", (8U << 20) / 16);
	buffer_append_string(&text, "\"}]");
	result = read_bytes(text.data, text.size);
	assert_only_error(result.problems, "list", 0,
			  "expected JSON of at most 268435456 bytes and 8388608 values");
	release(&result);
	buffer_release(&text);
}

/* Every value of a good document replaced by every type: errors perhaps, never a crash. */
static void test_wrong_types(void **state)
{
	static const char *const documents[] = {
		"{\"Event\":{\"info\":\"I\",\"uuid\":\"u\",\"Attribute\":["
		ATTRX("sha256", A, "\"to_ids\":true,\"comment\":\"c\",\"uuid\":\"u\"")
		"],\"Object\":[{\"name\":\"file\",\"Attribute\":["
		ATTRX("filename", "f", "\"object_relation\":\"filename\"") "]}]}}",
		BUNDLE(INDICATOR("[" HASH "]") ","
		       FILEX("\"name\":\"n\",\"size\":5,\"hashes\":{\"SHA-256\":\"" A "\"}")
		       "," OBSERVED("x")),
		BOM("\"metadata\":{\"component\":" COMPONENT("m", ALG("SHA-256", A))
		    "},\"components\":[" COMPONENT("n", ALG("SHA-256", A)) "]"),
		SPDX("\"packages\":[{\"name\":\"p\",\"checksums\":[" SUM("SHA256", A)
		     "]}],\"files\":[" SFILE("f", SUM("SHA256", A)) "]"),
	};
	static const char *const values[] = {
		"null", "true", "5",	"-1.5", "\"\"",	      "[]",
		"{}",	"[[]]", "[5]",	"{\"a\":\"b\"}", "9223372036854775807",
	};

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
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_not_json),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_insist),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_wrong_types),
	};

	return cmocka_run_group_tests_name("list_json", tests, NULL, NULL);
}
