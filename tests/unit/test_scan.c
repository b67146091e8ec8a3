/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans of made trees: what is found, counted, and left out. */
#include <errno.h>

#include "scan_gate.h"
#include "scan_inodes.h"
#include "scan_tree.h"

#define SHA256_ABD "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"

static void test_size_gate(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	const struct scan_counters *counters;
	struct scan *scan;

	(void)state;
	make_directory("tree/d");
	scratch_write(&scratch, "tree/d/listed", "abc");
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/other", "xyz");
	scratch_write(&scratch, "tree/long", "abcd");
	scratch_write(&scratch, "tree/empty", "");
	scan = scan_tree(policy);
	counters = counters_of(scan);
	assert_int_equal(counters->files, 5);
	assert_int_equal(counters->cleared, 2);
	assert_int_equal(counters->hashed, 3);
	assert_int_equal(counters->bytes, 9);
	assert_int_equal(counters->matched, 2);
	assert_int_equal(counters->walk.directories, 2);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_finding(scan, 0, SCAN_LISTED, "tree/a");
	assert_finding(scan, 1, SCAN_LISTED, "tree/d/listed");
	assert_true(scan_is_complete(scan_get_coverage(scan)));
	scan_free(scan);
	policy_free(policy);
}

/* Without sizes everything is read but what is empty. */
static void test_unsized(void **state)
{
	struct policy *policy = load(SHA256_ABC ",\n", "");
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/long", "abcd");
	scratch_write(&scratch, "tree/empty", "");
	scan = scan_tree(policy);
	assert_true(scan_get_coverage(scan)->gate_open);
	assert_int_equal(counters_of(scan)->hashed, 2);
	assert_int_equal(counters_of(scan)->cleared, 1);
	assert_int_equal(scan_get_findings(scan)->count, 1);
	scan_free(scan);
	policy_free(policy);
}

static void test_retired(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "[schedule]\nretired = 2020-01-01\n");
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 0);
	assert_int_equal(counters_of(scan)->retired, 1);
	scan_free(scan);
	policy_free(policy);
}

/* Each inode is counted and hashed once; each of its names is found. */
static void test_hard_links(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	char *from = scratch_path(&scratch, "tree/m"), *to = scratch_path(&scratch, "tree/a");
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/m", "abc");
	assert_int_equal(link(from, to), 0);
	free(to);
	make_directory("tree/z");
	to = scratch_path(&scratch, "tree/z/n");
	assert_int_equal(link(from, to), 0);
	scan = scan_tree_with(policy, "tree", 1, NULL);
	assert_int_equal(counters_of(scan)->files, 1);
	assert_int_equal(counters_of(scan)->links, 2);
	assert_int_equal(counters_of(scan)->hashed, 1);
	assert_int_equal(counters_of(scan)->matched, 3);
	assert_int_equal(scan_get_findings(scan)->count, 3);
	assert_finding(scan, 0, SCAN_LISTED, "tree/a");
	assert_finding(scan, 1, SCAN_LISTED, "tree/m");
	assert_finding(scan, 2, SCAN_LISTED, "tree/z/n");
	scan_free(scan);
	policy_free(policy);
	free(from);
	free(to);
}

static const char identity[] = "[identity]\npath = %s/tree/opt/acme/*\n";

/* By its path, where no list knows it; in a container's layer by the path in there. */
static void test_suspect(void **state)
{
	static const char layer[] = "[identity]\npath = /opt/acme/*\n";
	struct policy *policy;
	struct scan *scan;
	char *more;

	(void)state;
	assert_true(asprintf(&more, identity, scratch.path) > 0);
	policy = load(SHA256_ABC ",3\n", more);
	free(more);
	make_directory("tree/opt");
	make_directory("tree/opt/acme");
	make_directory("tree/opt/acme/deep");
	make_directory("tree/opt/acm");
	scratch_write(&scratch, "tree/opt/acme/listed", "abc");
	scratch_write(&scratch, "tree/opt/acme/deep/same-size", "xyz");
	scratch_write(&scratch, "tree/opt/acme/other", "abcd");
	scratch_write(&scratch, "tree/opt/acm/innocent", "abcd");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 3);
	assert_finding(scan, 0, SCAN_SUSPECT, "tree/opt/acme/deep/same-size");
	assert_finding(scan, 1, SCAN_LISTED, "tree/opt/acme/listed");
	assert_finding(scan, 2, SCAN_SUSPECT, "tree/opt/acme/other");
	assert_true(scan_get_findings(scan)->item[0].has_digest);
	assert_false(scan_get_findings(scan)->item[2].has_digest);
	scan_free(scan);
	policy_free(policy);

	policy = load(SHA256_ABC ",3\n", layer);
	make_directory("tree/overlay2");
	make_directory("tree/overlay2/0a1b");
	make_directory("tree/overlay2/0a1b/diff");
	make_directory("tree/overlay2/0a1b/diff/opt");
	make_directory("tree/overlay2/0a1b/diff/opt/acme");
	scratch_write(&scratch, "tree/overlay2/0a1b/diff/opt/acme/agent", "abcd");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_finding(scan, 1, SCAN_SUSPECT, "tree/overlay2/0a1b/diff/opt/acme/agent");
	scan_free(scan);
	policy_free(policy);
}

static void test_archives(void **state)
{
	struct policy *policy;
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "v/p.csv", "sha256,size\n" SHA256_ABD ",\n");
	policy = load(SHA256_ABC ",300\n", "archive = p.csv\n");
	scratch_write(&scratch, "tree/x.deb", "abd");
	scratch_write(&scratch, "tree/other.deb", "abe");
	scratch_write(&scratch, "tree/x.renamed", "abd");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 1);
	assert_finding(scan, 0, SCAN_ARCHIVE, "tree/x.deb");
	assert_int_equal(counters_of(scan)->hashed, 2);
	scan_free(scan);
	policy_free(policy);

	/* With its size it is found under any name. */
	scratch_write(&scratch, "v/p.csv", "sha256,size\n" SHA256_ABD ",3\n");
	policy = load(SHA256_ABC ",300\n", "archive = p.csv\n");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_int_equal(counters_of(scan)->hashed, 3);
	scan_free(scan);
	policy_free(policy);
}

static void test_archive_names(void **state)
{
	static const char *const yes[] = { "a.deb", "a.RPM", "a.tar.gz", "a.tgz", "a.zip",
					   "a.jar", "a.iso", "a.b.apk",	 "a.tar" };
	static const char *const no[] = { "deb", "a.debug", "a", "ls.1.gz", "a.txt", "", "a." };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(is_archive_name(yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(is_archive_name(no[i]));
}

/* A path may be a file; below another path it is seen once. */
static void test_paths(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	char *paths[] = { scratch_path(&scratch, "tree/a"), scratch_path(&scratch, "tree"),
			  scratch_path(&scratch, "tree"), scratch_path(&scratch, "absent") };
	struct scan_options options = { .policy = policy,
					.paths = paths,
					.path_count = 1,
					.problems = scratch.problems };
	struct scan *scan = NULL;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/b", "abc");
	assert_int_equal(scan_run(&options, &scan), 0);
	assert_int_equal(counters_of(scan)->files, 1);
	assert_int_equal(scan_get_findings(scan)->count, 1);
	assert_finding(scan, 0, SCAN_LISTED, "tree/a");
	scan_free(scan);
	options.path_count = 3;
	assert_int_equal(scan_run(&options, &scan), 0);
	assert_int_equal(counters_of(scan)->files, 2);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_true(scan_is_complete(scan_get_coverage(scan)));
	scan_free(scan);
	options.path_count = 4;
	assert_int_equal(scan_run(&options, &scan), -ENOENT);
	assert_error(scratch.problems, "absent", 0, "No such file");
	policy_free(policy);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		free(paths[i]);
}

static void test_inodes(void **state)
{
	struct inodes *inodes = inodes_new();
	struct inode_state file = { .device = 1, .inode = 7, .size = 3, .ctime = { 5, 6 } };
	uint8_t digest[INTERDICT_DIGEST_SIZE] = { 1, 2, 3 }, got[INTERDICT_DIGEST_SIZE];

	(void)state;
	for (uint64_t i = 0; i < 5000; i++)
		assert_true(inodes_is_first(inodes, i % 3, i));
	for (uint64_t i = 0; i < 5000; i++) {
		assert_false(inodes_is_first(inodes, i % 3, i));
		file.inode = i;
		digest[4] = (uint8_t)i;
		inodes_keep(inodes, &file, digest);
	}
	file.inode = 300;
	assert_true(inodes_get(inodes, &file, got));
	assert_int_equal(got[4], (uint8_t)300);
	file.ctime.tv_nsec++;
	assert_false(inodes_get(inodes, &file, got));
	file.inode = 6000;
	assert_false(inodes_get(inodes, &file, got));
	inodes_free(inodes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_size_gate),
		TEST(test_unsized),
		TEST(test_retired),
		TEST(test_hard_links),
		TEST(test_suspect),
		TEST(test_archives),
		TEST(test_paths),
		cmocka_unit_test(test_archive_names),
		cmocka_unit_test(test_inodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
