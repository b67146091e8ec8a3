/* SPDX-License-Identifier: BSD-2-Clause */
#include "hasher_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

#define WORKERS_DEFAULT	  5U /* one quick, two foreign, two slow */
#define WORKERS_FOREIGN	  2U
#define ABANDONED_DEFAULT 16U
#define QUEUE_DEFAULT	  4096U /* a daemon short of time finds a burst all at once */
#define FREE_WAIT	  (250U * 1000 * 1000) /* nanoseconds */

static void list_init(struct job_list *list)
{
	list->head = NULL;
	list->tail = &list->head;
}

static void list_append(struct job_list *list, struct job *job)
{
	job->next = NULL;
	*list->tail = job;
	list->tail = &job->next;
}

void hasher_append_done(struct hasher *hasher, struct job *job)
{
	list_append(&hasher->done, job);
}

static struct job *list_pop(struct job_list *list)
{
	struct job *job = list->head;

	if (job) {
		list->head = job->next;
		if (!list->head)
			list->tail = &list->head;
	}
	return job;
}

bool hasher_any_owner(unsigned int owner, const void *context)
{
	(void)owner;
	(void)context;
	return true;
}

struct job *hasher_pop_waiting(struct hasher *hasher, enum lane lane,
			       bool (*may)(unsigned int owner, const void *context),
			       const void *context)
{
	struct job *job = (struct job *)hash_queue_pop(&hasher->waiting[lane], may, context);

	if (job) {
		hasher->counters.waiting--;
		hasher->bounded -= job->bounded;
	}
	return job;
}

static void hasher_destroy(struct hasher *hasher)
{
	struct job *job;

	while ((job = list_pop(&hasher->done)))
		job_free(job);
	for (enum lane lane = LANE_QUICK; lane < LANE_COUNT; lane++) {
		while ((job = hasher_pop_waiting(hasher, lane, hasher_any_owner, NULL)))
			job_free(job);
	}
	cleanup_close(&hasher->epoll_fd);
	cleanup_close(&hasher->event_fd);
	cleanup_close(&hasher->timer_fd);
	pthread_cond_destroy(&hasher->left);
	pthread_mutex_destroy(&hasher->lock);
	free(hasher);
}

/* Called with the lock held, and lets go of it. */
void hasher_unlock_and_unref(struct hasher *hasher)
{
	bool last = --hasher->references == 0;

	pthread_mutex_unlock(&hasher->lock);
	if (last)
		hasher_destroy(hasher);
}

static uint64_t first_deadline(const struct hash_queue *queue, uint64_t first)
{
	const struct hash_queue_item *item;

	for (item = hash_queue_first(queue); item; item = hash_queue_next(queue, item)) {
		const struct job *job = (const struct job *)item;

		if (!job->reported && job->want.deadline < first)
			first = job->want.deadline;
	}
	return first;
}

static void set_timer(struct hasher *hasher, uint64_t first)
{
	struct itimerspec when = { 0 };

	hasher->armed = first;
	if (first != UINT64_MAX) {
		when.it_value.tv_sec = (time_t)(first / 1000000000U);
		when.it_value.tv_nsec = (long)(first % 1000000000U);
	}
	timerfd_settime(hasher->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

void hasher_set_timer_by(struct hasher *hasher, uint64_t deadline)
{
	if (deadline < hasher->armed)
		set_timer(hasher, deadline);
}

/* Sets the timer to the first moment at which somebody is late. */
static void arm_timer(struct hasher *hasher)
{
	uint64_t first = UINT64_MAX;

	for (enum lane lane = LANE_QUICK; lane < LANE_COUNT; lane++)
		first = first_deadline(&hasher->waiting[lane], first);
	for (const struct worker *worker = hasher->workers; worker; worker = worker->next) {
		if (worker->job && !worker->abandoned && worker->give_up < first)
			first = worker->give_up;
	}
	set_timer(hasher, first);
}

static int open_descriptors(struct hasher *hasher)
{
	struct epoll_event readable = { .events = EPOLLIN };

	hasher->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	hasher->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	hasher->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (hasher->epoll_fd < 0 || hasher->event_fd < 0 || hasher->timer_fd < 0)
		return -errno;
	if (epoll_ctl(hasher->epoll_fd, EPOLL_CTL_ADD, hasher->event_fd, &readable) < 0 ||
	    epoll_ctl(hasher->epoll_fd, EPOLL_CTL_ADD, hasher->timer_fd, &readable) < 0)
		return -errno;
	return 0;
}

static void set_options(struct hasher *hasher, const struct hasher_options *options)
{
	hasher->options = *options;
	if (hasher->options.workers < WORKERS_DEFAULT)
		hasher->options.workers = WORKERS_DEFAULT;
	if (!hasher->options.abandoned_max)
		hasher->options.abandoned_max = ABANDONED_DEFAULT;
	if (!hasher->options.queue_max)
		hasher->options.queue_max = QUEUE_DEFAULT;
}

int hasher_new(const struct hasher_options *options, struct hasher **ret_hasher)
{
	struct hasher *hasher = calloc(1, sizeof(*hasher));
	pthread_condattr_t monotonic;
	int r;

	if (!hasher)
		return -ENOMEM;
	hasher->references = 1;
	hasher->epoll_fd = hasher->event_fd = hasher->timer_fd = -EBADF;
	set_options(hasher, options);
	for (enum lane lane = LANE_QUICK; lane < LANE_COUNT; lane++)
		hash_queue_init(&hasher->waiting[lane]);
	hasher->armed = UINT64_MAX;
	list_init(&hasher->done);
	pthread_mutex_init(&hasher->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&hasher->left, &monotonic);
	pthread_condattr_destroy(&monotonic);

	r = open_descriptors(hasher);
	pthread_mutex_lock(&hasher->lock);
	for (unsigned int i = 0; r == 0 && i < hasher->options.workers; i++)
		r = hasher_start_worker(hasher, i == 0                 ? LANE_QUICK
					 : i <= WORKERS_FOREIGN ? LANE_FOREIGN
								: LANE_SLOW);
	pthread_mutex_unlock(&hasher->lock);
	if (r < 0) {
		hasher_free(hasher);
		return r;
	}
	*ret_hasher = hasher;
	return 0;
}

int hasher_fd(const struct hasher *hasher)
{
	return hasher->epoll_fd;
}

static enum lane lane_of(const struct hash_job *want)
{
	if (want->unverifiable)
		return LANE_FOREIGN;
	return want->size > HASHER_QUICK_MAX ? LANE_SLOW : LANE_QUICK;
}

int hasher_submit(struct hasher *hasher, const struct hash_job *want)
{
	struct job *job = calloc(1, sizeof(*job));
	struct worker *worker = NULL;
	int r = 0;

	if (!job)
		return -ENOMEM;
	job->want = *want;
	if (want->open)
		job->want.fd = -EBADF;
	job->readable = -EBADF;
	job->item.owner = hash_queue_owner(want->owner);
	job->item.urgent = want->urgent;
	job->bounded = !want->urgent;
	job->result.cookie = want->cookie;
	job->result.fd = -EBADF;
	if (!job->want.deadline)
		job->want.deadline = clock_boottime() + HASHER_DEADLINE;
	if (job->want.deadline > INT64_MAX)
		job->want.deadline = INT64_MAX;

	pthread_mutex_lock(&hasher->lock);
	if (job->bounded && hasher->bounded >= hasher->options.queue_max) {
		r = -ENOBUFS;
	} else {
		hasher->counters.waiting++;
		hasher->bounded += job->bounded;
		hash_queue_push(&hasher->waiting[lane_of(want)], &job->item);
		hasher_set_timer_by(hasher, job->want.deadline);
		worker = hasher_choose(hasher, lane_of(want), job->item.owner);
	}
	pthread_mutex_unlock(&hasher->lock);
	hasher_wake(worker);
	if (r < 0)
		free(job);
	return r;
}

/* A job that waits and is out of time; it stays there for a worker to close its file. */
static struct job *expire_waiting(struct hasher *hasher, uint64_t now)
{
	for (enum lane lane = LANE_QUICK; lane < LANE_COUNT; lane++) {
		const struct hash_queue *queue = &hasher->waiting[lane];
		struct hash_queue_item *item;

		for (item = hash_queue_first(queue); item; item = hash_queue_next(queue, item)) {
			struct job *job = (struct job *)item;

			if (!job->reported && job->want.deadline <= now)
				return job;
		}
	}
	return NULL;
}

/*
 * Gives up one worker that is late and fills its place if the bound allows.
 * Returns its job, or NULL if no worker is late.
 */
static struct job *expire_running(struct hasher *hasher, uint64_t now)
{
	struct worker *worker = hasher->workers;

	while (worker && (!worker->job || worker->abandoned || worker->give_up > now))
		worker = worker->next;
	if (!worker)
		return NULL;
	worker->abandoned = true;
	atomic_store(&worker->job->stop, true);
	hasher->counters.abandoned++;
	if (!hasher->stopping && (hasher->counters.abandoned > hasher->options.abandoned_max ||
				  hasher_start_worker(hasher, worker->lane) < 0))
		hasher->gap[worker->lane]++;
	hasher_wake_all(hasher); /* those that are left may all run for one owner */
	return worker->job;
}

/* Reports one job that is out of time with @error. False if there is none. */
static bool expire_one(struct hasher *hasher, uint64_t now, int error)
{
	struct hash_result result = { .error = error, .fd = -EBADF };
	struct job *job;
	bool report;

	pthread_mutex_lock(&hasher->lock);
	job = expire_waiting(hasher, now);
	if (!job)
		job = expire_running(hasher, now);
	report = job && !job->reported;
	if (report) {
		job->reported = true;
		result.cookie = job->want.cookie;
		hasher->counters.timed_out++;
	}
	pthread_mutex_unlock(&hasher->lock);
	if (report)
		hasher->options.done(&result, hasher->options.context);
	return job;
}

static struct job *take_done(struct hasher *hasher)
{
	struct job *job;

	pthread_mutex_lock(&hasher->lock);
	job = list_pop(&hasher->done);
	if (job && job->result.error == -ETIMEDOUT)
		hasher->counters.timed_out++;
	pthread_mutex_unlock(&hasher->lock);
	return job;
}

/* Leaves it to a worker to close what was kept for the caller. */
static void close_later(struct hasher *hasher, struct job *job)
{
	struct worker *worker;

	pthread_mutex_lock(&hasher->lock);
	job->reported = true;
	job->result.fd = -EBADF;
	job->bounded = false;
	hasher->counters.waiting++;
	hash_queue_push(&hasher->waiting[lane_of(&job->want)], &job->item);
	worker = hasher_choose(hasher, lane_of(&job->want), job->item.owner);
	pthread_mutex_unlock(&hasher->lock);
	hasher_wake(worker);
}

/* Reports without the lock, so that `done` may submit the next job. */
static void report_done(struct hasher *hasher)
{
	struct job *job;

	while ((job = take_done(hasher))) {
		hasher->options.done(&job->result, hasher->options.context);
		/* To close a small local file costs less than to wake somebody for it. */
		if (job->result.fd >= 0 && lane_of(&job->want) != LANE_QUICK)
			close_later(hasher, job);
		else
			job_free(job);
	}
}

/* What is out of time, and when to look again. Called when the timer may be over. */
static void dispatch_late(struct hasher *hasher, uint64_t now)
{
	uint64_t ignored;

	if (read(hasher->timer_fd, &ignored, sizeof(ignored)) < 0) {
		/* EAGAIN: it has been set anew meanwhile. */
	}
	while (expire_one(hasher, now, -ETIMEDOUT))
		;
	pthread_mutex_lock(&hasher->lock);
	arm_timer(hasher);
	pthread_mutex_unlock(&hasher->lock);
}

void hasher_dispatch(struct hasher *hasher)
{
	uint64_t ignored, now, armed;

	if (read(hasher->event_fd, &ignored, sizeof(ignored)) < 0) {
		/* EAGAIN: the timer woke us. */
	}
	report_done(hasher);
	now = clock_boottime();
	pthread_mutex_lock(&hasher->lock);
	armed = hasher->armed;
	pthread_mutex_unlock(&hasher->lock);
	/* Set for what is done by now it costs one look, later than nearly all of its kind. */
	if (armed <= now)
		dispatch_late(hasher, now);
}

void hasher_count(struct hasher *hasher, struct hasher_counters *ret_counters)
{
	pthread_mutex_lock(&hasher->lock);
	*ret_counters = hasher->counters;
	pthread_mutex_unlock(&hasher->lock);
}

/* Waits until the workers are gone or FREE_WAIT is over. Called with the lock held. */
static void wait_for_workers(struct hasher *hasher)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += FREE_WAIT;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	while (hasher->workers) {
		if (pthread_cond_timedwait(&hasher->left, &hasher->lock, &until) == ETIMEDOUT)
			break;
	}
}

void hasher_free(struct hasher *hasher)
{
	if (!hasher)
		return;
	pthread_mutex_lock(&hasher->lock);
	hasher->stopping = true;
	for (struct worker *worker = hasher->workers; worker; worker = worker->next) {
		if (worker->job)
			atomic_store(&worker->job->stop, true);
	}
	hasher_wake_all(hasher);
	wait_for_workers(hasher);
	pthread_mutex_unlock(&hasher->lock);

	report_done(hasher);
	while (expire_one(hasher, UINT64_MAX, -ECANCELED))
		;
	pthread_mutex_lock(&hasher->lock);
	hasher_unlock_and_unref(hasher);
}
