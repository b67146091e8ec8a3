/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said about wrong input: counted, kept within bounds, printable. */
#include "unit.h"

#include "problems.h"

static struct problems *begin(void)
{
	struct problems *problems = problems_new();

	assert_non_null(problems);
	return problems;
}

static void test_none(void **state)
{
	struct problems *problems = begin();

	(void)state;
	assert_int_equal(problems_errors(problems), 0);
	assert_int_equal(problems_warnings(problems), 0);
	assert_null(problems_get(problems, 0));
	assert_null(problems_first_error(problems));
	problems_free(problems);
	problems_free(NULL);
}

static void test_order_and_first_error(void **state)
{
	struct problems *problems = begin();
	char *text;

	(void)state;
	problems_add(problems, PROBLEM_WARNING, "a", 1, "w%d", 1);
	problems_add(problems, PROBLEM_ERROR, "b", 7, "e%d", 1);
	problems_add(problems, PROBLEM_ERROR, NULL, 0, "e%d", 2);
	assert_int_equal(problems_errors(problems), 2);
	assert_int_equal(problems_warnings(problems), 1);
	assert_string_equal(problems_get(problems, 0)->text, "w1");
	assert_string_equal(problems_first_error(problems)->text, "e1");
	text = problem_format(problems_get(problems, 0));
	assert_string_equal(text, "a:1: warning: w1");
	free(text);
	text = problem_format(problems_get(problems, 1));
	assert_string_equal(text, "b:7: error: e1");
	free(text);
	text = problem_format(problems_get(problems, 2));
	assert_string_equal(text, "error: e2");
	free(text);
	problems_free(problems);
}

/* A flood of warnings does not push out the errors, and costs no memory. */
static void test_flood(void **state)
{
	struct problems *problems = begin();
	size_t kept = 0;

	(void)state;
	for (int i = 0; i < 100000; i++)
		problems_add(problems, PROBLEM_WARNING, "f", 1, "w");
	problems_add(problems, PROBLEM_ERROR, "f", 1, "e");
	assert_int_equal(problems_warnings(problems), 100000);
	assert_string_equal(problems_first_error(problems)->text, "e");
	while (problems_get(problems, kept))
		kept++;
	assert_int_equal(kept, PROBLEMS_KEPT_MAX + 1);
	problems_free(problems);
}

/* Neither a file's name nor its contents can forge a line or move a cursor. */
static void test_hostile(void **state)
{
	static const char name[] = "a\nb:1: error: forged\x1b[2J";
	static const char found[] = "x\ny\xff\0z\x1b]0;t\a\"";
	struct problems *problems = begin();
	char *text;

	(void)state;
	problems_add_found(problems, name, 3, found, sizeof(found) - 1, "expected a %s", "digest");
	text = problem_format(problems_get(problems, 0));
	for (const char *c = text; *c; c++)
		assert_true(*c >= ' ' && *c < 0x7f);
	assert_non_null(strstr(text, "a\\x0ab:1: error: forged\\x1b[2J:3: error: expected a digest, "
				     "found \"x\\x0ay\\xff\\x00z"));
	free(text);
	problems_free(problems);
}

static void test_quote(void **state)
{
	char *long_text = malloc(100000), *quoted;

	(void)state;
	quoted = problem_quote("plain", 5);
	assert_string_equal(quoted, "plain");
	free(quoted);
	quoted = problem_quote("", 0);
	assert_string_equal(quoted, "\"\"");
	free(quoted);
	assert_non_null(long_text);
	memset(long_text, 'a', 100000);
	quoted = problem_quote(long_text, 100000);
	assert_true(strlen(quoted) < 100);
	assert_string_equal(quoted + strlen(quoted) - 3, "...");
	free(quoted);
	free(long_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_order_and_first_error),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests_name("problems", tests, NULL, NULL);
}
