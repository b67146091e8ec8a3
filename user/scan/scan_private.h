/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of struct scan, for scan*.c only.
 */
#ifndef INTERDICT_SCAN_PRIVATE_H
#define INTERDICT_SCAN_PRIVATE_H

#include "scan.h"
#include "scan_gate.h"
#include "scan_inodes.h"
#include "scan_walk.h"

/* Written by one thread each, read by the one that shows the progress. */
struct scan_thread {
	atomic_ullong files, links, cleared, hashed, bytes, matched, retired;
	struct buffer path; /* to look at its glob */
} __attribute__((aligned(64)));

struct scan {
	struct scan_options options;
	struct scan_coverage coverage;
	struct scan_findings findings;
	struct gate *gate;
	struct inodes *inodes;
	struct walk *walk;
	struct scan_thread *threads;
	unsigned int thread_count;
	bool has_globs; /* some vendor is known by paths */
	atomic_ullong skipped[SKIP_COUNT];
	pthread_mutex_t skipped_lock;
	bool skipped_closed;
	/* Whether something still moves: when it last did, by CLOCK_MONOTONIC, and where it was. */
	uint64_t moved_at, moved, bytes_read;
};

/* scan_files.c: what the walk calls. */
extern const struct walk_calls scan_calls;
void scan_skip(const struct node *directory, const char *name, int error, void *context);
void scan_count(const struct scan *scan, struct scan_counters *ret_counters);

/* scan_trees.c: adds the trees to the walk. Returns 0 or a negative errno. */
int scan_add_trees(struct scan *scan);

/* scan_installed.c: packages, units and modules by their names. */
void scan_installed(struct scan *scan);

/* scan_identity.c: whether names are those of vendors that are not retired. */
bool scan_has_globs(const struct scan *scan);
bool scan_globs_may_match(const struct scan *scan, const char *directory);
const struct vendor *scan_vendor_of_path(const struct scan *scan, const char *path);
bool scan_is_retired(const struct scan *scan, const struct vendor *vendor);

#endif
