/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a confined parser (sandbox.h) answers: frames, each a kind, a size and so many
 * bytes, in the byte order of the machine. What comes out of the sandbox is as hostile
 * as what went in: a reader takes nothing for granted, and says so by -EPROTO.
 */
#ifndef INTERDICT_FRAMES_H
#define INTERDICT_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "buffer.h"

#define FRAME_SIZE_MAX (256U << 10) /* bytes of a frame without its head */

/* Collects frames and writes them in large pieces. { .fd = FD }; released by the end. */
struct frame_writer {
	int fd;
	int error;	      /* the first that was met, a negative errno: nothing more is written */
	struct buffer buffer; /* whole frames, and the one that is being made */
	size_t begun;	      /* where that begins */
};

void frame_begin(struct frame_writer *writer, uint32_t kind);
void frame_put(struct frame_writer *writer, const void *bytes, size_t size);
void frame_put_u32(struct frame_writer *writer, uint32_t number);
void frame_put_u64(struct frame_writer *writer, uint64_t number);
/* Bytes with their size before them. */
void frame_put_bytes(struct frame_writer *writer, const void *bytes, size_t size);
/* The same of a text; NULL is "". */
void frame_put_text(struct frame_writer *writer, const char *text);

/* Ends the frame, and writes out what there is if it is enough. Returns writer->error. */
int frame_end(struct frame_writer *writer);

/* Writes out what there is. Returns writer->error. */
int frame_flush(struct frame_writer *writer);

/* A frame that was read; the reader's functions take its parts off its beginning. */
struct frame {
	uint32_t kind;
	const uint8_t *bytes;
	size_t size;
	bool bad; /* it had not what was asked for, and what is asked for from then on is 0 */
};

/*
 * Finds the frame that begins at @bytes, in which it stays. Returns the bytes that it
 * takes up with its head, 0 if it is not all there, or -EPROTO if it is too large.
 */
ssize_t frame_decode(const uint8_t *bytes, size_t size, struct frame *ret_frame);

/* The next @size bytes, or NULL. */
const uint8_t *frame_get(struct frame *frame, size_t size);
uint32_t frame_get_u32(struct frame *frame);
uint64_t frame_get_u64(struct frame *frame);
/* Bytes with their size before them: at most @max, without a NUL. *@ret_size: how many. */
const char *frame_get_bytes(struct frame *frame, size_t max, size_t *ret_size);
/* The same as a string of the caller's, who frees it. NULL if it is bad, or out of memory. */
char *frame_get_text(struct frame *frame, size_t max);

/* Whether it was good, and nothing is left of it. */
bool frame_is_done(const struct frame *frame);

#endif
