/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes back from the cache is what was compiled, and nothing comes back from one that
 * is of other lists or was damaged.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "signing.h" /* before what names the scratch directory */

#include "policy_cache.h"
#include "policy_input.h"

static char *state_path, *cache_path;

static int setup(void **state)
{
	begin_policy(state);
	state_path = scratch_path(&scratch, "state");
	cache_path = format_string("%s/" POLICY_CACHE_NAME, state_path);
	assert_non_null(cache_path);
	return 0;
}

static int teardown(void **state)
{
	unlink(cache_path);
	rmdir(state_path);
	free(cache_path);
	free(state_path);
	return end_policy(state);
}

/* Loads as the monitor does. Returns whether the lists came from the cache. */
static bool load_cached(void)
{
	policy_free(policy);
	policy = NULL;
	scratch_forget(&scratch);
	assert_int_equal(policy_load_cached(scratch.path, state_path, scratch.problems, &policy), 0);
	assert_no_errors(scratch.problems);
	return policy_is_recalled(policy);
}

/* Parses, and writes the cache. */
static void remember(void)
{
	assert_false(load_cached());
	assert_int_equal(policy_cache_save(policy, state_path), 0);
}

static void assert_same_entry(const struct policy *other, const struct entry *a,
			      const struct entry *b)
{
	assert_memory_equal(a->digest, b->digest, sizeof(a->digest));
	assert_true(a->size == b->size && a->line == b->line && a->vendor == b->vendor &&
		    a->list == b->list);
	assert_string_equal(policy_entry_product(policy, a), policy_entry_product(other, b));
	assert_string_equal(policy_entry_version(policy, a), policy_entry_version(other, b));
	assert_string_equal(policy_entry_package(policy, a), policy_entry_package(other, b));
	assert_string_equal(policy_entry_path(policy, a), policy_entry_path(other, b));
	assert_string_equal(policy_entry_source(policy, a), policy_entry_source(other, b));
}

static void assert_same_lists(const struct policy *other)
{
	assert_int_equal(policy_list_count(policy), policy_list_count(other));
	for (size_t i = 0; i < policy_list_count(policy); i++) {
		const struct policy_list *a = policy_list(policy, i), *b = policy_list(other, i);

		assert_string_equal(a->path, b->path);
		assert_ptr_equal(a->format, b->format);
		assert_ptr_equal(a->compression, b->compression);
		assert_true(a->rows == b->rows && a->set_aside == b->set_aside &&
			    a->vendor == b->vendor && a->archive == b->archive);
		assert_memory_equal(a->weak, b->weak, sizeof(a->weak));
		assert_memory_equal(&a->signature, &b->signature, sizeof(a->signature));
	}
}

/* The policy says the same as one that was just made of the lists. */
static void assert_same_policy(void)
{
	struct policy *other = NULL;
	uint8_t digest[INTERDICT_DIGEST_SIZE], other_digest[INTERDICT_DIGEST_SIZE];

	assert_int_equal(policy_load(scratch.path, scratch.problems, &other), 0);
	assert_same_lists(other);
	assert_int_equal(policy_entry_count(policy), policy_entry_count(other));
	for (uint32_t i = 1; i <= policy_entry_count(policy); i++) {
		const struct entry *entry = policy_entry(policy, i);

		assert_same_entry(other, entry, policy_entry(other, i));
		assert_int_equal(policy_find(policy, entry->digest), policy_find(other, entry->digest));
		assert_true(entry->size == ENTRY_SIZE_UNKNOWN ||
			    policy_size_listed(policy, entry->size));
	}
	assert_int_equal(policy_archive_count(policy), policy_archive_count(other));
	for (size_t i = 0; i < policy_archive_count(policy); i++)
		assert_same_entry(other, policy_archive(policy, i), policy_archive(other, i));
	for (size_t i = 0; i < policy_vendor_count(policy); i++)
		assert_int_equal(policy_vendor_entries(policy, i), policy_vendor_entries(other, i));
	assert_int_equal(policy_has_unsized(policy), policy_has_unsized(other));
	policy_digest(policy, digest);
	policy_digest(other, other_digest);
	assert_memory_equal(digest, other_digest, sizeof(digest));
	policy_free(other);
}

static void write_lists(void)
{
	write_vendor("a", "[lists]\nfile = 1\nfile = 2\narchive = 3\n");
	write_vendor("b", "[lists]\nfile = 4\n");
	scratch_write(&scratch, "1", "sha256,size,product,version,package,path,source\n"
				     A ",17,P,1,K,/usr/bin/p,S\n" B ",18,Q,,,,\n");
	scratch_write(&scratch, "2", C "  some/name\nd41d8cd98f00b204e9800998ecf8427e  weak\n");
	scratch_write(&scratch, "3", D "  archive.deb\n");
	/* A column that says nothing is a warning of the parser. */
	scratch_write(&scratch, "4", "sha256,size,colour\n" B ",18,red\n" D ",19,\n");
}

static void test_recall(void **state)
{
	size_t warnings;
	struct stat st;

	(void)state;
	write_lists();
	remember();
	warnings = problems_warnings(scratch.problems);
	assert_true(warnings >= 2);
	assert_int_equal(stat(cache_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(load_cached());
	assert_int_equal(problems_warnings(scratch.problems), warnings);
	assert_same_policy();
	/* What came from the cache need not be written, and cannot be. */
	assert_int_equal(policy_cache_save(policy, state_path), -EINVAL);
	assert_true(load_cached());
}

/* Dates and exemptions are not in it: a new day or a new ticket parses nothing. */
static void test_vendor_file(void **state)
{
	(void)state;
	write_lists();
	remember();
	write_vendor("b", "mode = audit\n[schedule]\nprohibited = 2026-01-01\n[lists]\nfile = 4\n"
			  "open = deny\n[exempt T]\nsha256 = " D "\nuntil = 2030-01-01\n"
			  "approver = x\nreason = y\nticket = z\n");
	assert_true(load_cached());
	assert_same_policy();
	assert_int_equal(policy_rule(policy, policy_find(policy, policy_entry(policy, 5)->digest), 0,
				     day_of("2027-01-01")).action & POLICY_ACTION_MASK,
			 POLICY_ACTION_EXEMPT);
}

static void test_other_lists(void **state)
{
	(void)state;
	write_lists();
	remember();
	/* The same size, another digest. */
	scratch_write(&scratch, "3", A "  archive.deb\n");
	assert_false(load_cached());
	assert_same_policy();
	remember();
	assert_true(load_cached());
	write_vendor("a", "[lists]\nfile = 2\nfile = 1\narchive = 3\n");
	assert_false(load_cached());
	write_vendor("a", "[lists]\nfile = 1\nfile = 2\nfile = 3\n");
	assert_false(load_cached());
	write_vendor("a", "[lists]\nfile = 1\nfile = 2\n");
	assert_false(load_cached());
	assert_same_policy();
	write_vendor("a", "[lists]\nfile = 1\nfile = 2\narchive = 3\nfile = 4\n");
	assert_false(load_cached());
	write_vendor("a", "[lists]\nfile = 1\nfile = 2\narchive = 3\n");
	assert_true(load_cached());
	write_vendor("c", "[lists]\nfile = 4\n");
	assert_false(load_cached());
	assert_same_policy();
}

/* Whatever byte is changed, wherever it is cut: the lists are parsed, and it is said. */
static void test_damage(void **state)
{
	struct stat st;
	char *bytes;
	int fd;

	(void)state;
	write_lists();
	remember();
	assert_int_equal(stat(cache_path, &st), 0);
	fd = open(cache_path, O_RDWR | O_CLOEXEC);
	bytes = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	for (off_t at = 0; at < st.st_size; at += at < 256 ? 3 : 11) {
		char other = (char)(bytes[at] ^ 0x41);

		assert_int_equal(pwrite(fd, &other, 1, at), 1);
		assert_false(load_cached());
		assert_same_policy();
		assert_int_equal(pwrite(fd, bytes + at, 1, at), 1);
	}
	assert_true(load_cached());
	for (off_t size = st.st_size - 1; size >= 0; size = size * 3 / 4 - 1) {
		assert_int_equal(ftruncate(fd, size), 0);
		assert_false(load_cached());
		assert_true(problems_warnings(scratch.problems) > 0);
	}
	assert_same_policy();
	remember();
	assert_true(load_cached());
	close(fd);
	free(bytes);
}

/* One that others can write to is not looked at. */
static void test_unsafe(void **state)
{
	char *moved = scratch_path(&scratch, "moved");

	(void)state;
	write_lists();
	remember();
	assert_int_equal(chmod(cache_path, 0666), 0);
	assert_false(load_cached());
	assert_same_policy();
	assert_int_equal(chmod(cache_path, 0600), 0);
	assert_true(load_cached());
	assert_int_equal(rename(cache_path, moved), 0);
	assert_int_equal(symlink(moved, cache_path), 0);
	assert_false(load_cached());
	free(moved);
}

static void test_errors_are_told_once(void **state)
{
	size_t errors;

	(void)state;
	write_lists();
	remember();
	scratch_write(&scratch, "1", "sha256,size\n" A ",17,,\nrubbish,\n");
	policy_free(policy);
	policy = NULL;
	assert_int_equal(policy_load(scratch.path, scratch.problems, &policy), -EINVAL);
	errors = problems_errors(scratch.problems);
	scratch_forget(&scratch);
	assert_int_equal(policy_load_cached(scratch.path, state_path, scratch.problems, &policy),
			 -EINVAL);
	assert_int_equal(problems_errors(scratch.problems), errors);
	scratch_forget(&scratch);
}

/* The signature is looked at each time, whether the list is parsed or not. */
static void test_signed(void **state)
{
	(void)state;
	write_vendor("s", "[lists]\nfile = l\nsigned-by = " KEY_TEXT "\n");
	scratch_write(&scratch, "l", A "\n");
	scratch_sign(&scratch, "l", "sequence:1\tfile:l");
	remember();
	assert_true(load_cached());
	assert_same_policy();
	/* A later signature of the same bytes. */
	scratch_sign(&scratch, "l", "sequence:2\tfile:l");
	assert_true(load_cached());
	assert_true(policy_list(policy, 0)->signature.number == 2);
	scratch_write(&scratch, "l.minisig", "untrusted comment: x\n");
	policy_free(policy);
	policy = NULL;
	assert_true(policy_load_cached(scratch.path, state_path, scratch.problems, &policy) < 0);
	scratch_forget(&scratch);
	/* Without the key it is another kind of list. */
	write_vendor("s", "[lists]\nfile = l\n");
	assert_false(load_cached());
}

/* A large policy lies in the cache itself, which may lose its name. */
static void test_large(void **state)
{
	char *path = scratch_path(&scratch, "l");
	FILE *list = fopen(path, "w");
	uint64_t seed = 1;

	(void)state;
	assert_non_null(list);
	for (unsigned int i = 0; i < 50000; i++) {
		uint8_t digest[INTERDICT_DIGEST_SIZE];
		char hex[DIGEST_HEX_SIZE];

		random_bytes(&seed, digest, sizeof(digest));
		digest_to_hex(digest, hex);
		fprintf(list, "%s%s,%u,product %u,%u\n", i ? "" : "sha256,size,product,version\n", hex,
			1000 + i * 7, i % 100, i % 7);
	}
	fclose(list);
	free(path);
	write_vendor("v", "[lists]\nfile = l\n");
	assert_false(load_cached());
	policy_settle(policy);
	assert_false(policy_is_resident(policy));
	assert_same_policy();
	assert_int_equal(policy_cache_save(policy, state_path), 0);
	assert_true(load_cached());
	unlink(cache_path);
	policy_trim(policy);
	assert_same_policy();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_recall), TEST(test_vendor_file),	    TEST(test_other_lists),
		TEST(test_damage), TEST(test_unsafe),		    TEST(test_errors_are_told_once),
		TEST(test_signed), TEST(test_large),
	};

	return cmocka_run_group_tests_name("policy_cache", tests, NULL, NULL);
}
