/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens the files that decide what is denied. Whoever can write one of them, or
 * exchange it, decides: so a file and the directory that holds it have to belong
 * to root or to whom we run as, and nobody else may write to them.
 */
#ifndef INTERDICT_SECURE_FILE_H
#define INTERDICT_SECURE_FILE_H

#include "problems.h"

/*
 * Where a file was named, for messages: `file = x` in line 7 of a vendor file.
 * The zero value: nowhere in particular.
 */
struct secure_origin {
	const char *file;
	unsigned int line;
};

/*
 * Opens a regular file for reading, not through a final symbolic link. The
 * directory that holds it is checked too; a sticky one (/tmp) may be writable,
 * since nobody else can exchange a file of ours there. @origin may be NULL.
 * Returns 0 or a negative errno; -EPERM for one whose owner or mode is wrong.
 * Each failure was added to @problems with what to do.
 */
int secure_open_file(const char *path, const struct secure_origin *origin,
		     struct problems *problems, int *ret_fd);

/* The same for a directory, which has to be one that only we can write to. */
int secure_open_directory(const char *path, struct problems *problems, int *ret_fd);

#endif
