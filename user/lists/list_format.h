/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the list formats (list_*.c) share, private to them and list.c.
 */
#ifndef INTERDICT_LIST_FORMAT_H
#define INTERDICT_LIST_FORMAT_H

#include <jansson.h>

#include "line_reader.h"
#include "list.h"

#define LIST_COMMENTS_MAX 4096U /* bytes kept of the comments before a list */

/* State of one list_read(). */
struct list_parser {
	struct line_reader *lines;
	const char *file;
	struct problems *problems;
	list_row_fn function;
	void *cookie;
	struct list_facts facts;
	bool begun; /* a line that says something was met */
	/* Comments before it, each with '\n' behind: some formats have their header there. */
	size_t comments_size;
	char comments[LIST_COMMENTS_MAX];
};

/*
 * A format of lines has the first two functions, one that is a JSON document the
 * other two; list_json.c reads the document.
 */
struct list_format {
	const char *name;	 /* for --format */
	const char *description; /* completes "expected ..." */
	/* Whether the list is of this format, by its first line that says something. */
	bool (*detect)(const struct list_parser *parser, const struct line *first);
	/* Reads the whole list, that line included. Returns 0 or a negative errno. */
	int (*parse)(struct list_parser *parser);
	/* The same, by the whole document, which is borrowed. */
	bool (*detect_document)(const json_t *document);
	int (*parse_document)(struct list_parser *parser, const json_t *document);
};

extern const struct list_format list_format_clamav;
extern const struct list_format list_format_csv;
extern const struct list_format list_format_dpkg_md5sums;
extern const struct list_format list_format_fapolicyd;
extern const struct list_format list_format_ima;
extern const struct list_format list_format_malwarebazaar;
extern const struct list_format list_format_misp_csv;
extern const struct list_format list_format_plain;
extern const struct list_format list_format_rpm_dump;
extern const struct list_format list_format_santa;
extern const struct list_format list_format_semicolon;
extern const struct list_format list_format_sha256sum;
extern const struct list_format list_format_wazuh_cdb;

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

/* Whether this is the digest of no bytes. */
bool list_is_empty_file(const uint8_t digest[INTERDICT_DIGEST_SIZE]);

/* Hands the row on, if it can be the digest of a file that means something. */
int list_emit(struct list_parser *parser, const struct list_row *row);

/*
 * Fills the row, of which line and size (not known) are set, from a line. False if
 * the line gives none: then it was counted or reported.
 */
typedef bool (*list_line_fn)(struct list_parser *parser, const struct line *line,
			     struct list_row *row);

/* A whole list in which each line is a row. */
int list_each_line(struct list_parser *parser, list_line_fn function);

/* Reports the whole line, and counts no row. Returns false. */
bool list_line_malformed(struct list_parser *parser, const struct line *line,
			 const char *expected);

/*
 * Counts a digest that the format itself says to be weak, if it is all of @hex;
 * reports it if it cannot be one.
 */
void list_weak_digest(struct list_parser *parser, uint32_t line, struct slice hex,
		      enum list_weak weak);

/* A size in bytes. False if it is none. */
bool list_parse_size(struct slice text, uint64_t *ret_size);

/* How many of the bytes at the beginning are hexadecimal digits. */
size_t list_hex_run(const char *bytes, size_t size);

/* Whether a line may begin with a digest: so many hexadecimal digits are no word. */
bool list_begins_with_digest(struct slice text, size_t *ret_digits);

/* Without blanks and tabs at both ends. */
struct slice slice_trim(struct slice slice);

/* Takes what is before @separator, or all, off @rest, which is {NULL, 0} behind the last. */
struct slice slice_take(struct slice *rest, char separator);

/* Takes what is behind the last @separator off the end. False if there is none. */
bool slice_take_last(struct slice *rest, char separator, struct slice *ret_last);

/* Whether it is @text, but for the case of ASCII letters. */
bool slice_is(struct slice slice, const char *text);

bool slice_begins(struct slice slice, const char *text);

/* Whether it holds no other @characters. */
bool slice_all(struct slice slice, const char *characters);

bool slice_has_nul(struct slice slice);

#endif
