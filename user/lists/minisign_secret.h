/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Minisign's secret keys, as `minisign -G` writes them, and signing with them.
 *
 *	untrusted comment: ...
 *	base64 of "Ed", kdf "Sc" (scrypt) or two zeros (no password), "B2", 32 bytes of
 *	salt, opslimit, memlimit, and, encrypted with scrypt's output: key id, Ed25519
 *	seed and public key, BLAKE2b-256 of "Ed" and these three
 *
 * What is secret has to be released, which wipes it.
 */
#ifndef INTERDICT_MINISIGN_SECRET_H
#define INTERDICT_MINISIGN_SECRET_H

#include <stdbool.h>

#include "minisign.h"

/* As it lies in the file. Without a password it is as secret as the key in it. */
struct minisign_box {
	uint8_t sig_algorithm[2];
	uint8_t kdf_algorithm[2];
	uint8_t checksum_algorithm[2];
	uint8_t salt[32];
	uint8_t opslimit[8]; /* least byte first */
	uint8_t memlimit[8];
	struct {
		uint8_t id[MINISIGN_ID_SIZE];
		uint8_t seed[32];
		uint8_t key[MINISIGN_KEY_SIZE];
		uint8_t checksum[32];
	} secret;
};

struct minisign_secret {
	struct minisign_key public_key;
	uint8_t seed[32];
};

/*
 * Reads the contents of a secret key file. Returns 0, or -EINVAL with the reason in
 * @problems, where @file names it; the contents are never quoted there.
 */
int minisign_box_parse(const char *text, size_t size, const char *file, struct problems *problems,
		       struct minisign_box *ret_box);

bool minisign_box_is_encrypted(const struct minisign_box *box);

/*
 * Decrypts it; @password is not looked at if it is not encrypted. Returns 0; -EKEYREJECTED
 * for a wrong password, or a damaged file; -E2BIG if it asks for more than 2 GiB of memory or
 * more time than any key that minisign makes; -ENOMEM.
 */
int minisign_box_open(const struct minisign_box *box, const char *password, size_t size,
		      struct minisign_secret *ret_secret);

/*
 * Signs the BLAKE2b-512 of a file, and @comment, which is one line of at most
 * MINISIGN_COMMENT_MAX bytes. Returns 0, -EINVAL for another comment, or -ENOMEM.
 */
int minisign_sign(const struct minisign_secret *secret, const uint8_t hash[MINISIGN_PREHASH_SIZE],
		  const char *comment, struct minisign_signature *ret_signature);

void minisign_box_release(struct minisign_box *box);
void minisign_secret_release(struct minisign_secret *secret);

#endif
