/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of struct policy, for policy*.c only.
 */
#ifndef INTERDICT_POLICY_INTERNAL_H
#define INTERDICT_POLICY_INTERNAL_H

#include "entry.h"
#include "frozen.h"

/* A vendor, and how many entries it has. */
struct policy_vendor {
	struct vendor *vendor;
	size_t entries;
};

struct policy {
	struct policy_vendor *vendors;
	size_t vendor_count;
	struct policy_list *lists;
	size_t list_count;
	size_t entry_count;
	struct entry *archives; /* of archive lists, in the same order */
	size_t archive_count;
	size_t digest_count; /* different digests */
	size_t size_count;
	/* The large blocks: each on the heap, or all of them in `frozen`. */
	struct entry *entries;
	uint64_t *sizes; /* different sizes, ascending */
	struct intern texts;
	struct intern facts;
	struct frozen frozen;
	bool has_unsized;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
};

#endif
