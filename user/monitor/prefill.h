/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Digests before anybody asks for them. With an entry that has no size everything executable
 * has to be hashed, the first time while a task waits; threads at idle priority
 * (SCHED_IDLE, idle class of disk priorities) hash what is likely to be executed
 * before that, and store its digests beside the hooks' own.
 *
 * They share nothing with the threads of hasher.h but the code: no queue, no lock that
 * somebody else takes, so that a task that is held never waits for them.
 *
 * Of a file, in this order: fstat(2), its stamp, its digest, its stamp again, and it is
 * stored with the first one if both are the same (digest_maps.h). What changes later
 * differs from that stamp, so no race stores a digest that is taken for another content's.
 */
#ifndef INTERDICT_PREFILL_H
#define INTERDICT_PREFILL_H

#include <stdbool.h>
#include <stdint.h>

#include "digest_maps.h"

struct prefill;

struct prefill_options {
	struct digest_maps maps; /* copied */
	const char *directories; /* see prefill_walk(); copied */
	unsigned int threads;	 /* at least 1 */
	bool ctime_is_fine;	 /* change times are finer than a clock tick (6.13) */
};

struct prefill_status {
	bool running;
	uint64_t seen;	 /* files */
	uint64_t known;	 /* of these: the kernel had a digest that holds */
	uint64_t hashed; /* of these, files, and bytes read for them */
	uint64_t bytes;
	uint64_t changed; /* files that did while they were hashed: not stored */
	uint64_t stored;
	uint64_t took; /* nanoseconds, until now while it runs */
};

/* Starts the threads, with all signals blocked. Returns 0 or a negative errno. */
int prefill_start(const struct prefill_options *options, struct prefill **ret_prefill);

/* Never blocks. */
void prefill_get_status(const struct prefill *prefill, struct prefill_status *ret_status);

/*
 * Tells the threads to end, and does not wait: each frees its part when it comes back from
 * the kernel, before its next read. Accepts NULL.
 */
void prefill_free(struct prefill *prefill);

#endif
