/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy as the kernel programs look into it: include/interdict/policy.h.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "policy_internal.h"

#define GATE_BITS_PER_SIZE 16U

/* Smallest power of two that is at least @value. */
static uint64_t round_up_power(uint64_t value)
{
	uint64_t power = 1;

	while (power < value)
		power *= 2;
	return power;
}

int policy_image_size(const struct policy *policy, struct policy_geometry *ret_geometry)
{
	uint64_t bits = (uint64_t)policy->size_count * GATE_BITS_PER_SIZE;
	uint64_t gate = round_up_power((bits + POLICY_GATE_BITS_PER_BLOCK - 1) /
				       POLICY_GATE_BITS_PER_BLOCK);
	/* entries / (slots * 0.6), rounded up */
	uint64_t buckets = round_up_power(((uint64_t)policy->digest_count * 5 +
					   3 * POLICY_SLOTS - 1) /
					  (3 * POLICY_SLOTS));
	uint64_t blocks = 1 + gate + buckets;

	if (blocks > INT32_MAX)
		return -E2BIG;
	*ret_geometry = (struct policy_geometry){
		.blocks = (uint32_t)blocks,
		.gate_blocks = (uint32_t)gate,
		.bucket_first = 1 + (uint32_t)gate,
		.buckets = (uint32_t)buckets,
		.size = blocks * POLICY_BLOCK_SIZE,
	};
	return 0;
}

/* The parts of an image, by its header. */
static uint8_t *image_gate(void *image)
{
	return (uint8_t *)image + POLICY_BLOCK_SIZE;
}

static struct policy_bucket *image_buckets(void *image)
{
	const struct policy_header *header = image;

	return (struct policy_bucket *)((uint8_t *)image +
					(size_t)header->bucket_first * POLICY_BLOCK_SIZE);
}

static uint32_t first_bucket(const struct policy_header *header,
			     const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	uint64_t word;

	memcpy(&word, digest, sizeof(word));
	return (uint32_t)le64toh(word) & header->bucket_mask;
}

/* What the programs have to know of the policy as a whole on this day. */
static uint32_t image_flags(const struct policy *policy, int32_t today)
{
	uint32_t flags = policy->has_unsized ? POLICY_HAS_UNSIZED : 0;

	for (size_t i = 0; i < policy->vendor_count; i++) {
		const struct vendor *vendor = policy->vendors[i].vendor;
		uint8_t action = policy_vendor_action(vendor, today);

		/* A vendor that no digest is known of yet denies nothing. */
		if (policy->vendors[i].entries == 0)
			continue;
		if (vendor->open_deny)
			flags |= POLICY_HAS_OPEN_DENY;
		if ((action & POLICY_ACTION_MASK) == POLICY_ACTION_DENY &&
		    !(action & POLICY_AUDIT_ONLY))
			flags |= POLICY_HAS_DENY;
	}
	return flags;
}

static void write_header(const struct policy *policy, const struct policy_geometry *geometry,
			 int32_t today, uint64_t generation, struct policy_header *header)
{
	*header = (struct policy_header){
		.magic = POLICY_MAGIC,
		.version = POLICY_VERSION,
		.generation = generation,
		.gate_mask = geometry->gate_blocks - 1,
		.bucket_first = geometry->bucket_first,
		.bucket_mask = geometry->buckets - 1,
		.probe_max = 1,
		.flags = image_flags(policy, today),
		.entries = (uint32_t)policy->digest_count,
	};
	memcpy(header->digest, policy->digest, sizeof(header->digest));
}

static void write_gate(const struct policy *policy, void *image)
{
	const struct policy_header *header = image;
	uint8_t *gate = image_gate(image);

	for (size_t i = 0; i < policy->size_count; i++) {
		uint64_t hash = policy_gate_hash(policy->sizes[i]);
		uint8_t *block = gate + (size_t)policy_gate_block(hash, header->gate_mask) *
						POLICY_BLOCK_SIZE;

		for (uint32_t probe = 0; probe < POLICY_GATE_PROBES; probe++) {
			uint32_t bit = policy_gate_bit(hash, probe);

			block[bit / 8] |= (uint8_t)(1U << bit % 8);
		}
	}
}

/* Puts an entry into the first free slot from its bucket on. */
static int insert(void *image, uint32_t number, const struct entry *entry, uint8_t action)
{
	struct policy_header *header = image;
	struct policy_bucket *buckets = image_buckets(image);
	uint32_t at = first_bucket(header, entry->digest);

	for (uint32_t probe = 1; probe <= INTERDICT_PROBE_MAX; probe++) {
		struct policy_bucket *bucket = &buckets[at];

		for (unsigned int slot = 0; slot < POLICY_SLOTS; slot++) {
			if (bucket->entry[slot])
				continue;
			memcpy(bucket->prefix[slot], entry->digest, INTERDICT_PREFIX_SIZE);
			bucket->entry[slot] = number;
			bucket->action[slot] = action;
			if (probe > header->probe_max)
				header->probe_max = probe;
			return 0;
		}
		at = (at + 1) & header->bucket_mask;
	}
	return -E2BIG;
}

static uint8_t entry_action(const struct policy *policy, uint32_t number, int32_t today)
{
	const struct entry *entry = &policy->entries[number - 1];

	return policy_vendor_action(policy->vendors[entry->vendor].vendor, today);
}

int policy_image_fill(const struct policy *policy, const struct policy_geometry *geometry,
		      int32_t today, uint64_t generation, void *image)
{
	const struct entry *entries = policy->entries;

	write_header(policy, geometry, today, generation, image);
	write_gate(policy, image);
	for (size_t i = 0; i < policy->entry_count; i++) {
		uint32_t number;
		int r;

		if (i > 0 && entry_same_digest(&entries[i - 1], &entries[i]))
			continue;
		number = policy_strictest(policy, (uint32_t)i + 1, today);
		r = insert(image, number, &entries[i], entry_action(policy, number, today));
		if (r < 0)
			return r;
	}
	policy_trim(policy);
	return 0;
}

void policy_image_update_phases(const struct policy *policy, void *image, int32_t today)
{
	struct policy_header *header = image;
	struct policy_bucket *buckets = image_buckets(image);

	__atomic_store_n(&header->flags, image_flags(policy, today), __ATOMIC_RELAXED);
	for (uint64_t i = 0; i <= header->bucket_mask; i++) {
		for (unsigned int slot = 0; slot < POLICY_SLOTS; slot++) {
			uint32_t number = buckets[i].entry[slot];

			if (!number)
				continue;
			number = policy_strictest(policy, number, today);
			/* A reader may see one new and one old: the slot is taken anyway. */
			__atomic_store_n(&buckets[i].entry[slot], number, __ATOMIC_RELAXED);
			__atomic_store_n(&buckets[i].action[slot],
					 entry_action(policy, number, today), __ATOMIC_RELAXED);
		}
	}
	policy_trim(policy);
}

bool policy_image_gate(const void *image, uint64_t size)
{
	const struct policy_header *header = image;
	uint64_t hash = policy_gate_hash(size);
	const uint8_t *block = (const uint8_t *)image + POLICY_BLOCK_SIZE +
			       (size_t)policy_gate_block(hash, header->gate_mask) *
				       POLICY_BLOCK_SIZE;

	if (header->flags & POLICY_HAS_UNSIZED)
		return true;
	for (uint32_t probe = 0; probe < POLICY_GATE_PROBES; probe++) {
		uint32_t bit = policy_gate_bit(hash, probe);

		if (!(block[bit / 8] >> bit % 8 & 1))
			return false;
	}
	return true;
}

uint32_t policy_image_find(const void *image, const uint8_t digest[INTERDICT_DIGEST_SIZE],
			   uint8_t *ret_action)
{
	const struct policy_header *header = image;
	const struct policy_bucket *buckets = image_buckets((void *)image);
	uint32_t at = first_bucket(header, digest);

	for (uint32_t probe = 0; probe < header->probe_max; probe++) {
		const struct policy_bucket *bucket = &buckets[at];

		for (unsigned int slot = 0; slot < POLICY_SLOTS; slot++) {
			if (!bucket->entry[slot])
				return 0;
			if (memcmp(bucket->prefix[slot], digest, INTERDICT_PREFIX_SIZE) != 0)
				continue;
			*ret_action = bucket->action[slot];
			return bucket->entry[slot];
		}
		at = (at + 1) & header->bucket_mask;
	}
	return 0;
}
