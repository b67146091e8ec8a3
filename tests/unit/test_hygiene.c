/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries that got into lists by mistake are warned of, and those that did not are not. */
#include "input.h"

#include <errno.h>

#include "hygiene.h"
#include "util.h"
#include "warning_list.h"

#define A     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B     "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" /* "hello" */

static struct scratch scratch;
static struct policy *policy;
static char *warnings; /* directory of warning lists */

static int setup(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	warnings = scratch_path(&scratch, "warnings");
	assert_int_equal(mkdir(warnings, 0755), 0);
	policy = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	policy_free(policy);
	free(warnings);
	scratch_end(&scratch);
	return 0;
}

static void load(void)
{
	policy_free(policy);
	policy = NULL;
	assert_int_equal(policy_load(scratch.path, scratch.problems, &policy), 0);
	assert_no_errors(scratch.problems);
}

static void load_one(const char *list)
{
	scratch_write(&scratch, "v.vendor",
		      "[vendor]\nid = acme\n[lists]\nfile = l\n[identity]\npackage = acme-*\n");
	scratch_write(&scratch, "l", list);
	load();
}

static void assert_warning(const char *file, unsigned int line, const char *text)
{
	assert_problem(scratch.problems, PROBLEM_WARNING, file, line, text);
}

static void check(size_t expected)
{
	assert_int_equal(hygiene_check(policy, warnings, scratch.problems), 0);
	assert_no_errors(scratch.problems);
	if (problems_warnings(scratch.problems) != expected) {
		problems_print(scratch.problems, SIZE_MAX);
		fail_msg("%zu warnings", problems_warnings(scratch.problems));
	}
}

static void test_warning_list(void **state)
{
	(void)state;
	load_one(A "\n" B "\n");
	check(0);
	scratch_write(&scratch, "warnings/false.json",
		      "{\"name\": \"false \\u202epositives\", \"version\": 3, \"list\": [\"d41d8\", 7, null, "
		      "\"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\"]}");
	check(1);
	assert_warning("l", 2, "vendor acme lists a digest of the warning list "
			       "\"false \\xe2\\x80\\xaepositives\"");
}

/* Its own file names a warning list that does not. Other files are none. */
static void test_warning_list_names(void **state)
{
	(void)state;
	load_one(A "\n");
	scratch_write(&scratch, "warnings/nameless.json", "{\"list\": [\"" A "\"]}");
	scratch_write(&scratch, "warnings/README", "not JSON");
	scratch_write(&scratch, "warnings/.hidden.json", "not JSON");
	check(1);
	assert_warning("l", 1, "warning list nameless.json");
}

/* What is wrong with a warning list keeps no policy from its place. */
static void test_warning_list_broken(void **state)
{
	(void)state;
	load_one(A "\n");
	scratch_write(&scratch, "warnings/1.json", "{\"list\": [\n\"" A "\"");
	scratch_write(&scratch, "warnings/2.json", "[\"" A "\"]");
	scratch_write(&scratch, "warnings/3.json", "{\"list\": {\"a\": \"" A "\"}}");
	scratch_write(&scratch, "warnings/5.json", "{\"list\": [\"" A "\"]}");
	char *directory = scratch_path(&scratch, "warnings/4.json");

	assert_int_equal(mkdir(directory, 0755), 0);
	free(directory);
	check(5);
	assert_warning("1.json", 2, "expected JSON");
	assert_warning("2.json", 0, "expected a warning list");
	assert_warning("3.json", 0, "expected a warning list");
	assert_warning("4.json", 0, "left out: expected a regular file");
	assert_warning("l", 1, "warning list 5.json");
}

static void test_no_warning_lists(void **state)
{
	(void)state;
	load_one(A "\n");
	assert_int_equal(hygiene_check(policy, "/nonexistent/warnings", scratch.problems), 0);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	assert_int_equal(hygiene_check(policy, "/proc/version", scratch.problems), 0);
	assert_warning("/proc/version", 0, "no warning list was read");
}

static void test_duplicates(void **state)
{
	(void)state;
	scratch_write(&scratch, "a.vendor", "[vendor]\nid = acme\n[lists]\nfile = a\n");
	scratch_write(&scratch, "b.vendor", "[vendor]\nid = best\n[lists]\nfile = b\nfile = c\n");
	scratch_write(&scratch, "a", "sha256,size\n" A ",5\n" B ",6\n");
	scratch_write(&scratch, "b", "sha256,size\n\n" HELLO ",5\n" A ",5\n");
	scratch_write(&scratch, "c", "sha256,size\n" A ",5\n" B ",7\n");
	load();
	check(2);
	assert_warning("/b", 4, "vendor best lists what vendor acme lists in ");
	assert_warning("/c", 3, "/a:3, and the sizes differ: one of them is wrong");
	assert_null(strstr(problems_get(scratch.problems, 0)->text, "differ"));
}

/* A thousand of them do not push out what else there is to say. */
static void test_bounded(void **state)
{
	char *list = malloc(70000), *at = list;

	(void)state;
	assert_non_null(list);
	for (int i = 0; i < 1000; i++)
		at += sprintf(at, "%064x\n", i * 65537 + 1);
	/* As if random, which a policy wants: the first halves have to differ. */
	for (int i = 0; i < 1000; i++)
		for (int j = 0; j < 8; j++)
			list[i * 65 + j] = list[i * 65 + 56 + j];
	scratch_write(&scratch, "a.vendor", "[vendor]\nid = acme\n[lists]\nfile = a\n");
	scratch_write(&scratch, "b.vendor", "[vendor]\nid = best\n[lists]\nfile = b\n");
	scratch_write(&scratch, "a", list);
	scratch_write(&scratch, "b", list);
	free(list);
	load();
	check(HYGIENE_NAMED_MAX + 1);
	assert_warning(NULL, 0, "and 980 more entries that another vendor lists too");
}

/* The database of a distribution whose package holds `file`, of five bytes. */
static void write_database(const char *package)
{
	char text[512], *info = scratch_path(&scratch, "info");

	if (mkdir(info, 0755) < 0)
		assert_int_equal(errno, EEXIST);
	free(info);
	snprintf(text, sizeof(text),
		 "Package: %s\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n",
		 package);
	scratch_write(&scratch, "status", text);
	snprintf(text, sizeof(text), "/.\n%s\n%s/file\n%s/link\n%s/gone\n", scratch.path,
		 scratch.path, scratch.path, scratch.path);
	char name[64];

	snprintf(name, sizeof(name), "info/%s.list", package);
	scratch_write(&scratch, name, text);
	scratch_write(&scratch, "file", "hello");
}

static struct hygiene_owned check_owned(bool deep, size_t expected)
{
	const struct package_db_options database = { .dpkg = scratch.path };
	struct hygiene_owned owned = { .database = &database, .deep = deep };

	scratch_forget(&scratch);
	assert_int_equal(hygiene_check_owned(policy, &owned, scratch.problems), 0);
	assert_no_errors(scratch.problems);
	if (problems_warnings(scratch.problems) != expected) {
		problems_print(scratch.problems, SIZE_MAX);
		fail_msg("%zu warnings", problems_warnings(scratch.problems));
	}
	return owned;
}

static void test_owned_by_size(void **state)
{
	struct hygiene_owned owned;

	(void)state;
	write_database("libhello");
	load_one("sha256,size\n" A ",5\n" HELLO ",5\n");
	owned = check_owned(false, 1);
	assert_warning("l", 3, "file, which belongs to the installed package libhello, and no "
			       "package glob");
	assert_int_equal(owned.hashed, 1);
	assert_int_equal(owned.unreadable, 0);
	/* Of another size: not even read. */
	load_one("sha256,size\n" A ",6\n");
	assert_int_equal(check_owned(false, 0).hashed, 0);
	/* Read, and another file. */
	load_one("sha256,size\n" A ",5\n");
	assert_int_equal(check_owned(false, 0).hashed, 1);
}

static void test_owned_by_the_vendor(void **state)
{
	(void)state;
	write_database("acme-agent");
	load_one("sha256,size\n" HELLO ",5\n");
	assert_int_equal(check_owned(false, 0).hashed, 1);
}

static void test_owned_without_size(void **state)
{
	struct hygiene_owned owned;
	char *path = scratch_path(&scratch, "file");
	char list[512];

	(void)state;
	write_database("libhello");
	load_one(HELLO "\n" A "\n");
	owned = check_owned(false, 0);
	assert_int_equal(owned.blind, 2);
	assert_int_equal(owned.hashed, 0);
	/* Only what can be executed. */
	assert_int_equal(check_owned(true, 0).hashed, 0);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(check_owned(true, 1).hashed, 1);
	/* At the path of the entry, in either way of writing it. */
	for (int dot = 0; dot < 2; dot++) {
		snprintf(list, sizeof(list), "sha256,path\n" A ",/elsewhere\n" HELLO ",%s%s\n",
			 dot ? "." : "", path);
		load_one(list);
		owned = check_owned(false, 1);
		assert_int_equal(owned.hashed, 1);
		assert_int_equal(owned.blind, 0);
	}
	free(path);
}

/* A file of sysfs says that it has 4096 bytes and holds fewer: no digest can be had. */
static void test_owned_unreadable(void **state)
{
	(void)state;
	write_database("libhello");
	scratch_write(&scratch, "info/libhello.list", "/sys/devices/system/cpu/online\n");
	load_one("sha256,size\n" HELLO ",4096\n");
	assert_int_equal(check_owned(false, 1).unreadable, 1);
	assert_warning(NULL, 0, "1 files of installed packages could not be read");
}

static void test_owned_stopped(void **state)
{
	const struct package_db_options database = { .dpkg = scratch.path };
	const atomic_bool stop = true;
	struct hygiene_owned owned = { .database = &database, .stop = &stop };

	(void)state;
	write_database("libhello");
	load_one("sha256,size\n" HELLO ",5\n");
	assert_int_equal(hygiene_check_owned(policy, &owned, scratch.problems), -ECANCELED);
	assert_int_equal(owned.hashed, 0);
}

/* The lists that ship are well-formed, and say what they should. */
static void count_shipped(void *cookie, const char *name, const uint8_t digest[])
{
	static const char *const wanted[] = {
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
	};
	char hex[DIGEST_HEX_SIZE];

	assert_non_null(name);
	digest_to_hex(digest, hex);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		*(unsigned int *)cookie |= streq(hex, wanted[i]) ? 1U << i : 0;
}

static void test_shipped(void **state)
{
	const char *source = getenv("INTERDICT_SOURCE");
	char *directory = format_string("%s/user/etc/warninglists.d", source ? source : ".");
	unsigned int found = 0;

	(void)state;
	assert_int_equal(warning_lists_read(directory, scratch.problems, count_shipped, &found),
			 0);
	assert_int_equal(problems_warnings(scratch.problems), 0);
	assert_int_equal(found, 3);
	free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_warning_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_warning_list_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_warning_list_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_warning_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_duplicates, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owned_by_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owned_by_the_vendor, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owned_without_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owned_unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owned_stopped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shipped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
