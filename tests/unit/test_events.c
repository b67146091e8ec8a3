/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <syslog.h>

#include "events.h"
#include "util.h"

#define RECORD_MAX (sizeof(struct event) + INTERDICT_PATH_MAX + INTERDICT_ARGV_MAX)

/* A record of exactly its size on the heap, so that a sanitizer sees every byte beside it. */
static void *make_record(uint32_t flags, const char *path, size_t path_size, const char *argv,
                         size_t argv_size, size_t *ret_size)
{
	struct event event = {
		.kind = EVENT_EXEC,
		.flags = flags,
		.pid = 11,
		.tgid = 10,
		.decision = DECISION_AUDIT,
		.reason = REASON_LISTED,
		.hash_source = HASH_SOURCE_IMA,
		.backend = BACKEND_LSM,
		.mode = MODE_AUDIT,
		.comm = "sh",
		.entry = 7,
		.path_size = (uint16_t)path_size,
		.argv_size = (uint16_t)argv_size,
		.size = (uint32_t)(sizeof(event) + path_size + argv_size),
	};
	char *record = malloc(event.size);

	assert_non_null(record);
	event.time = clock_boottime();
	memcpy(record, &event, sizeof(event));
	if (path_size > 0)
		memcpy(record + sizeof(event), path, path_size);
	if (argv_size > 0)
		memcpy(record + sizeof(event) + path_size, argv, argv_size);
	*ret_size = event.size;
	return record;
}

static int decode(uint32_t flags, const char *path, size_t path_size, const char *argv,
                  size_t argv_size, struct alert *ret_alert)
{
	size_t size;
	void *record = make_record(flags, path, path_size, argv, argv_size, &size);
	int r = alert_decode(record, size, ret_alert);

	free(record);
	return r;
}

static void assert_path(uint32_t flags, const char *bytes, size_t size, const char *expected)
{
	struct alert alert;

	assert_int_equal(decode(flags, bytes, size, NULL, 0, &alert), 0);
	assert_int_equal(alert.event.flags, flags & ~EVENT_PATH_REVERSED);
	if (expected)
		assert_string_equal(alert.path, expected);
	else
		assert_null(alert.path);
	alert_release(&alert);
}

static void whole_record(void **state)
{
	static const char path[] = "/usr/bin/a b\n\xff";
	static const char argv[] = "a\0-x\0\0last";
	struct alert alert;
	uint64_t now = clock_realtime();

	(void)state;
	assert_int_equal(decode(EVENT_LATE, path, sizeof(path), argv, sizeof(argv), &alert), 0);
	assert_int_equal(alert.event.tgid, 10);
	assert_int_equal(alert.entry, 7);
	assert_true(alert.late);
	assert_string_equal(alert.path, path);
	assert_int_equal(alert.arg_count, 4);
	assert_string_equal(alert.args[0], "a");
	assert_string_equal(alert.args[1], "-x");
	assert_string_equal(alert.args[2], "");
	assert_string_equal(alert.args[3], "last");
	assert_true(alert.time - now < 5000000000U || now - alert.time < 1000000U);
	assert_int_equal(alert.repeat, 0);
	assert_null(alert.policy);
	alert_release(&alert);
	assert_null(alert.path);
	alert_release(&alert);
}

static void no_payload(void **state)
{
	struct alert alert;

	(void)state;
	assert_int_equal(decode(EVENT_NO_SCRATCH, NULL, 0, NULL, 0, &alert), 0);
	assert_null(alert.path);
	assert_null(alert.args);
	assert_int_equal(alert.arg_count, 0);
	assert_false(alert.late);
	alert_release(&alert);
}

static void argv_that_is_cut(void **state)
{
	struct alert alert;

	(void)state;
	assert_int_equal(decode(EVENT_ARGV_CUT, NULL, 0, "ab\0cd", 5, &alert), 0);
	assert_int_equal(alert.arg_count, 2);
	assert_string_equal(alert.args[1], "cd");
	alert_release(&alert);
	assert_int_equal(decode(0, NULL, 0, "\0", 1, &alert), 0);
	assert_int_equal(alert.arg_count, 1);
	assert_string_equal(alert.args[0], "");
	alert_release(&alert);
}

static void args_are_replaced(void **state)
{
	struct alert alert = { 0 };

	(void)state;
	assert_int_equal(alert_set_args(&alert, "one\0two", 8), 0);
	assert_int_equal(alert_set_args(&alert, "three", 6), 0);
	assert_int_equal(alert.arg_count, 1);
	assert_string_equal(alert.args[0], "three");
	assert_int_equal(alert_set_args(&alert, "", 0), 0);
	assert_int_equal(alert.arg_count, 0);
	alert_release(&alert);
}

static void reversed_path(void **state)
{
	static const uint32_t cut = EVENT_PATH_REVERSED | EVENT_PATH_CUT;
	char longest[INTERDICT_PATH_MAX];
	struct alert alert;

	(void)state;
	assert_path(EVENT_PATH_REVERSED, "c\0bb\0a", 7, "/a/bb/c");
	assert_path(EVENT_PATH_REVERSED, "memfd:x (deleted)", 18, "/memfd:x (deleted)");
	assert_path(EVENT_PATH_REVERSED, "c\0/\0b\0/", 8, "/b/c");
	assert_path(EVENT_PATH_REVERSED, "c\0\0b\0", 6, "/b/c");
	assert_path(EVENT_PATH_REVERSED, "", 1, "/");
	assert_path(EVENT_PATH_REVERSED, "/", 2, "/");
	assert_path(EVENT_PATH_REVERSED, NULL, 0, NULL);
	assert_path(cut, "c\0bb\0a", 7, "a/bb/c");
	assert_int_equal(decode(EVENT_PATH_REVERSED, "c\0b", 3, NULL, 0, &alert), -EBADMSG);
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '\0' : 'x';
	assert_int_equal(decode(EVENT_PATH_REVERSED, longest, sizeof(longest), NULL, 0, &alert), 0);
	assert_int_equal(strlen(alert.path), sizeof(longest));
	alert_release(&alert);
}

static void bad_path(void **state)
{
	struct alert alert;

	(void)state;
	assert_int_equal(decode(0, "abc", 3, NULL, 0, &alert), -EBADMSG);
	assert_int_equal(decode(0, "a\0bc", 5, NULL, 0, &alert), -EBADMSG);
}

static void truncated(void **state)
{
	struct alert alert;
	size_t size;
	void *record = make_record(0, "/a", 3, "b", 2, &size);

	(void)state;
	for (size_t part = 0; part < size; part++) {
		void *copy = malloc(part ? part : 1);

		assert_non_null(copy);
		memcpy(copy, record, part);
		assert_int_equal(alert_decode(copy, part, &alert), -EBADMSG);
		free(copy);
	}
	free(record);
}

static void oversized(void **state)
{
	struct alert alert = { .sequence = 99 };
	char *record = calloc(1, RECORD_MAX + 2);
	size_t size;
	char *small = make_record(0, "/a", 3, NULL, 0, &size);

	(void)state;
	assert_non_null(record);
	memcpy(record, small, size);
	assert_int_equal(alert_decode(record, size + 1, &alert), -EBADMSG);
	((struct event *)record)->size = (uint32_t)size + 1;
	assert_int_equal(alert_decode(record, size + 1, &alert), -EBADMSG);
	((struct event *)record)->path_size = INTERDICT_PATH_MAX + 1;
	((struct event *)record)->size = sizeof(struct event) + INTERDICT_PATH_MAX + 1;
	assert_int_equal(
	        alert_decode(record, sizeof(struct event) + INTERDICT_PATH_MAX + 1, &alert),
	        -EBADMSG);
	((struct event *)record)->path_size = 0;
	((struct event *)record)->argv_size = INTERDICT_ARGV_MAX + 1;
	assert_int_equal(
	        alert_decode(record, sizeof(struct event) + INTERDICT_ARGV_MAX + 1, &alert),
	        -EBADMSG);
	assert_int_equal(alert.sequence, 99); /* untouched on failure */
	free(small);
	free(record);
}

static void numbers_that_are_not_possible(void **state)
{
	static const size_t offsets[] = {
		offsetof(struct event, kind),      offsetof(struct event, decision),
		offsetof(struct event, reason),    offsetof(struct event, hash_source),
		offsetof(struct event, backend),   offsetof(struct event, mode),
		offsetof(struct event, size),      offsetof(struct event, path_size),
		offsetof(struct event, argv_size),
	};
	struct alert alert;
	size_t size;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		uint8_t *record = make_record(0, "/a", 3, NULL, 0, &size);

		assert_int_equal(alert_decode(record, size, &alert), 0);
		alert_release(&alert);
		record[offsets[i]] = 0xee;
		assert_int_equal(alert_decode(record, size, &alert), -EBADMSG);
		free(record);
	}
}

static void comm_is_terminated(void **state)
{
	struct alert alert;
	size_t size;
	struct event *record = make_record(0, NULL, 0, NULL, 0, &size);

	(void)state;
	memset(record->comm, 'x', sizeof(record->comm));
	assert_int_equal(alert_decode(record, size, &alert), 0);
	assert_int_equal(strlen(alert.event.comm), sizeof(record->comm) - 1);
	alert_release(&alert);
	free(record);
}

/* Random bytes, and good records with random bytes in them. The sanitizers look on. */
static void fuzz(void **state)
{
	uint64_t seed = 4711;
	size_t decoded = 0;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		size_t path_size = random_u64(&seed) % 40, argv_size = random_u64(&seed) % 40;
		char payload[80];
		struct alert alert;
		size_t size;
		uint8_t *record;

		random_bytes(&seed, payload, sizeof(payload));
		for (size_t i = 0; i < sizeof(payload); i++)
			payload[i] = payload[i] % 4 ? payload[i] : '\0';
		record = make_record((uint32_t)random_u64(&seed), payload, path_size, payload + 40,
		                     argv_size, &size);
		if (round % 2)
			record[random_u64(&seed) % size] = (uint8_t)random_u64(&seed);
		if (round % 16 == 0)
			random_bytes(&seed, record, size);
		if (alert_decode(record, size, &alert) == 0) {
			size_t bytes = 0;

			decoded++;
			assert_true(!alert.path || strlen(alert.path) <= path_size + 1);
			for (size_t i = 0; i < alert.arg_count; i++)
				bytes += strlen(alert.args[i]) + 1;
			assert_true(bytes <= argv_size + 1);
			alert_release(&alert);
		}
		free(record);
	}
	assert_true(decoded > 1000);
}

static void names(void **state)
{
	const char *flags[EVENT_FLAG_MAX];

	(void)state;
	assert_string_equal(event_kind_name(EVENT_EXEC), "exec");
	assert_string_equal(event_kind_name(EVENT_RUNNING), "running");
	assert_string_equal(event_kind_name(EVENT_HEALTH), "health");
	assert_string_equal(event_kind_name(0), "unknown");
	assert_string_equal(event_kind_name(99), "unknown");
	assert_string_equal(decision_name(DECISION_DENY), "deny");
	assert_string_equal(decision_name(DECISION_EXEMPT), "exempt");
	assert_string_equal(reason_name(REASON_UNHASHABLE), "unhashable");
	assert_string_equal(backend_name(BACKEND_TRACEPOINT), "tracepoint");
	assert_string_equal(hash_source_name(HASH_SOURCE_SIZE), "size");
	assert_string_equal(mode_name(MODE_ENFORCE), "enforce");
	assert_string_equal(severity_name(LOG_CRIT), "crit");
	assert_string_equal(severity_name(-1), "unknown");
	assert_string_equal(counter_key(COUNTER_LOST_EXEC), "lost.exec");
	assert_string_equal(counter_text(COUNTER_DENIED), "denials");
	assert_string_equal(counter_key(COUNTER_COUNT), "unknown");
	assert_int_equal(event_flag_names(0, flags), 0);
	assert_int_equal(event_flag_names(~0U, flags), EVENT_FLAG_MAX);
	assert_string_equal(flags[19], "overlay");
	assert_string_equal(flags[31], "unknown");
	assert_int_equal(event_flag_names(EVENT_PATH_CUT | EVENT_MPROTECT, flags), 2);
	assert_string_equal(flags[0], "path-cut");
	assert_string_equal(flags[1], "mprotect");
}

static void severities(void **state)
{
	static const struct {
		uint8_t decision;
		int severity;
	} cases[] = {
		{ DECISION_DENY, LOG_ALERT },   { DECISION_AUDIT, LOG_WARNING },
		{ DECISION_GRACE, LOG_NOTICE }, { DECISION_ALLOW, LOG_INFO },
		{ DECISION_EXEMPT, LOG_INFO },
	};
	struct health health = { .level = HEALTH_CRIT };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct alert alert = { .event.decision = cases[i].decision };

		assert_int_equal(alert_severity(&alert), cases[i].severity);
	}
	assert_int_equal(health_severity(&health), LOG_CRIT);
	health.level = HEALTH_WARNING;
	assert_int_equal(health_severity(&health), LOG_WARNING);
	health.level = HEALTH_INFO;
	assert_int_equal(health_severity(&health), LOG_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_record),
		cmocka_unit_test(no_payload),
		cmocka_unit_test(argv_that_is_cut),
		cmocka_unit_test(args_are_replaced),
		cmocka_unit_test(reversed_path),
		cmocka_unit_test(bad_path),
		cmocka_unit_test(truncated),
		cmocka_unit_test(oversized),
		cmocka_unit_test(numbers_that_are_not_possible),
		cmocka_unit_test(comm_is_terminated),
		cmocka_unit_test(fuzz),
		cmocka_unit_test(names),
		cmocka_unit_test(severities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
