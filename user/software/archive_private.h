/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the two halves of the archive reader share: archive_stream.c, where the bytes
 * of an archive come from, and archive_walk.c, what is in it.
 *
 *	file -> [rpm's headers] -> [decompress] -> format -> member -> [decompress] -> ...
 */
#ifndef INTERDICT_ARCHIVE_PRIVATE_H
#define INTERDICT_ARCHIVE_PRIVATE_H

#include <sys/types.h>
#include <zlib.h>

#include "archive_library.h"
#include "archive_walk.h"

#define ARCHIVE_CHUNK  (64U << 10) /* bytes a read */
#define ARCHIVE_STAGES 3U

/* One archive_walk_*(). */
struct archive_walk {
	const struct archive_limits *limits;
	struct problems *problems;
	const struct archive_visitor *visitor;
	int fd;		      /* the file, or -EBADF */
	const uint8_t *bytes; /* or what it is in memory */
	uint64_t size;
	uint64_t members, unpacked;
	int error; /* ends the walk: of the visitor, or of reading the file */
	bool over; /* a limit of the whole walk was met, and reported */
};

struct archive_level;

/* One of the stages that the bytes of an archive go through. */
struct archive_stream {
	struct archive_level *level;
	struct archive_stream *from; /* NULL: the file, or the source's member */
	/* What makes the bytes of those, one or none: */
	struct archive *filter;
	z_stream *gunzip;
	const uint8_t *input; /* of gunzip */
	bool gunzip_ended;    /* at the end of one of the streams that may follow each other */
	uint64_t at;	      /* offset in the file */
	bool head_taken;      /* of the source's member */
	const void *peeked;   /* read, but not taken */
	size_t peeked_size;
	uint8_t buffer[ARCHIVE_CHUNK];
};

/* An archive that is open, and the member that it stands at. */
struct archive_level {
	struct archive_walk *walk;
	struct archive_level *source; /* whose present member the archive is; NULL: the file */
	const struct archive_member *outer;
	struct archive_stream *stages[ARCHIVE_STAGES];
	size_t stage_count;
	struct archive *archive;
	struct archive_member member;
	uint64_t member_size;
	bool wanted; /* the visitor's answer to begin() */
	bool ended;  /* the member: all of it was read */
	bool failed; /* the member cannot be read on, which was reported */
	bool broken; /* the archive cannot be read on, which was reported */
	uint8_t head[ARCHIVE_HEAD_SIZE];
	uint8_t buffer[ARCHIVE_CHUNK]; /* for what no archive reads */
};

/* archive_walk.c */

/* Reports once that the archive cannot be read, with what libarchive says; it is broken then. */
void archive_give_up(struct archive_level *level, const char *said);

/* True if the walk is to end. */
bool archive_is_over(struct archive_walk *walk);

/* Counts what was unpacked. False if that is too much, which was reported. */
bool archive_count(struct archive_walk *walk, const struct archive_member *member, uint64_t size);

/*
 * Reads from the present member. Returns the number of bytes, 0 at its end, or
 * -EIO if it cannot be read on, for whatever reason: that was reported or is in
 * walk->error.
 */
ssize_t archive_read_member(struct archive_level *level, void *buffer, size_t size);

/* Hands bytes of the present member on to the visitor. False if it fails. */
bool archive_hand_on(struct archive_level *level, const void *bytes, size_t size);

/*
 * archive_stream.c: opens the archive that level->outer is. Returns 0, -ENOMEM, or
 * -EIO with the reason reported. archive_close() accepts what was half opened.
 */
int archive_open(struct archive_level *level);
void archive_close(struct archive_level *level);

#endif
