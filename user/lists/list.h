/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a list of digests in any of the formats that are known, which is found
 * from its contents; gzip, xz and zstd are undone on the way. Every line gives a
 * row, is counted (weak, set aside), is blank or a comment, or is an error: none
 * is dropped.
 *
 * A new format is one file list_<format>.c and one line in list.c: see
 * list_format.h.
 */
#ifndef INTERDICT_LIST_H
#define INTERDICT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <interdict/limits.h>

#include "problems.h"

/* Bounds for hostile input. */
#define LIST_ROWS_MAX  (64U << 20)
#define LIST_LINE_MAX  (32U << 10)     /* bytes of a line, and of a CSV record */
#define LIST_BYTES_MAX (UINT32_MAX)    /* uncompressed */
#define LIST_RATIO_MAX 200U	       /* uncompressed bytes for each compressed one */

#define ENTRY_SIZE_UNKNOWN UINT64_MAX

enum list_text {
	LIST_PRODUCT,
	LIST_VERSION,
	LIST_PACKAGE,
	LIST_PATH,
	LIST_SOURCE,
	LIST_TEXT_COUNT,
};

/* Bytes without a NUL at the end, and with none inside. */
struct slice {
	const char *bytes;
	size_t size;
};

/* What one row of a list says; valid until the function it is given to returns. */
struct list_row {
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint64_t size; /* of the file, or ENTRY_SIZE_UNKNOWN */
	uint32_t line;
	struct slice text[LIST_TEXT_COUNT];
};

/* Returns 0 or a negative errno, which ends the reading. */
typedef int (*list_row_fn)(void *cookie, const struct list_row *row);

/* Digests that the kernel half cannot look for: counted, and no rows. */
enum list_weak {
	LIST_MD5,
	LIST_SHA1,
	LIST_OTHER, /* SHA-224, SHA-384, SHA-512, SHA3, ssdeep, import hashes ... */
	LIST_WEAK_COUNT,
};

struct list_facts {
	const char *format; /* name of the format; NULL if there was no line to tell it from */
	uint32_t rows;
	uint32_t weak[LIST_WEAK_COUNT];
	/* What the list itself says is not to be acted on (to_ids = 0, ALLOW), and what is no
	 * digest of a file (a domain, a mail address). */
	uint32_t set_aside;
	const char *compression; /* "gzip", "xz", "zstd"; NULL: none */
};

/*
 * Reads the list behind @fd, which stays the caller's. @file names it in
 * messages. @format insists on a format by its name; NULL: found from the contents.
 * Malformed lines were added to @problems, and the rest was read. Returns 0 if all
 * was read, well-formed or not; a negative errno, also in @problems unless it came
 * from @function, if it could not be read to its end: -EINVAL for an unknown @format.
 */
int list_read(int fd, const char *file, const char *format, struct problems *problems,
	      list_row_fn function, void *cookie, struct list_facts *ret_facts);

/*
 * The same, for a list that others wrote: it is read in a child process without any
 * privilege (apart.h), of which each row and each message is looked at again; @function
 * is called here. No row may have a text above LIST_LINE_MAX. If the child breaks, says
 * nothing for too long, or does what it may not, that is an error of the list: -EPROTO.
 */
int list_read_apart(int fd, const char *file, const char *format, struct problems *problems,
		    list_row_fn function, void *cookie, struct list_facts *ret_facts);

/* "MD5", "SHA-1", "other" */
const char *list_weak_name(enum list_weak weak);

/* The formats, in the order in which they are tried. False behind the last one. */
struct list_format_name {
	const char *name;
	const char *description;
};
bool list_format_at(size_t index, struct list_format_name *ret_format);

#endif
