/* SPDX-License-Identifier: BSD-2-Clause */
#include "input.h"

#include <errno.h>

#include "check.h"
#include "util.h"

#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_LONG "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"
#define SHA256_ABD "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"

static struct scratch scratch;

/* Name of a file in the directory of the test; valid until the next call. */
static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", scratch.path, name);
	return path;
}

/* A policy of one list of @rows, with the vendor's schedule. */
static struct policy *load(const char *schedule, const char *rows)
{
	char text[1024];
	struct policy *policy = NULL;

	snprintf(text, sizeof(text),
		 "[vendor]\nid = acme\n[schedule]\n%s\n[lists]\nfile = acme.csv\n", schedule);
	scratch_write(&scratch, "v/acme.vendor", text);
	snprintf(text, sizeof(text), "sha256,size\n%s", rows);
	scratch_write(&scratch, "v/acme.csv", text);
	policy_load(path_of("v"), scratch.problems, &policy);
	problems_print(scratch.problems, 5);
	assert_non_null(policy);
	return policy;
}

static int set_up(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	assert_int_equal(mkdir(path_of("v"), 0755), 0);
	scratch_write(&scratch, "abc", "abc");
	scratch_write(&scratch, "abd", "abd");
	scratch_write(&scratch, "long", "abcd");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scratch_end(&scratch);
	return 0;
}

static struct checker checker_of(const struct policy *policy, enum mode mode, const char *today)
{
	struct checker checker = { .policy = policy, .mode = mode, .backend = BACKEND_LSM };

	assert_int_equal(schedule_parse_date(today, &checker.today), 0);
	return checker;
}

static void test_decisions(void **state)
{
	static const char schedule[] =
		"announced = 2026-01-01\nprohibited = 2026-02-01\nretired = 2026-03-01";
	static const struct {
		const char *file, *today;
		enum mode mode;
		enum decision decision, open;
		enum reason reason;
		enum phase phase;
		bool cleared;
	} cases[] = {
		{ "abc", "2026-01-31", MODE_ENFORCE, DECISION_GRACE, DECISION_GRACE, REASON_LISTED,
		  PHASE_GRACE, false },
		{ "abc", "2026-02-01", MODE_ENFORCE, DECISION_DENY, DECISION_AUDIT, REASON_LISTED,
		  PHASE_PROHIBITED, false },
		{ "abc", "2026-02-01", MODE_AUDIT, DECISION_AUDIT, DECISION_AUDIT, REASON_LISTED,
		  PHASE_PROHIBITED, false },
		{ "abc", "2025-12-31", MODE_ENFORCE, DECISION_ALLOW, DECISION_ALLOW, REASON_LISTED,
		  PHASE_ANNOUNCED, false },
		{ "abc", "2026-03-01", MODE_ENFORCE, DECISION_ALLOW, DECISION_ALLOW, REASON_LISTED,
		  PHASE_RETIRED, false },
		{ "abd", "2026-02-01", MODE_ENFORCE, DECISION_ALLOW, DECISION_ALLOW, REASON_NONE,
		  PHASE_ANNOUNCED, false },
		{ "long", "2026-02-01", MODE_ENFORCE, DECISION_ALLOW, DECISION_ALLOW, REASON_NONE,
		  PHASE_ANNOUNCED, true },
	};
	struct policy *policy = load(schedule, SHA256_ABC ",3\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct checker checker = checker_of(policy, cases[i].mode, cases[i].today);
		struct check_result result;

		assert_int_equal(check_file(&checker, path_of(cases[i].file), &result), 0);
		assert_int_equal(result.alert.event.decision, cases[i].decision);
		assert_int_equal(result.open, cases[i].open);
		assert_int_equal(result.alert.event.reason, cases[i].reason);
		assert_int_equal(result.size_cleared, cases[i].cleared);
		assert_int_equal(result.alert.event.hash_source,
				 cases[i].cleared ? HASH_SOURCE_SIZE : HASH_SOURCE_USER);
		assert_true(result.has_digest);
		assert_string_equal(result.alert.path, path_of(cases[i].file));
		if (cases[i].reason == REASON_LISTED) {
			assert_int_equal(result.alert.entry, 1);
			assert_int_equal(result.alert.phase, cases[i].phase);
		} else {
			assert_int_equal(result.alert.entry, 0);
		}
		check_release(&result);
	}
	policy_free(policy);
}

#define ANSWERED "until = 2026-02-10\napprover = Ann\nreason = r\nticket = T\n"

/* The lines of load() that belong to the schedule, and after them what else there is. */
static void assert_exempt(const char *lines, uint32_t uid, const char *today, const char *id,
			  enum decision decision, enum decision open)
{
	struct policy *policy = load(lines, SHA256_ABC ",3\n");
	struct checker checker = checker_of(policy, MODE_ENFORCE, today);
	struct check_result result;

	checker.uid = uid;
	assert_int_equal(check_file(&checker, path_of("abc"), &result), 0);
	assert_int_equal(result.alert.event.decision, decision);
	assert_int_equal(result.open, open);
	assert_int_equal(result.alert.event.uid, uid);
	assert_int_equal(result.alert.entry, 1);
	if (id)
		assert_string_equal(result.alert.exemption->id, id);
	else
		assert_null(result.alert.exemption);
	check_release(&result);
	policy_free(policy);
}

/* A digest of an archive list names the file, whatever its size, and decides nothing. */
static void test_archive(void **state)
{
	struct policy *policy;
	struct checker checker;
	struct check_result result;

	(void)state;
	scratch_write(&scratch, "v/packages.csv", "sha256\n" SHA256_LONG "\n");
	policy = load("retired = 2026-03-01\n[lists]\narchive = packages.csv", SHA256_ABC ",3\n");
	checker = checker_of(policy, MODE_ENFORCE, "2026-02-01");
	assert_int_equal(check_file(&checker, path_of("long"), &result), 0);
	assert_true(result.size_cleared);
	assert_non_null(result.archive);
	assert_int_equal(result.alert.entry, 0);
	assert_int_equal(result.alert.event.decision, DECISION_ALLOW);
	assert_int_equal(result.alert.event.reason, REASON_LISTED);
	assert_int_equal(result.alert.phase, PHASE_PROHIBITED);
	check_release(&result);
	checker = checker_of(policy, MODE_ENFORCE, "2026-03-01");
	assert_int_equal(check_file(&checker, path_of("long"), &result), 0);
	assert_int_equal(result.alert.phase, PHASE_RETIRED);
	check_release(&result);
	assert_int_equal(check_file(&checker, path_of("abc"), &result), 0);
	assert_null(result.archive);
	assert_int_equal(result.alert.entry, 1);
	check_release(&result);
	policy_free(policy);
}

static void test_exempt(void **state)
{
	static const char all[] = "prohibited = 2026-02-01\n[exempt E]\nsha256 = " SHA256_ABC
				  "\n" ANSWERED "[lists]\nopen = deny";
	static const char one[] = "prohibited = 2026-02-01\n[exempt E]\nuid = 7\nsha256 = " SHA256_ABC
				  "\n" ANSWERED "[lists]\nopen = deny";

	(void)state;
	assert_exempt(all, 0, "2026-02-10", "E", DECISION_EXEMPT, DECISION_EXEMPT);
	assert_exempt(all, 0, "2026-02-11", NULL, DECISION_DENY, DECISION_DENY);
	assert_exempt(one, 7, "2026-02-10", "E", DECISION_EXEMPT, DECISION_EXEMPT);
	assert_exempt(one, 0, "2026-02-10", NULL, DECISION_DENY, DECISION_DENY);
	assert_exempt(one, 7, "2026-02-11", NULL, DECISION_DENY, DECISION_DENY);
	/* Capped at audit. */
	assert_exempt("[lists]\nopen = deny\n[vendor]\nmode = audit", 0, "2026-02-10", NULL,
		      DECISION_AUDIT, DECISION_AUDIT);
}

/* A vendor that is capped denies nothing, and so does not what cannot be hashed. */
static void test_unhashable_capped(void **state)
{
	static const struct {
		const char *lines;
		enum decision decision, open;
	} cases[] = {
		{ "", DECISION_DENY, DECISION_AUDIT },
		{ "[lists]\nopen = deny", DECISION_DENY, DECISION_DENY },
		{ "[lists]\nopen = deny\n[vendor]\nmode = audit", DECISION_AUDIT, DECISION_AUDIT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *policy = load(cases[i].lines, SHA256_ABD ",\n");
		struct checker checker = checker_of(policy, MODE_ENFORCE, "2026-01-01");
		struct check_result result;

		assert_int_equal(check_file(&checker, "/proc/self/status", &result), 0);
		assert_int_equal(result.alert.event.reason, REASON_UNHASHABLE);
		assert_int_equal(result.alert.event.decision, cases[i].decision);
		assert_int_equal(result.open, cases[i].open);
		check_release(&result);
		policy_free(policy);
	}
}

/* A list without sizes clears nothing. */
static void test_unsized(void **state)
{
	struct policy *policy = load("", SHA256_ABD ",\n");
	struct checker checker = checker_of(policy, MODE_ENFORCE, "2026-01-01");
	struct check_result result;

	(void)state;
	assert_int_equal(check_file(&checker, path_of("abd"), &result), 0);
	assert_int_equal(result.alert.event.decision, DECISION_DENY);
	assert_int_equal(result.alert.event.file.size, 3);
	check_release(&result);
	assert_int_equal(check_file(&checker, path_of("long"), &result), 0);
	assert_false(result.size_cleared);
	assert_int_equal(result.alert.event.decision, DECISION_ALLOW);
	check_release(&result);
	policy_free(policy);
}

/* What cannot be hashed inside the gate is denied as the monitor would; outside it is not. */
static void test_unhashable(void **state)
{
	struct policy *unsized = load("", SHA256_ABD ",\n");
	struct checker checker = checker_of(unsized, MODE_ENFORCE, "2026-01-01");
	struct policy *sized;
	struct check_result result;

	(void)state;
	/* a file whose length is a lie can be read and has no digest */
	assert_int_equal(check_file(&checker, "/proc/self/status", &result), 0);
	assert_int_equal(result.error, -EOPNOTSUPP);
	assert_false(result.has_digest);
	assert_int_equal(result.alert.event.reason, REASON_UNHASHABLE);
	assert_int_equal(result.alert.event.decision, DECISION_DENY);
	check_release(&result);
	checker.mode = MODE_AUDIT;
	assert_int_equal(check_file(&checker, "/proc/self/status", &result), 0);
	assert_int_equal(result.alert.event.decision, DECISION_AUDIT);
	check_release(&result);
	policy_free(unsized);

	sized = load("", SHA256_ABC ",3\n");
	checker = checker_of(sized, MODE_ENFORCE, "2026-01-01");
	assert_int_equal(check_file(&checker, "/proc/self/status", &result), 0);
	assert_true(result.size_cleared);
	assert_int_equal(result.alert.event.decision, DECISION_ALLOW);
	assert_int_equal(result.alert.event.reason, REASON_NONE);
	check_release(&result);
	/* with nobody prohibited yet, nothing is denied for being unhashable */
	policy_free(sized);
	sized = load("announced = 2026-01-01\ngrace = 30d", SHA256_ABC ",\n");
	checker = checker_of(sized, MODE_ENFORCE, "2026-01-02");
	assert_int_equal(check_file(&checker, "/proc/self/status", &result), 0);
	assert_int_equal(result.alert.event.decision, DECISION_AUDIT);
	check_release(&result);
	policy_free(sized);
}

static void test_not_a_file(void **state)
{
	struct policy *policy = load("", SHA256_ABC ",3\n");
	struct checker checker = checker_of(policy, MODE_ENFORCE, "2026-01-01");
	struct check_result result;

	(void)state;
	/* would hang an ordinary open */
	assert_int_equal(mkfifo(path_of("fifo"), 0644), 0);
	assert_int_equal(check_file(&checker, path_of("fifo"), &result), -EINVAL);
	assert_int_equal(check_file(&checker, "/dev/null", &result), -EINVAL);
	assert_int_equal(check_file(&checker, scratch.path, &result), -EISDIR);
	assert_int_equal(check_file(&checker, path_of("none"), &result), -ENOENT);
	assert_int_equal(symlink("loop", path_of("loop")), 0);
	assert_int_equal(check_file(&checker, path_of("loop"), &result), -ELOOP);
	policy_free(policy);
}

/* A link is followed, as execve(2) does, and the file is named as the kernel would. */
static void test_link(void **state)
{
	struct policy *policy = load("", SHA256_ABC ",3\n");
	struct checker checker = checker_of(policy, MODE_ENFORCE, "2026-01-01");
	struct check_result result;

	(void)state;
	assert_int_equal(symlink("abc", path_of("link")), 0);
	assert_int_equal(check_file(&checker, path_of("link"), &result), 0);
	assert_int_equal(result.alert.event.decision, DECISION_DENY);
	assert_string_equal(result.alert.path, path_of("abc"));
	check_release(&result);
	policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisions),  cmocka_unit_test(test_unsized),
		cmocka_unit_test(test_unhashable), cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_link),	   cmocka_unit_test(test_exempt),
		cmocka_unit_test(test_unhashable_capped), cmocka_unit_test(test_archive),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
