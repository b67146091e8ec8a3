/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BLAKE2b-256 of a short message. libcrypto has BLAKE2b-512 only, before OpenSSL
 * 3.2, and the first half of that is another digest.
 */
#ifndef INTERDICT_BLAKE2B_H
#define INTERDICT_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2B_BLOCK	 128 /* bytes: the longest message */
#define BLAKE2B_256_SIZE 32

/* @size is at most BLAKE2B_BLOCK. Leaves no copy of the message behind. */
void blake2b_256(const void *message, size_t size, uint8_t ret_digest[BLAKE2B_256_SIZE]);

#endif
