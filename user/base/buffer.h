/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A byte string that grows. Running out of memory is remembered in `failed`, so
 * that a writer appends freely and looks once, at the end.
 */
#ifndef INTERDICT_BUFFER_H
#define INTERDICT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data; /* not NUL-terminated; NULL until something was appended */
	size_t size;
	size_t capacity;
	bool failed; /* something could not be appended: -ENOMEM */
};

void buffer_append(struct buffer *buffer, const void *bytes, size_t size);
void buffer_append_char(struct buffer *buffer, char c);
void buffer_append_string(struct buffer *buffer, const char *text);
void buffer_append_u64(struct buffer *buffer, uint64_t number);
void buffer_append_s64(struct buffer *buffer, int64_t number);

/* Forgets the contents and a failure, and keeps the memory for the next use. */
void buffer_clear(struct buffer *buffer);

void buffer_release(struct buffer *buffer);

#endif
