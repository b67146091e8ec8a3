/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Byte strings, each kept once in one block of memory and named by a 32-bit
 * handle. Only adding needs the hash table, so it can be given up afterwards.
 */
#ifndef INTERDICT_INTERN_H
#define INTERDICT_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct intern_slot {
	uint32_t handle; /* plus one; 0: empty */
	uint32_t hash;
};

struct intern {
	char *bytes; /* the strings, each ended by a NUL; or the records, one after another */
	size_t used;
	size_t capacity;
	size_t record; /* bytes of each, if all have one size and no NUL; else 0 */
	struct intern_slot *slots;
	size_t slot_mask;
	uint32_t last; /* handle that was given last, plus one: what comes often comes in a row */
	size_t count;
	uint64_t seed;
};

/* @record: 0 for strings, else the size of every record. Returns 0 or -ENOMEM. */
int intern_init(struct intern *intern, size_t record);
void intern_release(struct intern *intern);

/*
 * Handle of a string (without NUL) or of a record: the offset of its bytes. The
 * handle of the empty string is 0. Returns 0, -ENOMEM, or -E2BIG above 4 GiB.
 */
int intern_add(struct intern *intern, const void *bytes, size_t size, uint32_t *ret_handle);

/* The bytes of a handle; valid until the next intern_add(). */
static inline const void *intern_get(const struct intern *intern, uint32_t handle)
{
	return intern->bytes + handle;
}

/*
 * Gives up what only intern_add() needs, which may not be called any more. From
 * then on `bytes` may be replaced by a copy of the same contents.
 */
void intern_finish(struct intern *intern);

#endif
