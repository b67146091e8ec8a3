/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file's digest and the numbers that say whether it still holds.
 */
#ifndef INTERDICT_DIGEST_H
#define INTERDICT_DIGEST_H

#include <linux/types.h>

#include "limits.h"

/* hash_source: who computed the digest. */
enum hash_source {
	HASH_SOURCE_NONE = 0,
	HASH_SOURCE_IMA = 1,  /* the kernel, by bpf_ima_file_hash() */
	HASH_SOURCE_USER = 2, /* the daemon */
	HASH_SOURCE_SIZE = 3, /* nobody: no entry has this size */
};

/*
 * State of a file at one moment. A digest holds while every field is unchanged.
 * On overlayfs all of it describes the real file beneath.
 */
struct file_stamp {
	__u64 inode;		/* inode number */
	__u64 size;		/* bytes */
	__s64 ctime_sec;	/* change time, seconds since the epoch ... */
	__u32 ctime_nsec;	/* ... and nanoseconds */
	__u32 dev;		/* device as the kernel holds it: major << 20 | minor */
	__u64 version;		/* i_version >> 1 (include/linux/iversion.h) */
	__u64 writes;		/* opens for writing and size changes seen by our hooks */
	__u32 inode_generation; /* i_generation: tells a reused inode number */
	__u32 reserved;		/* zero */
};

/* Key of the digest map for files that inode storage cannot be used for. */
struct digest_key {
	__u64 address;		/* of the struct inode: only compared, never followed */
	__u64 inode;
	__u32 dev;
	__u32 inode_generation;
};

/*
 * cached_digest.flags: of a file whose digests are not kept, as it was when it was mapped. Good for
 * mprotect(2) of that mapping, which cannot hash, and for nothing else.
 */
#define DIGEST_OF_MAPPING 0x1U

struct cached_digest {
	struct file_stamp stamp;
	__u8 digest[INTERDICT_DIGEST_SIZE];
	__u32 source; /* enum hash_source */
	__u32 flags;  /* DIGEST_* */
	__u64 seal; /* digest_seal(): a torn copy does not verify */
};

_Static_assert(sizeof(struct file_stamp) == 56, "no implicit padding");
_Static_assert(sizeof(struct digest_key) == 24, "no implicit padding");
_Static_assert(sizeof(struct cached_digest) == 104, "no implicit padding");

/*
 * Checksum over everything before the seal. Elements of a hash map are reused
 * while a program may still read them, so a reader copies the value and
 * believes it only if the seal fits. It guards against tearing, not against
 * malice: only root writes this map.
 */
static inline __u64 digest_seal(const struct cached_digest *value)
{
	const __u64 *word = (const __u64 *)value;
	__u64 seal = 0x243F6A8885A308D3ULL;

#ifdef __clang__
#pragma clang loop unroll(full)
#endif
	for (unsigned int i = 0; i < sizeof(*value) / sizeof(__u64) - 1; i++)
		seal = (seal ^ word[i]) * 0x9E3779B97F4A7C15ULL + (seal >> 29);
	return seal;
}

#endif
