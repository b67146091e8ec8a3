/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "policy_internal.h"

struct policy *policy_ref(struct policy *policy)
{
	atomic_fetch_add(&policy->references, 1);
	return policy;
}

void policy_free(struct policy *policy)
{
	if (!policy || atomic_fetch_sub(&policy->references, 1) > 1)
		return;
	for (size_t i = 0; i < policy->vendor_count; i++)
		vendor_free(policy->vendors[i].vendor);
	for (size_t i = 0; i < policy->list_count; i++)
		free(policy->lists[i].path);
	free(policy->vendors);
	free(policy->lists);
	free(policy->archives);
	free(policy->exempts);
	if (!policy->frozen.bytes) {
		free(policy->entries);
		free(policy->sizes);
		intern_release(&policy->texts);
		intern_release(&policy->facts);
	}
	frozen_release(&policy->frozen);
	problems_free(policy->warnings);
	free(policy);
}

size_t policy_vendor_count(const struct policy *policy)
{
	return policy->vendor_count;
}

const struct vendor *policy_vendor(const struct policy *policy, size_t index)
{
	return index < policy->vendor_count ? policy->vendors[index].vendor : NULL;
}

size_t policy_vendor_entries(const struct policy *policy, size_t index)
{
	return policy->vendors[index].entries;
}

size_t policy_list_count(const struct policy *policy)
{
	return policy->list_count;
}

const struct policy_list *policy_list(const struct policy *policy, size_t index)
{
	return index < policy->list_count ? &policy->lists[index] : NULL;
}

const char *policy_list_file(const struct policy *policy, size_t index)
{
	return policy->lists[index].path;
}

size_t policy_entry_count(const struct policy *policy)
{
	return policy->entry_count;
}

size_t policy_digest_count(const struct policy *policy)
{
	return policy->digest_count;
}

const struct entry *policy_entry(const struct policy *policy, uint32_t number)
{
	return number > 0 && number <= policy->entry_count ? &policy->entries[number - 1] : NULL;
}

static const char *text_of(const struct policy *policy, const struct entry *entry,
			   enum list_text which)
{
	const struct entry_texts texts = { (struct intern *)&policy->texts,
					   (struct intern *)&policy->facts };

	return entry_text(&texts, entry, which);
}

const char *policy_entry_product(const struct policy *policy, const struct entry *entry)
{
	return text_of(policy, entry, LIST_PRODUCT);
}

const char *policy_entry_version(const struct policy *policy, const struct entry *entry)
{
	return text_of(policy, entry, LIST_VERSION);
}

const char *policy_entry_package(const struct policy *policy, const struct entry *entry)
{
	return text_of(policy, entry, LIST_PACKAGE);
}

const char *policy_entry_path(const struct policy *policy, const struct entry *entry)
{
	return text_of(policy, entry, LIST_PATH);
}

const char *policy_entry_source(const struct policy *policy, const struct entry *entry)
{
	return text_of(policy, entry, LIST_SOURCE);
}

static int compare_at(const struct policy *policy, size_t index,
		      const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	return memcmp(policy->entries[index].digest, digest, INTERDICT_DIGEST_SIZE);
}

/* Where the digest would lie if digests are spread evenly, as they are. */
static size_t guess_index(const struct policy *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	uint64_t high = (uint64_t)digest[0] << 24 | digest[1] << 16 | digest[2] << 8 | digest[3];

	return (size_t)(high * policy->entry_count >> 32);
}

/*
 * Binary search for the first entry that is not below the digest, in a range
 * that grows from the guess: a few neighbouring pages instead of one in each part
 * of the table.
 */
uint32_t policy_find(const struct policy *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	size_t low, high, step = 64;

	if (policy->entry_count == 0)
		return 0;
	low = high = guess_index(policy, digest);
	while (low > 0 && compare_at(policy, low, digest) >= 0) {
		low -= low < step ? low : step;
		step *= 2;
	}
	for (step = 64; high < policy->entry_count && compare_at(policy, high, digest) < 0;
	     step *= 2)
		high += step;
	if (high > policy->entry_count)
		high = policy->entry_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_at(policy, middle, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == policy->entry_count || compare_at(policy, low, digest) != 0)
		return 0;
	return (uint32_t)low + 1;
}

size_t policy_archive_count(const struct policy *policy)
{
	return policy->archive_count;
}

const struct entry *policy_archive(const struct policy *policy, size_t index)
{
	return index < policy->archive_count ? &policy->archives[index] : NULL;
}

const struct entry *policy_find_archive(const struct policy *policy,
					const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	/* Not sorted: there are few, and only package files are asked about. */
	for (size_t i = 0; i < policy->archive_count; i++)
		if (memcmp(policy->archives[i].digest, digest, INTERDICT_DIGEST_SIZE) == 0)
			return &policy->archives[i];
	return NULL;
}

void policy_trim(const struct policy *policy)
{
	frozen_trim(&policy->frozen);
}

uint8_t policy_vendor_action(const struct vendor *vendor, int32_t today)
{
	static const uint8_t actions[] = {
		[PHASE_ANNOUNCED] = POLICY_ACTION_REPORT,
		[PHASE_GRACE] = POLICY_ACTION_GRACE,
		[PHASE_PROHIBITED] = POLICY_ACTION_DENY,
		[PHASE_RETIRED] = POLICY_ACTION_IGNORE,
	};

	return actions[schedule_phase(&vendor->schedule, today)] |
	       (vendor->open_deny ? POLICY_OPEN_DENY : 0) |
	       (vendor->audit_only ? POLICY_AUDIT_ONLY : 0);
}

/* What an entry asks for, as a number that grows with strictness. */
static unsigned int strictness(uint8_t action)
{
	/* An exemption is worth a record, but yields to what another vendor asks for. */
	static const uint8_t ranks[] = {
		[POLICY_ACTION_IGNORE] = 0, [POLICY_ACTION_REPORT] = 2, [POLICY_ACTION_EXEMPT] = 4,
		[POLICY_ACTION_GRACE] = 6,  [POLICY_ACTION_DENY] = 8,
	};
	unsigned int rank = ranks[action & POLICY_ACTION_MASK];

	if (rank == ranks[POLICY_ACTION_DENY] && !(action & POLICY_AUDIT_ONLY))
		rank += 2;
	return rank + ((action & POLICY_OPEN_DENY) != 0);
}

/* What one entry says, whatever those of other vendors say. */
static struct policy_ruling entry_ruling(const struct policy *policy, size_t index, size_t exempt,
					 uint32_t uid, int32_t today)
{
	const struct entry *entry = &policy->entries[index];
	struct policy_ruling ruling = {
		.entry = (uint32_t)index + 1,
		.action = policy_vendor_action(policy->vendors[entry->vendor].vendor, today),
	};
	uint8_t kind = ruling.action & POLICY_ACTION_MASK;

	if (kind != POLICY_ACTION_GRACE && kind != POLICY_ACTION_DENY)
		return ruling;
	ruling.exemption = exempt_of(policy, exempt, entry, uid, today);
	if (ruling.exemption)
		ruling.action = (uint8_t)(ruling.action - kind + POLICY_ACTION_EXEMPT);
	return ruling;
}

struct policy_ruling policy_rule(const struct policy *policy, uint32_t number, uint32_t uid,
				 int32_t today)
{
	const struct entry *entries = policy->entries;
	struct policy_ruling best, other;
	size_t first, exempt;

	if (number == 0)
		return (struct policy_ruling){ 0 };
	first = number - 1;
	while (first > 0 && entry_same_digest(&entries[first - 1], &entries[first]))
		first--;
	exempt = exempt_find(policy, entries[first].digest);
	best = entry_ruling(policy, first, exempt, uid, today);
	for (size_t i = first + 1;
	     i < policy->entry_count && entry_same_digest(&entries[i], &entries[first]); i++) {
		other = entry_ruling(policy, i, exempt, uid, today);
		if (strictness(other.action) > strictness(best.action))
			best = other;
	}
	return best;
}

uint32_t policy_strictest(const struct policy *policy, uint32_t number, int32_t today)
{
	return policy_rule(policy, number, EXEMPTION_ANY_UID, today).entry;
}

uint32_t policy_flags(const struct policy *policy, int32_t today)
{
	uint32_t flags = policy->has_unsized ? POLICY_HAS_UNSIZED : 0;

	for (size_t i = 0; i < policy->vendor_count; i++) {
		uint8_t action = policy_vendor_action(policy->vendors[i].vendor, today);

		/* A vendor that no digest is known of yet denies nothing. */
		if (policy->vendors[i].entries == 0 || (action & POLICY_AUDIT_ONLY) ||
		    (action & POLICY_ACTION_MASK) != POLICY_ACTION_DENY)
			continue;
		flags |= POLICY_HAS_DENY;
		if (action & POLICY_OPEN_DENY)
			flags |= POLICY_HAS_OPEN_DENY;
	}
	return flags;
}

static int compare_sizes(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

bool policy_size_listed(const struct policy *policy, uint64_t size)
{
	return policy->size_count > 0 && bsearch(&size, policy->sizes, policy->size_count,
						 sizeof(size), compare_sizes);
}

bool policy_is_recalled(const struct policy *policy)
{
	return policy->recalled;
}

bool policy_is_resident(const struct policy *policy)
{
	return policy->resident;
}

bool policy_has_unsized(const struct policy *policy)
{
	return policy->has_unsized;
}

void policy_digest(const struct policy *policy, uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	memcpy(ret_digest, policy->digest, sizeof(policy->digest));
}
