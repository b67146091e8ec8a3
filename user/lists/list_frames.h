/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows and facts of a list as frames (frames.h), on their way out of the sandbox.
 */
#ifndef INTERDICT_LIST_FRAMES_H
#define INTERDICT_LIST_FRAMES_H

#include "frames.h"
#include "list.h"

/* Returns 0 or a negative errno: -EMSGSIZE for a text above LIST_LINE_MAX. */
int list_put_row(struct frame_writer *writer, const struct list_row *row);
int list_put_facts(struct frame_writer *writer, const struct list_facts *facts);

/* What came of the frames so far. */
struct list_intake {
	list_row_fn function;
	void *cookie;
	uint32_t rows;
	struct list_facts facts;
	bool has_facts; /* which come last */
};

/*
 * Takes a frame of either kind, and hands a row on. Returns 0; -EPROTO if it is
 * not what list_put_row() or list_put_facts() could have made of a list; or what
 * the function returned.
 */
int list_take_frame(struct list_intake *intake, struct frame *frame);

/* Our own words for the name of a format or of a compression; NULL: there is no such thing. */
const char *list_format_named(const char *bytes, size_t size);
const char *list_compression_named(const char *bytes, size_t size);

#endif
