/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the list formats (list_*.c) share, private to them and list.c.
 */
#ifndef INTERDICT_LIST_FORMAT_H
#define INTERDICT_LIST_FORMAT_H

#include "line_reader.h"
#include "list.h"

/* State of one list_read(). */
struct list_parser {
	struct line_reader *lines;
	const char *file;
	struct problems *problems;
	list_row_fn function;
	void *cookie;
	uint32_t rows;
};

struct list_format {
	const char *name;
	const char *description; /* completes "expected ..." */
	/* Whether the list is of this format, by its first line that says something. */
	bool (*detect)(const struct line *first);
	/* Reads the whole list, that line included. Returns 0 or a negative errno. */
	int (*parse)(struct list_parser *parser);
};

extern const struct list_format list_format_csv;
extern const struct list_format list_format_plain;
extern const struct list_format list_format_sha256sum;

/*
 * Next line that is neither blank nor a comment. Returns 1, 0 at the end of the
 * list, or a negative errno. A line that is too long was reported and is left out.
 */
int list_next_line(struct list_parser *parser, struct line *ret_line);

/* Reports that @found is not what was expected in @line, and counts no row. */
void list_malformed(struct list_parser *parser, uint32_t line, const void *found,
		    size_t found_size, const char *expected);

/*
 * Reads a SHA-256 that is all of @hex. False if it is none, which was reported
 * with what it looks like instead.
 */
bool list_digest(struct list_parser *parser, uint32_t line, struct slice hex,
		 uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

/* Hands the row on, if it can be the digest of a file that means something. */
int list_emit(struct list_parser *parser, const struct list_row *row);

/* How many of the bytes at the beginning are hexadecimal digits. */
size_t list_hex_run(const char *bytes, size_t size);

/* Without blanks and tabs at both ends. */
struct slice slice_trim(struct slice slice);

#endif
