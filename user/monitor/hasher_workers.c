/* SPDX-License-Identifier: BSD-2-Clause */
#include "hasher_private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "capabilities.h"
#include "util.h"

#define STACK_SIZE (256U << 10)

/* True if this worker leaves one to others, and those that can be replaced too. */
static bool owner_may_run(unsigned int owner, const void *context)
{
	const struct worker *self = context;
	const struct hasher *hasher = self->hasher;
	unsigned int workers = 0, running = 0, abandoned = 0;

	for (const struct worker *worker = hasher->workers; worker; worker = worker->next) {
		bool its = worker->job && worker->job->item.owner == owner;

		if (worker->abandoned)
			abandoned += its;
		else if (worker->lane == self->lane)
			workers++;
		if (!worker->abandoned && worker->lane == self->lane)
			running += its;
	}
	return (workers < 2 || running + 1 < workers) &&
	       2 * abandoned < hasher->options.abandoned_max;
}

struct worker *hasher_choose(struct hasher *hasher, enum lane lane, unsigned int owner)
{
	struct worker *chosen = NULL;

	for (struct worker *worker = hasher->workers; worker; worker = worker->next) {
		if (!worker->idle)
			continue;
		if (worker->lane == LANE_SLOW && lane == LANE_QUICK)
			chosen = worker;
		if (worker->lane != lane || (lane != LANE_QUICK && !owner_may_run(owner, worker)))
			continue;
		chosen = worker;
		break;
	}
	if (chosen)
		chosen->idle = false;
	return chosen;
}

void hasher_wake(struct worker *worker)
{
	if (worker)
		pthread_cond_signal(&worker->wake);
}

void hasher_wake_all(struct hasher *hasher)
{
	for (struct worker *worker = hasher->workers; worker; worker = worker->next)
		hasher_wake(worker);
}

/* The next job that @worker may take. NULL if there is none. */
static struct job *take_job(struct worker *worker)
{
	struct hasher *hasher = worker->hasher;
	struct job *job;

	job = hasher_pop_waiting(hasher, worker->lane,
			  worker->lane == LANE_QUICK ? hasher_any_owner : owner_may_run, worker);
	if (!job && worker->lane == LANE_SLOW)
		job = hasher_pop_waiting(hasher, LANE_QUICK, hasher_any_owner, NULL);
	if (job) {
		worker->job = job;
		worker->give_up = job->want.deadline + HASHER_SLACK;
		if (job->reported)
			worker->give_up = clock_boottime() + HASHER_SLACK;
		hasher_set_timer_by(hasher, worker->give_up);
	}
	return job;
}

/* Runs the job of @worker. The lock is held before and after, not meanwhile. */
static void worker_run(struct worker *worker)
{
	struct hasher *hasher = worker->hasher;
	struct job *job = worker->job;
	bool skip = job->reported || hasher->stopping;

	pthread_mutex_unlock(&hasher->lock);
	if (skip) {
		job->result.error = -ECANCELED;
		job_close(job);
	} else {
		job_run(job);
	}
	pthread_mutex_lock(&hasher->lock);

	if (job->reported) {
		/* nobody wants it any more: close what was kept, still watched */
		pthread_mutex_unlock(&hasher->lock);
		job_close(job);
		pthread_mutex_lock(&hasher->lock);
		worker->job = NULL;
		job_free(job);
		return;
	}
	worker->job = NULL;
	hasher_append_done(hasher, job);
	/* Without the lock: who is woken takes it first of all. */
	pthread_mutex_unlock(&hasher->lock);
	eventfd_write(hasher->event_fd, 1);
	pthread_mutex_lock(&hasher->lock);
}

/* An abandoned worker is back. True if a place is free for it. */
static bool worker_resume(struct worker *worker)
{
	struct hasher *hasher = worker->hasher;

	hasher->counters.abandoned--;
	hasher_wake_all(hasher); /* its owner may run more now */
	for (enum lane lane = LANE_QUICK; lane < LANE_COUNT; lane++) {
		if (hasher->gap[lane] == 0)
			continue;
		hasher->gap[lane]--;
		worker->lane = lane;
		worker->abandoned = false;
		return true;
	}
	return false;
}

static void worker_sleep(struct worker *worker)
{
	worker->idle = true;
	pthread_cond_wait(&worker->wake, &worker->hasher->lock);
	worker->idle = false;
}

static void *worker_main(void *argument)
{
	struct worker *worker = argument;
	struct hasher *hasher = worker->hasher;
	struct worker **link;

	capabilities_keep_reading();
	pthread_mutex_lock(&hasher->lock);
	for (;;) {
		if (take_job(worker))
			worker_run(worker);
		else if (hasher->stopping)
			break;
		else
			worker_sleep(worker);
		if (worker->abandoned && !worker_resume(worker))
			break;
	}
	for (link = &hasher->workers; *link != worker; link = &(*link)->next)
		;
	*link = worker->next;
	pthread_cond_destroy(&worker->wake);
	free(worker);
	pthread_cond_signal(&hasher->left);
	hasher_unlock_and_unref(hasher);
	return NULL;
}

int hasher_start_worker(struct hasher *hasher, enum lane lane)
{
	struct worker *worker = malloc(sizeof(*worker));
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (!worker)
		return -ENOMEM;
	*worker = (struct worker){ .next = hasher->workers, .hasher = hasher, .lane = lane };
	pthread_cond_init(&worker->wake, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r) {
		pthread_cond_destroy(&worker->wake);
		free(worker);
		return -r;
	}
	hasher->workers = worker;
	hasher->references++;
	return 0;
}
