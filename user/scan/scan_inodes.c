/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_inodes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_INITIAL 1024U /* a power of two */

struct hashed {
	struct inode_state state;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	bool used;
};

/* Open addressing both, filled to a half at most. */
struct inodes {
	pthread_mutex_t lock;
	uint64_t *seen; /* 0: free */
	size_t seen_size, seen_count;
	struct hashed *hashed;
	size_t hashed_size, hashed_count;
};

struct inodes *inodes_new(void)
{
	struct inodes *inodes = calloc(1, sizeof(*inodes));

	if (inodes)
		pthread_mutex_init(&inodes->lock, NULL);
	return inodes;
}

void inodes_free(struct inodes *inodes)
{
	if (!inodes)
		return;
	pthread_mutex_destroy(&inodes->lock);
	free(inodes->seen);
	free(inodes->hashed);
	free(inodes);
}

/* The finalizer of SplitMix64: no two inputs have the same output. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
	x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
	return x ^ x >> 31;
}

/* As good as never the same for two inodes. */
static uint64_t key_of(uint64_t device, uint64_t inode)
{
	uint64_t key = mix(inode + mix(device));

	return key ? key : 1;
}

static uint64_t *seen_slot(uint64_t *table, size_t size, uint64_t key)
{
	size_t i = (size_t)key & (size - 1);

	while (table[i] && table[i] != key)
		i = (i + 1) & (size - 1);
	return &table[i];
}

static bool seen_grow(struct inodes *inodes)
{
	size_t size = inodes->seen_size ? 2 * inodes->seen_size : SLOTS_INITIAL;
	uint64_t *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < inodes->seen_size; i++)
		if (inodes->seen[i])
			*seen_slot(table, size, inodes->seen[i]) = inodes->seen[i];
	free(inodes->seen);
	inodes->seen = table;
	inodes->seen_size = size;
	return true;
}

bool inodes_is_first(struct inodes *inodes, uint64_t device, uint64_t inode)
{
	uint64_t key = key_of(device, inode), *slot;
	bool first = true;

	pthread_mutex_lock(&inodes->lock);
	if (2 * inodes->seen_count < inodes->seen_size || seen_grow(inodes)) {
		slot = seen_slot(inodes->seen, inodes->seen_size, key);
		first = *slot == 0;
		inodes->seen_count += first;
		*slot = key;
	}
	pthread_mutex_unlock(&inodes->lock);
	return first;
}

static bool same_inode(const struct inode_state *a, const struct inode_state *b)
{
	return a->device == b->device && a->inode == b->inode;
}

static bool same_state(const struct inode_state *a, const struct inode_state *b)
{
	return same_inode(a, b) && a->size == b->size && a->ctime.tv_sec == b->ctime.tv_sec &&
	       a->ctime.tv_nsec == b->ctime.tv_nsec;
}

static struct hashed *hashed_slot(struct hashed *table, size_t size,
				  const struct inode_state *state)
{
	size_t i = (size_t)key_of(state->device, state->inode) & (size - 1);

	while (table[i].used && !same_inode(&table[i].state, state))
		i = (i + 1) & (size - 1);
	return &table[i];
}

static bool hashed_grow(struct inodes *inodes)
{
	size_t size = inodes->hashed_size ? 2 * inodes->hashed_size : SLOTS_INITIAL;
	struct hashed *table = calloc(size, sizeof(*table));

	if (!table)
		return false;
	for (size_t i = 0; i < inodes->hashed_size; i++) {
		const struct hashed *old = &inodes->hashed[i];

		if (old->used)
			*hashed_slot(table, size, &old->state) = *old;
	}
	free(inodes->hashed);
	inodes->hashed = table;
	inodes->hashed_size = size;
	return true;
}

void inodes_keep(struct inodes *inodes, const struct inode_state *state,
		 const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct hashed *slot;

	pthread_mutex_lock(&inodes->lock);
	if (2 * inodes->hashed_count < inodes->hashed_size || hashed_grow(inodes)) {
		slot = hashed_slot(inodes->hashed, inodes->hashed_size, state);
		inodes->hashed_count += !slot->used;
		slot->used = true;
		slot->state = *state;
		memcpy(slot->digest, digest, sizeof(slot->digest));
	}
	pthread_mutex_unlock(&inodes->lock);
}

bool inodes_get(struct inodes *inodes, const struct inode_state *state,
		uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	const struct hashed *slot;
	bool found = false;

	pthread_mutex_lock(&inodes->lock);
	if (inodes->hashed_size > 0) {
		slot = hashed_slot(inodes->hashed, inodes->hashed_size, state);
		found = slot->used && same_state(&slot->state, state);
		if (found)
			memcpy(ret_digest, slot->digest, sizeof(slot->digest));
	}
	pthread_mutex_unlock(&inodes->lock);
	return found;
}
