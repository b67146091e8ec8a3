/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hash_queue.h"

static bool everybody(unsigned int owner, const void *context)
{
	(void)owner;
	(void)context;
	return true;
}

static bool not_this_one(unsigned int owner, const void *context)
{
	return owner != *(const unsigned int *)context;
}

static void push(struct hash_queue *queue, struct hash_queue_item *item, uint32_t uid, bool urgent)
{
	item->owner = hash_queue_owner(uid);
	item->urgent = urgent;
	hash_queue_push(queue, item);
}

static void test_owners(void **state)
{
	(void)state;
	assert_int_equal(hash_queue_owner(0), 0);
	for (uint32_t uid = 1; uid < 300; uid++)
		assert_in_range(hash_queue_owner(uid), 1, HASH_QUEUE_OWNERS - 1);
	assert_in_range(hash_queue_owner(UINT32_MAX), 1, HASH_QUEUE_OWNERS - 1);
}

/* Three of one user, one of another, then what is urgent of the first. */
static void test_turns(void **state)
{
	struct hash_queue_item first[4], second;
	struct hash_queue queue;

	(void)state;
	hash_queue_init(&queue);
	assert_null(hash_queue_pop(&queue, everybody, NULL));
	for (int i = 0; i < 4; i++)
		push(&queue, &first[i], 1000, i == 3);
	push(&queue, &second, 1001, false);
	assert_ptr_equal(hash_queue_pop(&queue, everybody, NULL), &first[3]);
	assert_ptr_equal(hash_queue_pop(&queue, everybody, NULL), &second);
	for (int i = 0; i < 3; i++)
		assert_ptr_equal(hash_queue_pop(&queue, everybody, NULL), &first[i]);
	assert_null(hash_queue_pop(&queue, everybody, NULL));
}

static void test_may(void **state)
{
	unsigned int owner = hash_queue_owner(1000);
	struct hash_queue_item first, second;
	struct hash_queue queue;

	(void)state;
	hash_queue_init(&queue);
	push(&queue, &first, 1000, true);
	push(&queue, &second, 1001, false);
	assert_ptr_equal(hash_queue_pop(&queue, not_this_one, &owner), &second);
	assert_null(hash_queue_pop(&queue, not_this_one, &owner));
	assert_ptr_equal(hash_queue_pop(&queue, everybody, NULL), &first);
}

static void test_walk(void **state)
{
	struct hash_queue_item items[200];
	struct hash_queue_item *item;
	struct hash_queue queue;
	unsigned int count = 0;

	(void)state;
	hash_queue_init(&queue);
	assert_null(hash_queue_first(&queue));
	for (unsigned int i = 0; i < 200; i++)
		push(&queue, &items[i], i % 70, i % 3 == 0);
	for (item = hash_queue_first(&queue); item; item = hash_queue_next(&queue, item))
		count++;
	assert_int_equal(count, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_may),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
