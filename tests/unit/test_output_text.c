/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <time.h>

#include "output_sink.h"
#include "util.h"

#define ALERT_WORDS 3 /* time, decision, kind */
#define LOG_WORDS   2 /* without the time */

static char *finish(struct buffer *buffer)
{
	buffer_append_char(buffer, '\0');
	assert_false(buffer->failed);
	assert_int_equal(strlen(buffer->data), buffer->size - 1);
	return buffer->data;
}

static char *alert_line(const struct alert *alert, bool with_time, struct text_limit limit)
{
	struct buffer buffer = { 0 };
	struct record record;

	record_from_alert(&record, &sample_context, alert);
	assert_int_equal(text_append(&buffer, &record, with_time, limit), 0);
	return finish(&buffer);
}

static char *health_line(const struct health *health)
{
	struct buffer buffer = { 0 };
	struct record record;

	record_from_health(&record, health);
	assert_int_equal(text_append(&buffer, &record, true, TEXT_UNLIMITED), 0);
	return finish(&buffer);
}

static void every_key(void **state)
{
	static const struct {
		const char *key, *value;
	} expected[] = {
		{ "level", "alert" },
		{ "path", "/opt/acme/bin/scan" },
		{ "vendor", "acme" },
		{ "product", "Scanner" },
		{ "version", "11.1" },
		{ "reason", "listed" },
		{ "named_by", "unit:acme*" },
		{ "command", "interdict list build 'a b'" },
		{ "error", "EIO" },
		{ "phase", "grace" },
		{ "days_left", "9" },
		{ "exempt", "CHG-7" },
		{ "exempt_until", "2026-12-31" },
		{ "exempt_ticket", "https://tickets.example.org/7" },
		{ "late", "true" },
		{ "repeat", "6" },
		{ "pid", "100" },
		{ "comm", "bash" },
		{ "run", "00112233445566ff" },
		{ "exe", "/proc/exe" },
		{ "cwd", "/home/joe" },
		{ "ppid", "99" },
		{ "parent", "/bin/bash" },
		{ "uid", "1000" },
		{ "user", "joe" },
		{ "euid", "1000" },
		{ "gid", "1001" },
		{ "loginuid", "1002" },
		{ "sessionid", "4" },
		{ "container", "c0ffee" },
		{ "package", "acme-scan" },
		{ "sha256", "abababababababababababababababababababababababababababababababab" },
		{ "hash_source", "ima" },
		{ "size", "4096" },
		{ "inode", "77" },
		{ "dev", "8:1" },
		{ "build_id", "d00d" },
		{ "soname", "libscan.so.1" },
		{ "elf_package", "{\"type\":\"deb\"}" },
		{ "list", "/etc/interdict/vendors.d/acme.csv:12" },
		{ "list_package", "acme-scan" },
		{ "list_path", "/opt/acme/scan" },
		{ "list_source", "acme-scan_11.1_amd64.deb" },
		{ "mode", "enforce" },
		{ "backend", "lsm" },
		{ "generation", "3" },
		{ "cgroup", "4294967297" },
		{ "mnt_ns", "4026531841" },
		{ "pid_ns", "4026531836" },
		{ "tid", "101" },
		{ "seq", "42" },
	};
	struct alert alert = sample_alert();
	size_t keys = 0;
	char *line;

	(void)state;
	alert.executable = sample_string("/proc/exe");
	line = alert_line(&alert, true, TEXT_UNLIMITED);
	assert_ptr_equal(strstr(line, "2026-11-21T02:12:45.123456+00:00 deny exec level=alert "
	                              "path=/opt/acme/bin/scan vendor=acme product=Scanner "),
	                 line);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_text(line, ALERT_WORDS, expected[i].key, expected[i].value);
	assert_text_bytes(line, ALERT_WORDS, "args", "scan\0--all\0a b", 15);
	assert_text_bytes(line, ALERT_WORDS, "flags", "argv-cut\0late", 14);
	assert_text_bytes(line, ALERT_WORDS, "url", "https://example.org/1\0https://example.org/2",
	                  44);
	assert_text_bytes(line, ALERT_WORDS, "authority", "Directive 1, section 2\0Order 3", 31);
	assert_no_text(line, ALERT_WORDS, "cut");
	/* Every key of the table that alerts have is among them: args, flags, url, authority too.
	 */
	for (size_t i = 0; i < field_count(); i++) {
		unsigned int flags = field_at(i)->flags;

		keys += field_at(i)->text && flags & FIELD_ALERT && !(flags & FIELD_WORD);
	}
	assert_int_equal(keys, ARRAY_SIZE(expected) + 4);
	free(line);
	alert_release(&alert);
}

static void unknown_is_left_out(void **state)
{
	struct alert alert = { .event = { .kind = EVENT_MODULE,
		                          .decision = DECISION_AUDIT,
		                          .reason = REASON_UNHASHABLE,
		                          .loginuid = UINT32_MAX,
		                          .sessionid = UINT32_MAX,
		                          .comm = "modprobe" } };
	static const char *const absent[] = {
		"path",     "vendor", "product", "phase",  "days_left", "late",   "repeat", "exempt",
		"exe",      "args",   "cwd",     "sha256", "size",      "inode",  "dev",
		"loginuid", "list",   "user",    "flags",  "error",     "cgroup", "sessionid",
	};
	char *line = alert_line(&alert, true, TEXT_UNLIMITED);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		assert_no_text(line, ALERT_WORDS, absent[i]);
	assert_text(line, ALERT_WORDS, "reason", "unhashable");
	assert_non_null(strstr(line, " audit module level=warning "));
	free(line);
}

/* The path and what the process executes are the same thing in an exec: said once. */
static void executable_only_if_another(void **state)
{
	struct alert alert = sample_alert();
	char *line = alert_line(&alert, true, TEXT_UNLIMITED);

	(void)state;
	assert_no_text(line, ALERT_WORDS, "exe");
	free(line);
	alert.event.kind = EVENT_OPEN;
	alert.executable = sample_string("/usr/bin/cat");
	line = alert_line(&alert, true, TEXT_UNLIMITED);
	assert_text(line, ALERT_WORDS, "exe", "/usr/bin/cat");
	free(line);
	alert_release(&alert);
}

static void health_record(void **state)
{
	struct health health = sample_health();
	uint64_t zero[COUNTER_COUNT] = { 0 };
	char *line = health_line(&health);
	char last[8];

	(void)state;
	assert_ptr_equal(strstr(line, "2026-11-21T02:12:45.123456+00:00 health start level=info "
	                              "message=\"the monitor has started\" "),
	                 line);
	assert_text(line, ALERT_WORDS, "mode", "enforce");
	assert_text(line, ALERT_WORDS, "seen.exec", "1");
	snprintf(last, sizeof(last), "%d", COUNTER_COUNT);
	assert_text(line, ALERT_WORDS, counter_key(COUNTER_COUNT - 1), last);
	assert_no_text(line, ALERT_WORDS, "pid");
	free(line);

	zero[COUNTER_LOST_MAP] = UINT32_MAX;
	health.counters = zero;
	health.level = HEALTH_CRIT;
	health.action = "x y\nz";
	line = health_line(&health);
	assert_non_null(strstr(line, " health \"x y\\x0az\" level=crit "));
	assert_non_null(strstr(line, " lost.map=4294967295"));
	assert_null(strstr(line, "seen.exec"));
	free(line);
	health.counters = NULL;
	line = health_line(&health);
	assert_null(strstr(line, "lost.map"));
	free(line);
}

static void names_cannot_forge(void **state)
{
	static const char *const names[] = {
		"/tmp/a\n2026-11-21T00:00:00+00:00 allow exec path=/bin/true",
		"/tmp/a vendor=none",
		"/tmp/a\" vendor=\"none",
		"/tmp/a\\\" vendor=none",
		"/tmp/a\\",
		"/tmp/\"",
		"/tmp/\033]0;title\a\033[2K\r",
		"/tmp/\xe2\x80\xa8new line\xc2\x85",
		"/tmp/\xff\xfe\x80",
		"/tmp/[a,b]",
		" ",
		"=",
	};
	struct alert alert = sample_alert();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char *line;

		free(alert.path);
		free(alert.user);
		alert.path = sample_string(names[i]);
		alert.user = sample_string(names[i]);
		assert_int_equal(alert_set_args(&alert, names[i], strlen(names[i]) + 1), 0);
		snprintf(alert.event.comm, sizeof(alert.event.comm), "%s", names[i]);
		line = alert_line(&alert, true, TEXT_UNLIMITED);
		assert_null(strpbrk(line, "\n\r\033\a"));
		assert_text(line, ALERT_WORDS, "path", names[i]);
		assert_text(line, ALERT_WORDS, "user", names[i]);
		assert_text(line, ALERT_WORDS, "comm", alert.event.comm);
		assert_text_bytes(line, ALERT_WORDS, "args", names[i], strlen(names[i]) + 1);
		assert_text(line, ALERT_WORDS, "vendor", "acme");
		free(line);
	}
	alert_release(&alert);
}

static void random_names(void **state)
{
	uint64_t seed = 77;
	struct alert alert = sample_alert();

	(void)state;
	for (int round = 0; round < 3000; round++) {
		char name[64], args[64];
		size_t size = 1 + random_u64(&seed) % 62;
		char *line;

		random_bytes(&seed, name, size);
		for (size_t i = 0; i < size; i++)
			name[i] = name[i] ? name[i] : 'x';
		name[size] = '\0';
		random_bytes(&seed, args, sizeof(args));
		args[sizeof(args) - 1] = '\0';
		free(alert.path);
		alert.path = sample_string(name);
		assert_int_equal(alert_set_args(&alert, args, sizeof(args)), 0);
		line = alert_line(&alert, false, TEXT_UNLIMITED);
		assert_text(line, LOG_WORDS, "path", name);
		assert_text_bytes(line, LOG_WORDS, "args", args, sizeof(args));
		free(line);
	}
	alert_release(&alert);
}

static void time_zones(void **state)
{
	static const struct {
		const char *zone;
		uint64_t seconds;
		const char *expected;
	} cases[] = {
		{ "UTC0", SAMPLE_SECONDS, "2026-11-21T02:12:45.123456+00:00 " },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", SAMPLE_SECONDS,
		  "2026-11-21T03:12:45.123456+01:00 " },
		/* The hour that comes twice: 25 Oct 2026, 00:30 and 01:30 UTC. */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792888200, "2026-10-25T02:30:00.123456+02:00 " },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", 1792891800, "2026-10-25T02:30:00.123456+01:00 " },
		{ "<-0330>3:30", SAMPLE_SECONDS, "2026-11-20T22:42:45.123456-03:30 " },
		{ "<+0545>-5:45", SAMPLE_SECONDS, "2026-11-21T07:57:45.123456+05:45 " },
	};
	struct alert alert = sample_alert();
	char *line;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		setenv("TZ", cases[i].zone, 1);
		tzset();
		alert.time = cases[i].seconds * 1000000000U + 123456789U;
		line = alert_line(&alert, true, TEXT_UNLIMITED);
		assert_ptr_equal(strstr(line, cases[i].expected), line);
		free(line);
	}
	alert.time = UINT64_MAX; /* the year 2554, and nothing worse */
	line = alert_line(&alert, true, TEXT_UNLIMITED);
	assert_text(line, ALERT_WORDS, "pid", "100");
	free(line);
	setenv("TZ", "UTC0", 1);
	tzset();
	alert_release(&alert);
}

/* Long values in every field, cut at every length: the line stays well-formed. */
static void limits(void **state)
{
	struct alert alert = sample_alert();
	char *longest = malloc(4096);
	char value[4096];
	size_t size = 0;

	(void)state;
	assert_non_null(longest);
	memset(longest, '"', 4095);
	longest[4095] = '\0';
	free(alert.path);
	alert.path = longest;
	assert_int_equal(alert_set_args(&alert, longest, 4096), 0);
	for (size_t max = 400; max < 4000; max += 7) {
		struct text_limit limit = { max / 3, max };
		char *line = alert_line(&alert, false, limit);

		assert_true(strlen(line) <= max);
		assert_text(line, LOG_WORDS, "vendor", "acme");
		assert_int_equal(text_find(line, LOG_WORDS, "path", value, &size), 1);
		assert_true(size > 0 && size <= max / 3);
		assert_memory_equal(value, longest, size);
		assert_int_equal(text_find(line, LOG_WORDS, "cut", value, &size), 1);
		assert_memory_equal(value, "path", 5);
		free(line);
	}
	alert_release(&alert);
}

static void schema(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	size_t lines = 0;

	(void)state;
	assert_non_null(file);
	fields_print(file);
	assert_int_equal(fclose(file), 0);
	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, 1 + field_count() + 4);
	for (size_t i = 0; i < field_count(); i++) {
		assert_non_null(strstr(text, field_at(i)->name));
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(field_at(i)->name, field_at(j)->name);
			if (field_at(i)->text && field_at(j)->text)
				assert_string_not_equal(field_at(i)->text, field_at(j)->text);
		}
	}
	assert_non_null(strstr(text, "\nfile.path                          keyword   alert        "
	                             "path            the file"));
	assert_non_null(strstr(text, "<decision>"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(unknown_is_left_out),
		cmocka_unit_test(executable_only_if_another),
		cmocka_unit_test(health_record),
		cmocka_unit_test(names_cannot_forge),
		cmocka_unit_test(random_names),
		cmocka_unit_test(time_zones),
		cmocka_unit_test(limits),
		cmocka_unit_test(schema),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
