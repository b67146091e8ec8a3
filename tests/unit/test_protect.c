/* SPDX-License-Identifier: BSD-2-Clause */
/* A policy that lists what the host needs is found out, by hashing next to nothing. */
#include "policy_input.h"

#include <errno.h>

#include "file_hash.h"
#include "protect.h"

static int hashed; /* calls of the hash functions */

static int setup(void **state)
{
	hashed = 0;
	return begin_policy(state);
}

/* A policy with one list. */
static void load(const char *list)
{
	scratch_write(&scratch, "v.vendor", "[vendor]\nid = acme\n[lists]\nfile = l\n");
	scratch_write(&scratch, "l", list);
	assert_loads();
}

/* The digest of every file is its first byte, 32 times. */
static int first_byte(int fd, uint8_t ret_digest[INTERDICT_DIGEST_SIZE], uint64_t *ret_size)
{
	uint8_t byte;

	assert_null(ret_size);
	assert_int_equal(pread(fd, &byte, 1, 0), 1);
	memset(ret_digest, byte, INTERDICT_DIGEST_SIZE);
	hashed++;
	return 0;
}

static int cannot_hash(int fd, uint8_t ret_digest[INTERDICT_DIGEST_SIZE], uint64_t *ret_size)
{
	(void)fd, (void)ret_digest, (void)ret_size;
	hashed++;
	return -EIO;
}

static int check(const char *pattern, protect_hash_fn hash)
{
	char *path = scratch_path(&scratch, pattern);
	struct protected_file file = { "the thing", path };
	int r = protect_check_files(policy, &file, 1, hash, scratch.problems);

	free(path);
	return r;
}

static void test_sizes_first(void **state)
{
	(void)state;
	load("sha256,size\n" A ",3\n");
	scratch_write(&scratch, "two", "\xbb\xbb");
	scratch_write(&scratch, "three", "\xbb\xbb\xbb");
	scratch_write(&scratch, "listed", "\xaa\xaa\xaa");
	/* No entry has its size: not even read. */
	assert_int_equal(check("two", first_byte), 0);
	assert_int_equal(hashed, 0);
	assert_int_equal(check("three", first_byte), 0);
	assert_int_equal(hashed, 1);
	assert_no_errors(scratch.problems);
	assert_int_equal(check("listed", first_byte), -EINVAL);
	assert_int_equal(hashed, 2);
	assert_only_error(scratch.problems, "/l", 2, "vendor acme lists");
	assert_error(scratch.problems, "/l", 2, "/listed (the thing), which this host needs");
}

static void test_without_sizes(void **state)
{
	(void)state;
	load("\n" A "\n");
	scratch_write(&scratch, "other", "\xbb");
	scratch_write(&scratch, "listed", "\xaa");
	assert_int_equal(check("other", first_byte), 0);
	assert_int_equal(check("listed", first_byte), -EINVAL);
	assert_int_equal(hashed, 2);
	assert_only_error(scratch.problems, "/l", 2, "vendor acme lists");
}

/* Even before it is prohibited, and after it was retired: dates move. */
static void test_any_phase(void **state)
{
	(void)state;
	load(A "\n");
	scratch_write(&scratch, "v.vendor",
		      "[vendor]\nid = acme\n[schedule]\nannounced = 2999-01-01\ngrace = 1d\n"
		      "[lists]\nfile = l\n");
	policy_free(policy);
	assert_int_equal(policy_load(scratch.path, scratch.problems, &policy), 0);
	scratch_write(&scratch, "listed", "\xaa");
	assert_int_equal(check("listed", first_byte), -EINVAL);
}

static void test_patterns_and_links(void **state)
{
	char *soft = scratch_path(&scratch, "p3"), *hard = scratch_path(&scratch, "p4");
	char *first = scratch_path(&scratch, "p1"), *directory = scratch_path(&scratch, "p5");

	(void)state;
	load(A "\n");
	scratch_write(&scratch, "p1", "\xbb");
	scratch_write(&scratch, "p2", "\xaa");
	assert_int_equal(symlink("p1", soft), 0);
	assert_int_equal(link(first, hard), 0);
	assert_int_equal(mkdir(directory, 0755), 0);
	/* Two files under four names, and what is no file. */
	assert_int_equal(check("p*", first_byte), -EINVAL);
	assert_int_equal(hashed, 2);
	assert_int_equal(problems_errors(scratch.problems), 1);
	assert_int_equal(check("absent*", first_byte), 0);
	free(soft);
	free(hard);
	free(first);
	free(directory);
}

static void test_unreadable(void **state)
{
	(void)state;
	load(A "\n");
	scratch_write(&scratch, "f", "\xbb");
	assert_int_equal(check("f", cannot_hash), 0);
	assert_int_equal(hashed, 1);
	assert_problem(scratch.problems, PROBLEM_WARNING, "/f", 0, "cannot be read to see");
}

/* This machine: its shell, its C library and this very program are in the set. */
static void check_host(const char *path)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE], *list;
	uint64_t size;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(file_hash(fd, digest, &size), 0);
	close(fd);
	digest_to_hex(digest, hex);
	list = format_string("sha256,size,path\n" A ",1,\n%s,%llu,x\n", hex,
			     (unsigned long long)size);
	load(list);
	assert_int_equal(protect_check(policy, scratch.problems), -EINVAL);
	assert_error(scratch.problems, "/l", 3, "which this host needs");
	scratch_forget(&scratch);
	free(list);
}

static void test_host(void **state)
{
	char path[256] = "";
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	(void)state;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, "/libc.so.6") && strchr(line, '/'))
			sscanf(strchr(line, '/'), "%255s", path);
	fclose(maps);
	check_host("/bin/sh");
	check_host("/proc/self/exe");
	if (*path)
		check_host(path);
}

static void test_host_with_harmless_policy(void **state)
{
	(void)state;
	load(A "\n" B "\n");
	assert_int_equal(protect_check(policy, scratch.problems), 0);
	assert_no_errors(scratch.problems);
}

/* One digest, without a policy: a file of this host, and one that it cannot be. */
static void test_find(void **state)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	int fd = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	uint64_t size;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_hash(fd, digest, &size), 0);
	close(fd);
	assert_int_equal(protect_find(digest, size), 1);
	assert_int_equal(protect_find(digest, size + 1), 0);
	digest[31] ^= 1;
	assert_int_equal(protect_find(digest, size), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, end_policy)
	const struct CMUnitTest tests[] = {
		TEST(test_sizes_first),	       TEST(test_without_sizes),
		TEST(test_any_phase),	       TEST(test_patterns_and_links),
		TEST(test_unreadable),	       TEST(test_host),
		TEST(test_host_with_harmless_policy), cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests_name("protect", tests, NULL, NULL);
}
