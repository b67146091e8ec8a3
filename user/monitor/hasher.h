/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool of threads that hash files for the event loop, which therefore never
 * waits for a disk, a network or the process behind a FUSE file system.
 *
 * Nothing that a job may stall in happens in the caller's thread: given an
 * O_PATH descriptor (opened on /proc/PID/exe, say, which pins the file and asks
 * its file system nothing), a worker opens the file for reading, hashes it and
 * closes it again; close(2) may stall too, as FUSE sends a flush. (What was to be kept for
 * `done`, and is small and local, is closed behind it.) Of the workers one is woken for a
 * job, not all of them: a held task waits for each thread that runs before its own.
 *
 * What keeps one file from blocking the others:
 * - Every job has a deadline. A worker looks at it between reads. One that
 *   does not come back from the kernel is given up HASHER_SLACK later: the
 *   job ends with -ETIMEDOUT, and a new thread takes the worker's place.
 * - At most `abandoned_max` workers are replaced at a time, because threads in
 *   the kernel cannot be ended. Beyond that the pool shrinks, until one returns.
 * - One worker takes only quick jobs: files of up to HASHER_QUICK_MAX bytes on
 *   file systems that do not depend on a user's process. So even with all others
 *   stuck, and as many replaced as may be, an ordinary program is still hashed.
 * - Files on file systems that do depend on one have workers of their own, so the
 *   large files of others do not wait for a FUSE file system that does not answer.
 * - Users are served in turn (hash_queue.h). Of the workers for large files, and of
 *   those for such file systems, one user has never all, and no user has more than
 *   half of those that may be replaced.
 */
#ifndef INTERDICT_HASHER_H
#define INTERDICT_HASHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <interdict/limits.h>

#define HASHER_QUICK_MAX (32ULL << 20)		      /* bytes: about 20 to 100 ms */
#define HASHER_SLACK	 (20ULL * 1000 * 1000)	      /* nanoseconds */
#define HASHER_DEADLINE	 (60ULL * 1000 * 1000 * 1000) /* nanoseconds, for jobs without one */

struct hash_job {
	int fd; /* opened for reading, or O_PATH; unused if `open` is set */
	/*
	 * Opens the file, in the worker: returns a descriptor as above or a negative
	 * errno. `open_data` comes from malloc(3) and is freed by the hasher.
	 */
	int (*open)(const void *open_data);
	void *open_data;
	bool keep_fd;	   /* give the descriptor with the result */
	bool unverifiable; /* the file system answers as a user's process likes */
	bool urgent;	   /* a task waits for it: goes first, and is never refused for room */
	uint32_t owner;	   /* uid of the user for whom it is */
	uint64_t size;	   /* bytes expected; only picks the worker */
	uint64_t size_max; /* bytes; a larger file ends with -EFBIG; 0: no bound */
	uint64_t deadline; /* CLOCK_BOOTTIME, nanoseconds; 0: HASHER_DEADLINE from now */
	void *cookie;	   /* given back with the result */
};

struct hash_result {
	void *cookie;
	/*
	 * If it was to be kept, and there is a digest: the file, open for reading, until
	 * `done` returns. Else negative.
	 */
	int fd;
	int error; /* 0, or why there is no digest: as file_hash_limited() */
	uint8_t digest[INTERDICT_DIGEST_SIZE]; /* valid if error is 0 */
	struct stat stat; /* likewise: the file before its first byte was read */
};

/* Called by hasher_dispatch() and hasher_free() in the thread of their caller. */
typedef void hash_done(const struct hash_result *result, void *context);

struct hasher_options {
	unsigned int workers;	    /* at least 5; 0: 5 */
	unsigned int abandoned_max; /* 0: 16 */
	size_t queue_max;	    /* jobs waiting to run that are not urgent; 0: 4096 */
	hash_done *done;
	void *context;
};

struct hasher_counters {
	size_t waiting;		/* jobs in the queue */
	unsigned int abandoned; /* workers that have not come back from the kernel */
	uint64_t timed_out;	/* jobs, since the start */
};

struct hasher;

/* Starts the workers, with all signals blocked. Returns 0 or a negative errno. */
int hasher_new(const struct hasher_options *options, struct hasher **ret_hasher);

/* Descriptor that polls readable when hasher_dispatch() has something to do. */
int hasher_fd(const struct hasher *hasher);

/*
 * Hands over a job. Returns 0, and then the hasher owns job->fd and job->open_data,
 * and `done` is called exactly once for it; or -ENOBUFS if the queue is full (not
 * if it is urgent), or -ENOMEM: then both are still the caller's. Never blocks.
 */
int hasher_submit(struct hasher *hasher, const struct hash_job *job);

/* Calls `done` for each job that has ended or run out of time. Never blocks. */
void hasher_dispatch(struct hasher *hasher);

void hasher_count(struct hasher *hasher, struct hasher_counters *ret_counters);

/*
 * Ends the pool: jobs that are left are reported with -ECANCELED. Waits a quarter
 * of a second at most for the workers; those that are stuck free what they hold
 * when they return. Accepts NULL.
 */
void hasher_free(struct hasher *hasher);

#endif
