/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The maps and settings that all programs share. They are weak, so that every
 * object may define them and the linker keeps one.
 */
#ifndef INTERDICT_MAPS_BPF_H
#define INTERDICT_MAPS_BPF_H

#include <interdict/event.h>
#include <interdict/policy.h>
#include <interdict/runtime.h>

#include "kernel.bpf.h"

/* Set by the loader before load; the verifier drops what they rule out. */
const volatile __u32 backend __weak = 0;		  /* enum backend */
const volatile bool kernel_hashes __weak = false; /* bpf_ima_file_hash() can be trusted */
const volatile bool post_open __weak = false;	  /* opens are decided in file_post_open */
const volatile __u32 record_slots __weak = 0;	  /* entries of records: a power of two */

/* Number of this load of the programs; a later one has a greater number. */
const volatile __u32 instance __weak = 0;

struct runtime runtime SEC(".data.runtime") __weak = {};
struct journal journal SEC(".data.journal") __weak = {};

__u32 taint_overflow __weak = 0;
__u64 blocks_moved __weak = 0; /* tracepoint: ioctls that move blocks between files */
/* Processes in held_tasks, and how many of each user; the daemon takes down what it decided. */
__u32 holding __weak = 0;
__u32 holding_of[HOLD_USERS] __weak = {};

/*
 * One policy: struct policy_header, gate and table (interdict/policy.h). Sizes
 * instead of types: libbpf 1.1's linker cannot see the types of an inner map.
 */
struct policy_image {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(u32));
	__uint(value_size, POLICY_BLOCK_SIZE);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, u32);
	__array(values, struct policy_image);
} policy SEC(".maps") __weak;

/*
 * Opens for writing and size changes of an inode that was hashed once. Apart
 * from the digest, so that a digest stored by user space cannot undo a bump.
 */
struct inode_writes {
	u64 writes;
	u32 tainted; /* mapped shared from a writable descriptor: never cached again */
	u32 reserved;
};

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct inode_writes);
} inode_writes SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct cached_digest);
} inode_digest SEC(".maps") __weak;

/* Digests of files whose inode storage is out of reach: all of the tracepoint
 * backend's, and with lsm the real files beneath overlayfs. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct digest_key);
	__type(value, struct cached_digest);
} digests SEC(".maps") __weak;

/*
 * Inodes that the tracepoint backend must never cache: mapped shared and
 * writable. Once it is full nothing is cached any more (taint_overflow).
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct digest_key);
	__type(value, u32);
} tainted SEC(".maps") __weak;

/*
 * With lsm: opens for writing of all inodes, by a hash of their address. For the real files
 * beneath overlayfs, whose inode storage is out of reach where they are executed. Two that
 * share a slot cost a hash.
 */
#define WRITE_OPENS_BITS 12

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << WRITE_OPENS_BITS);
	__type(key, u32);
	__type(value, u64);
} write_opens SEC(".maps") __weak;

/* A record under construction. */
struct record {
	struct event event;
	u8 payload[INTERDICT_PATH_MAX + 2 * INTERDICT_ARGV_MAX];
	u32 taken; /* never sent */
};

/*
 * All the records there can be at once; the loader sets how many. Not task storage: what is
 * given back there is free only after a grace period, and is charged to the daemon's control
 * group until then, 16 KB each: a burst of denials may take all that a limit leaves it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct record);
} records SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct held_state);
} held SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HOLDS_MAX);
	__type(key, u32);
	__type(value, struct held_task);
} held_tasks SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} alerts SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} telemetry SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_COUNT);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps") __weak;

/*
 * True for programs that were attached beside others of an earlier load: those act until
 * the daemon has attached all of these and says so (runtime.active), and nothing ever
 * makes them stop but being detached. So no call is without a program that acts, in
 * whichever order the kernel runs them: tracepoints by the time of attachment
 * (func_add(), kernel/tracepoint.c), LSM hooks the latest first (hlist_add_head() in
 * __bpf_trampoline_link_prog(), kernel/bpf/trampoline.c). Both act on a call between
 * the daemon's word and the end of the earlier ones: that makes a second record at most.
 */
static __always_inline bool is_waiting(void)
{
	return instance > runtime.active;
}

static __always_inline void count(u32 counter)
{
	u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		*value += 1;
}

/*
 * The same for counters that have to add up with others. A program may be preempted
 * between reading and writing, and the next one of its CPU counts too.
 */
static __always_inline void count_exactly(u32 counter)
{
	u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		__sync_fetch_and_add(value, 1);
}

#endif
