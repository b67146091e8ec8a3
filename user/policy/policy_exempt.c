/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which exemptions there are for a digest: those of all vendors that hold on this
 * host, in one table that is sorted by digest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "policy_internal.h"
#include "util.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Total, so that the policy's digest does not depend on the order in the files. */
static int compare(const void *left, const void *right)
{
	const struct exempt_digest *a = left, *b = right;
	const char *host_a = a->exemption->host ? a->exemption->host : "";
	const char *host_b = b->exemption->host ? b->exemption->host : "";
	int order = memcmp(a->digest, b->digest, INTERDICT_DIGEST_SIZE);

	if (!order)
		order = compare_numbers(a->exemption->uid, b->exemption->uid);
	if (!order)
		order = compare_numbers(a->vendor, b->vendor);
	if (!order)
		order = compare_numbers((uint32_t)b->exemption->until,
					(uint32_t)a->exemption->until);
	if (!order)
		order = strcmp(host_a, host_b);
	return order ? order : strcmp(a->exemption->id, b->exemption->id);
}

static size_t count_all(const struct policy *policy)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->vendor_count; i++) {
		const struct vendor *vendor = policy->vendors[i].vendor;

		for (size_t j = 0; j < vendor->exemption_count; j++)
			count += vendor->exemptions[j].digest_count;
	}
	return count;
}

static void collect_vendor(struct policy *policy, size_t index)
{
	const struct vendor *vendor = policy->vendors[index].vendor;

	for (size_t i = 0; i < vendor->exemption_count; i++) {
		const struct exemption *exemption = &vendor->exemptions[i];

		for (size_t j = 0; j < exemption->digest_count; j++)
			policy->exempts[policy->exempt_count++] = (struct exempt_digest){
				.digest = exemption->digest[j],
				.exemption = exemption,
				.vendor = (uint16_t)index,
			};
	}
}

int exempt_collect(struct policy *policy)
{
	size_t count = count_all(policy);

	if (count == 0)
		return 0;
	policy->exempts = calloc(count, sizeof(*policy->exempts));
	if (!policy->exempts)
		return -ENOMEM;
	for (size_t i = 0; i < policy->vendor_count; i++)
		collect_vendor(policy, i);
	qsort(policy->exempts, policy->exempt_count, sizeof(*policy->exempts), compare);
	return 0;
}

bool policy_exempts_here(const struct exemption *exemption)
{
	const char *host = exemption->host;
	struct utsname name;
	size_t size;

	if (!host)
		return true;
	if (uname(&name) < 0)
		return false;
	/* The node name, or the part of it before the first dot. */
	size = strcspn(name.nodename, ".");
	return streq(host, name.nodename) ||
	       (strlen(host) == size && strncmp(host, name.nodename, size) == 0);
}

static bool is_listed(const struct policy *policy, const struct exempt_digest *exempt)
{
	uint32_t number = policy_find(policy, exempt->digest);
	const struct entry *entry;

	for (; (entry = policy_entry(policy, number)); number++) {
		if (memcmp(entry->digest, exempt->digest, INTERDICT_DIGEST_SIZE) != 0)
			return false;
		if (entry->vendor == exempt->vendor)
			return true;
	}
	return false;
}

static void warn_unlisted(const struct policy *policy, const struct exempt_digest *exempt,
			  struct problems *problems)
{
	const struct vendor *vendor = policy->vendors[exempt->vendor].vendor;
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(exempt->digest, hex);
	problems_add(problems, PROBLEM_WARNING, vendor->file, exempt->exemption->line,
		     "exempt %s: no list of vendor %s holds %s, so there is nothing to except",
		     exempt->exemption->id, vendor->id, hex);
}

void exempt_settle(struct policy *policy, struct problems *problems)
{
	size_t kept = 0;

	for (size_t i = 0; i < policy->exempt_count; i++) {
		const struct exempt_digest *exempt = &policy->exempts[i];

		if (!policy_exempts_here(exempt->exemption))
			continue;
		if (is_listed(policy, exempt))
			policy->exempts[kept++] = *exempt;
		else
			warn_unlisted(policy, exempt, problems);
	}
	policy->exempt_count = kept;
	for (size_t i = 0; i < kept; i++)
		policy->exempt_users += exempt_begins_user(policy, i);
}

size_t exempt_find(const struct policy *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	size_t low = 0, high = policy->exempt_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(policy->exempts[middle].digest, digest, INTERDICT_DIGEST_SIZE) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return exempt_is_of(policy, low, digest) ? low : policy->exempt_count;
}

bool exempt_is_of(const struct policy *policy, size_t index,
		  const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	return index < policy->exempt_count &&
	       memcmp(policy->exempts[index].digest, digest, INTERDICT_DIGEST_SIZE) == 0;
}

bool exempt_begins_user(const struct policy *policy, size_t index)
{
	const struct exempt_digest *exempt;

	if (index >= policy->exempt_count)
		return false;
	exempt = &policy->exempts[index];
	if (exempt->exemption->uid == EXEMPTION_ANY_UID)
		return false;
	return index == 0 || !exempt_is_of(policy, index - 1, exempt->digest) ||
	       exempt[-1].exemption->uid != exempt->exemption->uid;
}

/* Of several, the one that ends last: the record then names what an approver has to renew. */
const struct exemption *exempt_of(const struct policy *policy, size_t first,
				  const struct entry *entry, uint32_t uid, int32_t today)
{
	const struct exemption *found = NULL;

	for (size_t i = first; exempt_is_of(policy, i, entry->digest); i++) {
		const struct exempt_digest *exempt = &policy->exempts[i];
		const struct exemption *exemption = exempt->exemption;

		if (exempt->vendor != entry->vendor || exemption->until < today)
			continue;
		if (exemption->uid != EXEMPTION_ANY_UID && exemption->uid != uid)
			continue;
		if (!found || exemption->until > found->until)
			found = exemption;
	}
	return found;
}
