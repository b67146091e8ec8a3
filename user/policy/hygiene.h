/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a policy is likely to mean what it says: entries that get into lists by
 * mistake. All of it is warnings, each with the file and line of an entry; what
 * may not be in a policy at all is refused elsewhere (list_emit(), protect.h).
 */
#ifndef INTERDICT_HYGIENE_H
#define INTERDICT_HYGIENE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "package_db.h"
#include "policy.h"
#include "problems.h"

/* Warnings of one kind that name their entry; the others are counted in one more. */
#define HYGIENE_NAMED_MAX 20

/*
 * What can be seen without looking at any file: digests that several vendors list,
 * and entries that a warning list in the directory @warning_lists holds
 * (warning_list.h). Returns 0 or -ENOMEM.
 */
int hygiene_check(const struct policy *policy, const char *warning_lists,
		  struct problems *problems);

struct hygiene_owned {
	const struct package_db_options *database;
	bool deep;		 /* hash every executable if some entry has no size */
	const atomic_bool *stop; /* looked at before each file and read; NULL: never */
	/* Results. */
	size_t paths;	   /* that packages own */
	size_t hashed;	   /* files that had to be read */
	size_t unreadable; /* files that should have been */
	size_t blind;	   /* entries without size and path, which only @deep compares */
};

/*
 * Entries that are files of an installed package which the vendor does not name in
 * its [identity]: a library of the distribution, say. A stat(2) for each path that
 * any package owns, and a hash of each file of a listed size; entries without a
 * size are looked for at their own paths, or everywhere if @deep. So it takes
 * a second for 100,000 paths (@deep reads gigabytes): not for the path of a load.
 *
 * Returns 0, -ECANCELED if it was stopped, or -ENOMEM. Safe to call from a thread
 * of its own, as long as the policy lives.
 */
int hygiene_check_owned(const struct policy *policy, struct hygiene_owned *owned,
			struct problems *problems);

#endif
