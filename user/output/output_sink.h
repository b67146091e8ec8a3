/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between output.c, which formats, queues and counts, and the modules that put
 * a line where it belongs.
 */
#ifndef INTERDICT_OUTPUT_SINK_H
#define INTERDICT_OUTPUT_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "fields.h"
#include "output.h"

struct output_ops {
	/* Appends the record as it will be sent. Returns 0 or a negative errno. */
	int (*format)(struct output *output, const struct record *record, struct buffer *buffer);
	/*
	 * Sends one formatted record without blocking, from byte output->sent on.
	 * Returns 0 if all of it was taken, -EAGAIN to be called again soon with the
	 * same one, -EMSGSIZE if it can never be taken, or another negative errno to
	 * be called again later. Counts what was taken in output->sent.
	 */
	int (*send)(struct output *output, const char *bytes, size_t size);
	int (*reopen)(struct output *output); /* NULL: nothing to reopen */
	void (*free)(struct output *output);
};

struct output_line {
	struct output_line *next;
	uint64_t alerts; /* that it stands for; 0: a health record */
	size_t size;
	char bytes[];
};

/* First member of every kind of output. */
struct output {
	const struct output_ops *ops;
	struct output_line *first, **last; /* what waits */
	size_t sent;                       /* bytes of the record at the front */
	size_t queued, queue_max;          /* bytes */
	uint64_t retry_at;                 /* CLOCK_BOOTTIME, nanoseconds */
	struct output_stats stats;
	struct buffer buffer; /* of the record that is being formatted */
};

void output_init(struct output *output, const struct output_ops *ops);

/* How much of a record the text format may take up. */
struct text_limit {
	size_t value; /* bytes of one value */
	size_t line;  /* bytes of the line; fields that do not fit are left out */
};

#define TEXT_UNLIMITED ((struct text_limit){ SIZE_MAX, SIZE_MAX })

/*
 * Append the record as text, with or without the time before it, or as one JSON
 * document, and no line feed. If something was cut or left out, the text ends
 * with cut=[KEY,...]. Returns 0 or -ENOMEM.
 */
int text_append(struct buffer *buffer, const struct record *record, bool with_time,
                struct text_limit limit);
int ecs_append(struct buffer *buffer, const struct record *record);

#endif
