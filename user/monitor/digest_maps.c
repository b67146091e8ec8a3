/* SPDX-License-Identifier: BSD-2-Clause */
#include "digest_maps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <bpf/bpf.h>
#include <interdict/stamp.h>

#include "cleanup.h"

#define CTIME_TICK_NS (20LL * 1000 * 1000)

/* Inode storage by descriptor; the layout is bpf/maps.bpf.h's. */
struct inode_writes {
	uint64_t writes;
	uint32_t tainted;
	uint32_t reserved;
};

/* -EBADF stays -EBADF. */
static int copy_fd(int fd, int *ret_copy)
{
	*ret_copy = fd < 0 ? -EBADF : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd >= 0 && *ret_copy < 0 ? -errno : 0;
}

int digest_maps_copy(const struct digest_maps *maps, struct digest_maps *ret_copy)
{
	struct digest_maps copy = { maps->backend, -EBADF, -EBADF, -EBADF, -EBADF };
	int error;

	error = copy_fd(maps->file_stamp, &copy.file_stamp);
	if (!error)
		error = copy_fd(maps->digests, &copy.digests);
	if (!error)
		error = copy_fd(maps->inode_writes, &copy.inode_writes);
	if (!error)
		error = copy_fd(maps->inode_digest, &copy.inode_digest);
	if (error)
		digest_maps_close(&copy);
	*ret_copy = copy;
	return error;
}

void digest_maps_close(struct digest_maps *maps)
{
	cleanup_close(&maps->file_stamp);
	cleanup_close(&maps->digests);
	cleanup_close(&maps->inode_writes);
	cleanup_close(&maps->inode_digest);
	*maps = (struct digest_maps){ maps->backend, -EBADF, -EBADF, -EBADF, -EBADF };
}

bool digest_maps_is_shared(const struct digest_maps *maps, const struct event *event)
{
	/* DEV_PRIVATE: overlayfs or btrfs; only the former is kept apart. */
	return maps->backend != BACKEND_LSM || (event->flags & EVENT_OVERLAY);
}

/* Makes the count if it is not there: the kernel programs count writes only where it is. */
static int read_writes(const struct digest_maps *maps, int fd, struct inode_writes *ret)
{
	struct inode_writes writes = {};

	if (bpf_map_update_elem(maps->inode_writes, &fd, &writes, BPF_NOEXIST) && errno != EEXIST)
		return -errno;
	return bpf_map_lookup_elem(maps->inode_writes, &fd, ret) ? -errno : 0;
}

int digest_maps_stamp(const struct digest_maps *maps, int fd, struct event *ret_event)
{
	struct stamp_query query = { .fd = (__u32)fd };
	/* It answers in place: bpf_prog_test_run_syscall() copies the context back. */
	LIBBPF_OPTS(bpf_test_run_opts, run, .ctx_in = &query, .ctx_size_in = sizeof(query));
	struct inode_writes writes = {};
	int error = 0;

	/* The count first: who opens the file later is counted, who did before has it open. */
	if (maps->backend == BACKEND_LSM)
		error = read_writes(maps, fd, &writes);
	if (error)
		return error;
	if (bpf_prog_test_run_opts(maps->file_stamp, &run))
		return -errno;
	if (run.retval)
		return (int)run.retval;
	*ret_event = (struct event){
		.flags = query.flags,
		.file = query.file,
		.inode_address = query.inode_address,
		.view_ctime_sec = query.view_ctime_sec,
		.view_ctime_nsec = query.view_ctime_nsec,
	};
	if (!digest_maps_is_shared(maps, ret_event)) {
		ret_event->file.writes = writes.writes;
		if (writes.tainted)
			ret_event->flags |= EVENT_UNCACHEABLE;
	}
	return 0;
}

bool digest_maps_is_settled(const struct file_stamp *file, uint64_t now)
{
	int64_t changed = file->ctime_sec * 1000000000 + file->ctime_nsec;

	return (int64_t)now - changed > CTIME_TICK_NS;
}

bool digest_maps_same(const struct event *one, const struct event *other)
{
	return one->inode_address == other->inode_address && one->flags == other->flags &&
	       memcmp(&one->file, &other->file, sizeof(one->file)) == 0;
}

static struct digest_key key_of(const struct event *event)
{
	return (struct digest_key){
		.address = event->inode_address,
		.inode = event->file.inode,
		.dev = event->file.dev,
		.inode_generation = event->file.inode_generation,
	};
}

bool digest_maps_has(const struct digest_maps *maps, const struct event *event, int fd)
{
	struct digest_key key = key_of(event);
	struct cached_digest value;
	int error;

	if (digest_maps_is_shared(maps, event))
		error = bpf_map_lookup_elem(maps->digests, &key, &value);
	else
		error = bpf_map_lookup_elem(maps->inode_digest, &fd, &value);
	return !error && value.seal == digest_seal(&value) && value.flags == 0 &&
	       memcmp(&value.stamp, &event->file, sizeof(value.stamp)) == 0;
}

static int store_in_inode(const struct digest_maps *maps, const struct cached_digest *value, int fd)
{
	struct inode_writes writes;
	int error = read_writes(maps, fd, &writes);

	if (error)
		return error;
	if (writes.tainted || writes.writes != value->stamp.writes)
		return -ESTALE;
	return bpf_map_update_elem(maps->inode_digest, &fd, value, BPF_ANY) ? -errno : 0;
}

int digest_maps_store(const struct digest_maps *maps, const struct event *event, int fd,
		      const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct cached_digest value = { .stamp = event->file, .source = HASH_SOURCE_USER };
	struct digest_key key = key_of(event);

	if (event->flags & EVENT_UNCACHEABLE)
		return -ESTALE;
	memcpy(value.digest, digest, sizeof(value.digest));
	value.seal = digest_seal(&value);
	if (!digest_maps_is_shared(maps, event))
		return store_in_inode(maps, &value, fd);
	return bpf_map_update_elem(maps->digests, &key, &value, BPF_ANY) ? -errno : 0;
}
