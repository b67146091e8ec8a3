/* SPDX-License-Identifier: BSD-2-Clause */
#include "input.h"

#include "package.h"
#include "util.h"

#define SECOND 1000000000ULL

static struct scratch scratch;

static void write_list(const char *name, const char *text)
{
	char *file = format_string("info/%s", name);

	scratch_write(&scratch, file, text);
	free(file);
}

static int set_up(void **state)
{
	char *path;

	(void)state;
	scratch_begin(&scratch);
	path = scratch_path(&scratch, "info");
	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	write_list("old.list", "/.\n/bin\n/bin/old\n/lib64/ld.so\n/opt/usr/bin/odd\n");
	write_list("new.list", "/.\n/usr\n/usr/bin\n/usr/bin/new\n/etc/new.conf");
	write_list("libnew1:amd64.list", "/usr/lib/x86_64-linux-gnu/libnew.so.1\n");
	write_list("dotted3.11.list", "/usr/bin/dotted3.11\n");
	write_list("empty.list", "");
	write_list("new.md5sums", "/usr/bin/sum\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_end(&scratch);
	return 0;
}

static void test_owner(void **state)
{
	static const struct {
		const char *path, *owner;
	} cases[] = {
		{ "/usr/bin/new", "new" },
		{ "/etc/new.conf", "new" }, /* last line without a newline */
		{ "/usr/bin/old", "old" },  /* merged /usr */
		{ "/usr/lib64/ld.so", "old" },
		{ "/usr/lib/x86_64-linux-gnu/libnew.so.1", "libnew1" },
		{ "/usr/bin/dotted3.11", "dotted3.11" },
		{ "/opt/usr/bin/odd", "old" },
		{ "/usr/bin/odd", NULL },
		{ "/bin/odd", NULL },
		{ "/usr/bin/ne", NULL },
		{ "/usr/bin/newer", NULL },
		{ "/bin/new", NULL },
		{ "bin/new", NULL },
		{ "/etc/new", NULL },
		{ "/usr/bin/sum", NULL }, /* not a list */
		{ "/home/me/new", NULL },
		{ "/usr/bin/new\n/etc/new.conf", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct packages *packages = packages_new(scratch.path);
		const char *owner = packages_owner(packages, cases[i].path, SECOND);

		if (cases[i].owner)
			assert_string_equal(owner, cases[i].owner);
		else
			assert_null(owner);
		packages_free(packages);
	}
}

static void test_answers_are_kept(void **state)
{
	struct packages *packages = packages_new(scratch.path);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_string_equal(packages_owner(packages, "/usr/bin/new", SECOND), "new");
		assert_null(packages_owner(packages, "/usr/bin/nobody", SECOND));
		assert_null(packages_owner(packages, "/tmp/nobody", SECOND));
	}
	assert_int_equal(packages_searches(packages), 2);
	packages_free(packages);
}

static void test_installation_is_seen(void **state)
{
	struct packages *packages = packages_new(scratch.path);

	(void)state;
	assert_null(packages_owner(packages, "/usr/bin/late", SECOND));
	usleep(20000);
	write_list("late.list", "/usr/bin/late\n");
	assert_string_equal(packages_owner(packages, "/usr/bin/late", SECOND), "late");
	packages_free(packages);
}

static void test_searches_are_bounded(void **state)
{
	struct packages *packages = packages_new(scratch.path);
	char path[64];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/usr/bin/made-up-%d", i);
		assert_null(packages_owner(packages, path, 7 * SECOND + (uint64_t)i));
	}
	assert_int_equal(packages_searches(packages), PACKAGES_SEARCHES_MAX);
	assert_null(packages_owner(packages, "/usr/bin/new", 7 * SECOND + 999));
	assert_string_equal(packages_owner(packages, "/usr/bin/new", 8 * SECOND), "new");
	packages_set_unbounded(packages);
	for (int i = 0; i < 10; i++) {
		snprintf(path, sizeof(path), "/usr/bin/more-%d", i);
		assert_null(packages_owner(packages, path, 8 * SECOND));
	}
	assert_int_equal(packages_searches(packages), PACKAGES_SEARCHES_MAX + 11);
	packages_free(packages);
}

static void test_no_dpkg(void **state)
{
	struct packages *packages = packages_new("/nonexistent");

	(void)state;
	assert_null(packages_owner(packages, "/usr/bin/new", SECOND));
	assert_int_equal(packages_searches(packages), 0);
	packages_free(packages);
	packages_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_answers_are_kept),
		cmocka_unit_test(test_installation_is_seen),
		cmocka_unit_test(test_searches_are_bounded),
		cmocka_unit_test(test_no_dpkg),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
