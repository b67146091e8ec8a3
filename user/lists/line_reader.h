/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of a file that may be compressed (gzip, xz, zstd), with bounds on what a
 * hostile one can cost. LF and CR LF end a line; a byte order mark at the beginning
 * is left out; the last line may lack its end.
 */
#ifndef INTERDICT_LINE_READER_H
#define INTERDICT_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct line {
	char *text; /* may be changed in place; valid until the next call */
	size_t size;
	uint32_t number; /* from 1 */
	bool cut;	 /* longer than LIST_LINE_MAX: this is its beginning */
};

struct line_reader;

/* @fd stays the caller's. Returns 0 or a negative errno. */
int line_reader_new(int fd, struct line_reader **ret_reader);
void line_reader_free(struct line_reader *reader);

/*
 * Next line. Returns 1, 0 at the end, or a negative errno: -EBADMSG if compressed
 * data is damaged or incomplete, -E2BIG if it unpacks to suspiciously much, -EFBIG
 * if the whole is above LIST_BYTES_MAX.
 */
int line_reader_next(struct line_reader *reader, struct line *ret_line);

/* Gives the line that line_reader_next() returned last again, unchanged. */
void line_reader_again(struct line_reader *reader);

/*
 * Makes @line, the last one given, longer by its line end and the line after it,
 * for a quoted field that holds a line end. @line->text may move. Returns 1, 0
 * if there is no further line, -EMSGSIZE if it would be above LIST_LINE_MAX, or
 * what line_reader_next() returns.
 */
int line_reader_extend(struct line_reader *reader, struct line *line);

/*
 * For a list that is no list of lines, before the first of them is read. The
 * first bytes, a byte order mark left out: at least LIST_LINE_MAX of them unless
 * there are fewer; valid until the next call. Returns 0 or a negative errno.
 */
int line_reader_peek(struct line_reader *reader, const char **ret_bytes, size_t *ret_size);

/* Reads bytes from there on; returns what byte_source_read() returns. */
ssize_t line_reader_read(struct line_reader *reader, void *bytes, size_t size);

/* "gzip", "xz", "zstd", or NULL for none; known after the first line. */
const char *line_reader_compression(const struct line_reader *reader);

#endif
