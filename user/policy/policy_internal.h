/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of struct policy, for policy*.c only.
 */
#ifndef INTERDICT_POLICY_INTERNAL_H
#define INTERDICT_POLICY_INTERNAL_H

#include <stdatomic.h>

#include "entry.h"
#include "frozen.h"

#define POLICY_INDEX_MAX UINT16_MAX /* vendors and lists: entry.vendor, entry.list */

/* A vendor, and how many entries it has. */
struct policy_vendor {
	struct vendor *vendor;
	size_t entries;
};

/* One digest of an exemption. */
struct exempt_digest {
	const uint8_t *digest; /* in the exemption */
	const struct exemption *exemption;
	uint16_t vendor;
};

struct policy {
	atomic_uint references;
	struct policy_vendor *vendors;
	size_t vendor_count;
	struct policy_list *lists;
	size_t list_count;
	size_t entry_count;
	struct entry *archives; /* of archive lists, as these have them */
	size_t archive_count;
	size_t digest_count; /* different digests */
	size_t size_count;
	struct exempt_digest *exempts; /* sorted by digest, then by user: every user last */
	size_t exempt_count;
	size_t exempt_users; /* different pairs of digest and user among them */
	/* The large blocks: each on the heap, or all of them in `frozen`. */
	struct entry *entries;
	uint64_t *sizes; /* different sizes, ascending */
	struct intern texts;
	struct intern facts;
	struct frozen frozen;
	bool has_unsized;
	bool recalled; /* from the cache */
	bool resident; /* large, and there is no file for it */
	struct problems *warnings; /* of the lists, for the cache; NULL: not wanted, or recalled */
	uint8_t entries_digest[INTERDICT_DIGEST_SIZE]; /* what of `digest` is of the entries */
	uint8_t digest[INTERDICT_DIGEST_SIZE];
};

/*
 * The vendors of a policy that has none yet (policy_vendors.c): those of the vendor files in a
 * directory, sorted; or one for each list. Return 0 or a negative errno; what is wrong with the
 * files is in the problems alone.
 */
int policy_read_vendors(struct policy *policy, struct problems *problems, const char *directory);
int policy_make_vendors(struct policy *policy, struct problems *problems, const char *const *paths,
			size_t count);

/*
 * From all rows of all lists to entries that are merged and sorted, and what is counted of
 * them. Returns 0, -ENOMEM or -ENOSYS.
 */
int policy_compile(struct policy *policy, struct problems *problems);

/* Computes policy->entries_digest of entries that are merged. False if libcrypto does not. */
bool policy_compute_entries_digest(struct policy *policy);

/*
 * Computes policy->digest, from the digest of the entries and exemptions that are
 * collected, those of other hosts included. False if libcrypto does not do it.
 */
bool policy_compute_digest(struct policy *policy);

/*
 * Exemptions (policy_exempt.c). Collects those of all vendors, or returns -ENOMEM; of
 * them keeps, once entries are merged, what holds on this host and of a digest that
 * the vendor lists, with a warning for a digest that it does not list.
 */
int exempt_collect(struct policy *policy);
void exempt_settle(struct policy *policy, struct problems *problems);

/* Index of the first of a digest, or exempt_count. */
size_t exempt_find(const struct policy *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE]);

/* True if the one at @index is of this digest. */
bool exempt_is_of(const struct policy *policy, size_t index,
		  const uint8_t digest[INTERDICT_DIGEST_SIZE]);

/* True if it begins a new pair of digest and user; not of exemptions of every user. */
bool exempt_begins_user(const struct policy *policy, size_t index);

/* The exemption of a vendor's entry, or NULL; @first as exempt_find() gave it. */
const struct exemption *exempt_of(const struct policy *policy, size_t first,
				  const struct entry *entry, uint32_t uid, int32_t today);

#endif
