/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opens the files that decide what is denied. Whoever can write one of them, or
 * exchange it, decides: so a file and the directory that holds it have to belong
 * to root or to whom we run as, and nobody else may write to them. The same holds for
 * each directory above, up to /, and for each symbolic link among these, whose own way
 * is looked at likewise; but one that belongs to somebody else, and that at most his
 * group can write to, is a warning: who runs a program out of a user's home trusts him.
 */
#ifndef INTERDICT_SECURE_FILE_H
#define INTERDICT_SECURE_FILE_H

#include <sys/types.h>

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

/*
 * Makes a directory of this program's own with @mode, if it is not there. One that is has
 * to be a directory, not a link to one, and to belong to root or to whom we run as. If it
 * has more permission bits than @mode and "interdict" in its name it loses them, which is a
 * warning; one of another name must not be writable by others. Returns 0 or a negative
 * errno, of which the problems say more.
 */
int secure_make_directory(const char *path, mode_t mode, struct problems *problems);

#endif
