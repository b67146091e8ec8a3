/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What policies and listings do alike with their entries: texts held once, and
 * sorting. Private to policy*.c and listing.c.
 */
#ifndef INTERDICT_ENTRY_H
#define INTERDICT_ENTRY_H

#include "intern.h"
#include "policy.h"

/* What many entries share: texts by their handles. */
struct entry_facts {
	uint32_t product;
	uint32_t version;
	uint32_t package;
	uint32_t source;
};

/* Where the texts of entries are. */
struct entry_texts {
	struct intern *texts; /* strings */
	struct intern *facts; /* struct entry_facts */
};

/*
 * Takes digest, size, line and texts of a row into @entry. Returns 0, -ENOMEM, or
 * -E2BIG above 4 GiB of texts.
 */
int entry_from_row(const struct entry_texts *texts, const struct list_row *row,
		   struct entry *entry);

/* A text of an entry, "" if it has none; valid until a row is added. */
const char *entry_text(const struct entry_texts *texts, const struct entry *entry,
		       enum list_text which);

/* Sorts by digest, list (and so by vendor), line. In place; no worst case above n log n. */
void entry_sort(struct entry *entries, size_t count);

/* True if @a and @b have the same digest. */
bool entry_same_digest(const struct entry *a, const struct entry *b);

/* Sorts sizes, ascending. Returns 0, or -ENOMEM: then they are as they were. */
int sizes_sort(uint64_t *sizes, size_t count);

#endif
