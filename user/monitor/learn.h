/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * [identity] learn = yes: which files may go into a vendor's list by themselves, and
 * how they get there. What is learned is denied everywhere from then on, so that a file
 * which anybody but root could have put in place is reported and not learned.
 */
#ifndef INTERDICT_LEARN_H
#define INTERDICT_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "list.h"
#include "problems.h"
#include "vendor.h"

#define LEARN_TOTAL_MAX 10000U /* entries of one learned list */
#define LEARN_DAY_MAX	1000U  /* files that a daemon learns in a day */

/* A file that was executed and hashed. The texts are borrowed. */
struct learn_file {
	const char *path;	/* as the task saw it; NULL: not known */
	struct stat stat;	/* of what was hashed */
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	bool elsewhere;		/* executed in another mount namespace than ours */
	bool unverifiable;	/* FUSE, or mounted by a user namespace */
	bool foreign;		/* a package that the vendor does not name owns the path */
	bool twin;		/* such a package has the same file elsewhere: learn_find_twins() */
	struct strings packages; /* globs of packages that the vendor names */
};

/*
 * Why the file may not be learned, in a few words, or NULL. Pure: looks at nothing but
 * its argument.
 */
const char *learn_refusal(const struct learn_file *file);

/*
 * The same by what the disk says, which may wait for it: whether the path still leads
 * to that file through directories that only root can change, and whether the host
 * needs it (protect.h): a list that holds such a file would be refused from then on.
 */
const char *learn_refusal_on_disk(const struct learn_file *file);

/*
 * Sets `twin` of those files that an installed package, which their vendor does not
 * name, has at another place: a vendor's copy of a tool of the system, which would be
 * denied there too. And `foreign` of those that are such a package's own, should that
 * have been installed only now. A stat(2) for each path of each package in @dpkg (NULL: the
 * system's), a second or so, and a hash of what has the size of one of them. What
 * cannot be found out counts as one.
 */
void learn_find_twins(struct learn_file *const *files, size_t count, const char *dpkg);

/*
 * Adds rows to the list at @path, which is made if it is not there: read, merged and
 * written anew as a whole (atomic_file.h). Root's, mode 0644. Comments in it are not kept.
 * Returns 0, or a negative errno, and then nothing has changed: -EINVAL for a list
 * that is malformed or not ours alone (why is in @problems), -EDQUOT beyond
 * LEARN_TOTAL_MAX, -ENOSPC for a full disk.
 */
int learn_add(const char *path, const struct list_row *rows, size_t count,
	      struct problems *problems);

#endif
