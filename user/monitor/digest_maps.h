/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's digests as user space reads and writes them: by the descriptors of their
 * maps alone, so that any thread with CAP_BPF can.
 *
 * A digest that is stored holds while the stamp beside it does, so nothing is gained by
 * looking whether the file changed just before it is stored. What counts is that the
 * stamp was read before the first byte, after an fstat(2) (it makes the next change move
 * ctime, where ctime is finer than a clock tick), while nobody had the file open for writing.
 */
#ifndef INTERDICT_DIGEST_MAPS_H
#define INTERDICT_DIGEST_MAPS_H

#include <stdbool.h>
#include <stdint.h>

#include <interdict/event.h>

struct digest_maps {
	enum backend backend;
	int file_stamp; /* the program, bpf/stamp.bpf.c */
	int digests;
	int inode_writes; /* this and the next: lsm only, else negative */
	int inode_digest;
};

/*
 * Copies the descriptors; closed by digest_maps_close(). Returns 0 or a negative errno, and
 * then there are none.
 */
int digest_maps_copy(const struct digest_maps *maps, struct digest_maps *ret_copy);
void digest_maps_close(struct digest_maps *maps);

/*
 * Reads the stamp that the file behind @fd has now into @ret_event: file, inode_address,
 * the change time as stat(2) shows it, and those flags that are about the file. With lsm
 * opens for writing are counted from now on at the latest. EVENT_UNCACHEABLE says
 * that no digest of it may be kept. @fd may be O_PATH; then a file on overlayfs is
 * uncacheable. Returns 0 or a negative errno: -EINVAL for what is no regular file.
 */
int digest_maps_stamp(const struct digest_maps *maps, int fd, struct event *ret_event);

/*
 * True if the last change was so long before @now (CLOCK_REALTIME, nanoseconds) that the next
 * one moves ctime: two within one clock tick, up to 10 ms, may leave the same (HZ=100).
 */
bool digest_maps_is_settled(const struct file_stamp *file, uint64_t now);

/* True if both are of the same file in the same state, as far as stamps tell. */
bool digest_maps_same(const struct event *one, const struct event *other);

/* True if the kernel has a digest that holds for this stamp of the file behind @fd. */
bool digest_maps_has(const struct digest_maps *maps, const struct event *event, int fd);

/* True if it would be kept in the map that all files share, whose room is bounded. */
bool digest_maps_is_shared(const struct digest_maps *maps, const struct event *event);

/*
 * Stores a digest that user space computed, where the backend looks for it. @event has the
 * stamp; @fd is the file. Returns 0 or a negative errno: -ESTALE if the file has
 * changed since, or may not be cached.
 */
int digest_maps_store(const struct digest_maps *maps, const struct event *event, int fd,
		      const uint8_t digest[INTERDICT_DIGEST_SIZE]);

#endif
