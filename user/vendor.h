/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vendor file: who is restricted, on what authority, from which day, and
 * where the digests are.
 *
 *	[vendor]     id, name, alias (repeats)
 *	[authority]  citation (repeats), url (repeats)
 *	[schedule]   announced, prohibited or grace, review, retired
 *	[lists]      file (repeats; relative to the vendor file), open = audit | deny
 *
 * A vendor without [lists] is one that has no digests yet.
 */
#ifndef INTERDICT_VENDOR_H
#define INTERDICT_VENDOR_H

#include <stdbool.h>
#include <stddef.h>

#include "problems.h"
#include "schedule.h"

struct vendor_list {
	char *path;	   /* as it can be opened */
	unsigned int line; /* of the vendor file */
};

struct vendor {
	char *file; /* the vendor file */
	char *id;
	unsigned int id_line;
	char *name; /* the id if no name was given */
	char **alias;
	size_t alias_count;
	char **citation;
	size_t citation_count;
	char **url;
	size_t url_count;
	struct vendor_list *lists;
	size_t list_count;
	struct schedule schedule;
	bool open_deny; /* opening a listed file is denied too, not only reported */
};

/*
 * Reads a vendor file. What is wrong with it was added to @problems; returns 0,
 * or a negative errno: -EINVAL for wrong contents. The caller frees the vendor.
 */
int vendor_load(const char *path, struct problems *problems, struct vendor **ret_vendor);

/* Accepts NULL. */
void vendor_free(struct vendor *vendor);

#endif
