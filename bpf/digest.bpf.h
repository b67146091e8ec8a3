/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Digests with the lsm backend: from inode storage while the file is unchanged,
 * else computed now by the kernel, and kept if it can be kept.
 *
 * A digest is kept only if every number of the file's stamp is the same before
 * and after hashing and nobody has the file open for writing. Hashing itself
 * arms i_version (IMA queries it first), so a write after it moves the version
 * even within one tick of ctime.
 */
#ifndef INTERDICT_DIGEST_BPF_H
#define INTERDICT_DIGEST_BPF_H

#include "file.bpf.h"
#include "maps.bpf.h"

#define HASH_ALGO_SHA256 4 /* include/uapi/linux/hash_info.h */
#define HASH_ATTEMPTS	 2 /* a file that changes under the first is hashed once more */

#define STORAGE_ATTEMPTS 4

/*
 * The storage of an inode, made if it is not there. While another CPU makes it
 * the kernel gives none to this one (-EAGAIN inside bpf_local_storage_update()),
 * which is no lack of memory: look again.
 */
static __always_inline struct inode_writes *inode_writes_get(struct inode *inode)
{
	struct inode_writes *writes;

	for (int i = 0; i < STORAGE_ATTEMPTS; i++) {
		writes = bpf_inode_storage_get(&inode_writes, inode, NULL,
					       BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (writes)
			return writes;
	}
	count(COUNTER_NO_STORAGE);
	return NULL;
}

/* Adds the count of writes to the stamp. Fails closed: -ENOMEM without storage. */
static __always_inline int digest_account(struct facts *facts, struct inode *inode)
{
	struct inode_writes *writes;

	writes = inode_writes_get(inode);
	if (!writes)
		return -ENOMEM;
	if (writes->tainted || facts->writecount > 0)
		facts->flags &= ~(FACT_CACHEABLE | FACT_TRANSIENT);
	/* An overlay's digest is keyed by the real inode, whose writes are counted
	 * in storage that cannot be reached from here: it rests on ctime, version,
	 * writecount and unseen_writes(). */
	if (!(facts->flags & FACT_OVERLAY))
		facts->stamp.writes = READ_ONCE(writes->writes);
	else if (taint_find(facts))
		facts->flags &= ~(FACT_CACHEABLE | FACT_TRANSIENT);
	return 0;
}

/* The whole stamp, as it is now. */
static __always_inline int digest_stamp(struct facts *facts, struct file *file,
					struct inode *inode)
{
	facts_read_at(facts, file_address(file));
	return digest_account(facts, inode);
}

/* The stored digest, if it still holds; counted. */
static __always_inline bool digest_cached(const struct facts *facts, struct inode *inode,
					  struct cached_digest *copy, u8 *digest, u32 *source)
{
	struct cached_digest *stored;

	if (!(facts->flags & FACT_CACHEABLE))
		return false;
	if (facts->flags & FACT_OVERLAY) {
		if (!digests_find(facts, 0, copy))
			return false;
		stored = copy;
	} else {
		stored = bpf_inode_storage_get(&inode_digest, inode, NULL, 0);
		if (!stored || !stamp_equal(&stored->stamp, &facts->stamp))
			return false;
	}
	__builtin_memcpy(digest, stored->digest, INTERDICT_DIGEST_SIZE);
	*source = stored->source;
	count(COUNTER_CACHED);
	return true;
}

static __always_inline void digest_fill(const struct facts *facts, u32 flags,
					struct cached_digest *value, const u8 *digest)
{
	value->stamp = facts->stamp;
	value->source = HASH_SOURCE_IMA;
	value->flags = flags;
	__builtin_memcpy(value->digest, digest, sizeof(value->digest));
	value->seal = digest_seal(value);
}

/*
 * Remembers what a file was when it was mapped whose digests are not kept. For it the
 * mapping might as well have been executable from the beginning: what is written later
 * is not seen then either.
 */
static __always_inline void digest_store_mapped(const struct facts *facts,
						struct cached_digest *value, const u8 *digest)
{
	struct digest_key key;

	digest_fill(facts, DIGEST_OF_MAPPING, value, digest);
	value->stamp.writes = 0; /* on overlayfs it is found by the inode beneath */
	value->seal = digest_seal(value);
	facts_key(facts, &key);
	bpf_map_update_elem(&digests, &key, value, BPF_ANY);
}

/* Stores one complete value. That it cannot be stored costs a hash next time. */
static __always_inline void digest_store(const struct facts *facts, struct inode *inode,
					 struct cached_digest *value, const u8 *digest)
{
	digest_fill(facts, 0, value, digest);
	if (facts->flags & FACT_OVERLAY) {
		struct digest_key key;

		if (!stamp_settled(&facts->stamp))
			return;
		facts_key(facts, &key);
		bpf_map_update_elem(&digests, &key, value, BPF_ANY);
		return;
	}
	/* Storage is created with its value: a reader sees all of it or nothing. */
	bpf_inode_storage_delete(&inode_digest, inode);
	if (!bpf_inode_storage_get(&inode_digest, inode, value, BPF_LOCAL_STORAGE_GET_F_CREATE))
		count(COUNTER_NO_STORAGE);
}

/* Hashes the file now, @mapped: to be mapped. 0, or why it could not be hashed or trusted. */
static __always_inline int digest_compute(struct file *file, struct inode *inode, bool mapped,
					  struct facts *facts, struct facts *after,
					  struct cached_digest *value, u8 *digest)
{
	long algorithm;
	int error;

	if (!kernel_hashes)
		return -ENODATA;
	if (facts->stamp.size > runtime.hash_max)
		return -EFBIG;
	for (int attempt = 0; attempt < HASH_ATTEMPTS; attempt++) {
		algorithm = bpf_ima_file_hash(file, digest, INTERDICT_DIGEST_SIZE);
		count(COUNTER_HASHED);
		if (algorithm != HASH_ALGO_SHA256)
			return algorithm < 0 ? (int)algorithm : -EOPNOTSUPP;
		error = digest_stamp(after, file, inode);
		if (error)
			return error;
		if (stamp_equal(&facts->stamp, &after->stamp)) {
			if (facts->flags & after->flags & FACT_CACHEABLE)
				digest_store(facts, inode, value, digest);
			else if (mapped && (facts->flags & after->flags & FACT_TRANSIENT))
				digest_store_mapped(facts, value, digest);
			return 0;
		}
		*facts = *after;
		if (facts->stamp.size > runtime.hash_max)
			return -EFBIG;
	}
	return -EAGAIN;
}

#endif
