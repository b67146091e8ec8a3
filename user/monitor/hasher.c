/* SPDX-License-Identifier: BSD-2-Clause */
#include "hasher.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "capabilities.h"
#include "cleanup.h"
#include "file_hash.h"
#include "hash_queue.h"
#include "util.h"

#define WORKERS_DEFAULT	  5U /* one quick, two foreign, two slow */
#define WORKERS_FOREIGN	  2U
#define ABANDONED_DEFAULT 16U
#define QUEUE_DEFAULT	  512U
#define STACK_SIZE	  (256U << 10)
#define FREE_WAIT	  (250U * 1000 * 1000) /* nanoseconds */

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
	pthread_cond_t work; /* a job or the end has come */
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

static bool anybody(unsigned int owner, const void *context)
{
	(void)owner;
	(void)context;
	return true;
}

static struct job *waiting_pop(struct hasher *hasher, enum lane lane,
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

/* This is where a file system that does not answer may keep us. */
static void job_close(struct job *job)
{
	cleanup_close(&job->want.fd);
	cleanup_close(&job->readable);
	job->want.fd = job->readable = job->result.fd = -EBADF;
}

static void job_free(struct job *job)
{
	job_close(job);
	free(job->want.open_data);
	free(job);
}

static void hasher_destroy(struct hasher *hasher)
{
	struct job *job;

	while ((job = list_pop(&hasher->done)))
		job_free(job);
	for (enum lane lane = LANE_QUICK; lane < LANE_COUNT; lane++) {
		while ((job = waiting_pop(hasher, lane, anybody, NULL)))
			job_free(job);
	}
	cleanup_close(&hasher->epoll_fd);
	cleanup_close(&hasher->event_fd);
	cleanup_close(&hasher->timer_fd);
	pthread_cond_destroy(&hasher->work);
	pthread_cond_destroy(&hasher->left);
	pthread_mutex_destroy(&hasher->lock);
	free(hasher);
}

/* Called with the lock held, and lets go of it. */
static void unlock_and_unref(struct hasher *hasher)
{
	bool last = --hasher->references == 0;

	pthread_mutex_unlock(&hasher->lock);
	if (last)
		hasher_destroy(hasher);
}

/* Gives a descriptor that can be read, of the file behind an O_PATH one. */
static int reopen(int path_fd)
{
	char path[32];
	struct stat stat;
	int fd;

	if (fstat(path_fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* Makes job->want.fd, if it has to be opened, and returns what can be read. */
static int job_open(struct job *job)
{
	int flags;

	if (job->want.open) {
		job->want.fd = job->want.open(job->want.open_data);
		if (job->want.fd < 0)
			return job->want.fd;
	}
	flags = fcntl(job->want.fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if (!(flags & O_PATH))
		return job->want.fd;
	job->readable = reopen(job->want.fd);
	return job->readable;
}

static void job_run(struct job *job)
{
	const struct file_hash_limits limits = {
		.size_max = job->want.size_max,
		.deadline = job->want.deadline,
		.stop = &job->stop,
	};
	struct hash_result *result = &job->result;
	int fd = job_open(job);

	result->error = fd;
	if (fd >= 0)
		result->error = file_hash_limited(fd, &limits, result->digest, &result->stat);
	if (result->error == 0 && job->want.keep_fd)
		result->fd = fd;
	else
		job_close(job);
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

/* Sets it to @deadline if that is earlier. Too early is harmless, and is put right then. */
static void set_timer_by(struct hasher *hasher, uint64_t deadline)
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

/* The next job that @worker may take. NULL if there is none. */
static struct job *take_job(struct worker *worker)
{
	struct hasher *hasher = worker->hasher;
	struct job *job;

	job = waiting_pop(hasher, worker->lane,
			  worker->lane == LANE_QUICK ? anybody : owner_may_run, worker);
	if (!job && worker->lane == LANE_SLOW)
		job = waiting_pop(hasher, LANE_QUICK, anybody, NULL);
	if (job) {
		worker->job = job;
		worker->give_up = job->want.deadline + HASHER_SLACK;
		if (job->reported)
			worker->give_up = clock_boottime() + HASHER_SLACK;
		set_timer_by(hasher, worker->give_up);
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
	list_append(&hasher->done, job);
	eventfd_write(hasher->event_fd, 1);
}

/* An abandoned worker is back. True if a place is free for it. */
static bool worker_resume(struct worker *worker)
{
	struct hasher *hasher = worker->hasher;

	hasher->counters.abandoned--;
	pthread_cond_broadcast(&hasher->work); /* its owner may run more now */
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
			pthread_cond_wait(&hasher->work, &hasher->lock);
		if (worker->abandoned && !worker_resume(worker))
			break;
	}
	for (link = &hasher->workers; *link != worker; link = &(*link)->next)
		;
	*link = worker->next;
	free(worker);
	pthread_cond_signal(&hasher->left);
	unlock_and_unref(hasher);
	return NULL;
}

/* Starts a detached thread with all signals blocked. Called with the lock held. */
static int worker_start(struct hasher *hasher, enum lane lane)
{
	struct worker *worker = malloc(sizeof(*worker));
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	if (!worker)
		return -ENOMEM;
	*worker = (struct worker){ .next = hasher->workers, .hasher = hasher, .lane = lane };
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r) {
		free(worker);
		return -r;
	}
	hasher->workers = worker;
	hasher->references++;
	return 0;
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
	pthread_cond_init(&hasher->work, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&hasher->left, &monotonic);
	pthread_condattr_destroy(&monotonic);

	r = open_descriptors(hasher);
	pthread_mutex_lock(&hasher->lock);
	for (unsigned int i = 0; r == 0 && i < hasher->options.workers; i++)
		r = worker_start(hasher, i == 0                 ? LANE_QUICK
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
		set_timer_by(hasher, job->want.deadline);
		pthread_cond_broadcast(&hasher->work);
	}
	pthread_mutex_unlock(&hasher->lock);
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
				  worker_start(hasher, worker->lane) < 0))
		hasher->gap[worker->lane]++;
	pthread_cond_broadcast(&hasher->work); /* those that are left may all run for one owner */
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
	pthread_mutex_lock(&hasher->lock);
	job->reported = true;
	job->result.fd = -EBADF;
	job->bounded = false;
	hasher->counters.waiting++;
	hash_queue_push(&hasher->waiting[lane_of(&job->want)], &job->item);
	pthread_cond_broadcast(&hasher->work);
	pthread_mutex_unlock(&hasher->lock);
}

/* Reports without the lock, so that `done` may submit the next job. */
static void report_done(struct hasher *hasher)
{
	struct job *job;

	while ((job = take_done(hasher))) {
		hasher->options.done(&job->result, hasher->options.context);
		if (job->result.fd >= 0)
			close_later(hasher, job);
		else
			job_free(job);
	}
}

void hasher_dispatch(struct hasher *hasher)
{
	uint64_t ignored;
	uint64_t now;

	if (read(hasher->event_fd, &ignored, sizeof(ignored)) < 0 ||
	    read(hasher->timer_fd, &ignored, sizeof(ignored)) < 0) {
		/* EAGAIN: only the other one, or neither, woke us. */
	}
	report_done(hasher);
	now = clock_boottime();
	while (expire_one(hasher, now, -ETIMEDOUT))
		;
	pthread_mutex_lock(&hasher->lock);
	arm_timer(hasher);
	pthread_mutex_unlock(&hasher->lock);
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
	pthread_cond_broadcast(&hasher->work);
	wait_for_workers(hasher);
	pthread_mutex_unlock(&hasher->lock);

	report_done(hasher);
	while (expire_one(hasher, UINT64_MAX, -ECANCELED))
		;
	pthread_mutex_lock(&hasher->lock);
	unlock_and_unref(hasher);
}
