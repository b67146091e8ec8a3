/* SPDX-License-Identifier: BSD-2-Clause */
#include "claims.h"

#include <sys/mman.h>

#define SLOTS_INITIAL 4096U

void claims_init(struct claims *claims)
{
	*claims = (struct claims){ 0 };
	pthread_mutex_init(&claims->lock, NULL);
}

/* Never 0. Of both numbers, each mixed: they are small ones, and alike. */
static uint64_t key_of(uint64_t device, uint64_t inode)
{
	uint64_t key = inode * 0x9E3779B97F4A7C15ULL;

	key = (key ^ key >> 29 ^ device) * 0xBF58476D1CE4E5B9ULL;
	key = (key ^ key >> 32) * 0x94D049BB133111EBULL;
	return key ? key : 1;
}

static uint64_t *find(uint64_t *slot, size_t size, uint64_t key)
{
	size_t i = (size_t)(key >> 32) & (size - 1);

	while (slot[i] && slot[i] != key)
		i = (i + 1) & (size - 1);
	return &slot[i];
}

static bool grow(struct claims *claims)
{
	size_t size = claims->size ? 2 * claims->size : SLOTS_INITIAL;
	uint64_t *slot = mmap(NULL, size * sizeof(*slot), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slot == MAP_FAILED)
		return false;
	for (size_t i = 0; i < claims->size; i++) {
		if (claims->slot[i])
			*find(slot, size, claims->slot[i]) = claims->slot[i];
	}
	if (claims->slot)
		munmap(claims->slot, claims->size * sizeof(*claims->slot));
	claims->slot = slot;
	claims->size = size;
	return true;
}

bool claims_add(struct claims *claims, uint64_t device, uint64_t inode)
{
	uint64_t key = key_of(device, inode), *slot;
	bool first = true;

	pthread_mutex_lock(&claims->lock);
	if (2 * claims->count < claims->size || grow(claims)) {
		slot = find(claims->slot, claims->size, key);
		first = !*slot;
		claims->count += first;
		*slot = key;
	}
	pthread_mutex_unlock(&claims->lock);
	return first;
}

void claims_release(struct claims *claims)
{
	if (claims->slot)
		munmap(claims->slot, claims->size * sizeof(*claims->slot));
	pthread_mutex_destroy(&claims->lock);
}
