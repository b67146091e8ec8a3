/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files at rest against a policy: the whole machine, with what runs and what is
 * installed, or some trees; and at the end what was covered and what was not.
 */
#ifndef INTERDICT_SCAN_H
#define INTERDICT_SCAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "problems.h"
#include "progress.h"
#include "scan_finding.h"
#include "scan_mounts.h"
#include "scan_walk.h"
#include "sweep.h"

/* Paths of skipped files that are kept; all are counted. */
#define SCAN_SKIPPED_KEPT 100U

/* Nothing read and nothing seen for so long, nanoseconds: a file system does not answer. */
#define SCAN_PATIENCE (60ULL * 1000 * 1000 * 1000)

enum scan_skip {
	SKIP_PERMISSION,
	SKIP_CHANGED,	 /* while it was read, twice */
	SKIP_VANISHED,	 /* between being seen and being read: no gap */
	SKIP_UNREADABLE, /* the file system reports an error */
	SKIP_UNFINISHED, /* stopped before its turn came */
	SKIP_COUNT,
};

struct scan_skipped {
	enum scan_skip reason;
	int error; /* a negative errno */
	char *path;
};

struct scan_counters {
	uint64_t files;	      /* regular ones; each once */
	uint64_t links;	      /* further names of these */
	uint64_t cleared;     /* no entry has their size */
	uint64_t hashed;
	uint64_t bytes;	      /* of these */
	uint64_t matched;     /* names with a listed digest */
	uint64_t retired;     /* the same, of retired vendors: no findings */
	uint64_t skipped[SKIP_COUNT]; /* files and directories */
	struct walk_counters walk;
};

struct scan_coverage {
	struct scan_counters counters;
	struct mounts mounts;	       /* with the choice that was made */
	char **paths;		       /* absolute; none: the whole machine */
	size_t path_count;
	struct sweep_counters running; /* of the whole machine only, as the next three */
	uint64_t packages, units, modules; /* looked at */
	bool whole;		       /* the whole machine was asked for */
	bool running_incomplete;       /* processes could not be looked at */
	bool packages_incomplete;      /* a package database could not be read */
	bool modules_incomplete;
	bool findings_lost;	       /* memory ran out */
	bool interrupted;
	bool stalled;		       /* a file system does not answer */
	bool stuck;		       /* and some thread is still waiting for it */
	bool root;
	bool gate_open;		       /* some entry has no size: everything was read */
	uint64_t started;	       /* CLOCK_REALTIME, nanoseconds */
	uint64_t duration;	       /* nanoseconds */
	struct scan_skipped *skipped;  /* SCAN_SKIPPED_KEPT at most, sorted by path */
	size_t skipped_count;
};

struct scan_options {
	const struct policy *policy;
	int32_t today;
	char *const *paths; /* none: the whole machine */
	size_t path_count;
	bool remote;		 /* file systems that are not local too */
	unsigned int threads;	 /* 0: one a processor */
	const atomic_bool *stop; /* NULL, or ends the scan */
	/* Used in the caller's thread only: others may be stuck when it has ended. Or NULL. */
	struct progress *progress;
	struct problems *problems; /* warnings: what could not be looked at, and why */
};

struct scan;

/*
 * Scans. Returns 0 also if it was interrupted or some of it could not be done, which
 * the coverage says; or a negative errno if nothing was done: a path that does not
 * exist was added to the problems.
 */
int scan_run(const struct scan_options *options, struct scan **ret_scan);

const struct scan_findings *scan_get_findings(const struct scan *scan);
const struct scan_coverage *scan_get_coverage(const struct scan *scan);

/* True if everything that was asked for was looked at; files may have vanished. */
bool scan_is_complete(const struct scan_coverage *coverage);

const char *scan_skip_name(enum scan_skip reason);

/* Does nothing if a thread is still stuck in the kernel. Accepts NULL. */
void scan_free(struct scan *scan);

#endif
