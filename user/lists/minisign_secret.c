/* SPDX-License-Identifier: BSD-2-Clause */
#include "minisign_secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "blake2b.h"
#include "cleanup.h"
#include "minisign_private.h"

/* minisign takes 1 GiB and r * p = 8. */
#define MEMORY_MAX (2ULL << 30)
#define R	   8U
#define P_MAX	   16U

struct scrypt_cost {
	uint64_t n;
	uint64_t p;
};

_Static_assert(sizeof(struct minisign_box) == 158, "no padding");

static void pkey_free_pointer(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void context_free_pointer(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

int minisign_box_parse(const char *text, size_t size, const char *file, struct problems *problems,
		       struct minisign_box *ret_box)
{
	static const uint8_t no_kdf[2];
	struct slice rest = { text, size }, comment, line, more;
	struct minisign_box box;
	int r = -EINVAL;

	/* Neither these lines nor what they mean stands in a message. */
	if (!minisign_next_line(&rest, &comment) || !minisign_untrusted(comment) ||
	    !minisign_next_line(&rest, &line) || minisign_next_line(&rest, &more) ||
	    base64_decode(line.bytes, line.size, (uint8_t *)&box, sizeof(box)) < 0)
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "expected a secret key of minisign: an untrusted comment, and a line "
			     "of base64");
	else if (memcmp(box.sig_algorithm, "Ed", 2) != 0 ||
		 memcmp(box.checksum_algorithm, "B2", 2) != 0 ||
		 (memcmp(box.kdf_algorithm, "Sc", 2) != 0 &&
		  memcmp(box.kdf_algorithm, no_kdf, 2) != 0))
		problems_add(problems, PROBLEM_ERROR, file, 2,
			     "expected an Ed25519 key, with scrypt or without a password");
	else
		r = 0;
	if (r == 0)
		*ret_box = box;
	OPENSSL_cleanse(&box, sizeof(box));
	return r;
}

bool minisign_box_is_encrypted(const struct minisign_box *box)
{
	return box->kdf_algorithm[0] != 0;
}

static uint64_t read_le64(const uint8_t bytes[8])
{
	uint64_t number = 0;

	for (size_t i = 0; i < 8; i++)
		number |= (uint64_t)bytes[i] << (8 * i);
	return number;
}

/* A power of two from 2 on: the first that is above half of @max. */
static uint64_t power_for(uint64_t max)
{
	uint64_t n = 2;

	while (n <= max / 2)
		n *= 2;
	return n;
}

/*
 * What libsodium makes of its two limits (crypto_pwhash_scryptsalsa208sha256): r is 8,
 * 4Nrp operations and 128Nr bytes. The stronger limit decides about N.
 */
static int scrypt_cost(const struct minisign_box *box, struct scrypt_cost *ret_cost)
{
	uint64_t operations = read_le64(box->opslimit), memory = read_le64(box->memlimit);
	struct scrypt_cost cost = { .p = 1 };

	if (operations < 32768)
		operations = 32768;
	if (memory > MEMORY_MAX)
		return -E2BIG;
	if (operations < memory / 32) {
		cost.n = power_for(operations / (4 * R));
	} else {
		cost.n = power_for(memory / (128 * R));
		cost.p = operations / 4 / cost.n / R;
	}
	if (cost.p == 0 || cost.p > P_MAX)
		return -E2BIG;
	*ret_cost = cost;
	return 0;
}

static int decrypt(struct minisign_box *box, const char *password, size_t size)
{
	uint8_t stream[sizeof(box->secret)], *bytes = (uint8_t *)&box->secret;
	struct scrypt_cost cost;
	int r = scrypt_cost(box, &cost);

	if (r < 0)
		return r;
	/* Twice: OpenSSL counts a few small buffers too. */
	if (EVP_PBE_scrypt(password, size, box->salt, sizeof(box->salt), cost.n, R, cost.p,
			   2 * MEMORY_MAX, stream, sizeof(stream)) != 1)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(stream); i++)
		bytes[i] ^= stream[i];
	OPENSSL_cleanse(stream, sizeof(stream));
	return 0;
}

/* minisign 0.11 writes no checksum, but zeros, where there is no password. */
static bool checksum_is_right(const struct minisign_box *box)
{
	static const uint8_t none[BLAKE2B_256_SIZE];
	uint8_t message[2 + MINISIGN_ID_SIZE + 32 + MINISIGN_KEY_SIZE];
	uint8_t checksum[BLAKE2B_256_SIZE];

	_Static_assert(sizeof(message) <= BLAKE2B_BLOCK, "one block");
	memcpy(message, box->sig_algorithm, 2);
	memcpy(message + 2, &box->secret, sizeof(message) - 2);
	blake2b_256(message, sizeof(message), checksum);
	OPENSSL_cleanse(message, sizeof(message));
	if (CRYPTO_memcmp(checksum, box->secret.checksum, sizeof(checksum)) == 0)
		return true;
	return !minisign_box_is_encrypted(box) &&
	       CRYPTO_memcmp(none, box->secret.checksum, sizeof(none)) == 0;
}

/* Whether the public half is that of the seed: a signature with another gives the seed away. */
static bool halves_match(const struct minisign_box *box)
{
	_cleanup_(pkey_free_pointer) EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, box->secret.seed, sizeof(box->secret.seed));
	uint8_t key[MINISIGN_KEY_SIZE];
	size_t size = sizeof(key);

	return pkey && EVP_PKEY_get_raw_public_key(pkey, key, &size) == 1 && size == sizeof(key) &&
	       memcmp(key, box->secret.key, sizeof(key)) == 0;
}

int minisign_box_open(const struct minisign_box *box, const char *password, size_t size,
		      struct minisign_secret *ret_secret)
{
	_cleanup_(minisign_box_release) struct minisign_box open = *box;
	int r = minisign_box_is_encrypted(box) ? decrypt(&open, password, size) : 0;

	if (r < 0)
		return r;
	if (!checksum_is_right(&open) || !halves_match(&open))
		return -EKEYREJECTED;
	memcpy(ret_secret->public_key.id, open.secret.id, sizeof(open.secret.id));
	memcpy(ret_secret->public_key.key, open.secret.key, sizeof(open.secret.key));
	memcpy(ret_secret->seed, open.secret.seed, sizeof(open.secret.seed));
	return 0;
}

static int sign_bytes(const struct minisign_secret *secret, const void *bytes, size_t size,
		      uint8_t ret_signature[MINISIGN_SIGNATURE_SIZE])
{
	_cleanup_(context_free_pointer) EVP_MD_CTX *context = EVP_MD_CTX_new();
	_cleanup_(pkey_free_pointer) EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(
		EVP_PKEY_ED25519, NULL, secret->seed, sizeof(secret->seed));
	size_t written = MINISIGN_SIGNATURE_SIZE;

	if (!context || !pkey || EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) != 1 ||
	    EVP_DigestSign(context, ret_signature, &written, bytes, size) != 1)
		return -ENOMEM;
	return 0;
}

int minisign_sign(const struct minisign_secret *secret, const uint8_t hash[MINISIGN_PREHASH_SIZE],
		  const char *comment, struct minisign_signature *ret_signature)
{
	uint8_t message[MINISIGN_GLOBAL_MAX];
	size_t size = strlen(comment);
	int r;

	if (size > MINISIGN_COMMENT_MAX || strpbrk(comment, "\r\n"))
		return -EINVAL;
	memcpy(ret_signature->key_id, secret->public_key.id, MINISIGN_ID_SIZE);
	memcpy(ret_signature->comment, comment, size + 1);
	r = sign_bytes(secret, hash, MINISIGN_PREHASH_SIZE, ret_signature->signature);
	if (r < 0)
		return r;
	size = minisign_global_message(ret_signature, message);
	return sign_bytes(secret, message, size, ret_signature->global);
}

void minisign_box_release(struct minisign_box *box)
{
	OPENSSL_cleanse(box, sizeof(*box));
}

void minisign_secret_release(struct minisign_secret *secret)
{
	OPENSSL_cleanse(secret, sizeof(*secret));
}
