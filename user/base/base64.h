/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Base64 (RFC 4648, section 4), read strictly: one text for one sequence of bytes.
 */
#ifndef INTERDICT_BASE64_H
#define INTERDICT_BASE64_H

#include <stddef.h>
#include <stdint.h>

/* Characters that so many bytes take, padding included. */
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4)

/*
 * Reads exactly @size bytes from exactly BASE64_SIZE(@size) characters. Returns 0,
 * or -EINVAL for anything else: another length, blanks, another alphabet, padding
 * missing, or bits set behind the last byte.
 */
int base64_decode(const char *text, size_t text_size, uint8_t *ret_bytes, size_t size);

/* Writes BASE64_SIZE(@size) characters and a NUL. */
void base64_encode(const uint8_t *bytes, size_t size, char *ret_text);

#endif
