/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that is replaced whole or not at all: written beside its place, made
 * durable, renamed. Nobody ever reads half of it.
 */
#ifndef INTERDICT_ATOMIC_FILE_H
#define INTERDICT_ATOMIC_FILE_H

#include <stdio.h>
#include <sys/types.h>

struct atomic_file {
	FILE *stream;	 /* what is written here is the new contents */
	char *path;	 /* the place; links to it are followed */
	char *temporary; /* NULL: there is none (any more) */
};

/*
 * Begins a file that will have exactly this @mode. Returns 0 or a negative errno;
 * -EINVAL if something other than a regular file is there, which stays. Ended by
 * atomic_file_release(), and before that by atomic_file_commit() if all is well.
 */
int atomic_file_begin(const char *path, mode_t mode, struct atomic_file *ret_file);

/* Puts the file in its place. Returns 0, or a negative errno, and then the old one stays. */
int atomic_file_commit(struct atomic_file *file);

/* Frees it; what was not committed is gone. Accepts one that is all zeros. */
void atomic_file_release(struct atomic_file *file);

#endif
