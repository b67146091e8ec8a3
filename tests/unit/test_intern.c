/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings kept once, and blocks moved out of memory. */
#include "unit.h"

#include <errno.h>

#include "frozen.h"
#include "intern.h"
#include "util.h"

static void test_strings(void **state)
{
	struct intern intern;
	uint32_t first, again, empty, prefix;

	(void)state;
	assert_int_equal(intern_init(&intern, 0), 0);
	assert_int_equal(intern_add(&intern, "abcdefghij", 10, &first), 0);
	assert_int_equal(intern_add(&intern, "abcdefghij", 10, &again), 0);
	assert_int_equal(first, again);
	assert_int_equal(intern_add(&intern, "abcdefghij", 9, &prefix), 0);
	assert_int_not_equal(prefix, first);
	assert_string_equal(intern_get(&intern, prefix), "abcdefghi");
	assert_int_equal(intern_add(&intern, NULL, 0, &empty), 0);
	assert_int_equal(empty, 0);
	assert_string_equal(intern_get(&intern, 0), "");
	intern_finish(&intern);
	assert_string_equal(intern_get(&intern, first), "abcdefghij");
	intern_release(&intern);
}

static void test_many_strings(void **state)
{
	enum { COUNT = 100000 };
	uint32_t *handles = calloc(COUNT, sizeof(*handles)), handle;
	struct intern intern;
	char text[32];

	(void)state;
	assert_non_null(handles);
	assert_int_equal(intern_init(&intern, 0), 0);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT; i++) {
			int size = snprintf(text, sizeof(text), "%zx/%zu", i * i, i);

			assert_int_equal(intern_add(&intern, text, (size_t)size, &handle), 0);
			if (round == 0)
				handles[i] = handle;
			assert_int_equal(handle, handles[i]);
		}
	}
	assert_int_equal(intern.count, COUNT);
	intern_finish(&intern);
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(text, sizeof(text), "%zx/%zu", i * i, i);
		assert_string_equal(intern_get(&intern, handles[i]), text);
	}
	intern_release(&intern);
	free(handles);
}

/* Records are bytes, zeros included. */
static void test_records(void **state)
{
	struct intern intern;
	uint32_t handle;

	(void)state;
	assert_int_equal(intern_init(&intern, 8), 0);
	for (uint64_t round = 0; round < 2; round++) {
		for (uint64_t i = 0; i < 5000; i++) {
			assert_int_equal(intern_add(&intern, &i, sizeof(i), &handle), 0);
			assert_int_equal(handle, i * sizeof(i));
		}
	}
	assert_int_equal(intern.used, 5000 * sizeof(uint64_t));
	intern_release(&intern);
}

static void test_frozen(void **state)
{
	static char first[100001], second[] = "x";
	const struct frozen blocks[] = { { first, sizeof(first) }, { NULL, 0 },
					 { second, sizeof(second) } };
	const void *frozen[3];
	struct frozen made = { 0 };
	uint64_t random = 1;
	int r;

	(void)state;
	frozen_release(&made);
	random_bytes(&random, first, sizeof(first));
	r = frozen_make(blocks, ARRAY_SIZE(blocks), frozen, &made);
	if (r < 0) {
		assert_null(made.bytes);
		skip(); /* no place for an unnamed file */
	}
	for (int round = 0; round < 2; round++) {
		assert_memory_equal(frozen[0], first, sizeof(first));
		assert_string_equal(frozen[2], "x");
		assert_int_equal((uintptr_t)frozen[2] % 8, 0);
		frozen_trim(&made);
	}
	frozen_release(&made);
	assert_null(made.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_many_strings),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_frozen),
	};

	return cmocka_run_group_tests_name("intern", tests, NULL, NULL);
}
