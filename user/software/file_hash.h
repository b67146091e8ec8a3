/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-256 of an open regular file, and the proof that it did not change meanwhile.
 */
#ifndef INTERDICT_FILE_HASH_H
#define INTERDICT_FILE_HASH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <interdict/limits.h>

/* Bounds of one hash. Zero or NULL means no bound. */
struct file_hash_limits {
	uint64_t size_max;	 /* bytes; a larger file is not read */
	uint64_t deadline;	 /* CLOCK_BOOTTIME, nanoseconds */
	const atomic_bool *stop; /* looked at before each read */
	_Atomic uint64_t *read;	 /* bytes read are added to it, for a progress line */
	bool leave_cache;	 /* the page cache stays as it is: page_cache.h */
};

/*
 * Hashes the whole file behind @fd from offset 0; the file position stays where
 * it is. Safe to call from several threads at once. The fstat(2) before the
 * first read arms the fine-grained change time of kernels that have one. On
 * those that lack it, two writes within one clock tick (up to 10 ms) look like
 * one: a caller that denies or caches by the result also has to look at how old
 * the change time in @ret_stat is.
 *
 * Returns 0; -EAGAIN if the file changed while it was read; -EINVAL if it is no
 * regular file; -EOPNOTSUPP if its contents do not have the length that it
 * claims (procfs and the like); -EFBIG, -ETIMEDOUT, -ECANCELED for the limits;
 * -ENOSYS if libcrypto offers no SHA-256; or what fstat(2) or pread(2) said.
 *
 * @limits and @ret_stat may be NULL; @ret_stat is the state before the first read.
 */
int file_hash_limited(int fd, const struct file_hash_limits *limits,
		      uint8_t ret_digest[INTERDICT_DIGEST_SIZE], struct stat *ret_stat);

/* The same without limits. @ret_size, the bytes hashed, may be NULL. */
int file_hash(int fd, uint8_t ret_digest[INTERDICT_DIGEST_SIZE], uint64_t *ret_size);

/*
 * The same for bytes that come piece by piece: begin, update with EVP_DigestUpdate(),
 * finish, free with EVP_MD_CTX_free(). Both return 0, -ENOMEM or -ENOSYS.
 */
struct evp_md_ctx_st; /* EVP_MD_CTX */
int file_hash_begin(struct evp_md_ctx_st **ret_context);
int file_hash_finish(struct evp_md_ctx_st *context, uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

#endif
