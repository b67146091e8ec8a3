/* SPDX-License-Identifier: BSD-2-Clause */
/* What every format of lines has to stand: dirt, hostile lines, being insisted on. */
#include "list_input.h"

#include <ctype.h>

#include "buffer.h"

#define BLOCK "[[rules]]\nrule_type = \"BINARY\"\npolicy = \"BLOCKLIST\"\n"

/* Two entries in the last two lines; what is before them says the format. */
struct sample {
	const char *format;
	const char *head;
	const char *first;
	const char *second;
	bool blanks; /* blanks at the end of a line are part of a name */
};

static const struct sample samples[] = {
	{ "csv", "sha256,size,path\n", A ",1,/a b", "\"" B "\",2,\"/c,d\"", false },
	{ "csv", "File Name,Hash\n", "a b.exe," A, "c," B, false },
	{ "misp-csv", "uuid,event_id,category,type,value,comment,to_ids,date\n",
	  "u,1,Payload,sha256," A ",\"c\",1,2", "u,1,P,filename|sha256,\"x|" B "\",,1,2", false },
	{ "malwarebazaar", "####\n# \"first_seen_utc\",\"sha256_hash\",\"signature\"\n",
	  "\"2026-11-20 10:00:00\", \"" A "\", \"X\"",
	  "\"2026-11-20 10:00:01\", \"" B "\", \"n/a\"",
	  false },
	{ "sha256sum", "", A "  a b", B " *c", true },
	{ "sha256sum", "", "SHA256 (a b) = " A, "SHA256 (c) = " B, false },
	{ "plain", "", A, B, false },
	{ "semicolon", "", A ";a; b", B ";", false },
	{ "clamav", "", A ":17:Name.A-1", B ":*:Name.B:73:99", false },
	{ "wazuh-cdb", "", A ":bad", "\"" B "\":\"a:b\"", false },
	{ "ima", "", "10 " SHA1_HEX " ima-ng sha256:" A " /usr/bin/a",
	  "10 " SHA1_HEX " ima-sig sha256:" B " /b 03",
	  false },
	{ "rpm-dump", "", "/a b 1 2 " A " 0100755 root root 0 0 0 X",
	  "/c 4 5 " B " 0100644 r r 1 0 0 X", false },
	{ "fapolicyd", "", "/a b 17 " A, "/c 18 " B, false },
	{ "santa", BLOCK, "identifier = \"" A "\"",
	  BLOCK "identifier = \"" B "\"", false },
};

static void append_dirty(struct buffer *text, const char *line, const char *end)
{
	for (; *line; line++) {
		if (*line == '\n')
			buffer_append_string(text, end);
		else
			buffer_append_char(text, *line);
	}
}

/* The sample with these ends of lines, and with something before and behind it. */
static struct result read_sample(const struct sample *sample, const char *before, const char *end,
				 const char *behind)
{
	struct buffer text = { 0 };
	struct result result;

	buffer_append_string(&text, before);
	append_dirty(&text, sample->head, end);
	append_dirty(&text, sample->first, end);
	buffer_append_string(&text, end);
	append_dirty(&text, sample->second, end);
	buffer_append_string(&text, behind);
	assert_false(text.failed);
	result = read_bytes(text.data, text.size);
	buffer_release(&text);
	return result;
}

static void assert_same(const struct sample *sample, struct result *result)
{
	struct result clean = read_sample(sample, "", "\n", "\n");

	assert_rows(&clean, sample->format, 2);
	assert_string_equal(clean.rows[0].hex, A);
	assert_string_equal(clean.rows[1].hex, B);
	assert_rows(result, sample->format, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(result->rows[i].hex, clean.rows[i].hex);
		assert_true(result->rows[i].size == clean.rows[i].size);
		for (size_t j = 0; j < LIST_TEXT_COUNT; j++)
			assert_string_equal(result->rows[i].text[j], clean.rows[i].text[j]);
	}
	release(&clean);
	release(result);
}

static void test_dirt(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		const struct sample *sample = &samples[i];
		struct result results[] = {
			read_sample(sample, "", "\r\n", "\r\n"),
			read_sample(sample, "\xef\xbb\xbf", "\n", "\n"),
			read_sample(sample, "\xef\xbb\xbf\r\n", "\r\n", "\r\n \t\r\n\r\n"),
			read_sample(sample, "", "\n", ""),
			read_sample(sample, "", "\r\n", ""),
			read_sample(sample, "\n\n", "\n \n\t\n# remark\n", "\n\n"),
			read_sample(sample, "# a, list; of: sha256\n", "\n", "\n#end"),
			read_sample(sample, "", sample->blanks ? "\n" : " \t\n", "\n"),
		};

		for (size_t j = 0; j < ARRAY_SIZE(results); j++)
			assert_same(sample, &results[j]);
	}
}

static void test_upper_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char first[512], second[512];
		struct sample sample = samples[i];
		struct result result;

		snprintf(first, sizeof(first), "%s", sample.first);
		snprintf(second, sizeof(second), "%s", sample.second);
		for (char *at = strstr(first, A), *end = at + 64; at < end; at++)
			*at = (char)toupper(*at);
		for (char *at = strstr(second, B), *end = at + 64; at < end; at++)
			*at = (char)toupper(*at);
		sample.first = first;
		sample.second = second;
		result = read_sample(&sample, "", "\n", "\n");
		assert_same(&samples[i], &result);
	}
}

/* A line that is too long, after one that is good. */
static void test_huge_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct buffer text = { 0 };
		uint32_t line = 2;
		struct result result;

		for (const char *at = samples[i].head; *at; at++)
			line += *at == '\n';
		buffer_append_string(&text, samples[i].head);
		buffer_append_string(&text, samples[i].first);
		buffer_append_char(&text, '\n');
		for (size_t j = 0; j < LIST_LINE_MAX + 3; j++)
			buffer_append_char(&text, j % 70 ? 'a' : ' ');
		buffer_append_char(&text, '\n');
		buffer_append_string(&text, samples[i].second);
		result = read_bytes(text.data, text.size);
		assert_only_error(result.problems, "list", line, "a line of at most 32768 bytes");
		assert_int_equal(result.count, 2);
		release(&result);
		buffer_release(&text);
	}
}

/* A NUL anywhere in a line never makes a text with a NUL in it. */
static void test_nul(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char text[1024];
		int head = snprintf(text, sizeof(text), "%s", samples[i].head);
		int size = head + snprintf(text + head, sizeof(text) - (size_t)head, "%s\n%s\n",
					   samples[i].first, samples[i].second);

		for (int at = head; at < size; at++) {
			char was = text[at];
			struct result result;

			text[at] = '\0';
			result = read_bytes(text, (size_t)size);
			/* keep_row() cuts at a NUL, and so shows that there was none. */
			for (size_t j = 0; j < result.count; j++)
				for (size_t k = 0; k < LIST_TEXT_COUNT; k++)
					assert_int_equal(result.rows[j].text_size[k],
							 strlen(result.rows[j].text[k]));
			release(&result);
			text[at] = was;
		}
	}
}

/* Cut anywhere: rows, errors, but no crash, and nothing but what is there. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		char text[1024];
		int size = snprintf(text, sizeof(text), "%s%s\n%s\n", samples[i].head,
				    samples[i].first, samples[i].second);

		for (size_t cut = 0; cut < (size_t)size; cut++) {
			char *exact = malloc(cut + 1);
			struct result result;

			assert_non_null(exact);
			memcpy(exact, text, cut);
			result = read_bytes(exact, cut);
			assert_true(result.count <= 2);
			if (result.count == 2)
				assert_string_equal(result.rows[1].hex, B);
			release(&result);
			result = read_with(exact, cut, samples[i].format, 0);
			assert_true(result.count <= 2);
			release(&result);
			free(exact);
		}
	}
}

/* Whatever a list is, each format can be insisted on, and then reads nothing else. */
static void test_insist(void **state)
{
	struct list_format_name name;

	(void)state;
	for (size_t f = 0; list_format_at(f, &name); f++) {
		for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
			char text[1024];
			struct result result;

			snprintf(text, sizeof(text), "%s%s\n%s\n", samples[i].head,
				 samples[i].first, samples[i].second);
			result = read_as(name.name, text);
			if (strcmp(name.name, samples[i].format) == 0)
				assert_rows(&result, name.name, 2);
			else
				assert_true(problems_errors(result.problems) > 0 ||
					    result.count > 0);
			release(&result);
		}
	}
}

static void test_no_such_format(void **state)
{
	struct result result = read_as("sha257sum", A "  a\n");

	(void)state;
	assert_int_equal(result.error, -EINVAL);
	assert_only_error(result.problems, "list", 0, "the name of a list format");
	release(&result);
}

static void test_names(void **state)
{
	struct list_format_name name, other;
	size_t count = 0;

	(void)state;
	for (; list_format_at(count, &name); count++) {
		assert_true(strlen(name.name) > 0 && strlen(name.description) > 0);
		for (size_t i = 0; i < count; i++) {
			assert_true(list_format_at(i, &other));
			assert_string_not_equal(name.name, other.name);
		}
	}
	assert_true(count >= 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dirt),
		cmocka_unit_test(test_upper_case),
		cmocka_unit_test(test_huge_line),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_insist),
		cmocka_unit_test(test_no_such_format),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("list_formats", tests, NULL, NULL);
}
