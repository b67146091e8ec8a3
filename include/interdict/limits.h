/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sizes and bounds that both the kernel programs and user space rely on.
 */
#ifndef INTERDICT_LIMITS_H
#define INTERDICT_LIMITS_H

/*
 * Version of what the pinned maps hold and of the records. It grows with every change of
 * their meaning that their sizes do not show; a daemon takes over maps of its own only.
 */
#ifndef INTERDICT_ABI
#define INTERDICT_ABI 2
#endif

/* Bytes in a SHA-256 digest, and in the prefix that the policy table holds. */
#define INTERDICT_DIGEST_SIZE 32
#define INTERDICT_PREFIX_SIZE 16

/* Longest path in a record, with its final NUL (PATH_MAX of the kernel). */
#define INTERDICT_PATH_MAX 4096

/* Bytes of argv in a record; the arguments are separated by NUL bytes. */
#define INTERDICT_ARGV_MAX 4096

/* TASK_COMM_LEN of the kernel. */
#define INTERDICT_COMM_SIZE 16

/*
 * Longest run of buckets that a lookup may walk. A table that needs more is
 * refused by policy_compile(), so the kernel loop can have a fixed bound.
 */
#define INTERDICT_PROBE_MAX 64

/* Largest file that the kernel hashes by itself, in bytes, unless configured. */
#define INTERDICT_HASH_MAX_DEFAULT (64ULL << 20)

#endif
