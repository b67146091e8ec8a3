/* SPDX-License-Identifier: BSD-2-Clause */
/* A sweep in the background: the findings are queued for the thread that asked. */
#include "sweep.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "capabilities.h"
#include "cleanup.h"

struct queued {
	struct queued *next;
	struct sweep_finding finding;
	char *path;
};

struct sweep {
	pthread_mutex_t lock;
	struct sweep_options options; /* with our functions in place of the policy's */
	struct sweep_policy policy;   /* the owner's; not touched once `stop` is set */
	atomic_bool stop;
	struct queued *head, **tail;
	struct sweep_counters counters;
	int error;
	bool over;
	unsigned int references; /* of the thread and of the owner */
	int event_fd;
};

static void queued_free(struct queued *queued)
{
	free(queued->path);
	free(queued);
}

/* Called with the lock held, and lets go of it. */
static void unlock_and_unref(struct sweep *sweep)
{
	bool last = --sweep->references == 0;
	struct queued *queued;

	pthread_mutex_unlock(&sweep->lock);
	if (!last)
		return;
	while ((queued = sweep->head)) {
		sweep->head = queued->next;
		queued_free(queued);
	}
	cleanup_close(&sweep->event_fd);
	pthread_mutex_destroy(&sweep->lock);
	free(sweep);
}

/* Both ask the owner's policy with the lock held, so that it is there or `stop` is set. */
static bool locked_may_be_listed(const void *context, uint64_t size)
{
	struct sweep *sweep = (struct sweep *)context;
	bool listed = false;

	pthread_mutex_lock(&sweep->lock);
	if (!atomic_load(&sweep->stop))
		listed = sweep->policy.may_be_listed(sweep->policy.policy, size);
	pthread_mutex_unlock(&sweep->lock);
	return listed;
}

static uint32_t locked_find(const void *context, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct sweep *sweep = (struct sweep *)context;
	uint32_t entry = 0;

	pthread_mutex_lock(&sweep->lock);
	if (!atomic_load(&sweep->stop))
		entry = sweep->policy.find(sweep->policy.policy, digest);
	pthread_mutex_unlock(&sweep->lock);
	return entry;
}

static void queue_finding(const struct sweep_finding *finding, void *context)
{
	struct sweep *sweep = context;
	struct queued *queued = calloc(1, sizeof(*queued));

	if (queued)
		queued->path = strdup(finding->path);
	pthread_mutex_lock(&sweep->lock);
	if (queued && queued->path) {
		queued->finding = *finding;
		queued->finding.path = queued->path;
		*sweep->tail = queued;
		sweep->tail = &queued->next;
		eventfd_write(sweep->event_fd, 1);
	} else {
		sweep->error = -ENOMEM;
		free(queued);
	}
	pthread_mutex_unlock(&sweep->lock);
}

static void *sweep_main(void *argument)
{
	struct sweep *sweep = argument;
	struct sweep_counters counters = { 0 };
	int r;

	capabilities_keep_reading();
	r = sweep_run(&sweep->options, queue_finding, sweep, &counters);
	pthread_mutex_lock(&sweep->lock);
	sweep->counters = counters;
	if (r < 0)
		sweep->error = r;
	sweep->over = true;
	eventfd_write(sweep->event_fd, 1);
	unlock_and_unref(sweep);
	return NULL;
}

static int start_thread(struct sweep *sweep)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 256U << 10);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, sweep_main, sweep);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return -r;
}

int sweep_start(const struct sweep_options *options, struct sweep **ret_sweep)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int r;

	if (!sweep)
		return -ENOMEM;
	pthread_mutex_init(&sweep->lock, NULL);
	sweep->tail = &sweep->head;
	sweep->references = 2;
	sweep->policy = options->policy;
	sweep->options = *options;
	sweep->options.stop = &sweep->stop;
	sweep->options.policy = (struct sweep_policy){
		.may_be_listed = locked_may_be_listed,
		.find = locked_find,
		.policy = sweep,
	};
	sweep->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = sweep->event_fd < 0 ? -errno : start_thread(sweep);
	if (r < 0) {
		sweep->references = 1;
		pthread_mutex_lock(&sweep->lock);
		unlock_and_unref(sweep);
		return r;
	}
	*ret_sweep = sweep;
	return 0;
}

int sweep_fd(const struct sweep *sweep)
{
	return sweep->event_fd;
}

static struct queued *take_all(struct sweep *sweep)
{
	struct queued *all = sweep->head;

	sweep->head = NULL;
	sweep->tail = &sweep->head;
	return all;
}

bool sweep_dispatch(struct sweep *sweep, sweep_found *found, void *context,
		    struct sweep_counters *ret_counters, int *ret_error)
{
	struct queued *queued;
	uint64_t ignored;
	bool over;

	if (read(sweep->event_fd, &ignored, sizeof(ignored)) < 0) {
		/* EAGAIN: there is nothing new. */
	}
	pthread_mutex_lock(&sweep->lock);
	queued = take_all(sweep);
	over = sweep->over;
	if (over && ret_counters)
		*ret_counters = sweep->counters;
	if (over && ret_error)
		*ret_error = sweep->error;
	pthread_mutex_unlock(&sweep->lock);

	while (queued) {
		struct queued *next = queued->next;

		found(&queued->finding, context);
		queued_free(queued);
		queued = next;
	}
	return over;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	pthread_mutex_lock(&sweep->lock);
	atomic_store(&sweep->stop, true);
	unlock_and_unref(sweep);
}
