/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "repeat.h"

#define SECOND 1000000000ULL
#define START  (100 * SECOND)

struct written {
	uint64_t records, events;
	uint64_t last_repeat, last_sequence;
	uint32_t last_pid;
};

static void count(struct alert *alert, void *userdata)
{
	struct written *written = userdata;

	alert->sequence = ++written->last_sequence;
	written->records++;
	written->events += 1 + alert->repeat;
	written->last_repeat = alert->repeat;
	written->last_pid = alert->event.tgid;
}

static struct alert make_alert(uint8_t digest, uint32_t uid, uint32_t pid)
{
	struct alert alert = { 0 };

	alert.event.kind = EVENT_EXEC;
	alert.event.decision = DECISION_DENY;
	alert.event.reason = REASON_LISTED;
	alert.event.hash_source = HASH_SOURCE_IMA;
	memset(alert.event.digest, digest, sizeof(alert.event.digest));
	alert.event.uid = uid;
	alert.event.tgid = pid;
	alert.path = strdup("/opt/x"); /* a leak would be seen */
	assert_non_null(alert.path);
	return alert;
}

static void add(struct repeat *repeat, uint8_t digest, uint32_t uid, uint32_t pid, uint64_t now)
{
	struct alert alert = make_alert(digest, uid, pid);

	repeat_add(repeat, &alert, now);
	assert_null(alert.path);
}

static struct repeat *make_repeat(size_t capacity, struct written *written)
{
	struct repeat *repeat = repeat_new(capacity, SECOND, count, written);

	assert_non_null(repeat);
	return repeat;
}

static void first_at_once_then_one_a_second(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(8, &written);

	(void)state;
	assert_int_equal(repeat_next(repeat), UINT64_MAX);
	add(repeat, 1, 0, 1, START);
	assert_int_equal(written.records, 1);
	assert_int_equal(written.last_repeat, 0);
	assert_int_equal(repeat_next(repeat), UINT64_MAX);
	for (uint32_t pid = 2; pid <= 11; pid++)
		add(repeat, 1, 0, pid, START + pid);
	assert_int_equal(written.records, 1);
	assert_int_equal(repeat_waiting(repeat), 10);
	assert_int_equal(repeat_next(repeat), START + SECOND);
	repeat_expire(repeat, START + SECOND - 1);
	assert_int_equal(written.records, 1);
	repeat_expire(repeat, START + SECOND);
	assert_int_equal(written.records, 2);
	assert_int_equal(written.last_repeat, 9);
	assert_int_equal(written.last_pid, 11);
	assert_int_equal(repeat_waiting(repeat), 0);
	/* The interval began anew with that record. */
	add(repeat, 1, 0, 12, START + SECOND + SECOND / 2);
	assert_int_equal(written.records, 2);
	add(repeat, 1, 0, 13, START + 2 * SECOND);
	assert_int_equal(written.records, 3);
	assert_int_equal(written.last_repeat, 1);
	/* Silent for longer: at once again. */
	repeat_expire(repeat, START + 10 * SECOND);
	add(repeat, 1, 0, 14, START + 10 * SECOND);
	assert_int_equal(written.records, 4);
	assert_int_equal(written.last_repeat, 0);
	repeat_free(repeat);
}

static void different_ones_do_not_collapse(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(64, &written);
	struct alert alert;

	(void)state;
	add(repeat, 1, 0, 1, START);
	add(repeat, 2, 0, 1, START);
	add(repeat, 1, 1000, 1, START);
	alert = make_alert(1, 0, 1);
	alert.event.decision = DECISION_AUDIT;
	repeat_add(repeat, &alert, START);
	alert = make_alert(1, 0, 1);
	alert.event.kind = EVENT_MAP;
	repeat_add(repeat, &alert, START);
	assert_int_equal(written.records, 5);
	/* Without a digest the file counts, and what stands where the digest would be does not. */
	for (uint64_t inode = 10; inode < 13; inode++) {
		alert = make_alert((uint8_t)inode, 0, 1);
		alert.event.hash_source = HASH_SOURCE_NONE;
		alert.event.reason = REASON_UNHASHABLE;
		alert.event.file.inode = inode / 2;
		repeat_add(repeat, &alert, START);
	}
	assert_int_equal(written.records, 7);
	assert_int_equal(repeat_waiting(repeat), 1);
	/* Nor is it the same file if its number was given to another, or it has another path. */
	for (uint32_t i = 0; i < 4; i++) {
		alert = make_alert(1, 0, 1);
		alert.event.hash_source = HASH_SOURCE_NONE;
		alert.event.reason = REASON_UNHASHABLE;
		alert.event.file.inode = 5;
		alert.event.file.inode_generation = i & 1;
		alert.path[5] = (char)(i & 2 ? 'y' : 'x');
		repeat_add(repeat, &alert, START);
	}
	assert_int_equal(written.records, 10);
	assert_int_equal(repeat_waiting(repeat), 2);
	repeat_free(repeat);
}

static void flush_writes_all(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(8, &written);

	(void)state;
	for (uint32_t i = 0; i < 30; i++)
		add(repeat, (uint8_t)(i % 3), 0, i, START);
	assert_int_equal(written.records, 3);
	repeat_flush(repeat, START + 1);
	assert_int_equal(written.records, 6);
	assert_int_equal(written.events, 30);
	assert_int_equal(repeat_waiting(repeat), 0);
	repeat_free(repeat);
}

static void full_table_writes_the_oldest(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(2, &written);

	(void)state;
	add(repeat, 1, 0, 1, START);
	add(repeat, 2, 0, 2, START + 1);
	add(repeat, 1, 0, 3, START + 2);
	assert_int_equal(written.records, 2);
	add(repeat, 3, 0, 4, START + 3);
	assert_int_equal(written.records, 4); /* the one that waited, and the new one */
	assert_int_equal(written.events, 4);
	repeat_free(repeat);
}

/* A service that respawns 1,000 times a second for 10 s. */
static void respawning_service(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(1024, &written);

	(void)state;
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t now = START + i * (SECOND / 1000);

		repeat_expire(repeat, now);
		add(repeat, 1, 0, (uint32_t)i, now);
		assert_int_equal(written.events + repeat_waiting(repeat), i + 1);
	}
	assert_int_equal(written.records, 10);
	repeat_flush(repeat, START + 10 * SECOND);
	assert_int_equal(written.records, 11);
	assert_int_equal(written.events, 10000);
	assert_int_equal(written.last_sequence, 11);
	repeat_free(repeat);
}

/* 10,000 events of more kinds than the table holds, at random times. */
static void accounting_is_exact(void **state)
{
	static const size_t capacities[] = { 1, 2, 16, 1024 };
	uint64_t seed = 5;

	(void)state;
	for (size_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++) {
		struct written written = { 0 };
		struct repeat *repeat = make_repeat(capacities[c], &written);
		uint64_t now = START;

		for (uint64_t i = 0; i < 10000; i++) {
			uint64_t next;

			now += random_u64(&seed) % (SECOND / 100);
			next = repeat_next(repeat);
			if (next <= now)
				repeat_expire(repeat, now);
			assert_true(repeat_next(repeat) > now);
			add(repeat, (uint8_t)(random_u64(&seed) % 40),
			    (uint32_t)(random_u64(&seed) % 3), (uint32_t)i, now);
			assert_int_equal(written.events + repeat_waiting(repeat), i + 1);
		}
		repeat_flush(repeat, now);
		assert_int_equal(repeat_waiting(repeat), 0);
		assert_int_equal(written.events, 10000);
		assert_true(capacities[c] < 1024 || written.records < 10000);
		repeat_free(repeat);
	}
}

static void freed_with_waiting(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(4, &written);

	(void)state;
	add(repeat, 1, 0, 1, START);
	add(repeat, 1, 0, 2, START);
	repeat_free(repeat);
	repeat_free(NULL);
	assert_int_equal(written.records, 1);
	assert_null(repeat_new(0, SECOND, count, NULL));
}

/* Counted beside one that waits, and then only; the one that waits is the one that is written. */
static void storms_are_counted(void **state)
{
	struct written written = { 0 };
	struct repeat *repeat = make_repeat(8, &written);
	struct alert alert = make_alert(1, 0, 9), other = make_alert(1, 1, 9);

	(void)state;
	assert_false(repeat_count(repeat, &alert, START));
	add(repeat, 1, 0, 1, START);
	assert_false(repeat_count(repeat, &alert, START + 1));
	add(repeat, 1, 0, 2, START + 2);
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(repeat_count(repeat, &alert, START + 3 + i));
	assert_false(repeat_count(repeat, &other, START + 1003));
	assert_int_equal(repeat_waiting(repeat), 1001);
	/* Its time has come: one that is due is looked at. */
	assert_false(repeat_count(repeat, &alert, START + SECOND));
	repeat_expire(repeat, START + SECOND);
	assert_int_equal(written.records, 2);
	assert_int_equal(written.events, 1002);
	assert_int_equal(written.last_pid, 2);
	assert_int_equal(repeat_waiting(repeat), 0);
	alert_release(&alert);
	alert_release(&other);
	repeat_free(repeat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_at_once_then_one_a_second),
		cmocka_unit_test(different_ones_do_not_collapse),
		cmocka_unit_test(flush_writes_all),
		cmocka_unit_test(full_table_writes_the_oldest),
		cmocka_unit_test(respawning_service),
		cmocka_unit_test(accounting_is_exact),
		cmocka_unit_test(storms_are_counted),
		cmocka_unit_test(freed_with_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
