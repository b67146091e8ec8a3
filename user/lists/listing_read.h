/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists that somebody names on a command line, into a listing. They decide about
 * nothing yet, so they may belong to anybody.
 */
#ifndef INTERDICT_LISTING_READ_H
#define INTERDICT_LISTING_READ_H

#include "listing.h"

/* What rows say that say nothing themselves; each may be NULL. */
struct listing_defaults {
	const char *product;
	const char *version;
	const char *source;
};

/*
 * Adds the rows of a list of any format to @listing. @path may be "-" for standard
 * input, or a pipe. @format and @problems as for list_read(). @defaults may be
 * NULL; without a source, the source is the file's name. Returns 0 if all was
 * read, well-formed or not, else a negative errno, of which @problems says more.
 */
int listing_read(struct listing *listing, const char *path, const char *format,
		 const struct listing_defaults *defaults, struct problems *problems,
		 struct list_facts *ret_facts);

/* How messages call that file. */
const char *listing_read_name(const char *path);

/* Opens it. Returns 0, or a negative errno and a problem. */
int listing_open(const char *path, struct problems *problems, int *ret_fd);

#endif
