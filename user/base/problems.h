/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is wrong with the input that a user gave: libraries add it here, the
 * commands print it once. So a load reports everything that it found, not only
 * the first mistake.
 *
 * Only the first PROBLEMS_KEPT_MAX of each severity are kept; all are counted.
 * So a hostile list with a million bad lines costs no memory.
 */
#ifndef INTERDICT_PROBLEMS_H
#define INTERDICT_PROBLEMS_H

#include <stddef.h>

#define PROBLEMS_KEPT_MAX 100

enum problem_severity {
	PROBLEM_ERROR,
	PROBLEM_WARNING,
};

struct problem {
	enum problem_severity severity;
	unsigned int line; /* in @file; 0: the file as a whole */
	char *file;	   /* NULL: not about a file; arbitrary bytes */
	char *text;	   /* printable: input in it is escaped */
};

struct problems;

/* Returns NULL if out of memory. */
struct problems *problems_new(void);
void problems_free(struct problems *problems);

/*
 * Adds a problem; @file may be NULL, @line 0. Arguments that come from outside
 * have to be escaped: see problem_quote(). If memory runs out the problem is
 * counted and its text is lost.
 */
void problems_add(struct problems *problems, enum problem_severity severity, const char *file,
		  unsigned int line, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Adds an error that ends in `, found ...`: the @found_size bytes of input
 * that were not what was expected, escaped and shortened.
 */
void problems_add_found(struct problems *problems, const char *file, unsigned int line,
			const void *found, size_t found_size, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Counts so many more that were added elsewhere, of which nothing else is known. */
void problems_add_untold(struct problems *problems, enum problem_severity severity, size_t count);

/* Adds all of @from, those that are only counted included. */
void problems_add_all(struct problems *problems, const struct problems *from);

/* How many were added, kept or not. */
size_t problems_errors(const struct problems *problems);
size_t problems_warnings(const struct problems *problems);

/* The kept ones in the order of their coming; NULL behind the last. */
const struct problem *problems_get(const struct problems *problems, size_t index);

/* The first error that was kept, or NULL. */
const struct problem *problems_first_error(const struct problems *problems);

/* "file:line: error: text" as one printable line; the caller frees it. NULL: out of memory. */
char *problem_format(const struct problem *problem);

/* Logs the first @max of them, errors as errors, and then how many more there are. */
void problems_print(const struct problems *problems, size_t max);

/*
 * Input as it may stand in a message: escaped, between quotation marks unless
 * it is one plain word, and cut to a sensible length with "..." after it. The
 * caller frees it. NULL: out of memory.
 */
char *problem_quote(const void *bytes, size_t size);

#endif
