/* SPDX-License-Identifier: BSD-2-Clause */
/* The image that the kernel looks into says what the policy says. */
#include "policy_input.h"

#include <errno.h>

#include "buffer.h"

static struct policy_geometry geometry;
static void *image;

static int setup(void **state)
{
	image = NULL;
	return begin_policy(state);
}

static int teardown(void **state)
{
	free(image);
	return end_policy(state);
}

/* Fills a new image for this day. */
static int fill(int32_t today, uint64_t generation)
{
	assert_int_equal(policy_image_size(policy, &geometry), 0);
	assert_true(geometry.size == (uint64_t)geometry.blocks * POLICY_BLOCK_SIZE);
	free(image);
	image = calloc(1, geometry.size);
	assert_non_null(image);
	return policy_image_fill(policy, &geometry, today, generation, image);
}

/* A list of @count random digests with random sizes, or without. */
static void write_list(const char *name, size_t count, uint64_t seed, bool sized)
{
	struct buffer text = { 0 };

	buffer_append_string(&text, "sha256,size\n");
	for (size_t i = 0; i < count; i++) {
		uint8_t digest[INTERDICT_DIGEST_SIZE];
		char hex[DIGEST_HEX_SIZE], line[128];

		random_bytes(&seed, digest, sizeof(digest));
		digest_to_hex(digest, hex);
		if (sized)
			snprintf(line, sizeof(line), "%s,%llu\n", hex,
				 (unsigned long long)(random_u64(&seed) >> 40) + 1);
		else
			snprintf(line, sizeof(line), "%s,\n", hex);
		buffer_append_string(&text, line);
	}
	scratch_write_bytes(&scratch, name, text.data, text.size);
	buffer_release(&text);
}

static bool is_power_of_two(uint32_t number)
{
	return number > 0 && (number & (number - 1)) == 0;
}

static void check_layout(size_t digests)
{
	const struct policy_header *header = image;
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	assert_int_equal(header->magic, POLICY_MAGIC);
	assert_int_equal(header->version, POLICY_VERSION);
	assert_int_equal(header->entries, digests);
	assert_true(is_power_of_two(geometry.gate_blocks));
	assert_int_equal(header->gate_mask, geometry.gate_blocks - 1);
	assert_int_equal(header->bucket_first, 1 + geometry.gate_blocks);
	assert_int_equal(header->buckets, geometry.buckets);
	assert_int_equal(geometry.blocks, 1 + geometry.gate_blocks + geometry.buckets);
	assert_true(header->probe_max >= 1 && header->probe_max <= INTERDICT_PROBE_MAX);
	/* Load at most 0.6, and not needlessly empty. */
	assert_true(digests * 10 <= (uint64_t)geometry.buckets * POLICY_SLOTS * 6);
	assert_true(geometry.buckets == 1 ||
		    digests * 10 > (uint64_t)(geometry.buckets - 1) * POLICY_SLOTS * 6);
	/* Gate and table. */
	if (digests >= 1000)
		assert_true(geometry.size <= 40 * digests);
	policy_digest(policy, digest);
	assert_memory_equal(header->digest, digest, sizeof(header->digest));
	for (size_t i = 0; i < sizeof(header->reserved); i++)
		assert_int_equal(header->reserved[i], 0);
}

/* Table and policy agree on every entry and on @others random digests. */
static void check_lookups(size_t others, int32_t today)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE], action;
	uint64_t random = 12345;

	for (uint32_t number = 1; number <= policy_entry_count(policy); number++) {
		const struct entry *entry = policy_entry(policy, number);
		uint32_t strictest = policy_strictest(policy, number, today);

		action = 0xff;
		assert_int_equal(policy_image_find(image, entry->digest, 0, &action), strictest);
		entry = policy_entry(policy, strictest);
		assert_int_equal(action,
				 policy_vendor_action(policy_vendor(policy, entry->vendor), today));
		/* No false negative of the gate. */
		if (entry->size != ENTRY_SIZE_UNKNOWN)
			assert_true(policy_image_gate(image, entry->size));
	}
	for (size_t i = 0; i < others; i++) {
		random_bytes(&random, digest, sizeof(digest));
		action = 0xff;
		assert_int_equal(policy_image_find(image, digest, 0, &action),
				 policy_find(policy, digest));
		assert_int_equal(action, 0xff);
	}
}

static void test_random_policies(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 4, 31, 32, 33, 1000, 40000 };

	(void)state;
	write_vendor("v", "[lists]\nfile = l\n");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		write_list("l", counts[i], 100 + i, true);
		assert_loads();
		assert_int_equal(fill(20000, 7 + i), 0);
		check_layout(counts[i]);
		check_lookups(20000, 20000);
		assert_int_equal(((struct policy_header *)image)->generation, 7 + i);
		assert_int_equal(((struct policy_header *)image)->flags, POLICY_HAS_DENY);
	}
}

/* Of sizes that no entry has the gate clears nearly all: with 16 bits each all but one in 400. */
static void test_gate_clears(void **state)
{
	size_t passed = 0, asked = 100000;

	(void)state;
	write_vendor("v", "[lists]\nfile = l\n");
	write_list("l", 20000, 1, true);
	assert_loads();
	assert_int_equal(fill(0, 1), 0);
	for (uint64_t size = 1U << 25; size < (1U << 25) + asked; size++)
		passed += policy_image_gate(image, size);
	assert_true(passed < asked / 200);
}

static void test_unsized(void **state)
{
	(void)state;
	write_vendor("v", "[lists]\nfile = l\n");
	write_list("l", 100, 1, false);
	assert_loads();
	assert_int_equal(fill(0, 1), 0);
	assert_int_equal(((struct policy_header *)image)->flags,
			 POLICY_HAS_UNSIZED | POLICY_HAS_DENY);
	/* Every executable has to be hashed. */
	for (uint64_t size = 0; size < 1000; size++)
		assert_true(policy_image_gate(image, size));
	check_lookups(1000, 0);
}

static void test_open_deny(void **state)
{
	(void)state;
	write_vendor("v", "[lists]\nfile = l\nopen = deny\n");
	write_list("l", 10, 1, true);
	assert_loads();
	assert_int_equal(fill(0, 1), 0);
	assert_int_equal(((struct policy_header *)image)->flags,
			 POLICY_HAS_OPEN_DENY | POLICY_HAS_DENY);
	check_lookups(100, 0);
}

static void test_empty(void **state)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE] = { 0 }, action = 0xff;

	(void)state;
	/* Prohibited, and nothing is known that could be denied. */
	write_vendor("v", "[lists]\nopen = deny\n");
	assert_loads();
	assert_int_equal(fill(0, 1), 0);
	assert_int_equal(((struct policy_header *)image)->flags, 0);
	assert_int_equal(geometry.blocks, 3);
	check_layout(0);
	assert_int_equal(policy_image_find(image, digest, 0, &action), 0);
	for (uint64_t size = 0; size < 10000; size++)
		assert_false(policy_image_gate(image, size));
	assert_int_equal(policy_image_update_phases(policy, image, 1), 0);
}

/* @count digests that all begin their search at the same bucket. */
static void write_colliding(size_t count)
{
	struct buffer text = { 0 };

	for (size_t i = 0; i < count; i++) {
		char line[80];

		snprintf(line, sizeof(line), "deadbeef01020304%016zx%032x\n", i, 1);
		buffer_append_string(&text, line);
	}
	scratch_write_bytes(&scratch, "l", text.data, text.size);
	buffer_release(&text);
}

static void test_probe_bound(void **state)
{
	size_t most = (size_t)INTERDICT_PROBE_MAX * POLICY_SLOTS;

	(void)state;
	write_vendor("v", "[lists]\nfile = l\n");
	write_colliding(most);
	assert_loads();
	assert_int_equal(fill(0, 1), 0);
	assert_int_equal(((struct policy_header *)image)->probe_max, INTERDICT_PROBE_MAX);
	check_lookups(100, 0);
	/* One more is further from its place than the kernel looks. */
	write_colliding(most + 1);
	assert_loads();
	assert_int_equal(fill(0, 1), -E2BIG);
}

/* Digests whose search goes over the end of the table and on at its beginning. */
static void test_wrap(void **state)
{
	struct buffer text = { 0 };

	(void)state;
	for (int i = 0; i < 12; i++) {
		char line[80];

		snprintf(line, sizeof(line), "ffffffffffffffff%02x%046x\n", i, 1);
		buffer_append_string(&text, line);
	}
	write_vendor("v", "[lists]\nfile = l\n");
	scratch_write_bytes(&scratch, "l", text.data, text.size);
	buffer_release(&text);
	assert_loads();
	assert_int_equal(fill(0, 1), 0);
	assert_int_equal(((struct policy_header *)image)->probe_max, 4);
	check_lookups(100, 0);
}

/* Whether anything can be denied on a day at all, also after an update in place. */
static void check_flags(const char *vendor, const char *const dates[5], const uint32_t flags[5])
{
	write_vendor("v", vendor);
	assert_loads();
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(policy_flags(policy, day_of(dates[i])), flags[i]);
		assert_int_equal(fill(day_of(dates[i]), 1), 0);
		assert_int_equal(((struct policy_header *)image)->flags, flags[i]);
	}
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(policy_image_update_phases(policy, image, day_of(dates[i])), 0);
		assert_int_equal(((struct policy_header *)image)->flags, flags[i]);
	}
}

#define SCHEDULE "[schedule]\nannounced = 2026-01-01\ngrace = 45d\nretired = 2026-06-01\n"

static void test_deny_flag(void **state)
{
	static const char *const dates[5] = { "2025-12-31", "2026-02-14", "2026-02-15",
					      "2026-05-31", "2026-06-01" };
	static const uint32_t denies[5] = { 0, 0, POLICY_HAS_DENY, POLICY_HAS_DENY, 0 };
	static const uint32_t denies_opens[5] = { 0, 0, POLICY_HAS_DENY | POLICY_HAS_OPEN_DENY,
						  POLICY_HAS_DENY | POLICY_HAS_OPEN_DENY, 0 };
	static const uint32_t never[5] = { 0 };

	(void)state;
	write_list("l", 10, 1, true);
	check_flags(SCHEDULE "[lists]\nfile = l\n", dates, denies);
	check_flags(SCHEDULE "[lists]\nfile = l\nopen = deny\n", dates, denies_opens);
	/* A vendor that is capped at audit denies nothing, unhashable files neither. */
	check_flags("mode = audit\n" SCHEDULE "[lists]\nfile = l\nopen = deny\n", dates, never);
}

static void test_phase_update(void **state)
{
	static const char *const dates[] = {
		"2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01", "2026-02-14",
		"2026-02-15", "2026-05-31", "2026-06-01", "2026-01-01", /* the clock set back */
	};
	struct policy_header before;
	void *updated;

	(void)state;
	write_vendor("a", "[schedule]\nannounced = 2026-01-01\ngrace = 45d\nretired = 2026-06-01\n"
			  "[lists]\nfile = l\n");
	write_vendor("b", "[schedule]\nannounced = 2026-02-01\nprohibited = 2026-03-01\n"
			  "[lists]\nfile = l\nfile = m\nopen = deny\n");
	write_vendor("c", "[lists]\nfile = n\n");
	write_list("l", 500, 1, true);
	write_list("m", 500, 2, true);
	write_list("n", 500, 3, false);
	assert_loads();
	assert_int_equal(fill(day_of("2020-01-01"), 9), 0);
	before = *(struct policy_header *)image;
	updated = malloc(geometry.size);
	assert_non_null(updated);
	memcpy(updated, image, geometry.size);
	for (size_t i = 0; i < ARRAY_SIZE(dates); i++) {
		/* The same as an image that is filled on that day. */
		assert_int_equal(policy_image_update_phases(policy, updated, day_of(dates[i])), 0);
		assert_int_equal(fill(day_of(dates[i]), 9), 0);
		assert_memory_equal(updated, image, geometry.size);
		check_lookups(200, day_of(dates[i]));
		before.flags = ((struct policy_header *)image)->flags;
		assert_memory_equal(updated, &before, sizeof(before));
	}
	free(updated);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_random_policies), TEST(test_gate_clears), TEST(test_unsized),
		TEST(test_open_deny),	    TEST(test_empty),	    TEST(test_probe_bound),
		TEST(test_wrap),	    TEST(test_deny_flag),   TEST(test_phase_update),
	};

	return cmocka_run_group_tests_name("policy_image", tests, NULL, NULL);
}
