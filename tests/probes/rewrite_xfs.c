/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways that only XFS has: the blocks of two files exchanged, and descriptors that it opens by a
 * handle of its own. The structs are those of xfs_fs.h, which xfsprogs ships and not the kernel's
 * headers.
 */
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What bulkstat(2) of old says of an inode, and the exchange of two. */
struct xfs_bstime {
	int64_t sec;
	int32_t nsec;
};

struct xfs_bstat {
	uint64_t ino;
	uint16_t mode, nlink;
	uint32_t uid, gid, rdev;
	int32_t block_size;
	int64_t size;
	struct xfs_bstime atime, mtime, ctime;
	int64_t blocks;
	uint32_t xflags;
	int32_t extent_size, extents;
	uint32_t generation;
	uint16_t project_low, fork_offset, project_high;
	uint16_t sick, checked;
	char pad[2];
	uint32_t cow_extent_size, dmapi_mask;
	uint16_t dmapi_state, attribute_extents;
};

struct xfs_bulk_request {
	uint64_t *last;
	int32_t count;
	void *buffer;
	int32_t *given;
};

struct xfs_swap {
	int64_t version, target, other, offset, length;
	char pad[16];
	struct xfs_bstat status;
};

#define XFS_BULKSTAT_SINGLE _IOWR('X', 102, struct xfs_bulk_request)
#define XFS_SWAP_EXTENTS    _IOWR('X', 109, struct xfs_swap)

void xfs_swap_extents(const char *file, const struct content *content)
{
	int fd = open_writable(file), from = open_source(file, content);
	struct xfs_swap swap = { .target = fd, .other = from, .length = content->size };
	struct xfs_bulk_request request = { .count = 1, .buffer = &swap.status };
	struct stat status;
	uint64_t number;

	check(fsync(fd) == 0 && fsync(from) == 0, "fsync");
	check(fstat(fd, &status) == 0, "fstat");
	number = status.st_ino;
	request.last = &number;
	check(ioctl(fd, XFS_BULKSTAT_SINGLE, &request) == 0, "XFS_IOC_FSBULKSTAT_SINGLE");
	check(ioctl(fd, XFS_SWAP_EXTENTS, &swap) == 0, "XFS_IOC_SWAPEXT");
	close(from);
	close(fd);
}

/* struct xfs_exchange_range, fs/xfs/libxfs/xfs_fs.h, 6.10 */
struct xfs_exchange_files {
	int32_t from;
	uint32_t reserved;
	uint64_t from_offset, offset, length, flags;
};
#define XFS_EXCHANGE_FILES _IOW('X', 129, struct xfs_exchange_files)

void xfs_exchange(const char *file, const struct content *content)
{
	int fd = open_writable(file), from = open_source(file, content);
	struct xfs_exchange_files exchange = { .from = from, .length = round_up(content->size) };

	check(ftruncate(fd, (off_t)exchange.length) == 0 &&
		      ftruncate(from, (off_t)exchange.length) == 0,
	      "ftruncate");
	check(fsync(fd) == 0 && fsync(from) == 0, "fsync");
	check(ioctl(fd, XFS_EXCHANGE_FILES, &exchange) == 0, "XFS_IOC_EXCHANGE_RANGE");
	check(ftruncate(fd, (off_t)content->size) == 0, "ftruncate");
	close(from);
	close(fd);
}

/* struct xfs_fsop_handlereq of the same header. */
struct xfs_handle_request {
	uint32_t fd;
	void *path;
	uint32_t flags;
	void *in;
	uint32_t in_size;
	void *out;
	uint32_t *out_size;
};
#define XFS_PATH_TO_HANDLE _IOWR('X', 105, struct xfs_handle_request)
#define XFS_OPEN_HANDLE	   _IOWR('X', 107, struct xfs_handle_request)

/* What is opened so for writing leaves change time and i_version alone (FMODE_NOCMTIME). */
void xfs_handle(const char *file, const struct content *content)
{
	char handle[64];
	uint32_t size = sizeof(handle);
	struct xfs_handle_request request = { .path = (void *)(uintptr_t)file,
					      .flags = O_RDWR,
					      .in = handle,
					      .out = handle,
					      .out_size = &size };
	int any = open_directory(file), fd;

	check(ioctl(any, XFS_PATH_TO_HANDLE, &request) == 0, "XFS_IOC_PATH_TO_HANDLE");
	request.in_size = size;
	fd = (int)UNTIL_FREE(ioctl(any, XFS_OPEN_HANDLE, &request));
	check(fd >= 0, "XFS_IOC_OPEN_BY_HANDLE");
	write_all(fd, content);
	close(fd);
	close(any);
}
