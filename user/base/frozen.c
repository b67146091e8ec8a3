/* SPDX-License-Identifier: BSD-2-Clause */
#include "frozen.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

#include "cleanup.h"
#include "util.h"

/* Places that are rather on a disk than in memory. */
static const char *const directories[] = { "/var/tmp", "/var/lib/interdict", "/var/lib" };

/* O_EXCL: nobody can give the file a name later. */
static int open_unnamed(void)
{
	int error = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		int fd = open(directories[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

		if (fd >= 0)
			return fd;
		error = -errno;
	}
	return error;
}

static int write_at(int fd, const char *bytes, size_t size, size_t offset)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
		offset += (size_t)n;
	}
	return 0;
}

static size_t align(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

int frozen_make(const struct frozen *blocks, size_t count, const void **ret_blocks,
		struct frozen *ret_frozen)
{
	_cleanup_close_ int fd = open_unnamed();
	size_t size = 0, offset = 0;
	void *map;
	int r;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < count; i++)
		size += align(blocks[i].size);
	/* A hole that the disk has no room for later would be a SIGBUS. */
	r = -posix_fallocate(fd, 0, (off_t)size);
	for (size_t i = 0; r == 0 && i < count; i++) {
		r = write_at(fd, blocks[i].bytes, blocks[i].size, offset);
		offset += align(blocks[i].size);
	}
	if (r < 0)
		return r;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	offset = 0;
	for (size_t i = 0; i < count; i++) {
		ret_blocks[i] = (const char *)map + offset;
		offset += align(blocks[i].size);
	}
	*ret_frozen = (struct frozen){ map, size };
	return 0;
}

void frozen_trim(const struct frozen *frozen)
{
	if (frozen->bytes)
		madvise(frozen->bytes, frozen->size, MADV_DONTNEED);
}

void frozen_release(struct frozen *frozen)
{
	if (frozen->bytes)
		munmap(frozen->bytes, frozen->size);
	*frozen = (struct frozen){ 0 };
}
