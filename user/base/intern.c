/* SPDX-License-Identifier: BSD-2-Clause */
#include "intern.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define FIRST_SLOTS    1024U
#define FIRST_CAPACITY 4096U

/*
 * Multiply and mix, eight bytes at a time. The seed is random: a list cannot be
 * made so that all its strings collide.
 */
static uint32_t hash_bytes(const struct intern *intern, const char *bytes, size_t size)
{
	uint64_t hash = intern->seed ^ size;

	while (size > 0) {
		uint64_t word = 0;
		size_t taken = size < sizeof(word) ? size : sizeof(word);

		memcpy(&word, bytes, taken);
		hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
		hash ^= hash >> 32;
		bytes += taken;
		size -= taken;
	}
	hash *= 0x9E3779B97F4A7C15ULL;
	return (uint32_t)(hash >> 32);
}

int intern_init(struct intern *intern, size_t record)
{
	*intern = (struct intern){ .record = record, .slot_mask = FIRST_SLOTS - 1 };
	if (getrandom(&intern->seed, sizeof(intern->seed), GRND_NONBLOCK) < 0)
		intern->seed = (uint64_t)(uintptr_t)intern;
	intern->slots = calloc(FIRST_SLOTS, sizeof(*intern->slots));
	intern->bytes = calloc(1, FIRST_CAPACITY);
	intern->capacity = FIRST_CAPACITY;
	if (!intern->slots || !intern->bytes) {
		intern_release(intern);
		return -ENOMEM;
	}
	intern->used = record ? 0 : 1; /* the empty string */
	return 0;
}

void intern_release(struct intern *intern)
{
	free(intern->bytes);
	free(intern->slots);
	*intern = (struct intern){ 0 };
}

static bool is_at(const struct intern *intern, uint32_t handle, const char *bytes, size_t size)
{
	size_t end = handle + size;

	if (end + !intern->record > intern->used ||
	    memcmp(intern->bytes + handle, bytes, size) != 0)
		return false;
	return intern->record || intern->bytes[end] == '\0';
}

/* The slot that holds these bytes, or the empty one where they belong. */
static struct intern_slot *find_slot(const struct intern *intern, uint32_t hash, const char *bytes,
				     size_t size)
{
	size_t at = hash & intern->slot_mask;

	while (intern->slots[at].handle &&
	       (intern->slots[at].hash != hash ||
		!is_at(intern, intern->slots[at].handle - 1, bytes, size)))
		at = (at + 1) & intern->slot_mask;
	return &intern->slots[at];
}

static int grow_slots(struct intern *intern)
{
	size_t old_count = intern->slot_mask + 1, mask = 2 * old_count - 1;
	struct intern_slot *slots = calloc(2 * old_count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < old_count; i++) {
		size_t at = intern->slots[i].hash & mask;

		if (!intern->slots[i].handle)
			continue;
		while (slots[at].handle)
			at = (at + 1) & mask;
		slots[at] = intern->slots[i];
	}
	free(intern->slots);
	intern->slots = slots;
	intern->slot_mask = mask;
	return 0;
}

/* Half as much again: the block is moved by the kernel, not copied, once it is large. */
static int grow_bytes(struct intern *intern, size_t more)
{
	size_t capacity = intern->capacity;
	char *bytes;

	if (intern->used + more >= UINT32_MAX)
		return -E2BIG;
	while (capacity < intern->used + more)
		capacity += capacity / 2;
	if (capacity == intern->capacity)
		return 0;
	bytes = realloc(intern->bytes, capacity);
	if (!bytes)
		return -ENOMEM;
	intern->bytes = bytes;
	intern->capacity = capacity;
	return 0;
}

static int append(struct intern *intern, const void *bytes, size_t size, uint32_t *ret_handle)
{
	int r = grow_bytes(intern, size + 1);

	if (r < 0)
		return r;
	memcpy(intern->bytes + intern->used, bytes, size);
	*ret_handle = (uint32_t)intern->used;
	intern->used += size;
	if (!intern->record)
		intern->bytes[intern->used++] = '\0';
	intern->count++;
	return 0;
}

int intern_add(struct intern *intern, const void *bytes, size_t size, uint32_t *ret_handle)
{
	struct intern_slot *slot;
	uint32_t hash;
	int r = 0;

	if (size == 0) {
		*ret_handle = 0;
		return 0;
	}
	if (intern->last && is_at(intern, intern->last - 1, bytes, size)) {
		*ret_handle = intern->last - 1;
		return 0;
	}
	if (intern->count > intern->slot_mask / 3 * 2)
		r = grow_slots(intern);
	if (r < 0)
		return r;
	hash = hash_bytes(intern, bytes, size);
	slot = find_slot(intern, hash, bytes, size);
	if (!slot->handle) {
		r = append(intern, bytes, size, ret_handle);
		if (r < 0)
			return r;
		*slot = (struct intern_slot){ *ret_handle + 1, hash };
	}
	intern->last = slot->handle;
	*ret_handle = slot->handle - 1;
	return 0;
}

void intern_finish(struct intern *intern)
{
	char *bytes = realloc(intern->bytes, intern->used ? intern->used : 1);

	if (bytes)
		intern->bytes = bytes;
	intern->capacity = intern->used;
	free(intern->slots);
	intern->slots = NULL;
}
