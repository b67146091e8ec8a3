/* SPDX-License-Identifier: BSD-2-Clause */
/* What may be learned, and a list that is replaced as a whole or not at all. */
#include "input.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "cleanup.h"
#include "learn.h"
#include "policy.h"
#include "util.h"
#include "vendor.h"

static struct scratch scratch;

static int setup(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	scratch_end(&scratch);
	return 0;
}

static struct learn_file good_file(void)
{
	return (struct learn_file){
		.path = "/opt/acme/x",
		.stat = { .st_mode = S_IFREG | 0755, .st_nlink = 1, .st_size = 10 },
	};
}

static void refused(const struct learn_file *file, const char *reason)
{
	const char *said = learn_refusal(file);

	assert_non_null(said);
	assert_non_null(strstr(said, reason));
}

static void test_refusal(void **state)
{
	struct learn_file file = good_file();

	(void)state;
	assert_null(learn_refusal(&file));
	file.path = NULL;
	refused(&file, "path");
	file.path = "memfd:x";
	refused(&file, "path");
	file = good_file();
	file.elsewhere = true;
	refused(&file, "mount namespace");
	file = good_file();
	file.unverifiable = true;
	refused(&file, "file system");
	file = good_file();
	file.foreign = true;
	refused(&file, "package");
	file = good_file();
	file.stat.st_uid = 1000;
	refused(&file, "belong to root");
	file = good_file();
	file.stat.st_mode |= S_IWGRP;
	refused(&file, "write");
	file = good_file();
	file.stat.st_mode |= S_IWOTH;
	refused(&file, "write");
	file = good_file();
	file.stat.st_nlink = 0;
	refused(&file, "name");
	file = good_file();
	file.stat.st_size = 0;
	refused(&file, "empty");
}

/* Everything here lies below /tmp, where anybody may put something. */
static void test_refusal_on_disk(void **state)
{
	_cleanup_free_ char *path = scratch_path(&scratch, "x");
	struct learn_file file = good_file();
	const char *said;

	(void)state;
	scratch_write(&scratch, "x", "program");
	file.path = path;
	assert_int_equal(lstat(path, &file.stat), 0);
	said = learn_refusal_on_disk(&file);
	assert_non_null(strstr(said, "may change what its path leads to"));

	/* A file of the system, by its right path, then by another file's numbers. */
	file.path = "/etc/passwd";
	assert_int_equal(lstat(file.path, &file.stat), 0);
	said = learn_refusal_on_disk(&file);
	if (said)
		assert_non_null(strstr(said, "may change"));
	file.stat.st_ino++;
	assert_non_null(learn_refusal_on_disk(&file));
	file.path = "/etc/no/such/file";
	assert_non_null(learn_refusal_on_disk(&file));
	file.path = "/etc/passwd/file";
	assert_non_null(learn_refusal_on_disk(&file));
}

/* What packages have: the same bytes elsewhere, and the vendor's own. */
static void test_twins(void **state)
{
	static const char *globs[] = { "acme*" };
	_cleanup_free_ char *info = scratch_path(&scratch, "info");
	_cleanup_free_ char *tool = scratch_path(&scratch, "tool");
	_cleanup_free_ char *list = NULL;
	struct learn_file copy = good_file(), other = good_file(), own = good_file(), itself;
	struct learn_file *files[] = { &copy, &other, &own, &itself };

	(void)state;
	assert_int_equal(mkdir(info, 0755), 0);
	assert_true(asprintf(&list, "%s\n%s/absent\n", tool, scratch.path) > 0);
	scratch_write(&scratch, "tool", "0123456789");
	scratch_write(&scratch, "info/acme-tools.list", list);
	scratch_write(&scratch, "status",
		      "Package: acme-tools\nStatus: install ok installed\nArchitecture: amd64\n"
		      "Version: 1\n");
	/* SHA-256 of "0123456789" */
	assert_int_equal(digest_from_hex("84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882",
					 copy.digest),
			 0);
	own = itself = copy;
	own.packages = (struct strings){ (char **)globs, 1 };
	assert_int_equal(stat(tool, &itself.stat), 0);
	learn_find_twins(files, ARRAY_SIZE(files), scratch.path);
	assert_true(copy.twin);
	refused(&copy, "same file");
	assert_false(other.twin); /* of the same size */
	assert_false(own.twin);	  /* the vendor names the package */
	assert_false(itself.twin);
	assert_true(itself.foreign); /* by another name, which the vendor does not name */
	assert_false(copy.foreign);
}

static struct list_row row(uint8_t digest, const char *path)
{
	struct list_row result = { .size = 100 + digest };

	memset(result.digest, digest, sizeof(result.digest));
	result.text[LIST_PATH] = (struct slice){ path, strlen(path) };
	result.text[LIST_SOURCE] = (struct slice){ "learned", 7 };
	return result;
}

static char *contents(const char *name)
{
	_cleanup_free_ char *path = scratch_path(&scratch, name);
	char *text = NULL;

	assert_int_equal(read_small_file(path, 1 << 22, &text, NULL), 0);
	return text;
}

static size_t lines(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* What is written makes a policy, whatever the names. */
static void test_add(void **state)
{
	_cleanup_free_ char *list = scratch_path(&scratch, "acme.learned.csv");
	struct list_row rows[] = { row(1, "/opt/a \"quoted\", one"), row(2, "/opt/line\nend\r\x1b"),
				   row(3, "/opt/\xff\xfe bytes") };
	struct policy *policy = NULL;
	struct stat st;
	char *text;

	(void)state;
	assert_int_equal(learn_add(list, rows, 2, scratch.problems), 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(stat(list, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(learn_add(list, rows + 1, 2, scratch.problems), 0);
	text = contents("acme.learned.csv");
	assert_int_equal(lines(text), 4);
	free(text);

	scratch_write(&scratch, "acme.vendor", "[vendor]\nid = acme\n[identity]\npath = /opt/a*\n");
	assert_int_equal(policy_load(scratch.path, scratch.problems, &policy), 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(policy_entry_count(policy), 3);
	for (uint8_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t number = policy_find(policy, rows[i].digest);

		assert_int_not_equal(number, 0);
		assert_int_equal(policy_entry(policy, number)->size, rows[i].size);
	}
	policy_free(policy);
}

/* An empty one is no error, an absent one neither, a broken one is. */
static void test_load(void **state)
{
	struct policy *policy = NULL;

	(void)state;
	scratch_write(&scratch, "acme.vendor", "[vendor]\nid = acme\n[identity]\npath = /opt/a*\n");
	scratch_write(&scratch, "acme.learned.csv", "sha256,size\n");
	assert_int_equal(policy_load(scratch.path, scratch.problems, &policy), 0);
	assert_no_errors(scratch.problems);
	assert_int_equal(policy_entry_count(policy), 0);
	policy_free(policy);
	policy = NULL;
	scratch_write(&scratch, "acme.learned.csv", "sha256,size\nnonsense,1\n");
	assert_int_not_equal(policy_load(scratch.path, scratch.problems, &policy), 0);
}

static void test_add_keeps_a_broken_list(void **state)
{
	static const char broken[] = "sha256,size\nnonsense,1\n";
	_cleanup_free_ char *list = scratch_path(&scratch, "l");
	struct list_row one = row(1, "/x");
	char *text;

	(void)state;
	scratch_write(&scratch, "l", broken);
	assert_int_equal(learn_add(list, &one, 1, scratch.problems), -EINVAL);
	text = contents("l");
	assert_string_equal(text, broken);
	free(text);
	/* Nor is anything learned into a list that others may write to. */
	scratch_write(&scratch, "l", "sha256\n");
	assert_int_equal(chmod(list, 0666), 0);
	assert_int_equal(learn_add(list, &one, 1, scratch.problems), -EPERM);
}

/* No room on the disk: the list is as it was, and nothing lies beside it. */
static void test_add_no_room(void **state)
{
	_cleanup_free_ char *list = scratch_path(&scratch, "l");
	struct list_row rows[] = { row(1, "/x"), row(2, "/y") };
	struct rlimit before, none;
	char *text, *after;
	int r;

	(void)state;
	assert_int_equal(learn_add(list, rows, 1, scratch.problems), 0);
	text = contents("l");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){ .rlim_cur = 20, .rlim_max = before.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	r = learn_add(list, rows, 2, scratch.problems);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, -EFBIG);
	after = contents("l");
	assert_string_equal(after, text);
	free(text);
	free(after);
	assert_int_equal(unlink(list), 0);
	assert_int_equal(rmdir(scratch.path), 0);
	assert_int_equal(mkdir(scratch.path, 0755), 0);
}

static void test_add_bounded(void **state)
{
	_cleanup_free_ char *list = scratch_path(&scratch, "l");
	struct list_row *rows = calloc(LEARN_TOTAL_MAX + 1, sizeof(*rows));

	(void)state;
	assert_non_null(rows);
	for (uint32_t i = 0; i <= LEARN_TOTAL_MAX; i++) {
		rows[i] = row(7, "/x");
		memcpy(rows[i].digest, &i, sizeof(i));
	}
	assert_int_equal(learn_add(list, rows, LEARN_TOTAL_MAX, scratch.problems), 0);
	assert_int_equal(learn_add(list, rows + 1, LEARN_TOTAL_MAX, scratch.problems), -EDQUOT);
	/* What it has already is no more. */
	assert_int_equal(learn_add(list, rows, 1, scratch.problems), 0);
	free(rows);
}

static void test_list_name(void **state)
{
	static const char *const samples[][2] = {
		{ "/etc/v/acme.vendor", "/etc/v/acme.learned.csv" },
		{ "acme.x.vendor", "acme.x.learned.csv" },
		{ "/etc/v.vendor/acme", "/etc/v.vendor/acme.learned.csv" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
		struct vendor vendor = { .file = (char *)samples[i][0] };
		char *list = vendor_learned_list(&vendor);

		assert_string_equal(list, samples[i][1]);
		free(list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusal),
		cmocka_unit_test_setup_teardown(test_refusal_on_disk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_twins, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_keeps_a_broken_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_add_bounded, setup, teardown),
		cmocka_unit_test(test_list_name),
	};

	return cmocka_run_group_tests_name("learn", tests, NULL, NULL);
}
