/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that must not change while it is read, or half of an old one and half of a new
 * one would be taken for a whole. Who replaces it by rename(2) does not disturb: what is
 * open stays as it is.
 */
#ifndef INTERDICT_STEADY_FILE_H
#define INTERDICT_STEADY_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "problems.h"

struct steady_file {
	struct stat before;
	bool leased;
};

/*
 * Waits half a second at most for those who have the file open for writing, and keeps new
 * ones out until the end, where the file system and its owner let us (a read lease,
 * fcntl(2)). Returns 0, or -ETXTBSY if it is still open for writing, or another negative
 * errno; the reason was added to @problems.
 */
int steady_file_begin(int fd, const char *path, struct problems *problems,
		      struct steady_file *ret_file);

/* After the last byte was read. Returns 0, or -ESTALE if the file has changed; the same. */
int steady_file_end(const struct steady_file *file, int fd, const char *path,
		    struct problems *problems);

#endif
