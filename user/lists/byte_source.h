/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of a file, uncompressed if it is gzip, xz or zstd. Members (streams,
 * frames) that follow one another are one stream; anything else behind one is an
 * error.
 */
#ifndef INTERDICT_BYTE_SOURCE_H
#define INTERDICT_BYTE_SOURCE_H

#include <stddef.h>
#include <sys/types.h>

struct byte_source;

/* @fd stays the caller's. Returns 0 or a negative errno. */
int byte_source_new(int fd, struct byte_source **ret_source);
void byte_source_free(struct byte_source *source);

/*
 * Reads at most @size bytes. Returns how many, 0 at the end, or a negative
 * errno: that of read(2), -ENOPKG if libarchive is needed and not there, -EBADMSG if
 * compressed data is damaged or incomplete,
 * -E2BIG if it unpacks to more than LIST_RATIO_MAX times its size, -EFBIG if the
 * whole is above LIST_BYTES_MAX.
 */
ssize_t byte_source_read(struct byte_source *source, void *bytes, size_t size);

/* "gzip", "xz", "zstd", or NULL for none; known after the first read. */
const char *byte_source_compression(const struct byte_source *source);

/* The compressions that are undone; NULL behind the last. */
const char *byte_source_compression_at(size_t index);

/*
 * Loads what the list behind @fd needs to be unpacked, as far as can be told without
 * reading from it: for who reads it where nothing can be loaded any more.
 */
void byte_source_prepare(int fd);

#endif
