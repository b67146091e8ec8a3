/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the hasher that share its state: hasher.c takes jobs and gives results,
 * hasher_workers.c is the threads, hash_job.c the digest of one file.
 */
#ifndef INTERDICT_HASHER_PRIVATE_H
#define INTERDICT_HASHER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "hash_queue.h"
#include "hasher.h"

/*
 * A worker takes the jobs of its lane; one of the slow lane takes quick ones when there
 * is nothing else. Not first: or who has many of these had the large files wait.
 */
enum lane {
	LANE_QUICK,
	LANE_FOREIGN, /* file systems that answer as a user's process likes */
	LANE_SLOW,
	LANE_COUNT
};

/* A job waits in its lane, belongs to the worker that runs it, or is on the done list. */
struct job {
	struct hash_queue_item item; /* the first member: an item is a job */
	struct job *next;	     /* on the done list */
	bool bounded;		     /* counts for queue_max while it waits */
	struct hash_job want;
	struct hash_result result;
	int readable;	  /* reopened for reading; negative if want.fd is so already */
	bool reported;	  /* the caller has had its result: only clean up */
	atomic_bool stop; /* the worker gives up before its next read */
};

struct worker {
	struct worker *next;
	struct hasher *hasher;
	enum lane lane;
	pthread_cond_t wake; /* its own: who has no work for it does not wake it */
	bool idle;	     /* it waits for that, and nobody has woken it yet */
	struct job *job;  /* NULL while idle */
	uint64_t give_up; /* CLOCK_BOOTTIME: when it has to be through with the job */
	bool abandoned;	  /* it was not, and another has its place */
};

struct job_list {
	struct job *head;
	struct job **tail;
};

struct hasher {
	pthread_mutex_t lock;
	pthread_cond_t left; /* a worker has gone */
	struct hash_queue waiting[LANE_COUNT];
	size_t bounded; /* jobs waiting that queue_max is for */
	struct job_list done;
	struct worker *workers; /* all threads, abandoned ones included */
	struct hasher_options options;
	struct hasher_counters counters;
	unsigned int gap[LANE_COUNT]; /* workers given up and not replaced */
	unsigned int references;      /* one a thread, one for the owner */
	bool stopping;
	uint64_t armed; /* what the timer is set to; UINT64_MAX: to nothing */
	int epoll_fd; /* of the two below */
	int event_fd; /* written when a job is done */
	int timer_fd; /* the next deadline */
};

/* hash_job.c: this is where a file system that does not answer may keep the caller. */
void job_run(struct job *job);
void job_close(struct job *job);
void job_free(struct job *job);

/* hasher.c; all with the lock held. */
struct job *hasher_pop_waiting(struct hasher *hasher, enum lane lane,
			       bool (*may)(unsigned int owner, const void *context),
			       const void *context);
void hasher_append_done(struct hasher *hasher, struct job *job);
bool hasher_any_owner(unsigned int owner, const void *context);

/* Sets the timer to @deadline if that is earlier. Too early is harmless, and is put right then. */
void hasher_set_timer_by(struct hasher *hasher, uint64_t deadline);

/* Lets go of the lock, too. */
void hasher_unlock_and_unref(struct hasher *hasher);

/* hasher_workers.c; all with the lock held. */

/* Starts a detached thread with all signals blocked. Returns 0 or a negative errno. */
int hasher_start_worker(struct hasher *hasher, enum lane lane);

/*
 * One that has nothing to do and may take a job of @owner from the lane; NULL if there is none,
 * then somebody who comes back takes it. It is to be woken by hasher_wake(), which takes NULL: after the
 * lock is let go of, or it is woken only to wait for that. Until then it cannot end: only the
 * caller of the hasher's functions ends workers, and it is he who calls this.
 */
struct worker *hasher_choose(struct hasher *hasher, enum lane lane, unsigned int owner);
void hasher_wake(struct worker *worker);
void hasher_wake_all(struct hasher *hasher);

#endif
