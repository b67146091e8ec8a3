/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a file apart: its parser runs in the sandbox (sandbox.h) and answers in frames
 * (frames.h). What it found wrong with the file, and how it ended, are frames that are
 * the same for all parsers, and are seen to here; the others belong to the parser's own
 * two halves, of which one makes them and the other checks them.
 */
#ifndef INTERDICT_APART_H
#define INTERDICT_APART_H

#include <stdatomic.h>

#include "frames.h"
#include "problems.h"

#define APART_FIRST_KIND 16U /* of the parsers' own frames: below are those of all */

#define APART_FILE_MAX (64U << 10) /* bytes of the name that a problem is about */
#define APART_TEXT_MAX (8U << 10)  /* bytes of its text; longer ones are cut */

struct apart_limits {
	uint64_t memory;	/* as in struct sandbox_job */
	unsigned int cpu_seconds;
	unsigned int silence_seconds;
	unsigned int total_seconds;
};

struct apart {
	int fd;		  /* of the file; stays the caller's */
	const char *file; /* names it in messages, and is what names in messages begin with */
	struct problems *problems;
	struct apart_limits limits;
	const atomic_bool *stop; /* as in struct sandbox_job */
	void (*before)(void); /* as in struct sandbox_job */
	/*
	 * In the child: parses, adds what is wrong with the file to @problems, which are
	 * its own, and puts frames. Returns what apart_run() is to return, 0 or a negative errno.
	 */
	int (*parse)(void *cookie, struct problems *problems, struct frame_writer *writer);
	/*
	 * Here: takes a frame of a kind of its own. Returns 0; -EPROTO if it is not well-formed;
	 * or another negative errno, which ends the reading and is what apart_run() returns.
	 */
	int (*take)(void *cookie, struct frame *frame);
	void *cookie;
};

/*
 * Returns what parse() returned if it came to its end; what take() returned; -ECANCELED;
 * -ENOMEM; or -EPROTO if the parser broke, said rubbish or did not come to an end. A
 * parser's failure, but not one of take(), is an error in the problems.
 */
int apart_run(const struct apart *apart);

/* Takes a frame that is the same for all parsers. Exported for tests. */
struct apart_end {
	bool ended;
	int status;
};
int apart_take_common(const struct apart *apart, struct frame *frame, struct apart_end *end);

#endif
