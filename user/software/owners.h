/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which package owns a path, for every path that dpkg knows: read once, then asked
 * without touching the disk. It keeps hashes instead of paths, with a secret that
 * nobody can aim at: 12 bytes a path, about 2 MB for a usual server.
 */
#ifndef INTERDICT_OWNERS_H
#define INTERDICT_OWNERS_H

#include <stdbool.h>
#include <stddef.h>

struct owners;

struct owner {
	const char *package; /* without its architecture */
	const char *version;
};

/*
 * Reads the database in @dpkg (NULL: the system's), which takes about 0.1 s and waits
 * for the disk. One that is not there has no packages. Returns 0 or a negative errno.
 */
int owners_read(const char *dpkg, struct owners **ret_owners);

/*
 * The @nth package, from 0, that owns @path, which is absolute and free of symbolic
 * links; where /usr was merged, with or without the /usr. False if there are not so
 * many. The texts live as long as @owners, which may be NULL: it knows nothing.
 */
bool owners_find(const struct owners *owners, const char *path, size_t nth,
		 struct owner *ret_owner);

/* Paths that it knows. Accepts NULL. */
size_t owners_count(const struct owners *owners);

/* Accepts NULL. */
void owners_free(struct owners *owners);

#endif
