/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processes that run already: their executables and their executable mappings
 * (a process may change what /proc/PID/exe shows, not what it has mapped),
 * deleted files too, looked up by digest.
 *
 * Files are pinned with O_PATH descriptors, sized without asking their file
 * system, and hashed only if the gate does not clear them; each once, however
 * many processes use it. One that stalls costs one deadline, and then everything
 * else on its file system counts as unhashable without another try.
 */
#ifndef INTERDICT_SWEEP_H
#define INTERDICT_SWEEP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <interdict/event.h>

/* How long one file may take, nanoseconds, unless set. */
#define SWEEP_FILE_DEADLINE (10ULL * 1000 * 1000 * 1000)

/*
 * One process and one file of it. In `event`: kind, time, file, digest,
 * hash_source, entry, reason and error, and all that process_describe() knows.
 * The decision is the caller's, as is the rest.
 */
struct sweep_finding {
	struct event event;
	const char *path; /* as the kernel resolves it, in the process's root */
	bool deleted;	  /* there is no such path any more; it is cut off `path` */
	bool mapped;	  /* a mapping, not (only) the executable */
};

struct sweep_counters {
	uint64_t processes;
	uint64_t files; /* distinct ones */
	uint64_t size_cleared;
	uint64_t hashed;
	uint64_t matched;    /* findings with an entry */
	uint64_t unhashable; /* findings without a digest */
	uint64_t unreadable; /* processes whose files or mappings could not be listed */
};

/* What a sweep asks about the policy; called in the thread that sweeps. */
struct sweep_policy {
	bool (*may_be_listed)(const void *policy, uint64_t size); /* the size gate */
	uint32_t (*find)(const void *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE]);
	const void *policy;
};

struct sweep_options {
	struct sweep_policy policy;
	uint64_t size_max;	 /* larger files are unhashable; 0: no bound */
	uint64_t file_deadline;	 /* nanoseconds; 0: SWEEP_FILE_DEADLINE */
	const atomic_bool *stop; /* NULL, or looked at before each file */
};

typedef void sweep_found(const struct sweep_finding *finding, void *context);

/*
 * Looks at all processes, now, in the caller's thread. Without the privileges of
 * root, processes of others are `unreadable`. Returns 0, -ECANCELED, or another
 * negative errno if nothing could be looked at; @ret_counters (may be NULL) is
 * set in the first two cases.
 */
int sweep_run(const struct sweep_options *options, sweep_found *found, void *context,
	      struct sweep_counters *ret_counters);

/* The same in a thread of its own, with the results in the caller's. */
struct sweep;

/*
 * Starts. options->stop has to be NULL. The policy has to stay until sweep_free()
 * has returned; after that it is not looked at any more.
 */
int sweep_start(const struct sweep_options *options, struct sweep **ret_sweep);

/* Descriptor that polls readable when sweep_dispatch() has something to do. */
int sweep_fd(const struct sweep *sweep);

/*
 * Calls @found for each new finding. Returns true when the sweep is over and
 * all has been given; then @ret_counters and @ret_error (what sweep_run() returned)
 * are set; either may be NULL.
 */
bool sweep_dispatch(struct sweep *sweep, sweep_found *found, void *context,
		    struct sweep_counters *ret_counters, int *ret_error);

/* Stops it if it still runs, without waiting for a stalled file. Accepts NULL. */
void sweep_free(struct sweep *sweep);

#endif
