/* SPDX-License-Identifier: BSD-2-Clause */
#include "hash_queue.h"

#include <stddef.h>

static void list_init(struct hash_queue_list *list)
{
	list->head = NULL;
	list->tail = &list->head;
}

void hash_queue_init(struct hash_queue *queue)
{
	for (unsigned int i = 0; i < HASH_QUEUE_OWNERS; i++) {
		list_init(&queue->urgent[i]);
		list_init(&queue->other[i]);
	}
	queue->turn = 0;
}

unsigned int hash_queue_owner(uint32_t uid)
{
	return uid ? 1 + uid % (HASH_QUEUE_OWNERS - 1) : 0;
}

void hash_queue_push(struct hash_queue *queue, struct hash_queue_item *item)
{
	struct hash_queue_list *list =
		item->urgent ? &queue->urgent[item->owner] : &queue->other[item->owner];

	item->next = NULL;
	*list->tail = item;
	list->tail = &item->next;
}

static struct hash_queue_item *list_pop(struct hash_queue_list *list)
{
	struct hash_queue_item *item = list->head;

	if (item) {
		list->head = item->next;
		if (!list->head)
			list->tail = &list->head;
	}
	return item;
}

struct hash_queue_item *hash_queue_pop(struct hash_queue *queue,
				       bool (*may)(unsigned int owner, const void *context),
				       const void *context)
{
	for (unsigned int i = 0; i < HASH_QUEUE_OWNERS; i++) {
		unsigned int owner = (queue->turn + i) % HASH_QUEUE_OWNERS;
		struct hash_queue_item *item;

		if ((!queue->urgent[owner].head && !queue->other[owner].head) ||
		    !may(owner, context))
			continue;
		item = list_pop(&queue->urgent[owner]);
		if (!item)
			item = list_pop(&queue->other[owner]);
		queue->turn = owner + 1;
		return item;
	}
	return NULL;
}

/* The first item of the lists from number @index on: urgent and other of each owner in turn. */
static struct hash_queue_item *first_from(const struct hash_queue *queue, unsigned int index)
{
	for (; index < 2 * HASH_QUEUE_OWNERS; index++) {
		const struct hash_queue_list *lists = index % 2 ? queue->other : queue->urgent;

		if (lists[index / 2].head)
			return lists[index / 2].head;
	}
	return NULL;
}

struct hash_queue_item *hash_queue_first(const struct hash_queue *queue)
{
	return first_from(queue, 0);
}

struct hash_queue_item *hash_queue_next(const struct hash_queue *queue,
					const struct hash_queue_item *item)
{
	return item->next ? item->next
			  : first_from(queue, 2 * item->owner + (item->urgent ? 1 : 2));
}
