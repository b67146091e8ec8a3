/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of files that threads share, to look at each once. Its memory is mapped, so that all
 * of it goes back when the set does.
 */
#ifndef INTERDICT_CLAIMS_H
#define INTERDICT_CLAIMS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct claims {
	pthread_mutex_t lock;
	uint64_t *slot; /* mapped; 0: empty */
	size_t size;	/* slots, a power of two, or 0 */
	size_t count;
};

void claims_init(struct claims *claims);

/*
 * True for the first who claims this file. Two files in 2^64 pairs may be taken for one, and
 * without memory each claim is the first.
 */
bool claims_add(struct claims *claims, uint64_t device, uint64_t inode);

void claims_release(struct claims *claims);

#endif
