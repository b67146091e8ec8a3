/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of scans share: a tree, a policy, a scan of the one by the other.
 */
#ifndef INTERDICT_TEST_SCAN_TREE_H
#define INTERDICT_TEST_SCAN_TREE_H

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"
#include "scan.h"
#include "util.h"

#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

/* A scratch directory with `v`, the vendor files, and `tree`, what is scanned. */
static struct scratch scratch;

static inline void make_directory(const char *name)
{
	char *path = scratch_path(&scratch, name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

static inline int set_up(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	make_directory("v");
	make_directory("tree");
	return 0;
}

static inline int tear_down(void **state)
{
	char command[128];

	(void)state;
	problems_free(scratch.problems);
	/* Some trees are deeper than a path may be long; not every tool takes these. */
	snprintf(command, sizeof(command), "rm -rf '%s'", scratch.path);
	return system(command);
}

/* A policy of one vendor with the list @rows, and more of its vendor file. */
static inline struct policy *load(const char *rows, const char *more)
{
	struct policy *policy = NULL;
	char *path = scratch_path(&scratch, "v"), *text;

	assert_true(asprintf(&text, "[vendor]\nid = acme\n[lists]\nfile = l.csv\n%s", more) > 0);
	scratch_write(&scratch, "v/acme.vendor", text);
	free(text);
	assert_true(asprintf(&text, "sha256,size\n%s", rows) > 0);
	scratch_write(&scratch, "v/l.csv", text);
	free(text);
	if (policy_load(path, scratch.problems, &policy) < 0)
		problems_print(scratch.problems, 5);
	assert_non_null(policy);
	free(path);
	return policy;
}

static inline struct scan *scan_tree_with(const struct policy *policy, const char *tree,
				   unsigned int threads, const atomic_bool *stop)
{
	char *path = scratch_path(&scratch, tree);
	const struct scan_options options = {
		.policy = policy,
		.today = schedule_today(time(NULL)),
		.paths = &path,
		.path_count = 1,
		.threads = threads,
		.stop = stop,
		.problems = scratch.problems,
	};
	struct scan *scan = NULL;

	if (scan_run(&options, &scan) < 0)
		problems_print(scratch.problems, 5);
	assert_non_null(scan);
	free(path);
	return scan;
}

static inline struct scan *scan_tree(const struct policy *policy)
{
	return scan_tree_with(policy, "tree", 3, NULL);
}

static inline const struct scan_counters *counters_of(const struct scan *scan)
{
	return &scan_get_coverage(scan)->counters;
}

/* Asserts that finding @index is of this kind and at this path, below the scratch directory. */
static inline void assert_finding(const struct scan *scan, size_t index, enum scan_kind kind,
			   const char *name)
{
	const struct scan_findings *findings = scan_get_findings(scan);
	char *path = scratch_path(&scratch, name);

	assert_true(index < findings->count);
	assert_int_equal(findings->item[index].kind, kind);
	assert_string_equal(findings->item[index].path, path);
	free(path);
}

#endif
