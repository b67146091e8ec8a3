/* SPDX-License-Identifier: BSD-2-Clause */
#include "repeat.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fnv.h"

#define NO_SLOT UINT32_MAX

/* What has to be the same. Compared as bytes: no padding, unused parts are zero. */
struct repeat_key {
	uint8_t digest[INTERDICT_DIGEST_SIZE]; /* zero: there is none, the file counts */
	uint64_t inode;
	/*
	 * Of the path. An anonymous device's number is given out again as soon as its file system
	 * is gone, and its inodes may be numbered from 1: neither tells two such files apart.
	 */
	uint64_t path;
	uint32_t dev;
	uint32_t inode_generation;
	uint32_t uid;
	uint16_t kind;
	uint16_t verdict; /* decision, reason */
};

_Static_assert(sizeof(struct repeat_key) == 64, "no implicit padding");

struct repeat_slot {
	struct repeat_key key;
	uint64_t written_at;   /* when the interval began */
	uint64_t waiting;      /* alerts that the next record stands for, itself included */
	struct alert alert;    /* the newest of them */
	uint32_t chain;        /* next slot of the same bucket, or free slot */
	uint32_t older, newer; /* by written_at */
};

struct repeat {
	repeat_write write;
	void *userdata;
	uint64_t interval;
	uint64_t waiting;
	uint32_t capacity;
	uint32_t bucket_mask;
	uint32_t *buckets; /* first slot of each chain */
	uint32_t free;     /* first of the slots that were used and are free */
	uint32_t begun;    /* slots from here on were never used, and their memory not touched */
	uint32_t oldest, newest;
	struct repeat_slot *slots;
};

static struct repeat_key key_of(const struct alert *alert)
{
	const struct event *event = &alert->event;
	struct repeat_key key = {
		.uid = event->uid,
		.kind = (uint16_t)event->kind,
		.verdict = (uint16_t)(event->decision << 8 | event->reason),
	};

	if (event->hash_source == HASH_SOURCE_IMA || event->hash_source == HASH_SOURCE_USER) {
		memcpy(key.digest, event->digest, sizeof(key.digest));
	} else {
		key.inode = event->file.inode;
		key.inode_generation = event->file.inode_generation;
		key.dev = event->file.dev;
		key.path = fnv_text(FNV_BASIS, alert->path ? alert->path : "");
	}
	return key;
}

/* A crowded chain costs time and nothing else; capacity bounds it. */
static uint32_t *bucket_of(const struct repeat *repeat, const struct repeat_key *key)
{
	uint64_t hash = FNV_BASIS;
	uint64_t words[sizeof(*key) / sizeof(uint64_t)];

	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = fnv_word(hash, words[i]);
	return &repeat->buckets[(hash ^ hash >> 32) & repeat->bucket_mask];
}

struct repeat *repeat_new(size_t capacity, uint64_t interval, repeat_write write, void *userdata)
{
	_cleanup_(cleanup_free) struct repeat *repeat = calloc(1, sizeof(*repeat));
	uint32_t buckets = 1;

	if (!repeat || capacity == 0 || capacity >= NO_SLOT / 2)
		return NULL;
	while (buckets < capacity)
		buckets *= 2;
	repeat->buckets = malloc(buckets * sizeof(*repeat->buckets));
	repeat->slots = calloc(capacity, sizeof(*repeat->slots));
	if (!repeat->buckets || !repeat->slots) {
		free(repeat->buckets);
		free(repeat->slots);
		return NULL;
	}
	memset(repeat->buckets, 0xff, buckets * sizeof(*repeat->buckets));
	repeat->free = NO_SLOT;
	repeat->write = write;
	repeat->userdata = userdata;
	repeat->interval = interval;
	repeat->capacity = (uint32_t)capacity;
	repeat->bucket_mask = buckets - 1;
	repeat->oldest = repeat->newest = NO_SLOT;
	return TAKE_PTR(repeat);
}

void repeat_free(struct repeat *repeat)
{
	if (!repeat)
		return;
	for (uint32_t i = 0; i < repeat->begun; i++)
		alert_release(&repeat->slots[i].alert);
	free(repeat->buckets);
	free(repeat->slots);
	free(repeat);
}

static void age_unlink(struct repeat *repeat, uint32_t number)
{
	struct repeat_slot *slot = &repeat->slots[number];

	*(slot->older == NO_SLOT ? &repeat->oldest : &repeat->slots[slot->older].newer) =
	        slot->newer;
	*(slot->newer == NO_SLOT ? &repeat->newest : &repeat->slots[slot->newer].older) =
	        slot->older;
}

static void age_append(struct repeat *repeat, uint32_t number)
{
	struct repeat_slot *slot = &repeat->slots[number];

	slot->older = repeat->newest;
	slot->newer = NO_SLOT;
	*(repeat->newest == NO_SLOT ? &repeat->oldest : &repeat->slots[repeat->newest].newer) =
	        number;
	repeat->newest = number;
}

/* Writes what waits in the slot and begins its next interval. */
static void slot_write(struct repeat *repeat, uint32_t number, uint64_t now)
{
	struct repeat_slot *slot = &repeat->slots[number];

	slot->alert.repeat = slot->waiting - 1;
	repeat->write(&slot->alert, repeat->userdata);
	alert_release(&slot->alert);
	repeat->waiting -= slot->waiting;
	slot->waiting = 0;
	slot->written_at = now;
	age_unlink(repeat, number);
	age_append(repeat, number);
}

/* Forgets a slot in which nothing waits. */
static void slot_release(struct repeat *repeat, uint32_t number)
{
	struct repeat_slot *slot = &repeat->slots[number];
	uint32_t *link = bucket_of(repeat, &slot->key);

	while (*link != number)
		link = &repeat->slots[*link].chain;
	*link = slot->chain;
	age_unlink(repeat, number);
	slot->chain = repeat->free;
	repeat->free = number;
}

static uint32_t slot_find(const struct repeat *repeat, const struct repeat_key *key)
{
	uint32_t number = *bucket_of(repeat, key);

	while (number != NO_SLOT && memcmp(&repeat->slots[number].key, key, sizeof(*key)) != 0)
		number = repeat->slots[number].chain;
	return number;
}

/* A slot that is free, NO_SLOT if there is none. */
static uint32_t slot_free(struct repeat *repeat)
{
	uint32_t number = repeat->free;

	if (number != NO_SLOT)
		repeat->free = repeat->slots[number].chain;
	else if (repeat->begun < repeat->capacity)
		number = repeat->begun++;
	return number;
}

static uint32_t slot_take(struct repeat *repeat, const struct repeat_key *key, uint64_t now)
{
	uint32_t *bucket = bucket_of(repeat, key), number = slot_free(repeat);
	struct repeat_slot *slot;

	if (number == NO_SLOT) {
		number = repeat->oldest;
		if (repeat->slots[number].waiting > 0)
			slot_write(repeat, number, now);
		slot_release(repeat, number);
		number = slot_free(repeat);
	}
	slot = &repeat->slots[number];
	slot->key = *key;
	slot->chain = *bucket;
	*bucket = number;
	age_append(repeat, number);
	return number;
}

void repeat_add(struct repeat *repeat, struct alert *alert, uint64_t now)
{
	struct repeat_key key = key_of(alert);
	uint32_t number = slot_find(repeat, &key);
	bool due = true;
	struct repeat_slot *slot;

	if (number == NO_SLOT)
		number = slot_take(repeat, &key, now);
	else
		due = now - repeat->slots[number].written_at >= repeat->interval;
	slot = &repeat->slots[number];
	alert_release(&slot->alert);
	slot->alert = *alert;
	*alert = (struct alert){ 0 };
	slot->waiting++;
	repeat->waiting++;
	if (due)
		slot_write(repeat, number, now);
}

bool repeat_count(struct repeat *repeat, const struct alert *alert, uint64_t now)
{
	struct repeat_key key = key_of(alert);
	uint32_t number = slot_find(repeat, &key);
	struct repeat_slot *slot;

	if (number == NO_SLOT)
		return false;
	slot = &repeat->slots[number];
	if (slot->waiting == 0 || now - slot->written_at >= repeat->interval)
		return false;
	slot->waiting++;
	repeat->waiting++;
	return true;
}

void repeat_expire(struct repeat *repeat, uint64_t now)
{
	while (repeat->oldest != NO_SLOT) {
		uint32_t number = repeat->oldest;

		if (now - repeat->slots[number].written_at < repeat->interval)
			break;
		if (repeat->slots[number].waiting > 0)
			slot_write(repeat, number, now);
		else
			slot_release(repeat, number);
	}
}

uint64_t repeat_next(const struct repeat *repeat)
{
	uint32_t number = repeat->oldest;

	while (number != NO_SLOT && repeat->slots[number].waiting == 0)
		number = repeat->slots[number].newer;
	return number == NO_SLOT ? UINT64_MAX : repeat->slots[number].written_at + repeat->interval;
}

void repeat_flush(struct repeat *repeat, uint64_t now)
{
	for (uint32_t i = 0; i < repeat->begun && repeat->waiting > 0; i++)
		if (repeat->slots[i].waiting > 0)
			slot_write(repeat, i, now);
}

uint64_t repeat_waiting(const struct repeat *repeat)
{
	return repeat->waiting;
}
