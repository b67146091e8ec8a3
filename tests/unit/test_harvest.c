/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "harvest.h"
#include "harvest_private.h"
#include "input.h"
#include "util.h"

/* A scratch directory with units, modules, a dpkg database and files; and what came of it. */
struct fixture {
	struct scratch scratch;
	struct harvest_options options;
	char *units, *masked, *modules;
	const char *directories[3];
	struct listing *listing;
	struct harvest_counts counts;
};

static void make_directory(const struct scratch *scratch, const char *name)
{
	char *path = scratch_path(scratch, name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

/* Writes a file with the scratch directory's path for each @. */
static void write_at(const struct scratch *scratch, const char *name, const char *text)
{
	char *result = calloc(1, 8192);
	size_t used = 0;

	assert_non_null(result);
	for (; *text; text++) {
		const char *piece = *text == '@' ? scratch->path : text;
		size_t size = *text == '@' ? strlen(piece) : 1;

		assert_true(used + size < 8192);
		memcpy(result + used, piece, size);
		used += size;
	}
	scratch_write(scratch, name, result);
	free(result);
}

static void set_up(struct fixture *fixture)
{
	struct scratch *scratch = &fixture->scratch;

	*fixture = (struct fixture){ .options = harvest_options_default };
	scratch_begin(scratch);
	make_directory(scratch, "bin");
	make_directory(scratch, "units");
	make_directory(scratch, "units/kesl.service.d");
	make_directory(scratch, "other");
	make_directory(scratch, "modules");
	make_directory(scratch, "modules/6.1");
	make_directory(scratch, "info");
	fixture->units = scratch_path(scratch, "units");
	fixture->masked = scratch_path(scratch, "other");
	fixture->modules = scratch_path(scratch, "modules");
	fixture->directories[0] = fixture->units;
	fixture->directories[1] = fixture->masked;
	fixture->options.unit_directories = fixture->directories;
	fixture->options.module_directory = fixture->modules;
	fixture->options.database = (struct package_db_options){ .dpkg = scratch->path };
	assert_int_equal(listing_new(&fixture->listing), 0);
}

static void tear_down(struct fixture *fixture)
{
	listing_free(fixture->listing);
	free(fixture->units);
	free(fixture->masked);
	free(fixture->modules);
	scratch_end(&fixture->scratch);
}

static void run_identity(struct fixture *fixture, const struct identity *identity)
{
	const struct vendor vendor = { .identity = *identity };
	struct harvest *harvest = harvest_new(&fixture->options, fixture->scratch.problems);

	assert_non_null(harvest);
	assert_int_equal(harvest_add_identity(harvest, &vendor), 0);
	assert_int_equal(harvest_run(harvest, fixture->listing, &fixture->counts), 0);
	harvest_free(harvest);
	listing_sort(fixture->listing);
}

/* Asserts that the listing's paths are these names in the scratch directory, by their order. */
static void assert_paths(const struct fixture *fixture, const char *const *names, size_t count)
{
	assert_int_equal(listing_count(fixture->listing), count);
	for (size_t i = 0; i < count; i++) {
		char *path = scratch_path(&fixture->scratch, names[i]);
		struct list_row row;

		listing_get(fixture->listing, i, &row);
		assert_int_equal(row.text[LIST_PATH].size, strlen(path));
		assert_memory_equal(row.text[LIST_PATH].bytes, path, strlen(path));
		free(path);
	}
}

static void test_units(void **state)
{
	static const char *const expected[] = { "bin/a b",	"bin/c d",  "bin/condition", "bin/post",
						"bin/program", "bin/reload",    "bin/stop" };
	char *items[] = { (char[]){ "kesl" } };
	const struct identity identity = { .unit = { items, 1 } };
	struct fixture fixture;
	char *link, *target;

	(void)state;
	set_up(&fixture);
	write_at(&fixture.scratch, "units/kesl.service",
		 "[Service]\n# ExecStart=@/bin/commented\nExecStart = -!!@/bin/link --option %i\n"
		 "ExecStartPost=\"@/bin/post\" x\nExecReload=+:@/bin/reload\\\n  continued\n"
		 "ExecStop=@/bin/a\\x20b\nExecStopPost='@/bin/c d'\n"
		 "ExecCondition=|@/bin/condition\nExecStart=relative\nExecStart=\n"
		 "ExecStop=@/bin/stop\nExecStop=@/bin/missing\nExecStop=@/bin/%i\n"
		 "NotExecStart=@/bin/not\nExecStart @/bin/not\n");
	write_at(&fixture.scratch, "units/other.service", "ExecStart=@/bin/not\n");
	write_at(&fixture.scratch, "units/kesl.service.d/x.conf", "ExecStart=@/bin/not\n");
	link = scratch_path(&fixture.scratch, "other/kesl.service");
	assert_int_equal(symlink("/dev/null", link), 0);
	free(link);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		char text[64];

		snprintf(text, sizeof(text), "#!/bin/sh\n%zu\n", i);
		scratch_write(&fixture.scratch, expected[i], text);
	}
	scratch_write(&fixture.scratch, "bin/not", "#!/bin/sh\nno\n");
	scratch_write(&fixture.scratch, "bin/commented", "#!/bin/sh\nno, no\n");
	link = scratch_path(&fixture.scratch, "bin/link");
	target = scratch_path(&fixture.scratch, "bin/program");
	assert_int_equal(symlink(target, link), 0);
	free(link);
	free(target);

	run_identity(&fixture, &identity);
	assert_paths(&fixture, expected, ARRAY_SIZE(expected));
	assert_no_errors(fixture.scratch.problems);
	assert_problem(fixture.scratch.problems, PROBLEM_WARNING, "kesl.service", 0,
		       "depends on the unit's instance");
	assert_int_equal(fixture.counts.missing, 1);
	tear_down(&fixture);
}

static void test_modules_and_packages(void **state)
{
	static const char *const expected[] = { "modules/6.1/kl-mod.ko", "bin/owned" };
	char *modules[] = { (char[]){ "kl_*" } }, *packages[] = { (char[]){ "kesl*" } };
	const struct identity identity = { .module = { modules, 1 }, .package = { packages, 1 } };
	struct fixture fixture;
	struct list_row row;

	(void)state;
	set_up(&fixture);
	scratch_write(&fixture.scratch, "modules/6.1/kl-mod.ko", "\x7f" "ELF module");
	scratch_write(&fixture.scratch, "modules/6.1/kl_readme", "#!/bin/sh\nnot a module\n");
	scratch_write(&fixture.scratch, "modules/6.1/ext4.ko", "\x7f" "ELF another");
	scratch_write(&fixture.scratch, "bin/owned", "#!/bin/sh\nowned\n");
	scratch_write(&fixture.scratch, "status",
		      "Package: kesl-gui\nStatus: install ok installed\nArchitecture: all\n"
		      "Version: 12\n");
	write_at(&fixture.scratch, "info/kesl-gui.list", "@/bin\n@/bin/owned\n@/bin/left-out\n");
	run_identity(&fixture, &identity);
	assert_no_errors(fixture.scratch.problems);
	assert_paths(&fixture, expected, ARRAY_SIZE(expected));
	listing_get(fixture.listing, 1, &row);
	assert_memory_equal(row.text[LIST_PRODUCT].bytes, "kesl-gui", 9);
	assert_memory_equal(row.text[LIST_VERSION].bytes, "12", 3);
	assert_memory_equal(row.text[LIST_SOURCE].bytes, "dpkg", 5);
	assert_int_equal(row.size, strlen("#!/bin/sh\nowned\n"));
	assert_int_equal(fixture.counts.missing, 1);
	tear_down(&fixture);
}

/* Globs that overlap, one behind a link, one of nothing: each file once. */
static void test_paths(void **state)
{
	static const char *const expected[] = { "bin/a", "bin/sub/b" };
	struct fixture fixture;
	struct identity identity = { .path = { .count = 5 } };
	char *items[5], *link;

	(void)state;
	set_up(&fixture);
	make_directory(&fixture.scratch, "bin/sub");
	scratch_write(&fixture.scratch, "bin/a", "#!a");
	scratch_write(&fixture.scratch, "bin/sub/b", "#!b");
	scratch_write(&fixture.scratch, "bin/sub/text", "b");
	scratch_write(&fixture.scratch, "other/c", "#!c");
	link = scratch_path(&fixture.scratch, "linked");
	assert_int_equal(symlink("other", link), 0);
	free(link);
	items[0] = scratch_path(&fixture.scratch, "bin/sub/*");
	items[1] = scratch_path(&fixture.scratch, "bin/*");
	items[2] = scratch_path(&fixture.scratch, "bin/[a]");
	items[3] = scratch_path(&fixture.scratch, "nowhere/*");
	items[4] = scratch_path(&fixture.scratch, "linked/*");
	identity.path.item = items;
	run_identity(&fixture, &identity);
	assert_no_errors(fixture.scratch.problems);
	assert_paths(&fixture, expected, ARRAY_SIZE(expected));
	assert_int_equal(fixture.counts.files, 3);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		free(items[i]);
	tear_down(&fixture);
}

static void test_stopped(void **state)
{
	static const atomic_bool stop = true;
	struct fixture fixture;
	struct harvest *harvest;

	(void)state;
	set_up(&fixture);
	scratch_write(&fixture.scratch, "bin/a", "#!a");
	fixture.options.stop = &stop;
	harvest = harvest_new(&fixture.options, fixture.scratch.problems);
	assert_int_equal(harvest_add_path(harvest, fixture.scratch.path), -ECANCELED);
	assert_int_equal(harvest_add_file(harvest, "/nowhere", 1, harvest->here, true), 0);
	assert_int_equal(harvest_run(harvest, fixture.listing, &fixture.counts), -ECANCELED);
	assert_int_equal(listing_count(fixture.listing), 0);
	harvest_free(harvest);
	tear_down(&fixture);
}

/* What is between being found and being read can be anything by then. */
static void test_unreadable(void **state)
{
	static const char *const expected[] = { "bin/a" };
	struct fixture fixture;
	struct harvest *harvest;
	char *path, *link;

	(void)state;
	set_up(&fixture);
	scratch_write(&fixture.scratch, "bin/a", "#!a");
	path = scratch_path(&fixture.scratch, "bin/a");
	link = scratch_path(&fixture.scratch, "bin/link");
	assert_int_equal(symlink("a", link), 0);
	harvest = harvest_new(&fixture.options, fixture.scratch.problems);
	assert_int_equal(harvest_add_file(harvest, path, 3, harvest->here, false), 0);
	assert_int_equal(harvest_add_file(harvest, path, 3, harvest->here, false), 0);
	assert_int_equal(harvest_add_file(harvest, link, 3, harvest->here, false), 0);
	assert_int_equal(harvest_add_file(harvest, "/nowhere/x", 1, harvest->here, false), 0);
	assert_int_equal(harvest_run(harvest, fixture.listing, &fixture.counts), 0);
	assert_int_equal(fixture.counts.files, 3);
	assert_paths(&fixture, expected, ARRAY_SIZE(expected));
	assert_error(fixture.scratch.problems, "/nowhere/x", 0, strerror(ENOENT));
	assert_error(fixture.scratch.problems, "bin/link", 0, strerror(ELOOP));
	assert_int_equal(problems_errors(fixture.scratch.problems), 2);
	harvest_free(harvest);
	free(path);
	free(link);
	tear_down(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),	   cmocka_unit_test(test_modules_and_packages),
		cmocka_unit_test(test_paths),	   cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
