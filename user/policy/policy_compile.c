/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the rows of the lists to the entries of a policy.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "policy_internal.h"
#include "util.h"

#define FREEZE_MIN (1U << 20) /* bytes; a smaller policy may stay on the heap */

static void report_pair(const struct policy *policy, struct problems *problems,
			const struct entry *entry, const struct entry *before, const char *text)
{
	const char *path = policy->lists[before->list].path;
	_cleanup_free_ char *file = problem_quote(path, strlen(path));

	problems_add(problems, PROBLEM_ERROR, policy->lists[entry->list].path, entry->line,
		     "%s %s:%u", text, file ? file : "?", before->line);
}

/*
 * Of the same digest in lists of the same vendor, keeps the first, or the first
 * with a size: a digest has only one, so who gives none does not contradict.
 */
static void merge_entry(const struct policy *policy, struct problems *problems, struct entry *kept,
			const struct entry *entry)
{
	if (entry->size == ENTRY_SIZE_UNKNOWN || entry->size == kept->size)
		return;
	if (kept->size == ENTRY_SIZE_UNKNOWN)
		*kept = *entry;
	else
		report_pair(policy, problems, entry, kept,
			    "expected the size that the same digest has in");
}

static void merge_entries(struct policy *policy, struct problems *problems)
{
	struct entry *entries = policy->entries;
	size_t kept = 0;

	entry_sort(entries, policy->entry_count);
	for (size_t i = 0; i < policy->entry_count; i++) {
		struct entry *last = kept > 0 ? &entries[kept - 1] : NULL;
		bool same = last && entry_same_digest(last, &entries[i]);

		if (same && last->vendor == entries[i].vendor) {
			merge_entry(policy, problems, last, &entries[i]);
			continue;
		}
		if (!same) {
			policy->digest_count++;
			/* The table holds prefixes: two digests must not share one. */
			if (last && memcmp(last->digest, entries[i].digest,
					   INTERDICT_PREFIX_SIZE) == 0)
				report_pair(policy, problems, &entries[i], last,
					    "expected a real SHA-256: its first half is that of");
		}
		policy->vendors[entries[i].vendor].entries++;
		entries[kept++] = entries[i];
	}
	policy->entry_count = kept;
	entries = reallocarray(entries, kept ? kept : 1, sizeof(*entries));
	if (entries)
		policy->entries = entries;
}

static int collect_sizes(struct policy *policy)
{
	uint64_t *sizes = calloc(policy->entry_count + 1, sizeof(*sizes)), *shrunk;
	size_t count = 0, kept = 0;

	if (!sizes)
		return -ENOMEM;
	for (size_t i = 0; i < policy->entry_count; i++) {
		if (policy->entries[i].size == ENTRY_SIZE_UNKNOWN)
			policy->has_unsized = true;
		else
			sizes[count++] = policy->entries[i].size;
	}
	if (sizes_sort(sizes, count) < 0) {
		free(sizes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || sizes[kept - 1] != sizes[i])
			sizes[kept++] = sizes[i];
	shrunk = reallocarray(sizes, kept + 1, sizeof(*sizes));
	policy->sizes = shrunk ? shrunk : sizes;
	policy->size_count = kept;
	return 0;
}

void policy_settle(struct policy *policy)
{
	const struct frozen blocks[] = {
		{ policy->entries, policy->entry_count * sizeof(*policy->entries) },
		{ policy->sizes, policy->size_count * sizeof(*policy->sizes) },
		{ policy->texts.bytes, policy->texts.used },
		{ policy->facts.bytes, policy->facts.used },
	};
	const void *frozen[ARRAY_SIZE(blocks)];
	size_t size = 0;

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		size += blocks[i].size;
	if (policy->frozen.bytes || size < FREEZE_MIN)
		return;
	policy->resident = frozen_make(blocks, ARRAY_SIZE(blocks), frozen, &policy->frozen) < 0;
	if (policy->resident)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		free(blocks[i].bytes);
	/* They are only read from here on. */
	policy->entries = (struct entry *)frozen[0];
	policy->sizes = (uint64_t *)frozen[1];
	policy->texts.bytes = (char *)frozen[2];
	policy->facts.bytes = (char *)frozen[3];
	malloc_trim(0);
}

int policy_compile(struct policy *policy, struct problems *problems)
{
	int r;

	intern_finish(&policy->texts);
	intern_finish(&policy->facts);
	merge_entries(policy, problems);
	r = collect_sizes(policy);
	if (r < 0)
		return r;
	return policy_compute_entries_digest(policy) ? 0 : -ENOSYS;
}
