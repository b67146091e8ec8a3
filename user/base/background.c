/* SPDX-License-Identifier: BSD-2-Clause */
#include "background.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "capabilities.h"
#include "cleanup.h"

struct item {
	struct item *next;
	struct background_job job;
};

struct queue {
	struct item *head, **tail;
	unsigned int count;
};

struct background {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue waiting;
	struct queue ended;
	void *context;
	int event_fd;
	bool stop;
	unsigned int references; /* of the thread and of the owner */
};

static void queue_put(struct queue *queue, struct item *item)
{
	item->next = NULL;
	*queue->tail = item;
	queue->tail = &item->next;
	queue->count++;
}

static struct item *queue_take(struct queue *queue)
{
	struct item *item = queue->head;

	if (!item)
		return NULL;
	queue->head = item->next;
	if (!queue->head)
		queue->tail = &queue->head;
	queue->count--;
	return item;
}

static void queue_discard(struct queue *queue)
{
	struct item *item;

	while ((item = queue_take(queue))) {
		item->job.done(item->job.data, NULL);
		free(item);
	}
}

/* Called with the lock held, and lets go of it. */
static void unlock_and_unref(struct background *background)
{
	bool last = --background->references == 0;

	pthread_mutex_unlock(&background->lock);
	if (!last)
		return;
	queue_discard(&background->waiting);
	queue_discard(&background->ended);
	cleanup_close(&background->event_fd);
	pthread_cond_destroy(&background->wake);
	pthread_mutex_destroy(&background->lock);
	free(background);
}

static void *background_main(void *argument)
{
	struct background *background = argument;
	struct item *item;

	capabilities_keep_reading();
	pthread_mutex_lock(&background->lock);
	while (!background->stop) {
		item = queue_take(&background->waiting);
		if (!item) {
			pthread_cond_wait(&background->wake, &background->lock);
			continue;
		}
		pthread_mutex_unlock(&background->lock);
		item->job.run(item->job.data);
		pthread_mutex_lock(&background->lock);
		queue_put(&background->ended, item);
		eventfd_write(background->event_fd, 1);
	}
	unlock_and_unref(background);
	return NULL;
}

static int start_thread(struct background *background)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, background_main, background);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!error)
		pthread_detach(thread);
	return -error;
}

int background_new(void *context, struct background **ret_background)
{
	struct background *background = calloc(1, sizeof(*background));
	int error;

	if (!background)
		return -ENOMEM;
	pthread_mutex_init(&background->lock, NULL);
	pthread_cond_init(&background->wake, NULL);
	background->waiting.tail = &background->waiting.head;
	background->ended.tail = &background->ended.head;
	background->context = context;
	background->references = 2;
	background->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	error = background->event_fd < 0 ? -errno : start_thread(background);
	if (error) {
		background->references = 1;
		pthread_mutex_lock(&background->lock);
		unlock_and_unref(background);
		return error;
	}
	*ret_background = background;
	return 0;
}

int background_fd(const struct background *background)
{
	return background->event_fd;
}

int background_submit(struct background *background, const struct background_job *job)
{
	struct item *item = calloc(1, sizeof(*item));
	bool full;

	if (!item)
		return -ENOMEM;
	item->job = *job;
	pthread_mutex_lock(&background->lock);
	full = background->waiting.count >= BACKGROUND_QUEUE_MAX;
	if (!full) {
		queue_put(&background->waiting, item);
		pthread_cond_signal(&background->wake);
	}
	pthread_mutex_unlock(&background->lock);
	if (full)
		free(item);
	return full ? -ENOBUFS : 0;
}

void background_dispatch(struct background *background)
{
	struct item *item;
	eventfd_t count;

	(void)eventfd_read(background->event_fd, &count);
	for (;;) {
		pthread_mutex_lock(&background->lock);
		item = queue_take(&background->ended);
		pthread_mutex_unlock(&background->lock);
		if (!item)
			return;
		item->job.done(item->job.data, background->context);
		free(item);
	}
}

void background_free(struct background *background)
{
	if (!background)
		return;
	pthread_mutex_lock(&background->lock);
	background->stop = true;
	pthread_cond_signal(&background->wake);
	unlock_and_unref(background);
}
