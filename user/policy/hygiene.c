/* SPDX-License-Identifier: BSD-2-Clause */
#include "hygiene.h"

#include <string.h>

#include "cleanup.h"
#include "warning_list.h"

/* One kind of warning: the first ones name an entry, the rest is a number. */
struct check {
	const struct policy *policy;
	struct problems *problems;
	size_t found;
};

static const struct vendor *vendor_of(const struct policy *policy, const struct entry *entry)
{
	return policy_vendor(policy, entry->vendor);
}

static bool same_digest(const struct entry *a, const struct entry *b)
{
	return memcmp(a->digest, b->digest, sizeof(a->digest)) == 0;
}

static void finish_check(const struct check *check, const char *what)
{
	if (check->found > HYGIENE_NAMED_MAX)
		problems_add(check->problems, PROBLEM_WARNING, NULL, 0, "and %zu more %s",
			     check->found - HYGIENE_NAMED_MAX, what);
}

static void report_duplicate(struct check *check, const struct entry *first,
			     const struct entry *other)
{
	const struct policy *policy = check->policy;
	const char *path = policy_list_file(policy, first->list);
	_cleanup_free_ char *quoted = NULL;
	bool sizes = first->size != ENTRY_SIZE_UNKNOWN && other->size != ENTRY_SIZE_UNKNOWN &&
		     first->size != other->size;

	if (check->found++ >= HYGIENE_NAMED_MAX)
		return;
	quoted = problem_quote(path, strlen(path));
	problems_add(check->problems, PROBLEM_WARNING, policy_list_file(policy, other->list),
		     other->line, "vendor %s lists what vendor %s lists in %s:%u%s",
		     vendor_of(policy, other)->id, vendor_of(policy, first)->id,
		     quoted ? quoted : "another list", first->line,
		     sizes ? ", and the sizes differ: one of them is wrong" : "");
}

/* Entries of one digest stand together, one a vendor. */
static void check_duplicates(const struct policy *policy, struct problems *problems)
{
	struct check check = { policy, problems, 0 };
	const struct entry *first = policy_entry(policy, 1), *entry;

	/* None is there twice, as in nearly all policies. */
	if (policy_digest_count(policy) == policy_entry_count(policy))
		return;
	for (uint32_t number = 2; (entry = policy_entry(policy, number)); number++) {
		if (same_digest(first, entry))
			report_duplicate(&check, first, entry);
		else
			first = entry;
	}
	finish_check(&check, "entries that another vendor lists too");
}

static void check_warning(void *cookie, const char *name,
			  const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct check *check = cookie;
	const struct policy *policy = check->policy;
	const struct entry *entry = policy_entry(policy, policy_find(policy, digest));
	_cleanup_free_ char *quoted = NULL;

	if (!entry || check->found++ >= HYGIENE_NAMED_MAX)
		return;
	quoted = problem_quote(name, strlen(name));
	problems_add(check->problems, PROBLEM_WARNING, policy_list_file(policy, entry->list),
		     entry->line, "vendor %s lists a digest of the warning list %s",
		     vendor_of(policy, entry)->id, quoted ? quoted : "");
}

int hygiene_check(const struct policy *policy, const char *warning_lists,
		  struct problems *problems)
{
	struct check check = { policy, problems, 0 };
	int r;

	check_duplicates(policy, problems);
	r = warning_lists_read(warning_lists, problems, check_warning, &check);
	finish_check(&check, "entries that are on warning lists");
	return r;
}
