/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <jansson.h>

#include "output_sink.h"
#include "util.h"

/* Parsed strictly: one document, no key twice. The caller releases it. */
static json_t *parse(struct buffer *buffer)
{
	json_error_t error;
	json_t *document;

	assert_false(buffer->failed);
	assert_null(memchr(buffer->data, '\n', buffer->size));
	document = json_loadb(buffer->data, buffer->size, JSON_REJECT_DUPLICATES, &error);
	if (!document)
		fail_msg("%s at %d", error.text, error.position);
	buffer_release(buffer);
	return document;
}

static json_t *alert_document(const struct alert *alert)
{
	struct buffer buffer = { 0 };
	struct record record;

	record_from_alert(&record, &sample_context, alert);
	assert_int_equal(ecs_append(&buffer, &record), 0);
	return parse(&buffer);
}

static json_t *health_document(const struct health *health)
{
	struct buffer buffer = { 0 };
	struct record record;

	record_from_health(&record, health);
	assert_int_equal(ecs_append(&buffer, &record), 0);
	return parse(&buffer);
}

static json_t *lookup(json_t *document, const char *name)
{
	char copy[128];
	char *rest = copy, *part;

	assert_true(strlen(name) < sizeof(copy));
	strcpy(copy, name);
	while (document && (part = strsep(&rest, ".")))
		document = json_object_get(document, part);
	return document;
}

static void assert_json_string(json_t *document, const char *name, const char *expected)
{
	json_t *value = lookup(document, name);

	if (!json_is_string(value))
		fail_msg("%s is no string", name);
	assert_string_equal(json_string_value(value), expected);
}

static void assert_json_number(json_t *document, const char *name, int64_t expected)
{
	json_t *value = lookup(document, name);

	if (!json_is_integer(value))
		fail_msg("%s is no integer", name);
	assert_int_equal(json_integer_value(value), expected);
}

static void assert_json_list(json_t *document, const char *name, const char *expected)
{
	json_t *value = lookup(document, name);
	char joined[256] = "";

	if (!json_is_array(value))
		fail_msg("%s is no array", name);
	for (size_t i = 0; i < json_array_size(value); i++) {
		strcat(joined, i > 0 ? "|" : "");
		strcat(joined, json_string_value(json_array_get(value, i)));
	}
	assert_string_equal(joined, expected);
}

static void every_alert_field(void **state)
{
	static const struct {
		const char *name, *value;
	} strings[] = {
		{ "@timestamp", "2026-11-21T02:12:45.123456789Z" },
		{ "event.action", "exec" },
		{ "interdict.run", "00112233445566ff" },
		{ "event.kind", "alert" },
		{ "event.outcome", "failure" },
		{ "event.reason", "listed" },
		{ "event.module", "interdict" },
		{ "event.dataset", "interdict.alert" },
		{ "log.level", "alert" },
		{ "process.entity_id", "b4f3a1c2-0000-4000-8000-000000000001-100-99500" },
		{ "process.name", "bash" },
		{ "process.executable", "/opt/acme/bin/scan" },
		{ "process.working_directory", "/home/joe" },
		{ "process.hash.sha256",
		  "abababababababababababababababababababababababababababababababab" },
		{ "process.start", "2026-11-21T02:12:40.123456789Z" },
		{ "process.user.id", "1000" },
		{ "process.user.name", "joe" },
		{ "process.real_user.id", "1000" },
		{ "process.real_user.name", "joe" },
		{ "process.real_group.id", "1001" },
		{ "process.parent.executable", "/bin/bash" },
		{ "file.path", "/opt/acme/bin/scan" },
		{ "file.inode", "77" },
		{ "file.device", "8:1" },
		{ "file.hash.sha256",
		  "abababababababababababababababababababababababababababababababab" },
		{ "rule.id", "acme/abababababababab" },
		{ "rule.name", "Scanner 11.1" },
		{ "rule.ruleset", "acme" },
		{ "rule.version", "fedcba9876543210" },
		{ "rule.reference", "https://example.org/1" },
		{ "host.id", "0123456789abcdef0123456789abcdef" },
		{ "host.hostname", "web1" },
		{ "agent.type", "interdict" },
		{ "agent.version", INTERDICT_VERSION },
		{ "ecs.version", "8.11.0" },
		{ "container.id", "c0ffee" },
		{ "package.name", "acme-scan" },
		{ "interdict.decision", "deny" },
		{ "interdict.suspect.by", "unit:acme*" },
		{ "interdict.suspect.command", "interdict list build 'a b'" },
		{ "interdict.phase", "grace" },
		{ "interdict.mode", "enforce" },
		{ "interdict.backend", "lsm" },
		{ "interdict.hash_source", "ima" },
		{ "interdict.error", "EIO" },
		{ "interdict.cgroup.id", "4294967297" },
		{ "interdict.vendor.id", "acme" },
		{ "interdict.vendor.name", "Acme Ltd" },
		{ "interdict.entry.product", "Scanner" },
		{ "interdict.entry.version", "11.1" },
		{ "interdict.entry.package", "acme-scan" },
		{ "interdict.entry.path", "/opt/acme/scan" },
		{ "interdict.entry.source", "acme-scan_11.1_amd64.deb" },
		{ "interdict.entry.list", "/etc/interdict/vendors.d/acme.csv:12" },
		{ "interdict.exemption.id", "CHG-7" },
		{ "interdict.exemption.until", "2026-12-31" },
		{ "interdict.exemption.approver", "Ann" },
		{ "interdict.exemption.reason", "until the new server stands" },
		{ "interdict.exemption.ticket", "https://tickets.example.org/7" },
		{ "interdict.elf.build_id", "d00d" },
		{ "interdict.elf.soname", "libscan.so.1" },
		{ "interdict.elf.package", "{\"type\":\"deb\"}" },
		{ "interdict.policy.digest",
		  "fedcba9876543210000000000000000000000000000000000000000000000000" },
	};
	static const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{ "event.severity", 1 },
		{ "event.sequence", 42 },
		{ "process.pid", 100 },
		{ "process.thread.id", 101 },
		{ "process.parent.pid", 99 },
		{ "file.size", 4096 },
		{ "interdict.days_left", 9 },
		{ "interdict.repeat", 6 },
		{ "interdict.policy.generation", 3 },
		{ "interdict.audit.loginuid", 1002 },
		{ "interdict.audit.sessionid", 4 },
		{ "interdict.namespace.mnt", 4026531841 },
		{ "interdict.namespace.pid", 4026531836 },
	};
	static const struct {
		const char *name, *value;
	} lists[] = {
		{ "event.category", "process|intrusion_detection" },
		{ "event.type", "start|denied" },
		{ "process.args", "scan|--all|a b" },
		{ "interdict.flags", "argv-cut|late" },
		{ "interdict.authority.citation", "Directive 1, section 2|Order 3" },
		{ "interdict.authority.url", "https://example.org/1|https://example.org/2" },
	};
	struct alert alert = sample_alert();
	json_t *document = alert_document(&alert);
	size_t in_table = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		assert_json_string(document, strings[i].name, strings[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_json_number(document, numbers[i].name, numbers[i].value);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		assert_json_list(document, lists[i].name, lists[i].value);
	assert_true(json_is_true(lookup(document, "interdict.late")));
	/* So nothing that the table has for alerts was left unchecked. */
	for (size_t i = 0; i < field_count(); i++)
		in_table += (field_at(i)->flags & FIELD_ALERT) != 0;
	assert_int_equal(in_table,
	                 ARRAY_SIZE(strings) + ARRAY_SIZE(numbers) + ARRAY_SIZE(lists) + 1);
	json_decref(document);
	alert_release(&alert);
}

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < field_count(); i++)
		if (strcmp(field_at(i)->name, name) == 0)
			return field_at(i);
	fail_msg("%s is not in the schema", name);
	return NULL;
}

static bool type_fits(const struct field *field, const json_t *value)
{
	switch (field->type) {
	case FIELD_KEYWORD:
	case FIELD_DATE:
		return json_is_string(value);
	case FIELD_KEYWORDS:
		return json_is_array(value);
	case FIELD_LONG:
		return json_is_integer(value);
	case FIELD_BOOLEAN:
		return json_is_boolean(value);
	}
	return false;
}

/* Every leaf of the document is in the schema, of its type and for its kind of record. */
static size_t count_leaves(const char *prefix, json_t *object, unsigned int records)
{
	const char *key;
	json_t *value;
	size_t count = 0;

	json_object_foreach(object, key, value)
	{
		char name[128];

		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "", key);
		if (json_is_object(value)) {
			count += count_leaves(name, value, records);
			continue;
		}
		assert_true(find_field(name)->flags & records);
		assert_true(type_fits(find_field(name), value));
		count++;
	}
	return count;
}

static size_t schema_fields(unsigned int records)
{
	size_t count = 0;

	for (size_t i = 0; i < field_count(); i++)
		count += (field_at(i)->flags & records) != 0;
	return count;
}

static void schema_and_documents_agree(void **state)
{
	struct alert alert = sample_alert();
	struct health health = sample_health();
	json_t *document = alert_document(&alert);

	(void)state;
	assert_int_equal(count_leaves("", document, FIELD_ALERT), schema_fields(FIELD_ALERT));
	json_decref(document);
	document = health_document(&health);
	assert_int_equal(count_leaves("", document, FIELD_HEALTH), schema_fields(FIELD_HEALTH));
	json_decref(document);
	alert_release(&alert);
}

static void key_order_is_stable(void **state)
{
	struct alert alert = sample_alert();
	struct buffer first = { 0 }, second = { 0 };
	struct record record;

	(void)state;
	record_from_alert(&record, &sample_context, &alert);
	assert_int_equal(ecs_append(&first, &record), 0);
	assert_int_equal(ecs_append(&second, &record), 0);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.data, second.data, first.size);
	assert_memory_equal(first.data, "{\"@timestamp\":\"", 15);
	buffer_release(&first);
	buffer_release(&second);
	alert_release(&alert);
}

static void health_fields(void **state)
{
	struct health health = sample_health();
	json_t *document = health_document(&health);

	(void)state;
	assert_json_string(document, "event.action", "health");
	assert_json_string(document, "event.dataset", "interdict.health");
	assert_json_string(document, "interdict.health.action", "start");
	assert_json_string(document, "message", "the monitor has started");
	assert_json_string(document, "event.outcome", "success");
	assert_json_number(document, "event.severity", 6);
	assert_json_number(document, "event.sequence", 43);
	assert_json_string(document, "interdict.before.run", "fedcba9876543210");
	assert_json_number(document, "interdict.before.sequence", 1234);
	assert_true(json_is_true(lookup(document, "interdict.before.clean")));
	assert_json_string(document, "interdict.before.mode", "audit");
	assert_json_number(document, "interdict.policy.old.generation", 2);
	assert_json_number(document, "interdict.account.sent", 101);
	assert_json_number(document, "interdict.account.events.lost", 110);
	assert_json_number(document, "interdict.account.syslog.waiting", 115);
	assert_json_number(document, "interdict.account.difference", 116);
	assert_json_number(document, "interdict.counters.seen.exec", 1);
	assert_json_number(document, "interdict.counters.denied", COUNTER_DENIED + 1);
	assert_json_number(document, "interdict.counters.lost.exec", COUNTER_LOST_EXEC + 1);
	assert_null(lookup(document, "process"));
	json_decref(document);

	health.level = HEALTH_CRIT;
	health.action = "loss";
	health.message = NULL;
	health.counters = NULL;
	document = health_document(&health);
	assert_json_string(document, "log.level", "crit");
	assert_json_number(document, "event.severity", 2);
	assert_null(lookup(document, "event.outcome"));
	assert_null(lookup(document, "message"));
	assert_null(lookup(document, "interdict.counters"));
	json_decref(document);
}

/* Expected types of the categories in use, from ECS 8.11. */
static const struct {
	const char *category, *types;
} ecs_expected[] = {
	{ "process", " access change end info start " },
	{ "file", " access change creation deletion info " },
	{ "driver", " change end info start " },
	{ "library", " start " },
	{ "host", " access change end info start " },
	{ "configuration", " access change creation deletion info " },
	{ "intrusion_detection", " allowed denied info " },
};

static void assert_type_is_expected(json_t *categories, const char *type)
{
	char word[32];

	snprintf(word, sizeof(word), " %s ", type);
	for (size_t i = 0; i < json_array_size(categories); i++) {
		const char *category = json_string_value(json_array_get(categories, i));
		bool known = false;

		for (size_t j = 0; j < ARRAY_SIZE(ecs_expected); j++) {
			if (strcmp(ecs_expected[j].category, category) != 0)
				continue;
			known = true;
			if (strstr(ecs_expected[j].types, word))
				return;
		}
		assert_true(known);
	}
	fail_msg("ECS does not expect type %s there", type);
}

static void assert_classified(json_t *document)
{
	json_t *types = lookup(document, "event.type");
	json_t *outcome = lookup(document, "event.outcome");
	const char *kind = json_string_value(lookup(document, "event.kind"));

	assert_non_null(strstr(" alert event metric state ", kind));
	assert_true(json_array_size(types) > 0);
	for (size_t i = 0; i < json_array_size(types); i++)
		assert_type_is_expected(lookup(document, "event.category"),
		                        json_string_value(json_array_get(types, i)));
	if (outcome)
		assert_non_null(strstr(" success failure unknown ", json_string_value(outcome)));
}

static void classification(void **state)
{
	static const char *const actions[] = { "start",          "stop",   "reload",
		                               "reload-refused", "policy", "coverage",
		                               "heartbeat",      "loss",   "mode" };
	struct alert alert = sample_alert();
	json_t *document;

	(void)state;
	for (uint32_t kind = EVENT_EXEC; kind <= EVENT_RUNNING; kind++) {
		for (uint8_t decision = 0; decision <= DECISION_DENY; decision++) {
			alert.event.kind = kind;
			alert.event.decision = decision;
			alert.event.flags ^= EVENT_MPROTECT;
			document = alert_document(&alert);
			assert_classified(document);
			json_decref(document);
		}
	}
	alert.event.kind = EVENT_OPEN;
	alert.event.decision = DECISION_AUDIT;
	document = alert_document(&alert);
	assert_json_list(document, "event.category", "file|intrusion_detection");
	assert_json_list(document, "event.type", "access|allowed");
	assert_json_string(document, "event.outcome", "success");
	json_decref(document);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		struct health health = sample_health();

		health.action = actions[i];
		document = health_document(&health);
		assert_classified(document);
		json_decref(document);
	}
	alert_release(&alert);
}

/* An opened file is not what the process executes, and neither is its digest. */
static void file_and_process_are_two(void **state)
{
	struct alert alert = sample_alert();
	json_t *document;

	(void)state;
	alert.event.kind = EVENT_OPEN;
	document = alert_document(&alert);
	assert_json_string(document, "file.path", "/opt/acme/bin/scan");
	assert_null(lookup(document, "process.executable"));
	assert_null(lookup(document, "process.hash"));
	json_decref(document);
	alert.event.kind = EVENT_RUNNING; /* a library in a running process */
	alert.executable = sample_string("/usr/bin/python3");
	document = alert_document(&alert);
	assert_json_string(document, "process.executable", "/usr/bin/python3");
	assert_null(lookup(document, "process.hash"));
	json_decref(document);
	alert.event.euid = 0;
	document = alert_document(&alert);
	assert_json_string(document, "process.user.id", "0");
	assert_null(lookup(document, "process.user.name"));
	assert_json_string(document, "process.real_user.name", "joe");
	json_decref(document);
	alert_release(&alert);
}

static void nothing_is_invented(void **state)
{
	struct alert alert = { .event = { .kind = EVENT_MODULE,
		                          .decision = DECISION_AUDIT,
		                          .reason = REASON_UNHASHABLE,
		                          .error = -4095,
		                          .generation = 2,
		                          .loginuid = UINT32_MAX,
		                          .sessionid = UINT32_MAX } };
	static const char *const absent[] = {
		"file",
		"rule",
		"process.args",
		"process.name",
		"process.start",
		"interdict.vendor",
		"interdict.audit",
		"interdict.entry",
		"interdict.phase",
		"interdict.cgroup",
		"interdict.flags",
		"container",
		"interdict.policy.digest", /* of another generation than the one in force */
	};
	json_t *document = alert_document(&alert);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		if (lookup(document, absent[i]))
			fail_msg("%s has a value", absent[i]);
	assert_json_string(document, "interdict.error", "-4095");
	assert_json_number(document, "interdict.policy.generation", 2);
	assert_true(json_is_false(lookup(document, "interdict.late")));
	assert_json_number(document, "interdict.repeat", 0);
	json_decref(document);
}

static void bytes_survive(void **state)
{
	uint64_t seed = 99;
	struct alert alert = sample_alert();

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char name[48], back[64 * 4];
		size_t size = 1 + random_u64(&seed) % 46, got;
		json_t *document, *path;

		random_bytes(&seed, name, size);
		for (size_t i = 0; i < size; i++)
			name[i] = name[i] ? name[i] : '\n';
		name[size] = '\0';
		free(alert.path);
		alert.path = sample_string(name);
		assert_int_equal(alert_set_args(&alert, name, size + 1), 0);
		document = alert_document(&alert);
		path = lookup(document, "file.path");
		got = unescape(json_string_value(path), json_string_length(path), back);
		assert_int_equal(got, size);
		assert_memory_equal(back, name, size);
		assert_true(json_equal(path, json_array_get(lookup(document, "process.args"), 0)));
		json_decref(document);
	}
	alert_release(&alert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_alert_field),   cmocka_unit_test(schema_and_documents_agree),
		cmocka_unit_test(key_order_is_stable), cmocka_unit_test(health_fields),
		cmocka_unit_test(classification),      cmocka_unit_test(file_and_process_are_two),
		cmocka_unit_test(nothing_is_invented), cmocka_unit_test(bytes_survive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
