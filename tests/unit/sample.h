/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An alert and a health record in which every field has a value, and a policy of
 * one entry. The policy's functions are defined here, so that the outputs can be
 * tested without a policy on disk.
 */
#ifndef INTERDICT_TEST_SAMPLE_H
#define INTERDICT_TEST_SAMPLE_H

#include "unit.h"

#include <errno.h>
#include <stdio.h>

#include "account.h"
#include "context.h"
#include "events.h"
#include "last_run.h"
#include "policy.h"
#include "vendor.h"

/* 2026-11-21T02:12:45.123456789Z */
#define SAMPLE_SECONDS 1795227165ULL
#define SAMPLE_TIME    (SAMPLE_SECONDS * 1000000000ULL + 123456789U)
#define SAMPLE_BOOT    (1000ULL * 1000000000ULL)

enum {
	SAMPLE_PRODUCT = 1,
	SAMPLE_VERSION,
	SAMPLE_PACKAGE,
	SAMPLE_PATH,
	SAMPLE_SOURCE
};

static char *sample_citations[] = { (char *)"Directive 1, section 2", (char *)"Order 3" };
static char *sample_urls[] = { (char *)"https://example.org/1", (char *)"https://example.org/2" };

static const struct vendor sample_vendor = {
	.id = (char *)"acme",
	.name = (char *)"Acme Ltd",
	.citation = { sample_citations, 2 },
	.url = { sample_urls, 2 },
};

/* 2026-12-31 */
static const struct exemption sample_exemption = {
	.id = (char *)"CHG-7",
	.until = 20818,
	.approver = (char *)"Ann",
	.reason = (char *)"until the new server stands",
	.ticket = (char *)"https://tickets.example.org/7",
};

static struct entry sample_entry = { .line = 12 };

const struct vendor *policy_vendor(const struct policy *policy, size_t i)
{
	assert_non_null(policy);
	assert_int_equal(i, 0);
	return &sample_vendor;
}

const struct entry *policy_entry(const struct policy *policy, uint32_t number)
{
	assert_non_null(policy);
	return number == 1 ? &sample_entry : NULL;
}

const char *policy_list_file(const struct policy *policy, size_t index)
{
	assert_non_null(policy);
	assert_int_equal(index, 0);
	return "/etc/interdict/vendors.d/acme.csv";
}

#define SAMPLE_TEXT(name, text)                                                                    \
	const char *policy_entry_##name(const struct policy *policy, const struct entry *entry)    \
	{                                                                                          \
		assert_non_null(policy);                                                           \
		assert_ptr_equal(entry, &sample_entry);                                            \
		return text;                                                                       \
	}

SAMPLE_TEXT(product, "Scanner")
SAMPLE_TEXT(version, "11.1")
SAMPLE_TEXT(package, "acme-scan")
SAMPLE_TEXT(path, "/opt/acme/scan")
SAMPLE_TEXT(source, "acme-scan_11.1_amd64.deb")

static const struct context sample_context = {
	.host_id = "0123456789abcdef0123456789abcdef",
	.hostname = "web1",
	.boot_id = "b4f3a1c2-0000-4000-8000-000000000001",
	.run_id = "00112233445566ff",
	.mode = MODE_ENFORCE,
	.backend = BACKEND_LSM,
	.hash_source = HASH_SOURCE_IMA,
	.policy_generation = 3,
	.policy_digest = { 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10 },
};

static inline char *sample_string(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

/* The caller releases it. */
static inline struct alert sample_alert(void)
{
	struct alert alert = {
		.event = {
			.kind = EVENT_EXEC,
			.time = SAMPLE_BOOT,
			.start = SAMPLE_BOOT - 5000000000U,
			.flags = EVENT_ARGV_CUT | EVENT_LATE,
			.pid = 101,
			.tgid = 100,
			.ppid = 99,
			.uid = 1000,
			.gid = 1001,
			.euid = 1000,
			.loginuid = 1002,
			.sessionid = 4,
			.mnt_ns = 4026531841U,
			.pid_ns = 4026531836U,
			.cgroup = 4294967297ULL,
			.comm = "bash",
			.file = { .inode = 77, .size = 4096, .dev = 8U << 20 | 1 },
			.generation = 3,
			.entry = 1,
			.error = -EIO,
			.decision = DECISION_DENY,
			.reason = REASON_LISTED,
			.hash_source = HASH_SOURCE_IMA,
			.backend = BACKEND_LSM,
			.mode = MODE_ENFORCE,
		},
		.path = sample_string("/opt/acme/bin/scan"),
		.executable = NULL,
		.cwd = sample_string("/home/joe"),
		.user = sample_string("joe"),
		.parent_executable = sample_string("/bin/bash"),
		.package = sample_string("acme-scan"),
		.container = sample_string("c0ffee"),
		.build_id = sample_string("d00d"),
		.soname = sample_string("libscan.so.1"),
		.elf_package = sample_string("{\"type\":\"deb\"}"),
		.suspect_by = sample_string("unit:acme*"),
		.suspect_command = sample_string("interdict list build 'a b'"),
		.time = SAMPLE_TIME,
		.sequence = 42,
		.repeat = 6,
		.phase = PHASE_GRACE,
		.days_left = 9,
		.policy = (const struct policy *)&sample_entry,
		.entry = 1,
		.exemption = &sample_exemption,
		.late = true,
	};

	memset(alert.event.digest, 0xab, sizeof(alert.event.digest));
	memset(sample_entry.digest, 0xab, sizeof(sample_entry.digest));
	assert_int_equal(alert_set_args(&alert, "scan\0--all\0a b", 15), 0);
	return alert;
}

static const struct last_run sample_last_run = {
	.id = "fedcba9876543210",
	.sequence = 1234,
	.clean = true,
	.mode = MODE_AUDIT,
	.policy_digest = { 0x12, 0x34 },
};

static const struct account sample_account = {
	.sent = 101,
	.found = 102,
	.undecodable = 103,
	.dismissed = 104,
	.waiting = 105,
	.reported = 106,
	.collapsed = 107,
	.has_events = true,
	.has_syslog = true,
	.events = { .written = 108, .repeated = 109, .lost = 110, .waiting = 111 },
	.syslog = { .written = 112, .repeated = 113, .lost = 114, .waiting = 115 },
	.difference = 116,
};

/* Counter i has the value i + 1. */
static inline struct health sample_health(void)
{
	static uint64_t counters[COUNTER_COUNT];

	for (uint64_t i = 0; i < COUNTER_COUNT; i++)
		counters[i] = i + 1;
	return (struct health){
		.action = "start",
		.message = "the monitor has started",
		.time = SAMPLE_TIME,
		.sequence = 43,
		.context = &sample_context,
		.counters = counters,
		.account = &sample_account,
		.before = &sample_last_run,
		.old_digest = sample_last_run.policy_digest,
		.old_generation = 2,
	};
}

#endif
