/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * First executions: where some vendor is known by more than digests, each file that
 * the policy did not decide about is reported once on the telemetry ring, so that
 * user space can look at its path and its owner. It decides nothing, so it fails
 * open: what cannot be reported is counted, and reported at the next execution.
 */
#ifndef INTERDICT_FIRST_BPF_H
#define INTERDICT_FIRST_BPF_H

#include "file.bpf.h"
#include "maps.bpf.h"

/* A file that falls out of it is reported once more: user space knows it again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct first_key);
	__type(value, u32);
} first_seen SEC(".maps") __weak;

static __always_inline void first_key_read(struct first_key *key, struct inode *inode)
{
	key->inode = PEEK(inode, i_ino);
	key->size = (u64)PEEK(inode, i_size);
	inode_ctime(inode, &key->ctime_sec, &key->ctime_nsec);
	key->dev = PEEK(inode, i_sb, s_dev);
	key->inode_generation = PEEK(inode, i_generation);
	key->round = runtime.report_first;
}

/*
 * Remembers the file; true if it was not known as it is now. @inode: the real one, only
 * ever read by bpf_probe_read_kernel(). Not inline, for a stack frame of its own; not
 * global, because such a function takes no pointer to an inode for a number (6.1).
 */
static __noinline bool first_remember(struct inode *inode)
{
	struct first_key key;
	u32 one = 1;

	first_key_read(&key, inode);
	if (bpf_map_lookup_elem(&first_seen, &key))
		return false;
	/* Of two tasks at once one is the first; one that finds no room is not silent. */
	return bpf_map_update_elem(&first_seen, &key, &one, BPF_NOEXIST) != -EEXIST;
}

/* Its record was lost. */
static __noinline void first_forget(struct inode *inode)
{
	struct first_key key;

	first_key_read(&key, inode);
	bpf_map_delete_elem(&first_seen, &key);
}

/* A file that its size cleared and that nobody has met. */
static __always_inline bool first_is_new(struct inode *inode)
{
	return runtime.report_first && first_remember(inode);
}

/* There is no memory for its record. */
static __always_inline void first_lost(struct inode *inode)
{
	count_exactly(COUNTER_TELEMETRY);
	count_exactly(COUNTER_LOST_TELEMETRY);
	first_forget(inode);
}

#endif
