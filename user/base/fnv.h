/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FNV-1a, 64 bits (Fowler, Noll, Vo: www.isthe.com/chongo/tech/comp/fnv): for tables, and to see
 * that something has changed. Who chooses the bytes can make two hashes the same: nothing that
 * decides may rest on one.
 */
#ifndef INTERDICT_FNV_H
#define INTERDICT_FNV_H

#include <stdint.h>

#define FNV_BASIS 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

/* Goes on from @hash, FNV_BASIS at first, with one byte, or with 64 bits as if they were one. */
static inline uint64_t fnv_word(uint64_t hash, uint64_t word)
{
	return (hash ^ word) * FNV_PRIME;
}

/* The same with each byte of @text, its final NUL included. */
static inline uint64_t fnv_text(uint64_t hash, const char *text)
{
	do {
		hash = fnv_word(hash, (unsigned char)*text);
	} while (*text++);
	return hash;
}

#endif
