/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Minisign's public keys and signatures (https://jedisct1.github.io/minisign/), so
 * that `minisign -V` verifies what we sign, and we what `minisign -S` does.
 *
 *	FILE.pub	untrusted comment: ...
 *			base64 of "Ed", key id, Ed25519 public key
 *	FILE.minisig	untrusted comment: ...
 *			base64 of "ED", key id, signature of BLAKE2b-512 of the file
 *			trusted comment: ...
 *			base64 of the signature of (that signature, trusted comment)
 *
 * The legacy format, "Ed" in a signature, signs the file itself and not its digest.
 * It is refused: it needs the file in memory as a whole, and minisign does not write
 * it any more unless it is told to.
 */
#ifndef INTERDICT_MINISIGN_H
#define INTERDICT_MINISIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base64.h"
#include "buffer.h"
#include "problems.h"

#define MINISIGN_SUFFIX		".minisig"
#define MINISIGN_ID_SIZE	8
#define MINISIGN_ID_TEXT_SIZE	(2 * MINISIGN_ID_SIZE + 1)
#define MINISIGN_KEY_SIZE	32
#define MINISIGN_SIGNATURE_SIZE 64
#define MINISIGN_PREHASH_SIZE	64
#define MINISIGN_KEY_TEXT_SIZE	BASE64_SIZE(2 + MINISIGN_ID_SIZE + MINISIGN_KEY_SIZE)

/* What minisign 0.11 has room for: 8192 bytes with prefix, line end and NUL. */
#define MINISIGN_COMMENT_MAX 8172

/* Bytes of a key file or a signature file; a larger one is none. */
#define MINISIGN_FILE_MAX (16U << 10)

struct minisign_key {
	uint8_t id[MINISIGN_ID_SIZE];
	uint8_t key[MINISIGN_KEY_SIZE];
};

struct minisign_signature {
	uint8_t key_id[MINISIGN_ID_SIZE];
	uint8_t signature[MINISIGN_SIGNATURE_SIZE];
	uint8_t global[MINISIGN_SIGNATURE_SIZE];
	char comment[MINISIGN_COMMENT_MAX + 1]; /* the trusted one: any bytes but NUL and \n */
};

/* Writes the id as minisign shows it: 16 upper-case hexadecimal digits and a NUL. */
void minisign_format_id(const uint8_t id[MINISIGN_ID_SIZE], char ret_text[MINISIGN_ID_TEXT_SIZE]);

/* Reads the base64 of a public key. Returns 0, or -EINVAL if @text is none. */
int minisign_key_parse(const char *text, size_t size, struct minisign_key *ret_key);

/*
 * Reads the contents of a .pub file, or of a file with the base64 line only. Returns
 * 0, or -EINVAL with the reason in @problems, where @file names it.
 */
int minisign_key_parse_file(const char *text, size_t size, const char *file,
			    struct problems *problems, struct minisign_key *ret_key);

/*
 * Reads the contents of a .minisig file, and verifies nothing. Returns 0, or -EINVAL
 * with the reason in @problems, where @file names it.
 */
int minisign_signature_parse(const char *text, size_t size, const char *file,
			     struct problems *problems, struct minisign_signature *ret_signature);

/*
 * BLAKE2b-512 of what is left to read behind @fd. All of it is written to @copy_fd
 * too, unless that is negative. Returns 0, -EFBIG if there are more than @max bytes,
 * or what read(2) or write(2) said.
 */
int minisign_prehash(int fd, int copy_fd, uint64_t max, uint8_t ret_hash[MINISIGN_PREHASH_SIZE]);

/*
 * Verifies the signature of the contents and of the trusted comment. Returns 0; -ENOKEY
 * if it is of another key; -EKEYREJECTED if it is not of these contents; -EBADMSG if
 * the trusted comment is not the one that was signed; -ENOMEM.
 */
int minisign_verify(const struct minisign_key *key, const struct minisign_signature *signature,
		    const uint8_t hash[MINISIGN_PREHASH_SIZE]);

/* The same of the trusted comment only: who wrote it, not for which contents. */
int minisign_verify_comment(const struct minisign_key *key,
			    const struct minisign_signature *signature);

/* Appends the contents of a .minisig file. @untrusted is one line of text. */
void minisign_signature_format(const struct minisign_signature *signature, const char *untrusted,
			       struct buffer *buffer);

#endif
