/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is written once and then rarely read, moved to an unlinked file
 * from which the kernel pages it in. So what a daemon knows about a million
 * entries does not stay resident.
 */
#ifndef INTERDICT_FROZEN_H
#define INTERDICT_FROZEN_H

#include <stddef.h>

struct frozen {
	void *bytes;
	size_t size;
};

/*
 * Copies the blocks, each aligned to 8 bytes, one after the other to a file that
 * has no name and takes up its space at once, and maps it. @ret_blocks gets
 * where each lies. Returns 0, or a negative errno if there is no place for such
 * a file: then the blocks have to stay where they are.
 */
int frozen_make(const struct frozen *blocks, size_t count, const void **ret_blocks,
		struct frozen *ret_frozen);

/* Lets go of the pages that reading brought in. */
void frozen_trim(const struct frozen *frozen);

/* Accepts one that was never made, all zero. */
void frozen_release(struct frozen *frozen);

#endif
