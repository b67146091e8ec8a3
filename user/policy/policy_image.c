/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy as the kernel programs look into it: include/interdict/policy.h.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "policy_internal.h"

#define GATE_BITS_PER_SIZE 16U
#define GATE_AHEAD	   16U
#define TRIM_ENTRIES	   (1U << 18) /* after so many the pages behind are let go of */

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
	uint64_t keys = (uint64_t)policy->digest_count + policy->exempt_users;
	/* keys / (slots * 0.6), rounded up */
	uint64_t buckets = (keys * 5 + 3 * POLICY_SLOTS - 1) / (3 * POLICY_SLOTS);
	uint64_t blocks;

	if (buckets == 0)
		buckets = 1;
	blocks = 1 + gate + buckets;
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

/* What the table is searched for: the first half of a digest, or what it makes with a user. */
struct key {
	uint8_t bytes[INTERDICT_PREFIX_SIZE];
};

static struct key key_of(const uint8_t digest[INTERDICT_DIGEST_SIZE], uint32_t uid)
{
	__u64 words[2];
	struct key key;

	memcpy(words, digest, sizeof(words));
	if (uid != POLICY_EVERY_USER) {
		words[0] = le64toh(words[0]);
		words[1] = le64toh(words[1]);
		policy_user_key(words, uid);
		words[0] = htole64(words[0]);
		words[1] = htole64(words[1]);
	}
	memcpy(key.bytes, words, sizeof(key.bytes));
	return key;
}

static uint32_t first_bucket(const struct policy_header *header, const struct key *key)
{
	uint64_t word;

	memcpy(&word, key->bytes, sizeof(word));
	return policy_first_bucket(le64toh(word), header->buckets);
}

static uint32_t next_bucket(const struct policy_header *header, uint32_t at)
{
	return at + 1 == header->buckets ? 0 : at + 1;
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
		.buckets = geometry->buckets,
		.probe_max = 1,
		.flags = policy_flags(policy, today),
		.entries = (uint32_t)policy->digest_count,
	};
	memcpy(header->digest, policy->digest, sizeof(header->digest));
}

static uint8_t *gate_block(void *image, uint64_t hash)
{
	const struct policy_header *header = image;

	return image_gate(image) +
	       (size_t)policy_gate_block(hash, header->gate_mask) * POLICY_BLOCK_SIZE;
}

/* Blocks lie anywhere: they are asked for ahead, so that none is waited for. */
static void write_gate(const struct policy *policy, void *image)
{
	for (size_t i = 0; i < policy->size_count; i++) {
		uint64_t hash = policy_hash(policy->sizes[i]);
		uint8_t *block = gate_block(image, hash);

		if (i + GATE_AHEAD < policy->size_count)
			__builtin_prefetch(gate_block(
				image, policy_hash(policy->sizes[i + GATE_AHEAD])), 1);
		for (uint32_t probe = 0; probe < POLICY_GATE_PROBES; probe++) {
			uint32_t bit = policy_gate_bit(hash, probe);

			block[bit / 8] |= (uint8_t)(1U << bit % 8);
		}
	}
}

/* Puts a key into the first free slot from its bucket on. */
static int insert(void *image, const struct key *key, uint32_t number, uint8_t action)
{
	struct policy_header *header = image;
	struct policy_bucket *buckets = image_buckets(image);
	uint32_t at = first_bucket(header, key);

	for (uint32_t probe = 1; probe <= INTERDICT_PROBE_MAX; probe++) {
		struct policy_bucket *bucket = &buckets[at];

		for (unsigned int slot = 0; slot < POLICY_SLOTS; slot++) {
			if (bucket->entry[slot]) {
				/* Only a digest that somebody made up meets a user's key. */
				if (memcmp(bucket->prefix[slot], key, sizeof(*key)) == 0)
					return -EEXIST;
				continue;
			}
			memcpy(bucket->prefix[slot], key, sizeof(*key));
			bucket->entry[slot] = number;
			bucket->action[slot] = action;
			if (probe > header->probe_max)
				header->probe_max = probe;
			return 0;
		}
		at = next_bucket(header, at);
	}
	return -E2BIG;
}

/* What the entries of each vendor ask for on a day. The caller frees it; NULL: out of memory. */
static uint8_t *vendor_actions(const struct policy *policy, int32_t today)
{
	uint8_t *actions = malloc(policy->vendor_count + 1);

	for (size_t i = 0; actions && i < policy->vendor_count; i++)
		actions[i] = policy_vendor_action(policy->vendors[i].vendor, today);
	return actions;
}

/*
 * What the slot of a digest says: to every user, or that some have slots of their own. Of
 * nearly all the vendor says it alone.
 */
static struct policy_ruling digest_ruling(const struct policy *policy, const uint8_t *actions,
					  uint32_t number, int32_t today)
{
	const struct entry *entry = &policy->entries[number - 1];
	struct policy_ruling ruling;

	if (policy->exempt_count == 0 && policy->digest_count == policy->entry_count)
		return (struct policy_ruling){ .entry = number, .action = actions[entry->vendor] };
	ruling = policy_rule(policy, number, EXEMPTION_ANY_UID, today);

	if (exempt_begins_user(policy,
			       exempt_find(policy, policy->entries[number - 1].digest)))
		ruling.action |= POLICY_EXEMPT_UIDS;
	return ruling;
}

/* What the slot of a digest and a user says; @index of a pair among the exemptions. */
static struct policy_ruling user_ruling(const struct policy *policy, size_t index, int32_t today,
					struct key *ret_key)
{
	const struct exempt_digest *exempt = &policy->exempts[index];
	uint32_t uid = exempt->exemption->uid;

	*ret_key = key_of(exempt->digest, uid);
	return policy_rule(policy, policy_find(policy, exempt->digest), uid, today);
}

static int insert_users(const struct policy *policy, int32_t today, void *image)
{
	for (size_t i = 0; i < policy->exempt_count; i++) {
		struct policy_ruling ruling;
		struct key key;
		int r;

		if (!exempt_begins_user(policy, i))
			continue;
		ruling = user_ruling(policy, i, today, &key);
		r = insert(image, &key, ruling.entry, ruling.action);
		if (r < 0)
			return r;
	}
	return 0;
}

int policy_image_fill(const struct policy *policy, const struct policy_geometry *geometry,
		      int32_t today, uint64_t generation, void *image)
{
	_cleanup_free_ uint8_t *actions = vendor_actions(policy, today);
	const struct entry *entries = policy->entries;
	int r;

	if (!actions)
		return -ENOMEM;
	write_header(policy, geometry, today, generation, image);
	write_gate(policy, image);
	for (size_t i = 0; i < policy->entry_count; i++) {
		struct policy_ruling ruling;
		struct key key;

		if (i > 0 && entry_same_digest(&entries[i - 1], &entries[i]))
			continue;
		if (i % TRIM_ENTRIES == 0)
			policy_trim(policy);
		ruling = digest_ruling(policy, actions, (uint32_t)i + 1, today);
		key = key_of(entries[i].digest, POLICY_EVERY_USER);
		r = insert(image, &key, ruling.entry, ruling.action);
		if (r < 0)
			return r;
	}
	r = insert_users(policy, today, image);
	policy_trim(policy);
	return r;
}

/* The bucket and the slot of a key; NULL if it is not in the table. */
static struct policy_bucket *find_key(const void *image, const struct key *key,
				      unsigned int *ret_slot)
{
	const struct policy_header *header = image;
	struct policy_bucket *buckets = image_buckets((void *)image);
	uint32_t at = first_bucket(header, key);

	for (uint32_t probe = 0; probe < header->probe_max; probe++) {
		struct policy_bucket *bucket = &buckets[at];

		for (unsigned int slot = 0; slot < POLICY_SLOTS; slot++) {
			if (!bucket->entry[slot])
				return NULL;
			if (memcmp(bucket->prefix[slot], key, sizeof(*key)) != 0)
				continue;
			*ret_slot = slot;
			return bucket;
		}
		at = next_bucket(header, at);
	}
	return NULL;
}

/* A reader may see one new and one old: the slot is taken anyway. */
static void store(struct policy_bucket *bucket, unsigned int slot, struct policy_ruling ruling)
{
	__atomic_store_n(&bucket->entry[slot], ruling.entry, __ATOMIC_RELAXED);
	__atomic_store_n(&bucket->action[slot], ruling.action, __ATOMIC_RELAXED);
}

static void update_users(const struct policy *policy, void *image, int32_t today)
{
	for (size_t i = 0; i < policy->exempt_count; i++) {
		struct policy_bucket *bucket;
		struct policy_ruling ruling;
		unsigned int slot;
		struct key key;

		if (!exempt_begins_user(policy, i))
			continue;
		ruling = user_ruling(policy, i, today, &key);
		bucket = find_key(image, &key, &slot);
		if (bucket)
			store(bucket, slot, ruling);
	}
}

int policy_image_update_phases(const struct policy *policy, void *image, int32_t today)
{
	_cleanup_free_ uint8_t *actions = vendor_actions(policy, today);
	struct policy_header *header = image;
	struct policy_bucket *buckets = image_buckets(image);

	if (!actions)
		return -ENOMEM;
	__atomic_store_n(&header->flags, policy_flags(policy, today), __ATOMIC_RELAXED);
	for (uint64_t i = 0; i < header->buckets; i++) {
		for (unsigned int slot = 0; slot < POLICY_SLOTS; slot++) {
			uint32_t number = buckets[i].entry[slot];

			/* The slot of a user has another key than the digest of its entry. */
			if (number && memcmp(buckets[i].prefix[slot],
					     policy->entries[number - 1].digest,
					     INTERDICT_PREFIX_SIZE) == 0)
				store(&buckets[i], slot,
				      digest_ruling(policy, actions, number, today));
		}
	}
	update_users(policy, image, today);
	policy_trim(policy);
	return 0;
}

bool policy_image_gate(const void *image, uint64_t size)
{
	const struct policy_header *header = image;
	uint64_t hash = policy_hash(size);
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
			   uint32_t uid, uint8_t *ret_action)
{
	struct key key = key_of(digest, POLICY_EVERY_USER);
	const struct policy_bucket *bucket, *own;
	unsigned int slot;

	bucket = find_key(image, &key, &slot);
	if (!bucket)
		return 0;
	if (uid != POLICY_EVERY_USER && (bucket->action[slot] & POLICY_EXEMPT_UIDS)) {
		unsigned int own_slot;

		key = key_of(digest, uid);
		own = find_key(image, &key, &own_slot);
		if (own) {
			bucket = own;
			slot = own_slot;
		}
	}
	*ret_action = bucket->action[slot];
	return bucket->entry[slot];
}
