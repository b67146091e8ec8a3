/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define JOBS_MAX 128U /* each may hold a descriptor */
#define NSEC	 1000000000ULL

struct shared_fd {
	int fd;
	atomic_uint references;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t more, ended;
	struct node **nodes;
	size_t node_count, node_size;
	struct queue_job *first, *last;
	size_t job_count;
	unsigned int threads;
	unsigned int busy;
	atomic_uint idle;
	bool stopped;
};

struct shared_fd *queue_share_fd(int fd)
{
	struct shared_fd *shared = malloc(sizeof(*shared));

	if (!shared) {
		close(fd);
		return NULL;
	}
	shared->fd = fd;
	atomic_init(&shared->references, 1);
	return shared;
}

int queue_fd(const struct shared_fd *fd)
{
	return fd->fd;
}

void queue_release_fd(struct shared_fd *fd)
{
	if (atomic_fetch_sub(&fd->references, 1) == 1) {
		close(fd->fd);
		free(fd);
	}
}

struct queue *queue_new(void)
{
	struct queue *queue = calloc(1, sizeof(*queue));
	pthread_condattr_t attributes;

	if (!queue)
		return NULL;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->more, &attributes);
	pthread_cond_init(&queue->ended, &attributes);
	pthread_condattr_destroy(&attributes);
	return queue;
}

static void job_free(struct queue_job *job)
{
	queue_release_fd(job->fd);
	node_put(job->node);
	free(job);
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	for (size_t i = 0; i < queue->node_count; i++)
		node_put(queue->nodes[i]);
	while (queue->first) {
		struct queue_job *job = queue->first;

		queue->first = job->next;
		job_free(job);
	}
	free(queue->nodes);
	pthread_cond_destroy(&queue->more);
	pthread_cond_destroy(&queue->ended);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

static int make_room(struct queue *queue, size_t count)
{
	size_t wanted = queue->node_size ? queue->node_size : 1024;
	struct node **nodes;

	while (wanted < queue->node_count + count)
		wanted *= 2;
	if (wanted == queue->node_size)
		return 0;
	nodes = reallocarray(queue->nodes, wanted, sizeof(struct node *));
	if (!nodes)
		return -ENOMEM;
	queue->nodes = nodes;
	queue->node_size = wanted;
	return 0;
}

int queue_add_nodes(struct queue *queue, struct node **nodes, size_t count)
{
	int r;

	pthread_mutex_lock(&queue->lock);
	r = make_room(queue, count);
	if (r == 0) {
		memcpy(queue->nodes + queue->node_count, nodes, count * sizeof(struct node *));
		queue->node_count += count;
	}
	if (atomic_load(&queue->idle) > 0)
		pthread_cond_broadcast(&queue->more);
	pthread_mutex_unlock(&queue->lock);
	for (size_t i = 0; r < 0 && i < count; i++)
		node_put(nodes[i]);
	return r;
}

int queue_add_job(struct queue *queue, struct node *node, struct shared_fd *fd,
		  const struct walk_file *file, unsigned int what)
{
	size_t size = strlen(file->name) + 1;
	struct queue_job *job = malloc(sizeof(*job) + size);

	if (!job)
		return -ENOMEM;
	pthread_mutex_lock(&queue->lock);
	if (queue->job_count >= JOBS_MAX) {
		pthread_mutex_unlock(&queue->lock);
		free(job);
		return -EAGAIN;
	}
	*job = (struct queue_job){ .file = *file, .what = what, .node = node_get(node), .fd = fd };
	atomic_fetch_add(&fd->references, 1);
	memcpy(job->name, file->name, size);
	job->file.name = job->name;
	if (queue->last)
		queue->last->next = job;
	else
		queue->first = job;
	queue->last = job;
	queue->job_count++;
	if (atomic_load(&queue->idle) > 0)
		pthread_cond_signal(&queue->more);
	pthread_mutex_unlock(&queue->lock);
	return 0;
}

bool queue_has_idle(const struct queue *queue)
{
	return atomic_load_explicit(&queue->idle, memory_order_relaxed) > 0;
}

void queue_enter(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->threads++;
	pthread_mutex_unlock(&queue->lock);
}

/* With the lock held. */
static void leave(struct queue *queue)
{
	if (--queue->threads == 0)
		pthread_cond_signal(&queue->ended);
	pthread_cond_broadcast(&queue->more);
}

void queue_leave(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	leave(queue);
	pthread_mutex_unlock(&queue->lock);
}

/* With the lock held: jobs first, for they hold descriptors. */
static bool take(struct queue *queue, struct queue_item *ret_item)
{
	*ret_item = (struct queue_item){ 0 };
	if (queue->first) {
		ret_item->job = queue->first;
		queue->first = ret_item->job->next;
		if (!queue->first)
			queue->last = NULL;
		queue->job_count--;
		return true;
	}
	if (queue->node_count == 0)
		return false;
	ret_item->node = queue->nodes[--queue->node_count];
	return true;
}

bool queue_take(struct queue *queue, struct queue_item *ret_item)
{
	bool taken = false;

	pthread_mutex_lock(&queue->lock);
	while (!queue->stopped && !(taken = take(queue, ret_item)) && queue->busy > 0) {
		atomic_fetch_add(&queue->idle, 1);
		pthread_cond_wait(&queue->more, &queue->lock);
		atomic_fetch_sub(&queue->idle, 1);
	}
	if (taken)
		queue->busy++;
	else
		leave(queue);
	pthread_mutex_unlock(&queue->lock);
	return taken;
}

void queue_done(struct queue *queue, struct queue_item *item)
{
	if (item->job)
		job_free(item->job);
	pthread_mutex_lock(&queue->lock);
	if (--queue->busy == 0 && queue->node_count == 0 && !queue->first)
		pthread_cond_broadcast(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

void queue_stop(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->stopped = true;
	pthread_cond_broadcast(&queue->more);
	pthread_mutex_unlock(&queue->lock);
}

bool queue_wait_ended(struct queue *queue, uint64_t nanoseconds)
{
	struct timespec until;
	bool ended;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	nanoseconds += (uint64_t)until.tv_nsec;
	until.tv_sec += (time_t)(nanoseconds / NSEC);
	until.tv_nsec = (long)(nanoseconds % NSEC);
	pthread_mutex_lock(&queue->lock);
	while (queue->threads > 0 && r == 0)
		r = pthread_cond_timedwait(&queue->ended, &queue->lock, &until);
	ended = queue->threads == 0;
	pthread_mutex_unlock(&queue->lock);
	return ended;
}

size_t queue_waiting(struct queue *queue)
{
	size_t count;

	pthread_mutex_lock(&queue->lock);
	count = queue->node_count;
	pthread_mutex_unlock(&queue->lock);
	return count;
}
