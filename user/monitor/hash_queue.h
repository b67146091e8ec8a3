/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs that wait for a worker, served in turn by whom they are for: one user with a
 * thousand files costs another user's file the wait for one of them. Within a user
 * what somebody waits for goes first, then first come, first served.
 *
 * Users share HASH_QUEUE_OWNERS slots, so nothing is allocated and nothing can fail.
 * Not locked: the caller's lock covers it.
 */
#ifndef INTERDICT_HASH_QUEUE_H
#define INTERDICT_HASH_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define HASH_QUEUE_OWNERS 64U

/* Part of what waits. */
struct hash_queue_item {
	struct hash_queue_item *next;
	unsigned int owner; /* slot: hash_queue_owner() */
	bool urgent;
};

struct hash_queue_list {
	struct hash_queue_item *head;
	struct hash_queue_item **tail;
};

struct hash_queue {
	struct hash_queue_list urgent[HASH_QUEUE_OWNERS];
	struct hash_queue_list other[HASH_QUEUE_OWNERS];
	unsigned int turn; /* slot to be served next */
};

void hash_queue_init(struct hash_queue *queue);

/* The slot of a user. Root has one of its own. */
unsigned int hash_queue_owner(uint32_t uid);

/* Takes over @item, with owner and urgent set, until it is popped. */
void hash_queue_push(struct hash_queue *queue, struct hash_queue_item *item);

/*
 * The next item of an owner for which @may is true; NULL if there is none. The owner
 * has had its turn then.
 */
struct hash_queue_item *hash_queue_pop(struct hash_queue *queue,
				       bool (*may)(unsigned int owner, const void *context),
				       const void *context);

/* Walks over all items, in no order: the first one, and the one after @item. */
struct hash_queue_item *hash_queue_first(const struct hash_queue *queue);
struct hash_queue_item *hash_queue_next(const struct hash_queue *queue,
					const struct hash_queue_item *item);

#endif
