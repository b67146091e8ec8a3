/* SPDX-License-Identifier: BSD-2-Clause */
/* From vendor files and lists to a policy, and every reason to refuse one. */
#include "policy_input.h"

#include <dirent.h>
#include <errno.h>
#include <malloc.h>

#include "buffer.h"

static int load(void)
{
	struct policy *loaded = NULL;
	int r = policy_load(scratch.path, scratch.problems, &loaded);

	if (r < 0) {
		assert_null(loaded);
		assert_true(problems_errors(scratch.problems) > 0);
		return r;
	}
	assert_no_errors(scratch.problems);
	policy_free(policy);
	policy = loaded;
	return 0;
}

static uint32_t find(const char *hex)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	assert_int_equal(digest_from_hex(hex, digest), 0);
	return policy_find(policy, digest);
}

static void test_two_vendors(void **state)
{
	const struct entry *entry;

	(void)state;
	write_vendor("zeta", "name = Zeta\n[lists]\nfile = z.csv\nfile = z.sum\n");
	write_vendor("alpha", "[lists]\nfile = a\n");
	scratch_write(&scratch, "z.csv",
		      "sha256,size,product,version,package,path,source\n" C ",30,P,V,K,/x,S\n" A
		      ",10,,,,,\n");
	scratch_write(&scratch, "z.sum", B "  some/name\n");
	scratch_write(&scratch, "a", D "\n");
	/* Neither of these is a vendor file. */
	scratch_write(&scratch, ".hidden.vendor", "nonsense");
	scratch_write(&scratch, ".vendor", "nonsense");
	scratch_write(&scratch, "old.vendor.bak", "nonsense");
	assert_int_equal(load(), 0);

	assert_int_equal(policy_vendor_count(policy), 2);
	assert_string_equal(policy_vendor(policy, 0)->id, "alpha");
	assert_string_equal(policy_vendor(policy, 1)->name, "Zeta");
	assert_null(policy_vendor(policy, 2));
	assert_int_equal(policy_vendor_entries(policy, 0), 1);
	assert_int_equal(policy_vendor_entries(policy, 1), 3);
	assert_int_equal(policy_list_count(policy), 3);
	assert_string_equal(policy_list(policy, 0)->format, "plain");
	assert_string_equal(policy_list(policy, 1)->format, "csv");
	assert_string_equal(policy_list(policy, 2)->format, "sha256sum");
	assert_int_equal(policy_list(policy, 1)->rows, 2);
	assert_null(policy_list(policy, 3));

	assert_int_equal(policy_entry_count(policy), 4);
	assert_null(policy_entry(policy, 0));
	assert_null(policy_entry(policy, 5));
	assert_int_equal(find(A), 1);
	assert_int_equal(find(D), 4);
	assert_int_equal(find("abaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), 0);
	assert_int_equal(find("0000000000000000000000000000000000000000000000000000000000000000"), 0);
	assert_int_equal(find("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"), 0);

	entry = policy_entry(policy, find(C));
	assert_true(entry->size == 30);
	assert_int_equal(entry->line, 2);
	assert_string_equal(policy_vendor(policy, entry->vendor)->id, "zeta");
	assert_non_null(strstr(policy_list_file(policy, entry->list), "/z.csv"));
	assert_string_equal(policy_entry_product(policy, entry), "P");
	assert_string_equal(policy_entry_version(policy, entry), "V");
	assert_string_equal(policy_entry_package(policy, entry), "K");
	assert_string_equal(policy_entry_path(policy, entry), "/x");
	assert_string_equal(policy_entry_source(policy, entry), "S");
	entry = policy_entry(policy, find(B));
	assert_string_equal(policy_entry_path(policy, entry), "some/name");
	assert_string_equal(policy_entry_product(policy, entry), "");

	assert_true(policy_has_unsized(policy));
	assert_true(policy_size_listed(policy, 10));
	assert_true(policy_size_listed(policy, 30));
	assert_false(policy_size_listed(policy, 20));
	assert_false(policy_size_listed(policy, ENTRY_SIZE_UNKNOWN));
}

/* One vendor says a digest several times: one entry, with the size if any says it. */
static void test_merge(void **state)
{
	(void)state;
	write_vendor("v", "[lists]\nfile = 1\nfile = 2\nfile = 3\n");
	scratch_write(&scratch, "1", A "\n" A "\n" B "\n");
	scratch_write(&scratch, "2", "sha256,size,path\n" A ",7,/a\n" A ",7,/again\n" C ",9,/c\n");
	scratch_write(&scratch, "3", C "\n");
	assert_int_equal(load(), 0);
	assert_int_equal(policy_entry_count(policy), 3);
	assert_int_equal(policy_vendor_entries(policy, 0), 3);
	assert_true(policy_entry(policy, find(A))->size == 7);
	assert_string_equal(policy_entry_path(policy, policy_entry(policy, find(A))), "/a");
	assert_true(policy_entry(policy, find(B))->size == ENTRY_SIZE_UNKNOWN);
	assert_true(policy_entry(policy, find(C))->size == 9);
}

static void test_two_sizes(void **state)
{
	(void)state;
	write_vendor("v", "[lists]\nfile = 1\nfile = 2\n");
	scratch_write(&scratch, "1", "sha256,size\n" B ",1\n" A ",7\n");
	scratch_write(&scratch, "2", "sha256,size\n" A ",8\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/2", 2, "/1:3");
	assert_error(scratch.problems, "/2", 2, "expected the size that the same digest has in");
}

/* Two digests that the kernel's table could not tell apart. */
static void test_same_prefix(void **state)
{
	(void)state;
	write_vendor("v", "[lists]\nfile = 1\n");
	scratch_write(&scratch, "1",
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000000000000000000000000000000\n" A "\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/1", 2, "expected a real SHA-256");
}

static const char *strictest(const char *hex, const char *date)
{
	uint32_t number = policy_strictest(policy, find(hex), day_of(date));

	return policy_vendor(policy, policy_entry(policy, number)->vendor)->id;
}

/* The same digest with several vendors: each has its entry, the strictest of the day counts. */
static void test_strictest(void **state)
{
	uint32_t last;

	(void)state;
	write_vendor("a", "[schedule]\nannounced=2026-01-01\nprohibited=2026-03-01\n"
			  "retired=2026-06-01\n[lists]\nfile=l\n");
	write_vendor("b", "[schedule]\nannounced=2026-01-15\nprohibited=2026-04-01\n"
			  "[lists]\nfile=l\nopen=deny\n");
	write_vendor("c", "[schedule]\nannounced=2027-01-01\ngrace=1d\n[lists]\nfile=l\n");
	scratch_write(&scratch, "l", A "\n" B "\n" C "\n");
	assert_int_equal(load(), 0);
	assert_int_equal(policy_entry_count(policy), 9);
	assert_int_equal(find(B), 4);
	/* All announced; b also denies opens. */
	assert_string_equal(strictest(B, "2025-12-31"), "b");
	assert_string_equal(strictest(B, "2026-01-01"), "a");
	assert_string_equal(strictest(B, "2026-01-15"), "b");
	assert_string_equal(strictest(B, "2026-03-01"), "a");
	assert_string_equal(strictest(B, "2026-04-01"), "b");
	assert_string_equal(strictest(B, "2026-06-01"), "b");
	assert_string_equal(strictest(B, "2030-01-01"), "b");
	/* From any of its entries on. */
	last = find(B) + 2;
	assert_int_equal(policy_strictest(policy, last, day_of("2026-03-01")), find(B));
	assert_int_equal(policy_strictest(policy, 0, 0), 0);
	assert_int_equal(policy_vendor_action(policy_vendor(policy, 1), day_of("2026-04-01")),
			 POLICY_ACTION_DENY | POLICY_OPEN_DENY);
	assert_int_equal(policy_vendor_action(policy_vendor(policy, 0), day_of("2026-06-01")),
			 POLICY_ACTION_IGNORE);
	assert_int_equal(policy_vendor_action(policy_vendor(policy, 0), day_of("2026-02-28")),
			 POLICY_ACTION_GRACE);
	assert_int_equal(policy_vendor_action(policy_vendor(policy, 0), day_of("2025-12-31")),
			 POLICY_ACTION_REPORT);
}

/* Loads the directory as it is and gives the digest of the policy. */
static void digest_now(char hex[DIGEST_HEX_SIZE])
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	assert_int_equal(load(), 0);
	policy_digest(policy, digest);
	digest_to_hex(digest, hex);
}

static void test_digest(void **state)
{
	static const char *const same[][2] = {
		{ B "\n" A "\n", C "\n" },
		{ "sha256\n" A "\n" C "\n", "SHA256 (x) = " B "\n" },
		{ A "  other/name\n", B "  b\n" C "  c\n" A "  d\n" },
	};
	char first[DIGEST_HEX_SIZE], other[DIGEST_HEX_SIZE];

	(void)state;
	write_vendor("v", "[lists]\nfile = 1\nfile = 2\n");
	scratch_write(&scratch, "1", A "\n");
	scratch_write(&scratch, "2", B "\n" C "\n");
	digest_now(first);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
		scratch_write(&scratch, "1", same[i][0]);
		scratch_write(&scratch, "2", same[i][1]);
		digest_now(other);
		assert_string_equal(other, first);
	}
	write_vendor("v", "name = N\n[authority]\nurl = u\n[lists]\nfile = 2\nfile = 1\n");
	digest_now(other);
	assert_string_equal(other, first);
	/* What decides does change it. */
	write_vendor("v", "[lists]\nfile = 1\nfile = 2\nopen = deny\n");
	digest_now(other);
	assert_string_not_equal(other, first);
	write_vendor("v", "[lists]\nfile = 1\nfile = 2\n[schedule]\nprohibited = 2026-01-01\n");
	digest_now(other);
	assert_string_not_equal(other, first);
	write_vendor("v", "[lists]\nfile = 1\nfile = 2\n");
	scratch_write(&scratch, "1", "sha256,size\n" A ",5\n");
	digest_now(other);
	assert_string_not_equal(other, first);
	scratch_write(&scratch, "1", D "\n");
	digest_now(other);
	assert_string_not_equal(other, first);
}

static void test_no_vendor_files(void **state)
{
	(void)state;
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, scratch.path, 0, "at least one *.vendor file");
}

static void test_bad_directories(void **state)
{
	char *path = scratch_path(&scratch, "none");
	struct policy *loaded = NULL;

	(void)state;
	assert_int_equal(policy_load(path, scratch.problems, &loaded), -ENOENT);
	assert_only_error(scratch.problems, "/none", 0, "No such file");
	scratch_forget(&scratch);
	write_vendor("v", "[lists]\nfile = l\n");
	scratch_write(&scratch, "l", A "\n");
	assert_int_equal(chmod(scratch.path, 0777), 0);
	assert_int_equal(load(), -EPERM);
	assert_only_error(scratch.problems, scratch.path, 0, "writable by everybody (mode 0777)");
	assert_int_equal(chmod(scratch.path, 0755), 0);
	scratch_forget(&scratch);
	assert_int_equal(load(), 0);
	free(path);
}

static void test_duplicate_id(void **state)
{
	(void)state;
	scratch_write(&scratch, "1.vendor", "[vendor]\nname=x\nid=same\n[lists]\nfile=l\n");
	scratch_write(&scratch, "2.vendor", "\n\n[vendor]\nid=same\n[lists]\nfile=l\n");
	scratch_write(&scratch, "l", A "\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/2.vendor", 4, "id same is taken");
	assert_error(scratch.problems, "/2.vendor", 4, "/1.vendor");
}

static void test_bad_lists(void **state)
{
	char *path = scratch_path(&scratch, "l");

	(void)state;
	write_vendor("v", "[lists]\n\nfile = l\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/v.vendor", 5, "/l: cannot be opened: No such file");
	scratch_forget(&scratch);
	scratch_write(&scratch, "l", A "\n");
	assert_int_equal(chmod(path, 0646), 0);
	assert_int_equal(load(), -EINVAL);
	assert_error(scratch.problems, "/v.vendor", 5, "writable by everybody");
	scratch_forget(&scratch);
	scratch_write(&scratch, "l", "# nothing\n\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/l", 0, "no usable entry: expected at least one SHA-256");
	scratch_forget(&scratch);
	scratch_write(&scratch, "l", "sha256,size\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/l", 0, "no usable entry");
	scratch_forget(&scratch);
	scratch_write(&scratch, "l", A "\n" A "0\n");
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/l", 2, "64 hexadecimal digits");
	free(path);
}

static void test_vendor_file_that_is_a_directory(void **state)
{
	char *path = scratch_path(&scratch, "d.vendor");

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(load(), -EINVAL);
	assert_only_error(scratch.problems, "/d.vendor", 0, "expected a regular file");
	free(path);
}

static void test_every_mistake_is_said(void **state)
{
	(void)state;
	write_vendor("a", "foo = 1\n[lists]\nfile = 1\n");
	write_vendor("b", "[lists]\nfile = 2\nfile = 3\n");
	write_vendor("c", "[schedule]\nprohibited = 2026\n");
	scratch_write(&scratch, "2", A "\nx\n");
	assert_int_equal(load(), -EINVAL);
	assert_error(scratch.problems, "/a.vendor", 3, "unknown key");
	assert_error(scratch.problems, "/2", 2, "found x");
	assert_error(scratch.problems, "/b.vendor", 5, "cannot be opened");
	assert_error(scratch.problems, "/c.vendor", 4, "prohibited: expected a date");
	assert_int_equal(problems_errors(scratch.problems), 4);
}

static void test_vendor_without_lists(void **state)
{
	(void)state;
	write_vendor("v", "name = V\n");
	assert_int_equal(load(), 0);
	assert_int_equal(problems_warnings(scratch.problems), 1);
	assert_int_equal(policy_entry_count(policy), 0);
	assert_int_equal(policy_vendor_entries(policy, 0), 0);
	assert_int_equal(find(A), 0);
	assert_false(policy_has_unsized(policy));
	assert_false(policy_size_listed(policy, 0));
}

/* A list of @count random digests; every 7th without size, texts with repeats. */
static void write_random_list(const char *name, size_t count, uint64_t seed)
{
	struct buffer text = { 0 };

	buffer_append_string(&text, "sha256,size,product,version,package,path,source\n");
	for (size_t i = 0; i < count; i++) {
		uint8_t digest[INTERDICT_DIGEST_SIZE];
		char hex[DIGEST_HEX_SIZE], line[256], size[24] = "";

		random_bytes(&seed, digest, sizeof(digest));
		digest_to_hex(digest, hex);
		if (i % 7)
			snprintf(size, sizeof(size), "%zu", 1000 + i);
		snprintf(line, sizeof(line), "%s,%s,product,%zu,package-%zu,/opt/v/file-%zu,made\n",
			 hex, size, i % 5, i % 50, i);
		buffer_append_string(&text, line);
	}
	scratch_write_bytes(&scratch, name, text.data, text.size);
	buffer_release(&text);
}

static void check_random_list(size_t count, uint64_t seed)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t digest[INTERDICT_DIGEST_SIZE];
		const struct entry *entry;
		char path[64];

		random_bytes(&seed, digest, sizeof(digest));
		entry = policy_entry(policy, policy_find(policy, digest));
		assert_non_null(entry);
		assert_memory_equal(entry->digest, digest, sizeof(digest));
		assert_int_equal(entry->line, i + 2);
		assert_true(entry->size == (i % 7 ? 1000 + i : ENTRY_SIZE_UNKNOWN));
		snprintf(path, sizeof(path), "/opt/v/file-%zu", i);
		assert_string_equal(policy_entry_path(policy, entry), path);
		assert_string_equal(policy_entry_source(policy, entry), "made");
		snprintf(path, sizeof(path), "package-%zu", i % 50);
		assert_string_equal(policy_entry_package(policy, entry), path);
		if (i % 7)
			assert_true(policy_size_listed(policy, entry->size));
		digest[31] ^= 1;
		assert_int_equal(policy_find(policy, digest), 0);
		digest[31] ^= 1;
	}
}

/* Large enough to leave the heap: all is found, also after its pages were let go. */
static void test_large(void **state)
{
	size_t count = 100000;

	(void)state;
	write_vendor("v", "[lists]\nfile = l\n");
	write_random_list("l", count, 99);
	assert_int_equal(load(), 0);
	assert_int_equal(policy_entry_count(policy), count);
	check_random_list(count, 99);
	policy_trim(policy);
	check_random_list(count, 99);
	for (uint32_t number = 2; number <= count; number++)
		assert_true(memcmp(policy_entry(policy, number - 1)->digest,
				   policy_entry(policy, number)->digest, 32) < 0);
}

#if defined(__SANITIZE_ADDRESS__)
#define HEAP_IS_MEASURABLE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HEAP_IS_MEASURABLE 0
#endif
#endif
#ifndef HEAP_IS_MEASURABLE
#define HEAP_IS_MEASURABLE 1
#endif

/* What 100,000 entries with texts keep on the heap, whether a file can hold them or not. */
static void test_memory(void **state)
{
	size_t count = 100000, used;
	struct mallinfo2 before, after;

	(void)state;
	if (!HEAP_IS_MEASURABLE)
		skip();
	write_vendor("v", "[lists]\nfile = l\n");
	write_random_list("l", count, 5);
	before = mallinfo2();
	assert_int_equal(load(), 0);
	policy_settle(policy);
	after = mallinfo2();
	used = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
	assert_true(used / count < 100);
}

/* Lists that are no random digests: prefixes in common, all the same, sorted. */
static void test_odd_digests(void **state)
{
	struct buffer text = { 0 };
	char line[80];
	size_t count = 50000;

	(void)state;
	for (size_t i = 0; i < count; i++) {
		/* The first 16 bytes differ only in the last two of them. */
		snprintf(line, sizeof(line), "%028d%04zx%032zx\n", 0, (i * 7) % 65536, i);
		buffer_append_string(&text, line);
		buffer_append_string(&text, A "\n");
	}
	write_vendor("v", "[lists]\nfile = l\n");
	scratch_write_bytes(&scratch, "l", text.data, text.size);
	buffer_release(&text);
	assert_int_equal(load(), 0);
	assert_int_equal(policy_entry_count(policy), count + 1);
	assert_int_equal(policy_entry(policy, find(A))->line, 2);
	for (size_t i = 0; i < count; i += 7) {
		snprintf(line, sizeof(line), "%028d%04zx%032zx", 0, (i * 7) % 65536, i);
		assert_int_equal(policy_entry(policy, find(line))->line, 2 * i + 1);
	}
}

static bool add_eset_lists(const char *directory, struct buffer *text)
{
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		char *path = format_string("%s/%s", directory, entry->d_name);
		const char *suffix = strrchr(entry->d_name, '.');

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			add_eset_lists(path, text);
		} else if (suffix && streq(suffix, ".sha256")) {
			buffer_append_string(text, "file = ");
			buffer_append_string(text, path);
			buffer_append_string(text, "\n");
		}
		free(path);
	}
	closedir(dir);
	return true;
}

/* 118 real lists with CR LF, trailing blanks, blank lines, no end of the last line. */
static void test_eset_lists(void **state)
{
	const char *lists = getenv("INTERDICT_LISTS") ? getenv("INTERDICT_LISTS") :
							"../shared/lists";
	char *directory = format_string("%s/eset-malware-ioc", lists);
	char *absolute = realpath(directory, NULL);
	struct buffer text = { 0 };
	size_t rows = 0;

	(void)state;
	free(directory);
	if (!absolute)
		skip(); /* no lists to test against: see INTERDICT_LISTS */
	buffer_append_string(&text, "[lists]\n");
	assert_true(add_eset_lists(absolute, &text));
	buffer_append_char(&text, '\0');
	write_vendor("eset", text.data);
	assert_int_equal(load(), 0);
	for (size_t i = 0; i < policy_list_count(policy); i++)
		rows += policy_list(policy, i)->rows;
	assert_int_equal(rows, 5383); /* four files lack the last line end, one line is blank */
	assert_int_equal(policy_entry_count(policy), 5358);
	buffer_release(&text);
	free(absolute);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_policy, end_policy)
	const struct CMUnitTest tests[] = {
		TEST(test_two_vendors),
		TEST(test_merge),
		TEST(test_two_sizes),
		TEST(test_same_prefix),
		TEST(test_strictest),
		TEST(test_digest),
		TEST(test_no_vendor_files),
		TEST(test_bad_directories),
		TEST(test_duplicate_id),
		TEST(test_bad_lists),
		TEST(test_vendor_file_that_is_a_directory),
		TEST(test_every_mistake_is_said),
		TEST(test_vendor_without_lists),
		TEST(test_large),
		TEST(test_memory),
		TEST(test_odd_digests),
		TEST(test_eset_lists),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
