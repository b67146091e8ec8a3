/* SPDX-License-Identifier: BSD-2-Clause */
#include "page_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE  4096ULL /* x86_64 */
#define PIECE 64U     /* pages that are asked for at once, and one by one if they differ */

/* cf264e1329fb ("cachestat: implement cachestat syscall"), 6.5; older headers lack it. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

struct cachestat_range {
	uint64_t offset;
	uint64_t length;
};

struct cachestat {
	uint64_t cached, dirty, writeback, evicted, recently_evicted; /* pages */
};

static void set_missing(struct page_cache *cache, size_t page, size_t count)
{
	for (size_t i = page; i < page + count; i++)
		cache->missing[i / 8] |= (uint8_t)(1U << i % 8);
}

static bool is_missing(const struct page_cache *cache, size_t page)
{
	return page < cache->pages && (cache->missing[page / 8] & 1U << page % 8);
}

/* Pages of these that are cached, or a negative errno. */
static int64_t count_cached(int fd, size_t page, size_t count)
{
	const struct cachestat_range range = { page * PAGE, count * PAGE };
	struct cachestat stat;

	return syscall(SYS_cachestat, fd, &range, &stat, 0) < 0 ? -errno : (int64_t)stat.cached;
}

static int look_by_cachestat(int fd, struct page_cache *cache)
{
	for (size_t page = 0; page < cache->pages; page += PIECE) {
		size_t count = cache->pages - page < PIECE ? cache->pages - page : PIECE;
		int64_t cached = count_cached(fd, page, count);

		if (cached < 0)
			return (int)cached;
		if (cached == 0)
			set_missing(cache, page, count);
		else if ((size_t)cached < count)
			for (size_t i = page; i < page + count; i++)
				if (count_cached(fd, i, 1) == 0)
					set_missing(cache, i, 1);
	}
	return 0;
}

static void look_by_mincore(int fd, struct page_cache *cache)
{
	void *map = mmap(NULL, cache->pages * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	unsigned char there[PIECE];

	if (map == MAP_FAILED)
		return;
	for (size_t page = 0; page < cache->pages; page += PIECE) {
		size_t count = cache->pages - page < PIECE ? cache->pages - page : PIECE;

		if (mincore((char *)map + page * PAGE, count * PAGE, there) < 0)
			break;
		for (size_t i = 0; i < count; i++)
			if (!(there[i] & 1))
				set_missing(cache, page + i, 1);
	}
	munmap(map, cache->pages * PAGE);
}

void page_cache_look(int fd, uint64_t size, struct page_cache *ret_cache)
{
	*ret_cache = (struct page_cache){ .pages = (size_t)((size + PAGE - 1) / PAGE) };
	ret_cache->missing = ret_cache->pages ? calloc(1, ret_cache->pages / 8 + 1) : NULL;
	if (ret_cache->missing && look_by_cachestat(fd, ret_cache) == -ENOSYS)
		look_by_mincore(fd, ret_cache);
}

void page_cache_restore(const struct page_cache *cache, int fd, uint64_t offset, uint64_t size)
{
	size_t page = (size_t)(offset / PAGE), end = (size_t)((offset + size + PAGE - 1) / PAGE);

	while (cache->missing && page < end) {
		size_t from = page;

		while (page < end && is_missing(cache, page))
			page++;
		if (page > from)
			(void)posix_fadvise(fd, (off_t)(from * PAGE), (off_t)((page - from) * PAGE),
					    POSIX_FADV_DONTNEED);
		else
			page++;
	}
}

void page_cache_release(struct page_cache *cache)
{
	free(cache->missing);
	*cache = (struct page_cache){ 0 };
}
