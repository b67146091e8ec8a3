/* SPDX-License-Identifier: BSD-2-Clause */
/* RFC 7693; the letters are those of the RFC. */
#include "blake2b.h"

#include <openssl/crypto.h>
#include <string.h>

#define ROUNDS 12

/* Words of message and state, which tell about the message. */
struct state {
	uint64_t m[16];
	uint64_t v[16];
};

static const uint64_t iv[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

static uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word >> bits | word << (64 - bits);
}

static void mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y)
{
	*a += *b + x;
	*d = rotate(*d ^ *a, 32);
	*c += *d;
	*b = rotate(*b ^ *c, 24);
	*a += *b + y;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 63);
}

static void mix_round(struct state *state, const uint8_t s[16])
{
	uint64_t *v = state->v, *m = state->m;

	for (size_t i = 0; i < 4; i++)
		mix(&v[i], &v[4 + i], &v[8 + i], &v[12 + i], m[s[2 * i]], m[s[2 * i + 1]]);
	for (size_t i = 0; i < 4; i++)
		mix(&v[i], &v[4 + (i + 1) % 4], &v[8 + (i + 2) % 4], &v[12 + (i + 3) % 4],
		    m[s[8 + 2 * i]], m[s[9 + 2 * i]]);
}

void blake2b_256(const void *message, size_t size, uint8_t ret_digest[BLAKE2B_256_SIZE])
{
	/* No key, a digest of 32 bytes, one leaf in a tree of depth 1. */
	const uint64_t parameters = 0x01010000 ^ BLAKE2B_256_SIZE;
	const uint8_t *bytes = message;
	struct state state = { 0 };

	for (size_t i = 0; i < size; i++)
		state.m[i / 8] |= (uint64_t)bytes[i] << (8 * (i % 8));
	memcpy(state.v, iv, sizeof(iv));
	memcpy(state.v + 8, iv, sizeof(iv));
	state.v[0] ^= parameters;
	state.v[12] ^= size;
	state.v[14] = ~state.v[14]; /* this block is the last */
	for (size_t i = 0; i < ROUNDS; i++)
		mix_round(&state, sigma[i % 10]);
	for (size_t i = 0; i < BLAKE2B_256_SIZE; i++) {
		uint64_t h = iv[i / 8] ^ (i < 8 ? parameters : 0);

		h ^= state.v[i / 8] ^ state.v[i / 8 + 8];
		ret_digest[i] = (uint8_t)(h >> (8 * (i % 8)));
	}
	OPENSSL_cleanse(&state, sizeof(state));
}
