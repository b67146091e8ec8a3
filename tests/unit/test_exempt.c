/* SPDX-License-Identifier: BSD-2-Clause */
/* What exemptions and vendors capped at audit change, in the policy and in its image. */
#include "policy_input.h"

#include <errno.h>
#include <sys/utsname.h>

#include "inforce.h"

#define ANSWERED   "approver = Ann\nreason = r\nticket = T\n"
#define PROHIBITED "[schedule]\nannounced = 2026-01-01\nprohibited = 2026-03-01\n"

#define NOBODY EXEMPTION_ANY_UID

static void *image, *updated;

static int setup(void **state)
{
	image = updated = NULL;
	return begin_policy(state);
}

static int teardown(void **state)
{
	free(image);
	free(updated);
	return end_policy(state);
}

static void fill(int32_t today)
{
	struct policy_geometry geometry;

	assert_int_equal(policy_image_size(policy, &geometry), 0);
	free(image);
	image = calloc(1, geometry.size);
	assert_non_null(image);
	assert_int_equal(policy_image_fill(policy, &geometry, today, 1, image), 0);
	/* An image of long ago, brought to this day in place, is the same. */
	free(updated);
	updated = calloc(1, geometry.size);
	assert_non_null(updated);
	assert_int_equal(policy_image_fill(policy, &geometry, 0, 1, updated), 0);
	assert_int_equal(policy_image_update_phases(policy, updated, today), 0);
	assert_memory_equal(updated, image, geometry.size);
}

/*
 * Who decides about a digest, and what: "vendor decision exemption". Policy and image
 * have to agree.
 */
static const char *ruling_of(const char *hex, uint32_t uid, const char *date)
{
	static char text[64];
	uint8_t digest[INTERDICT_DIGEST_SIZE], action = 0xff;
	struct policy_ruling ruling;

	assert_int_equal(digest_from_hex(hex, digest), 0);
	ruling = policy_rule(policy, policy_find(policy, digest), uid, day_of(date));
	fill(day_of(date));
	assert_int_equal(policy_image_find(image, digest, uid, &action), ruling.entry);
	assert_int_equal(action & ~POLICY_EXEMPT_UIDS, ruling.action);
	snprintf(text, sizeof(text), "%s %s %s",
		 policy_vendor(policy, policy_entry(policy, ruling.entry)->vendor)->id,
		 decision_name(inforce_decide_action(action, EVENT_EXEC, MODE_ENFORCE)),
		 ruling.exemption ? ruling.exemption->id : "-");
	return text;
}

static void test_everybody(void **state)
{
	(void)state;
	write_lister("v", PROHIBITED "[exempt E]\nsha256 = " A "\nuntil = 2026-03-10\n" ANSWERED);
	assert_loads();
	assert_int_equal(problems_warnings(scratch.problems), 0);
	/* Of the phases it replaces grace and prohibition. */
	assert_string_equal(ruling_of(A, 0, "2025-12-31"), "v allow -");
	assert_string_equal(ruling_of(A, 0, "2026-01-01"), "v exempt E");
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "v exempt E");
	assert_string_equal(ruling_of(A, NOBODY, "2026-03-01"), "v exempt E");
	assert_string_equal(ruling_of(B, 0, "2026-03-01"), "v deny -");
	/* Its last day, and the day after. */
	assert_string_equal(ruling_of(A, 7, "2026-03-10"), "v exempt E");
	assert_string_equal(ruling_of(A, 7, "2026-03-11"), "v deny -");
	/* The clock set back. */
	assert_string_equal(ruling_of(A, 7, "2026-03-10"), "v exempt E");
}

static void test_users(void **state)
{
	(void)state;
	write_lister("v", "[exempt U]\nsha256 = " A "\nuid = 1000\nuntil = 2026-03-10\n" ANSWERED
			  "[exempt V]\nsha256 = " A "\nuid = 0\nuntil = 2026-03-12\n" ANSWERED
			  "[exempt W]\nsha256 = " A "\nsha256 = " B "\nuid = 1000\n"
			  "until = 2026-03-05\n" ANSWERED);
	assert_loads();
	assert_string_equal(ruling_of(A, 1000, "2026-03-01"), "v exempt U");
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "v exempt V");
	assert_string_equal(ruling_of(A, 1001, "2026-03-01"), "v deny -");
	assert_string_equal(ruling_of(A, NOBODY, "2026-03-01"), "v deny -");
	assert_string_equal(ruling_of(B, 1000, "2026-03-05"), "v exempt W");
	assert_string_equal(ruling_of(B, 1000, "2026-03-06"), "v deny -");
	assert_string_equal(ruling_of(B, 0, "2026-03-05"), "v deny -");
	assert_string_equal(ruling_of(A, 1000, "2026-03-11"), "v deny -");
	assert_string_equal(ruling_of(A, 0, "2026-03-11"), "v exempt V");
	assert_string_equal(ruling_of(A, 0, "2026-03-13"), "v deny -");
}

/* One for everybody and one for a user: the user's own record names the one that ends last. */
static void test_user_and_everybody(void **state)
{
	(void)state;
	write_lister("v", "[exempt ALL]\nsha256 = " A "\nuntil = 2026-03-05\n" ANSWERED
			  "[exempt ONE]\nsha256 = " A "\nuid = 5\nuntil = 2026-03-10\n" ANSWERED);
	assert_loads();
	assert_string_equal(ruling_of(A, 4, "2026-03-05"), "v exempt ALL");
	assert_string_equal(ruling_of(A, 5, "2026-03-05"), "v exempt ONE");
	assert_string_equal(ruling_of(A, 4, "2026-03-06"), "v deny -");
	assert_string_equal(ruling_of(A, 5, "2026-03-06"), "v exempt ONE");
}

/* An exemption of one vendor says nothing about the entry of another. */
static void test_other_vendors(void **state)
{
	(void)state;
	write_lister("a", "[exempt E]\nsha256 = " A "\nuid = 5\nuntil = 2026-12-31\n" ANSWERED);
	write_lister("b", "[schedule]\nannounced = 2026-02-01\nprohibited = 2026-03-01\n");
	assert_loads();
	/* Announced only: what is exempt is worth a record. */
	assert_string_equal(ruling_of(A, 5, "2026-01-15"), "a exempt E");
	assert_string_equal(ruling_of(A, 5, "2026-02-01"), "b grace -");
	assert_string_equal(ruling_of(A, 5, "2026-03-01"), "b deny -");
	assert_string_equal(ruling_of(A, 6, "2026-02-01"), "a deny -");
	write_lister("b", "[schedule]\nannounced = 2026-02-01\nprohibited = 2026-03-01\n"
			  "[exempt F]\nsha256 = " A "\nuid = 5\nuntil = 2026-03-31\n" ANSWERED);
	assert_loads();
	assert_string_equal(ruling_of(A, 5, "2026-03-01"), "a exempt E");
	assert_string_equal(ruling_of(A, 5, "2026-04-01"), "b deny -");
}

static void test_hosts(void **state)
{
	struct utsname name;
	char *text, *first;

	(void)state;
	assert_int_equal(uname(&name), 0);
	text = format_string("[exempt E]\nsha256 = " A "\nhost = %s\nuntil = 2026-12-31\n" ANSWERED,
			     name.nodename);
	write_lister("v", text);
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "v exempt E");
	free(text);
	first = strdup(name.nodename);
	first[strcspn(first, ".")] = '\0';
	text = format_string("[exempt E]\nsha256 = " A "\nhost = %s\nuntil = 2026-12-31\n" ANSWERED,
			     first);
	write_lister("v", text);
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "v exempt E");
	free(text);
	/* Another machine: as if it were not there, and so it warns of nothing. */
	text = format_string("[exempt E]\nsha256 = " C "\nsha256 = " A "\nhost = not-%s\n"
			     "until = 2026-12-31\n" ANSWERED,
			     first);
	write_lister("v", text);
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "v deny -");
	assert_int_equal(problems_warnings(scratch.problems), 0);
	free(text);
	free(first);
}

static void test_unlisted(void **state)
{
	(void)state;
	write_lister("v", "[exempt E]\nsha256 = " A "\nsha256 = " C "\nuid = 3\n"
			  "until = 2026-12-31\n" ANSWERED);
	assert_loads();
	assert_int_equal(problems_warnings(scratch.problems), 1);
	assert_problem(scratch.problems, PROBLEM_WARNING, "/v.vendor", 3,
		       "exempt E: no list of vendor v holds " C);
	assert_string_equal(ruling_of(A, 3, "2026-03-01"), "v exempt E");
	/* Another vendor lists it: it cannot be exempted by this one. */
	scratch_forget(&scratch);
	scratch_write(&scratch, "m", C "\n");
	scratch_write(&scratch, "w.vendor", "[vendor]\nid = w\n[lists]\nfile = m\n");
	assert_loads();
	assert_int_equal(problems_warnings(scratch.problems), 1);
	assert_string_equal(ruling_of(C, 3, "2026-03-01"), "w deny -");
}

static void test_audit_cap(void **state)
{
	(void)state;
	write_lister("a", "mode = audit\n" PROHIBITED);
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-02-28"), "a grace -");
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "a audit -");
	assert_int_equal(policy_flags(policy, day_of("2026-03-01")), POLICY_HAS_UNSIZED);
	/* Of two that are prohibited the one that is enforced decides, whatever the other denies. */
	write_lister("a", "mode = audit\n" PROHIBITED "[lists]\nopen = deny");
	write_lister("b", "[schedule]\nannounced = 2026-01-01\nprohibited = 2026-03-02\n");
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-02-28"), "a grace -");
	assert_string_equal(ruling_of(A, 0, "2026-03-01"), "a audit -");
	assert_string_equal(ruling_of(A, 0, "2026-03-02"), "b deny -");
	/* Would have been denied is more than grace. */
	write_lister("b", "[schedule]\nannounced = 2026-01-01\nprohibited = 2027-01-01\n");
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-03-02"), "a audit -");
	/* An exemption of the one that is enforced leaves the other's word. */
	write_lister("b", "[exempt E]\nsha256 = " A "\nuntil = 2026-12-31\n" ANSWERED);
	assert_loads();
	assert_string_equal(ruling_of(A, 0, "2026-03-02"), "a audit -");
	assert_string_equal(ruling_of(B, 0, "2026-03-02"), "b deny -");
}

/* Everything that an action can ask for, by kind of event and mode. */
static void test_decisions(void **state)
{
	static const unsigned int kinds[] = { EVENT_EXEC, EVENT_OPEN, EVENT_MAP, EVENT_MODULE,
					      EVENT_RUNNING };
	static const struct {
		unsigned int action;
		enum decision enforce[5];
	} cases[] = {
#define FIVE(d) { d, d, d, d, d }
		{ POLICY_ACTION_IGNORE, FIVE(DECISION_ALLOW) },
		{ POLICY_ACTION_REPORT, FIVE(DECISION_ALLOW) },
		{ POLICY_ACTION_GRACE | POLICY_OPEN_DENY, FIVE(DECISION_GRACE) },
		{ POLICY_ACTION_EXEMPT, FIVE(DECISION_EXEMPT) },
		{ POLICY_ACTION_EXEMPT | POLICY_OPEN_DENY, FIVE(DECISION_EXEMPT) },
		{ POLICY_ACTION_EXEMPT | POLICY_AUDIT_ONLY, FIVE(DECISION_EXEMPT) },
		{ POLICY_ACTION_DENY | POLICY_AUDIT_ONLY | POLICY_OPEN_DENY, FIVE(DECISION_AUDIT) },
		{ POLICY_ACTION_DENY,
		  { DECISION_DENY, DECISION_AUDIT, DECISION_DENY, DECISION_AUDIT, DECISION_AUDIT } },
		{ POLICY_ACTION_DENY | POLICY_OPEN_DENY | POLICY_EXEMPT_UIDS,
		  { DECISION_DENY, DECISION_DENY, DECISION_DENY, DECISION_AUDIT, DECISION_AUDIT } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(kinds); j++) {
			enum decision wanted = cases[i].enforce[j];

			assert_int_equal(inforce_decide_action(cases[i].action, kinds[j],
							       MODE_ENFORCE),
					 wanted);
			if (wanted == DECISION_DENY)
				wanted = DECISION_AUDIT;
			assert_int_equal(inforce_decide_action(cases[i].action, kinds[j],
							       MODE_AUDIT),
					 wanted);
		}
	}
}

static void digest_now(char hex[DIGEST_HEX_SIZE])
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	assert_loads();
	policy_digest(policy, digest);
	digest_to_hex(digest, hex);
}

/* The policy's digest: what an exemption decides is in it, who answers for it is not. */
static void test_digest(void **state)
{
	static const char *const others[] = {
		"",
		"mode = audit\n[exempt E]\nsha256=" A "\nuntil=2026-12-31\n" ANSWERED,
		"[exempt E]\nsha256=" B "\nuntil=2026-12-31\n" ANSWERED,
		"[exempt E]\nsha256=" A "\nuntil=2026-12-30\n" ANSWERED,
		"[exempt E]\nsha256=" A "\nuid=0\nuntil=2026-12-31\n" ANSWERED,
		"[exempt E]\nsha256=" A "\nhost=not-this-host\nuntil=2026-12-31\n" ANSWERED,
		"[exempt E]\nsha256=" A "\nsha256=" B "\nuntil=2026-12-31\n" ANSWERED,
	};
	char first[DIGEST_HEX_SIZE], other[DIGEST_HEX_SIZE];

	(void)state;
	write_lister("v", "[exempt E]\nsha256=" A "\nuntil=2026-12-31\n" ANSWERED);
	digest_now(first);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		write_lister("v", others[i]);
		digest_now(other);
		assert_string_not_equal(first, other);
	}
	write_lister("v", "[exempt other]\nsha256=" A "\nuntil=2026-12-31\napprover=Bob\n"
			  "reason=s\nticket=U\n");
	digest_now(other);
	assert_string_equal(first, other);
	/* The order of sections, and how they are divided. */
	write_lister("v", "[exempt E]\nsha256=" A "\nsha256=" B "\nuntil=2026-12-31\n" ANSWERED
			  "[exempt F]\nsha256=" A "\nuid=1\nuntil=2026-12-31\n" ANSWERED);
	digest_now(first);
	write_lister("v", "[exempt F]\nsha256=" A "\nuid=1\nuntil=2026-12-31\n" ANSWERED
			  "[exempt E]\nsha256=" B "\nuntil=2026-12-31\n" ANSWERED
			  "[exempt G]\nsha256=" A "\nuntil=2026-12-31\n" ANSWERED);
	digest_now(other);
	assert_string_equal(first, other);
}

/* Many users of many digests: each has its own slot, and the table grows with them. */
static void test_many_users(void **state)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE], action;
	char text[60000];
	size_t used = 0;

	(void)state;
	for (unsigned int uid = 0; uid < 400; uid++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "[exempt E%u]\nsha256=%s\nuid=%u\nuntil=2026-12-31\n" ANSWERED,
					 uid, uid % 2 ? A : B, uid);
	write_lister("v", text);
	assert_loads();
	fill(day_of("2026-03-01"));
	for (int odd = 0; odd < 2; odd++) {
		assert_int_equal(digest_from_hex(odd ? A : B, digest), 0);
		for (uint32_t uid = 0; uid < 1000; uid++) {
			bool exempt = uid < 400 && uid % 2 == (uint32_t)odd;

			assert_int_equal(policy_image_find(image, digest, uid, &action),
					 policy_find(policy, digest));
			assert_int_equal(action & POLICY_ACTION_MASK,
					 exempt ? POLICY_ACTION_EXEMPT : POLICY_ACTION_DENY);
		}
	}
	assert_int_equal(((struct policy_header *)image)->entries, 2);
}

/* A list cannot take the slot of a user: such a policy is refused. */
static void test_made_up_digest(void **state)
{
	struct policy_geometry geometry;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	__u64 prefix[2];
	char *list;

	(void)state;
	write_lister("v", "[exempt E]\nsha256=" A "\nuid=5\nuntil=2026-12-31\n" ANSWERED);
	assert_int_equal(digest_from_hex(A, digest), 0);
	memcpy(prefix, digest, sizeof(prefix));
	policy_user_key(prefix, 5);
	memcpy(digest, prefix, sizeof(prefix));
	digest_to_hex(digest, hex);
	list = format_string(A "\n" B "\n%s\n", hex);
	scratch_write(&scratch, "l", list);
	free(list);
	assert_loads();
	assert_int_equal(policy_image_size(policy, &geometry), 0);
	image = calloc(1, geometry.size);
	assert_int_equal(policy_image_fill(policy, &geometry, 0, 1, image), -EEXIST);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_everybody),
		TEST(test_users),
		TEST(test_user_and_everybody),
		TEST(test_other_vendors),
		TEST(test_hosts),
		TEST(test_unlisted),
		TEST(test_audit_cap),
		TEST(test_decisions),
		TEST(test_digest),
		TEST(test_many_users),
		TEST(test_made_up_digest),
	};

	return cmocka_run_group_tests_name("exempt", tests, NULL, NULL);
}
