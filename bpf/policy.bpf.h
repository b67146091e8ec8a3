/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The policy as the kernel sees it: size gate, digest lookup, decision.
 */
#ifndef INTERDICT_POLICY_BPF_H
#define INTERDICT_POLICY_BPF_H

#include "maps.bpf.h"

/* What a lookup asks and what it learns. */
struct policy_query {
	u8 digest[INTERDICT_DIGEST_SIZE]; /* in */
	u64 generation;
	u32 entry; /* 0: not listed */
	u32 action;
	u32 flags;   /* policy_header.flags */
	u32 present; /* a policy is loaded */
};

/* What came of it; goes into the record as it is. */
struct verdict {
	u32 decision;
	u32 reason;
	u32 source;
	s32 error;
};

/*
 * True if a file of @size bytes may be listed. @executable: it is about to be
 * executed, mapped executable, or has an x bit; only then do entries without a
 * size open the gate. Before the first policy is loaded nothing is listed.
 */
static __always_inline bool policy_gate(u64 size, bool executable)
{
	const struct policy_header *header;
	u32 zero = 0, block;
	void *image;
	u64 *bits;
	u64 hash;

	image = bpf_map_lookup_elem(&policy, &zero);
	if (!image)
		return false;
	header = bpf_map_lookup_elem(image, &zero);
	if (!header)
		return false;
	if (executable && (header->flags & POLICY_HAS_UNSIZED))
		return true;
	hash = policy_hash(size);
	block = 1 + policy_gate_block(hash, header->gate_mask);
	bits = bpf_map_lookup_elem(image, &block);
	if (!bits)
		return false;
	for (u32 probe = 0; probe < POLICY_GATE_PROBES; probe++) {
		u32 bit = policy_gate_bit(hash, probe);

		if (!(bits[(bit >> 6) & 7] >> (bit & 63) & 1))
			return false;
	}
	return true;
}

/*
 * Looks up query->digest in the policy in force, or what it says to the user @uid
 * alone. A global function: the verifier walks its loop once and not once a caller.
 */
__weak __noinline int policy_lookup(struct policy_query *query, u32 uid)
{
	const struct policy_header *header;
	u64 prefix[2];
	u32 zero = 0, first;
	void *image;

	if (!query)
		return 0;
	image = bpf_map_lookup_elem(&policy, &zero);
	if (!image)
		return 0;
	header = bpf_map_lookup_elem(image, &zero);
	if (!header)
		return 0;
	query->present = 1;
	query->generation = header->generation;
	query->flags = header->flags;
	__builtin_memcpy(prefix, query->digest, sizeof(prefix));
	if (uid != POLICY_EVERY_USER)
		policy_user_key(prefix, uid);
	first = policy_first_bucket(prefix[0], header->buckets);

	for (u32 i = 0; i < INTERDICT_PROBE_MAX; i++) {
		const struct policy_bucket *bucket;
		u32 block = first + i;

		if (block >= header->buckets)
			block -= header->buckets;
		block += header->bucket_first;
		bucket = bpf_map_lookup_elem(image, &block);

		if (!bucket || i >= header->probe_max)
			return 0;
		for (u32 slot = 0; slot < POLICY_SLOTS; slot++) {
			const u64 *stored = (const u64 *)bucket->prefix[slot];

			if (!bucket->entry[slot])
				return 0;
			if (stored[0] == prefix[0] && stored[1] == prefix[1]) {
				query->entry = bucket->entry[slot];
				query->action = bucket->action[slot];
				return 1;
			}
		}
	}
	return 0;
}

/* Decision for a listed file, from its entry's action byte. */
static __always_inline u32 policy_decide(u32 action, u32 kind)
{
	switch (action & POLICY_ACTION_MASK) {
	case POLICY_ACTION_REPORT:
		return DECISION_ALLOW;
	case POLICY_ACTION_GRACE:
		return DECISION_GRACE;
	case POLICY_ACTION_EXEMPT:
		return DECISION_EXEMPT;
	case POLICY_ACTION_DENY:
		if (runtime.mode != MODE_ENFORCE || (action & POLICY_AUDIT_ONLY))
			return DECISION_AUDIT;
		if (kind == EVENT_OPEN && !(action & POLICY_OPEN_DENY))
			return DECISION_AUDIT;
		return DECISION_DENY;
	}
	return DECISION_ALLOW;
}

/*
 * Decision for a file that passed the gate and has no digest to trust. Fails
 * closed, as long as the policy denies anything at all today.
 */
static __always_inline u32 policy_decide_unhashable(u32 flags, u32 kind)
{
	if (runtime.mode != MODE_ENFORCE || !(flags & POLICY_HAS_DENY))
		return DECISION_AUDIT;
	if (kind == EVENT_OPEN && !(flags & POLICY_HAS_OPEN_DENY))
		return DECISION_AUDIT;
	return DECISION_DENY;
}

#endif
