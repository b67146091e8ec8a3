/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists that count only if somebody has signed them: LIST with LIST.minisig beside it
 * (minisign.h), made by `interdict list sign` or `minisign -S`.
 *
 * The trusted comment says what a signature is for, in fields between tabs:
 *
 *	sequence:N	a later list has a higher one
 *	timestamp:T	stands in for it if there is no sequence: seconds since 1970
 *	file:NAME	the list's name without directories: one list is no other list
 */
#ifndef INTERDICT_SIGNED_LIST_H
#define INTERDICT_SIGNED_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include <interdict/limits.h>

#include "minisign.h"
#include "secure_file.h"

struct vendor;

/* Bytes of a signed list as it lies in its file: it is copied to memory to be verified. */
#define SIGNED_LIST_MAX (1U << 30)

/* What a good signature says. All zeros: the list is not signed, and need not be. */
struct list_signature {
	bool present;
	uint8_t key_id[MINISIGN_ID_SIZE];
	uint64_t number;			  /* its sequence, else its timestamp */
	uint8_t contents[INTERDICT_DIGEST_SIZE]; /* first half of BLAKE2b-512 of the list */
};

/* A list and its signature, both open at their beginning. */
struct signed_list {
	const char *path; /* of the list */
	int fd;
	int signature_fd;
};

/*
 * Reads the key of `signed-by`: base64, or the path of a .pub file, relative to the
 * vendor file, which is opened by secure_open_file(). Returns 0 or a negative errno
 * with the reason in @problems.
 */
int signed_list_key(const struct vendor *vendor, struct problems *problems,
		    struct minisign_key *ret_key);

/*
 * Verifies that @key signed the list, under its name. The list's bytes are also
 * written to @copy_fd unless that is negative. Returns 0; -EBADMSG if the signature
 * is not good, -EINVAL if it is none; or another negative errno. The reason is in
 * @problems. @ret_signature holds the comment.
 */
int signed_list_verify(const struct signed_list *list, const struct minisign_key *key, int copy_fd,
		       struct problems *problems, struct list_signature *ret_facts,
		       struct minisign_signature *ret_signature);

/*
 * For a policy: verifies the list at @path, open as @fd and named by @origin, and opens
 * a copy of it which nobody can change, so that what is read is what was verified.
 * The signature is opened by secure_open_file(). Returns as signed_list_verify() does;
 * -ENOENT if the list is not signed. The caller closes *@ret_fd.
 */
int signed_list_open(const struct minisign_key *key, const char *path, int fd,
		     const struct secure_origin *origin, struct problems *problems,
		     struct list_signature *ret_facts, int *ret_fd);

/*
 * The sequence, or else the timestamp, of a trusted comment. Returns 0, or -EINVAL if it
 * has neither, or one that is no number or given twice, with the reason in @problems.
 */
int signed_list_number(const char *comment, const char *file, struct problems *problems,
		       uint64_t *ret_number);

/* Reads a whole key or signature file behind @fd. The caller frees it. */
int signed_list_read_small(int fd, const char *file, struct problems *problems, char **ret_text,
			   size_t *ret_size);

#endif
