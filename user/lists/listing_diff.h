/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one list says that another does not.
 */
#ifndef INTERDICT_LISTING_DIFF_H
#define INTERDICT_LISTING_DIFF_H

#include <stddef.h>
#include <stdint.h>

#include "listing.h"

enum listing_change_kind {
	LISTING_ADDED,
	LISTING_REMOVED,
	LISTING_CHANGED,
};

#define LISTING_NO_ROW SIZE_MAX

/* Indices into the old and the new listing; LISTING_NO_ROW where there is none. */
struct listing_change {
	enum listing_change_kind kind;
	size_t before;
	size_t after;
};

/*
 * Compares two merged listings (listing_merge()). Changed is a digest that has
 * another size, product, version, package or path, and another digest in the same
 * place: of the same product and path. Provenance is not compared.
 *
 * The changes are sorted by product, path, version and digest. The caller frees
 * them. Returns 0 or -ENOMEM.
 */
int listing_diff(const struct listing *old, const struct listing *new,
		 struct listing_change **ret_changes, size_t *ret_count);

#endif
