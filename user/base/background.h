/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One thread for what may keep its caller waiting and is in no hurry: reading the
 * databases of packages, writing a list to the disk. Jobs run one after the other.
 */
#ifndef INTERDICT_BACKGROUND_H
#define INTERDICT_BACKGROUND_H

#define BACKGROUND_QUEUE_MAX 16U

struct background;

struct background_job {
	void (*run)(void *data); /* in the thread */
	/*
	 * In the thread of background_dispatch(), after run; or, when the thread is ended
	 * before its turn, in that of background_free(), with @context NULL: then it only
	 * frees what belongs to the data.
	 */
	void (*done)(void *data, void *context);
	void *data;
};

/* Starts the thread, with all signals blocked. Returns 0 or a negative errno. */
int background_new(void *context, struct background **ret_background);

/* Descriptor that polls readable when background_dispatch() has something to do. */
int background_fd(const struct background *background);

/*
 * Hands over a job. Returns 0, -ENOBUFS if BACKGROUND_QUEUE_MAX wait already, or
 * -ENOMEM; on failure the data is still the caller's. Never blocks.
 */
int background_submit(struct background *background, const struct background_job *job);

/* Calls `done` for each job that has run. Never blocks. */
void background_dispatch(struct background *background);

/*
 * Ends the thread after the job that it is at, for which it does not wait: whatever
 * that job holds is freed when it returns. Accepts NULL.
 */
void background_free(struct background *background);

#endif
