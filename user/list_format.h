/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the list formats (list_*.c) share, private to them and list.c.
 */
#ifndef INTERDICT_LIST_FORMAT_H
#define INTERDICT_LIST_FORMAT_H

#include <jansson.h>

#include "line_reader.h"
#include "list.h"

/* State of one list_read(). */
struct list_parser {
	struct line_reader *lines;
	const char *file;
	struct problems *problems;
	list_row_fn function;
	void *cookie;
	struct list_facts facts;
};

/*
 * A format of lines has the first two functions, one that is a JSON document the
 * other two; list_json.c reads the document.
 */
struct list_format {
	const char *name;	 /* for --format */
	const char *description; /* completes "expected ..." */
	/* Whether the list is of this format, by its first line that says something. */
	bool (*detect)(const struct line *first);
	/* Reads the whole list, that line included. Returns 0 or a negative errno. */
	int (*parse)(struct list_parser *parser);
	/* The same, by the whole document, which is borrowed. */
	bool (*detect_document)(const json_t *document);
	int (*parse_document)(struct list_parser *parser, const json_t *document);
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
 * Reads a SHA-256 that is all of @hex. False if it is none: then a weaker digest
 * (MD5, SHA-1, SHA-512) was counted, and anything else was reported.
 */
bool list_digest(struct list_parser *parser, uint32_t line, struct slice hex,
		 uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

/* Counts a digest that cannot be enforced, where the format itself says what it is. */
void list_weak(struct list_parser *parser, enum list_weak weak);

/* Counts what the list itself says is not to be acted on. */
void list_set_aside(struct list_parser *parser);

/* Hands the row on, if it can be the digest of a file that means something. */
int list_emit(struct list_parser *parser, const struct list_row *row);

/* How many of the bytes at the beginning are hexadecimal digits. */
size_t list_hex_run(const char *bytes, size_t size);

/* Without blanks and tabs at both ends. */
struct slice slice_trim(struct slice slice);

#endif
