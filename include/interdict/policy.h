/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled policy, as it lies in one mmapable ARRAY map of 64-byte blocks:
 *
 *	block 0                    struct policy_header
 *	block 1 ...                the size gate, 512 bits a block
 *	block bucket_first ...     the digest table, one struct policy_bucket a block
 *
 * Header, gate and table live in one map, so one update of the outer map
 * replaces all three at once and an entry that stands in both the old and the
 * new policy is never missed.
 */
#ifndef INTERDICT_POLICY_H
#define INTERDICT_POLICY_H

#include <linux/types.h>

#include "limits.h"

#define POLICY_MAGIC 0x50445449U /* "ITDP", little endian */
#define POLICY_VERSION 3U
#define POLICY_BLOCK_SIZE 64U
#define POLICY_SLOTS 3U /* entries a bucket */
#define POLICY_GATE_BITS_PER_BLOCK (POLICY_BLOCK_SIZE * 8U)

/* policy_header.flags */
#define POLICY_HAS_UNSIZED 0x1U	  /* some entry has no size: the gate is open for executables */
#define POLICY_HAS_OPEN_DENY 0x2U /* some vendor's file says open = deny */
#define POLICY_HAS_DENY 0x4U	  /* some entry denies today: else nothing is unhashable-denied */

struct policy_header {
	__u32 magic;
	__u32 version;
	__u64 generation;   /* grows by one with each policy put in force */
	__u32 gate_mask;    /* gate blocks - 1; the number of blocks is a power of two */
	__u32 bucket_first; /* block number of the first bucket */
	__u32 buckets;	    /* how many there are, 1.. */
	__u32 probe_max;    /* longest run of buckets a lookup has to walk, 1.. */
	__u32 flags;
	__u32 entries;	      /* digests in the table */
	__u8 digest[16];      /* first bytes of the policy's own SHA-256 */
	__u8 reserved[8];     /* zero */
};

/*
 * Open addressing, linear probing by bucket. A digest starts at policy_first_bucket();
 * behind the last bucket comes the first one. A slot with entry 0 is empty, and an
 * empty slot ends the search.
 *
 * What holds for one user only lies in the same table under a key made of the
 * digest and the user: policy_user_key(). Nobody looks there unless the action
 * of the digest itself has POLICY_EXEMPT_UIDS.
 */
struct policy_bucket {
	__u8 prefix[POLICY_SLOTS][INTERDICT_PREFIX_SIZE];
	__u32 entry[POLICY_SLOTS]; /* 1-based number of the entry; 0: slot is empty */
	__u8 action[POLICY_SLOTS]; /* POLICY_ACTION_MASK | POLICY_OPEN_DENY | ... */
	__u8 reserved;
};

/* policy_bucket.action: what the entry's vendor and its phase ask for today. */
#define POLICY_ACTION_MASK 0x07U
#define POLICY_ACTION_IGNORE 0U	 /* retired: not reported */
#define POLICY_ACTION_REPORT 1U	 /* announced: allowed and reported */
#define POLICY_ACTION_GRACE 2U	 /* grace: allowed and reported */
#define POLICY_ACTION_DENY 3U	 /* prohibited */
#define POLICY_ACTION_EXEMPT 4U	 /* listed, and excepted: allowed and reported */
#define POLICY_AUDIT_ONLY 0x08U	 /* the vendor is capped at audit */
#define POLICY_OPEN_DENY 0x10U	 /* opening the file is denied too */
#define POLICY_EXEMPT_UIDS 0x20U /* for some users the table has another action */

#define POLICY_EVERY_USER 0xffffffffU /* no user's id (include/linux/uidgid.h) */

_Static_assert(sizeof(struct policy_header) == POLICY_BLOCK_SIZE, "one block");
_Static_assert(sizeof(struct policy_bucket) == POLICY_BLOCK_SIZE, "one block");

/*
 * The size gate is a Bloom filter over the listed sizes, all bits of one size in
 * one block (a cache line). At 16 bits a size about one in 400 of the sizes that
 * nobody listed passes all the same.
 */
#define POLICY_GATE_PROBES 4U

/* Hash of a number, all of whose bits count (the finalizer of SplitMix64). */
static inline __u64 policy_hash(__u64 number)
{
	__u64 hash = number + 0x9E3779B97F4A7C15ULL;

	hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9ULL;
	hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBULL;
	return hash ^ (hash >> 31);
}

/*
 * Turns the two little-endian words of a digest's prefix into the key of what holds
 * for the user @uid. Different users of one digest never share a key; that it is the
 * prefix of another digest is as likely as a collision of 128 bits.
 */
static inline void policy_user_key(__u64 prefix[2], __u32 uid)
{
	prefix[0] ^= policy_hash(uid);
	prefix[1] ^= policy_hash(~(__u64)uid);
}

/*
 * Where the search for a key begins, 0 ... @buckets - 1. @word: its first 8 bytes, little
 * endian. Any number of buckets will do, so none is there for the sake of a power of two;
 * and what is sorted by digest lies in the order of the table, which is then filled from
 * its beginning to its end.
 */
static inline __u32 policy_first_bucket(__u64 word, __u32 buckets)
{
	return (__u32)((__u64)__builtin_bswap32((__u32)word) * buckets >> 32);
}

/* Block of the gate, 0 ... gate_mask, that has the bits of a size with this hash. */
static inline __u32 policy_gate_block(__u64 hash, __u32 gate_mask)
{
	return (__u32)(hash >> 36) & gate_mask;
}

/* Number of the bit in its block for @probe, 0 ... POLICY_GATE_PROBES - 1. */
static inline __u32 policy_gate_bit(__u64 hash, __u32 probe)
{
	return (__u32)(hash >> (9 * probe)) & (POLICY_GATE_BITS_PER_BLOCK - 1);
}

#endif
