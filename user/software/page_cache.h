/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a file and leaving the page cache as it was found: what was not there before goes
 * again, what was stays. Without this a look at all programs of a machine pushes out what
 * others work with.
 *
 * What is there is asked for before the first read, page by page: by cachestat(2) (6.5), else
 * by mincore(2). Both tell only who owns the file or may write to it; of other files all is taken to be
 * there, and stays. POSIX_FADV_DONTNEED leaves alone what is dirty or mapped.
 */
#ifndef INTERDICT_PAGE_CACHE_H
#define INTERDICT_PAGE_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct page_cache {
	uint8_t *missing; /* a bit a page; NULL: nothing was */
	size_t pages;
};

/* Looks. What cannot be told, or remembered for lack of memory, was there. */
void page_cache_look(int fd, uint64_t size, struct page_cache *ret_cache);

/* Drops what was missing of these bytes. Call it for all of the file, in any pieces. */
void page_cache_restore(const struct page_cache *cache, int fd, uint64_t offset, uint64_t size);

void page_cache_release(struct page_cache *cache);

#endif
