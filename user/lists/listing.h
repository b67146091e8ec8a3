/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of lists in memory, for the commands that make and compare lists. Texts are
 * held once. A million rows take about 64 MB, and what their texts take.
 */
#ifndef INTERDICT_LISTING_H
#define INTERDICT_LISTING_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "list.h"
#include "problems.h"

struct listing;

/* Returns 0 or -ENOMEM. */
int listing_new(struct listing **ret_listing);
void listing_free(struct listing *listing);

/* Copies the row. A list_row_fn, with the listing as its cookie. Returns 0, -ENOMEM or -E2BIG. */
int listing_add(void *listing, const struct list_row *row);

/* The rows added from here on come from @file, for messages. Returns 0 or -ENOMEM. */
int listing_begin_file(struct listing *listing, const char *file);

size_t listing_count(const struct listing *listing);

/* The row's texts end in a NUL, behind their size, and live as long as the listing. */
void listing_get(const struct listing *listing, size_t index, struct list_row *ret_row);

/*
 * Sorts by digest and merges rows of the same digest: the first one stays, and
 * takes the size and the texts that it lacks from the others. Two sizes for one
 * digest are an error in @problems, named by @file if no file was begun. Returns
 * how many rows went.
 */
size_t listing_merge(struct listing *listing, const char *file, struct problems *problems);

/* How many rows of the file that was begun as the @number-th, from 0, went in merging. */
size_t listing_merged(const struct listing *listing, size_t number);

/*
 * Sorts by product, version, package, path, digest: as a person reads it, and stable.
 * Returns 0, or -ENOMEM, and then nothing has moved.
 */
int listing_sort(struct listing *listing);

/*
 * Writes the native CSV (list_csv.c), in the present order, with all its columns.
 * Control characters in a text become '?', so that every row is one line.
 * Returns 0, or a negative errno if @out reports an error.
 */
int listing_write_csv(const struct listing *listing, FILE *out);

/*
 * The same to a file, which is replaced as a whole (atomic_file.h); its mode is 0644.
 * Returns 0 or a negative errno: -EINVAL if there is something that is no regular file.
 */
int listing_write_file(const struct listing *listing, const char *path);

/* Writes one field as listing_write_csv() does, quoted if it has to be (RFC 4180). */
void csv_write_field(FILE *out, struct slice text);

#endif
