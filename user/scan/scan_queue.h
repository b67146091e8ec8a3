/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the threads of a walk have still to do: directories to read, the last one
 * found first, so that their number stays small; and, before these, files to examine.
 */
#ifndef INTERDICT_SCAN_QUEUE_H
#define INTERDICT_SCAN_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scan_node.h"
#include "scan_walk.h"

/* An open directory, closed when its reader and all jobs with files of it are done. */
struct shared_fd;

struct queue_job {
	struct walk_file file;
	unsigned int what;
	struct node *node;
	struct shared_fd *fd;
	struct queue_job *next;
	char name[];
};

struct queue_item {
	struct node *node;	/* of whoever took it; NULL: it is a job */
	struct queue_job *job;
};

struct queue;

/* Returns NULL if out of memory. */
struct queue *queue_new(void);

/* Puts what was not taken. Accepts NULL. */
void queue_free(struct queue *queue);

/* Takes the nodes over, also if it fails. Returns 0 or -ENOMEM. */
int queue_add_nodes(struct queue *queue, struct node **nodes, size_t count);

/* Copies the file. Returns 0, or -EAGAIN or -ENOMEM: then the caller does it. */
int queue_add_job(struct queue *queue, struct node *node, struct shared_fd *fd,
		  const struct walk_file *file, unsigned int what);

/* True if some thread has nothing to do at the moment. */
bool queue_has_idle(const struct queue *queue);

/* How many threads there are. queue_enter() comes before the thread is started. */
void queue_enter(struct queue *queue);
void queue_leave(struct queue *queue);

/*
 * Waits for something to do. False: there is nothing and will be nothing, or the queue
 * was stopped; the thread has left. After what was taken is done: queue_done().
 */
bool queue_take(struct queue *queue, struct queue_item *ret_item);
void queue_done(struct queue *queue, struct queue_item *item);

/* Makes queue_take() return false. */
void queue_stop(struct queue *queue);

/* Waits until all threads have left, for @nanoseconds at most; true if they have. */
bool queue_wait_ended(struct queue *queue, uint64_t nanoseconds);

/* Directories that nobody has taken. */
size_t queue_waiting(struct queue *queue);

/* Takes the descriptor, also if it fails. NULL: out of memory. */
struct shared_fd *queue_share_fd(int fd);
int queue_fd(const struct shared_fd *fd);
void queue_release_fd(struct shared_fd *fd);

#endif
