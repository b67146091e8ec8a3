/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All vendors and all entries of their lists, and the image of them that the
 * kernel programs look into (include/interdict/policy.h says its layout).
 *
 * A policy does not change once it is loaded. Only what follows from the date
 * does, so the functions that need it take the day (schedule_today()).
 *
 * Entries are sorted by digest, then by vendor. One vendor has one entry for a
 * digest, however often its lists say it; several vendors may list the same
 * digest, and then their entries stand together.
 */
#ifndef INTERDICT_USER_POLICY_H
#define INTERDICT_USER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <interdict/policy.h>

#include "list.h"
#include "problems.h"
#include "signed_list.h"
#include "vendor.h"

struct policy;

/* 56 bytes for each of perhaps millions: texts are had by the functions below. */
struct entry {
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint64_t size;	 /* bytes of the file, or ENTRY_SIZE_UNKNOWN */
	uint32_t line;	 /* in its list */
	uint16_t vendor; /* index of its vendor */
	uint16_t list;	 /* index of its list */
	uint32_t facts;	 /* private: product, version, package, source */
	uint32_t path;	 /* private */
};

_Static_assert(sizeof(struct entry) == 56, "no padding");

struct policy_list {
	char *path;
	const char *format; /* name of its format */
	uint32_t rows;	    /* that it holds, repeated ones included */
	uint32_t weak[LIST_WEAK_COUNT]; /* digests in it that cannot be enforced */
	uint32_t set_aside;		/* that it says are not to be acted on */
	uint16_t vendor;
	const char *compression; /* NULL: none */
	bool archive; /* digests of package files: no entries of the kernel */
	uint64_t size; /* of its file, bytes */
	/* What tells its bytes from others: SHA-256, of a signed list what its signature is made
	 * of. Of policy_load_cached() only. */
	uint8_t contents[INTERDICT_DIGEST_SIZE];
	struct list_signature signature; /* verified, where the vendor says signed-by */
};

/*
 * Reads all *.vendor files of a directory and their lists. Everything that is
 * wrong was added to @problems; with any error there is no policy. Returns 0 or
 * a negative errno: -EINVAL for wrong contents. The caller frees the policy.
 */
int policy_load(const char *vendors_dir, struct problems *problems, struct policy **ret_policy);

/*
 * The same for the monitor. What is made of the lists is taken from the cache in the state
 * directory @state (policy_cache.h) if that is made of the same lists; what is wrong with
 * the cache is a warning, and the lists are parsed.
 */
int policy_load_cached(const char *vendors_dir, const char *state, struct problems *problems,
		       struct policy **ret_policy);

/*
 * Moves what is large, of 1 MiB and more, out of memory to a file without a name, from which it
 * is paged in where it is looked at. It takes as long as writing it does, so that what is in
 * a hurry comes first; but it has to be done before anybody else has the policy.
 */
void policy_settle(struct policy *policy);

/* Whether the lists came from the cache and were not parsed. */
bool policy_is_recalled(const struct policy *policy);

/* Whether policy_settle() has found no place for such a file: then all is in memory. */
bool policy_is_resident(const struct policy *policy);

/* One more owner, who frees it too: it is gone with the last one. From whatever thread. */
struct policy *policy_ref(struct policy *policy);

/* Accepts NULL. */
void policy_free(struct policy *policy);

/*
 * The same of lists that no vendor file names, to look at them before one does:
 * they may belong to anybody (listing_read.h). Each is a vendor of its own, in
 * this order, with ids file1, file2 and so on, and the file's name.
 */
int policy_load_lists(const char *const *paths, size_t count, struct problems *problems,
		      struct policy **ret_policy);

/* Vendors, sorted by id (of policy_load_lists(), in the order of the lists). */
size_t policy_vendor_count(const struct policy *policy);
const struct vendor *policy_vendor(const struct policy *policy, size_t index);

/* How many entries a vendor has. */
size_t policy_vendor_entries(const struct policy *policy, size_t index);

size_t policy_list_count(const struct policy *policy);
const struct policy_list *policy_list(const struct policy *policy, size_t index);

/* Path of a list, as in entry.list. */
const char *policy_list_file(const struct policy *policy, size_t index);

/* Entries are numbered from 1, as in records and in the image; NULL for other numbers. */
size_t policy_entry_count(const struct policy *policy);
const struct entry *policy_entry(const struct policy *policy, uint32_t number);

/* How many different digests they have: fewer, if vendors list the same ones. */
size_t policy_digest_count(const struct policy *policy);

/* Texts of an entry, "" if its list does not say; they live as long as the policy. */
const char *policy_entry_product(const struct policy *policy, const struct entry *entry);
const char *policy_entry_version(const struct policy *policy, const struct entry *entry);
const char *policy_entry_package(const struct policy *policy, const struct entry *entry);
const char *policy_entry_path(const struct policy *policy, const struct entry *entry);
const char *policy_entry_source(const struct policy *policy, const struct entry *entry);

/* Number of the first entry of this digest; 0: it is not listed. */
uint32_t policy_find(const struct policy *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE]);

/*
 * Entries of archive lists: digests of package files, which nobody executes. They
 * are not in the image and not among the entries above; scan and check ask for them.
 * policy_find_archive() returns NULL if the digest is not among them.
 */
size_t policy_archive_count(const struct policy *policy);
const struct entry *policy_archive(const struct policy *policy, size_t index);
const struct entry *policy_find_archive(const struct policy *policy,
					const uint8_t digest[INTERDICT_DIGEST_SIZE]);

/*
 * Of a large policy, lets go of the memory that looking into it brought in; it is
 * read again when it is needed. For a daemon that has nothing to do.
 */
void policy_trim(const struct policy *policy);

/* What the policy says of a digest, on one day and to one user. */
struct policy_ruling {
	uint32_t entry; /* number of the entry that decides; 0: none */
	uint8_t action; /* its POLICY_ACTION_*, with POLICY_OPEN_DENY and POLICY_AUDIT_ONLY */
	const struct exemption *exemption; /* that takes the place of its phase; NULL: none */
};

/*
 * Of all entries that have the digest of entry @number, the one that asks for most
 * on the day @today of the real user @uid; of a user who has no exemption of their
 * own, if it is EXEMPTION_ANY_UID. An exemption takes the place of grace and
 * prohibition for the entry of its vendor only; a vendor that is capped at audit
 * asks for less than one that is not. A @number of 0 gives entry 0.
 */
struct policy_ruling policy_rule(const struct policy *policy, uint32_t number, uint32_t uid,
				 int32_t today);

/* True if the exemption is for this host: for every host, or for its node name. */
bool policy_exempts_here(const struct exemption *exemption);

/* The entry of policy_rule() for a user who has no exemption of their own. */
uint32_t policy_strictest(const struct policy *policy, uint32_t number, int32_t today);

/* The POLICY_ACTION_* byte that the vendor's entries have on the day @today. */
uint8_t policy_vendor_action(const struct vendor *vendor, int32_t today);

/* POLICY_HAS_*: what holds of the policy as a whole on the day @today. */
uint32_t policy_flags(const struct policy *policy, int32_t today);

/* Whether some entry has exactly this size, and whether some entry has none. */
bool policy_size_listed(const struct policy *policy, uint64_t size);
bool policy_has_unsized(const struct policy *policy);

/*
 * SHA-256 over everything that decides: vendors with their dates, `open` and `mode`,
 * their digests with sizes, and exemptions, those of other hosts included. It does
 * not depend on the order, the format or the division of the lists.
 */
void policy_digest(const struct policy *policy, uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

/* Where things are in the image, in blocks of POLICY_BLOCK_SIZE. */
struct policy_geometry {
	uint32_t blocks;       /* all of it */
	uint32_t gate_blocks;  /* from block 1 */
	uint32_t bucket_first; /* behind the gate */
	uint32_t buckets;
	uint64_t size; /* bytes of all of it */
};

/*
 * Size of the image: gate of 16 bits or more a size, table filled to 0.6, so at
 * most 40 bytes an entry of a large policy. Returns 0, or -E2BIG if no map can be that large.
 */
int policy_image_size(const struct policy *policy, struct policy_geometry *ret_geometry);

/*
 * Writes the image for the day @today to memory of geometry->size bytes that is
 * zeroed and aligned to 8. Returns 0, -ENOMEM, or -E2BIG if a digest would lie further
 * from its place than the kernel looks (INTERDICT_PROBE_MAX buckets).
 */
int policy_image_fill(const struct policy *policy, const struct policy_geometry *geometry,
		      int32_t today, uint64_t generation, void *image);

/*
 * Brings the actions of an image to the day @today, in place, while the kernel
 * looks into it. A lookup sees the old action of a digest or the new one, and so
 * for each user who has exemptions. Returns 0, or -ENOMEM: then nothing has changed.
 */
int policy_image_update_phases(const struct policy *policy, void *image, int32_t today);

/*
 * What the kernel does with an image. The gate: whether an executable of this
 * size has to be hashed. The lookup, for the real user @uid: number of the entry, 0
 * if there is none.
 */
bool policy_image_gate(const void *image, uint64_t size);
uint32_t policy_image_find(const void *image, const uint8_t digest[INTERDICT_DIGEST_SIZE],
			   uint32_t uid, uint8_t *ret_action);

#endif
