/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of policy_cache.h: where its parts lie. Private to policy_cache*.c.
 */
#ifndef INTERDICT_POLICY_CACHE_FILE_H
#define INTERDICT_POLICY_CACHE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "policy_internal.h"

enum cache_section {
	CACHE_LISTS, /* lists and warnings, as in frames.h */
	CACHE_ENTRIES,
	CACHE_SIZES,
	CACHE_TEXTS,
	CACHE_FACTS,
	CACHE_ARCHIVES,
	CACHE_SECTIONS,
};

struct cache_layout {
	uint64_t sizes[CACHE_SECTIONS]; /* bytes; each section begins at a multiple of 8 */
	uint8_t entries_digest[INTERDICT_DIGEST_SIZE]; /* policy->entries_digest */
};

/*
 * Reads the beginning of a file. Returns 0; -ESTALE if another program has written it;
 * -EBADMSG if it is too short, too long or none; or another negative errno.
 */
int cache_layout_read(const void *bytes, size_t size, struct cache_layout *ret_layout);

/* Where a section begins. */
const void *cache_section(const void *bytes, const struct cache_layout *layout, size_t section);

/* Compares all of a mapped file with its last bytes, and lets go of its pages. */
int cache_verify(void *bytes, size_t size);

/* A list's kind as a number: whether it is of archives, and whether it is signed. */
uint32_t cache_list_kind(const struct policy_list *list);

#endif
