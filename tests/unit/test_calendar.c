/* SPDX-License-Identifier: BSD-2-Clause */
/* What the dates ask of people, and what status says of vendors. */
#include "policy_input.h"

#include "buffer.h"
#include "calendar.h"
#include "policy_status.h"

#define ANSWERED "approver = Ann\nreason = r\nticket = T\n"

static void add_note(const struct calendar_note *note, void *buffer)
{
	buffer_append_string(buffer, note->exemption ? "exemption: " : "review: ");
	buffer_append_string(buffer, note->text);
	buffer_append_char(buffer, '\n');
}

static void assert_notes(const char *date, const char *expected)
{
	struct buffer buffer = { 0 };

	calendar_remind(policy, day_of(date), add_note, &buffer);
	buffer_append_char(&buffer, '\0');
	assert_string_equal(buffer.data, expected);
	buffer_release(&buffer);
}

static void add_denial(const struct calendar_denial *denial, void *buffer)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %s %zu\n", denial->vendor->id,
		 denial->exemption ? denial->exemption->id : "-", denial->digests);
	buffer_append_string(buffer, text);
}

static void assert_tomorrow(const char *date, const char *expected)
{
	struct buffer buffer = { 0 };

	calendar_tomorrow(policy, day_of(date), add_denial, &buffer);
	buffer_append_char(&buffer, '\0');
	assert_string_equal(buffer.data, expected);
	buffer_release(&buffer);
}

static void test_review(void **state)
{
	(void)state;
	write_lister("v", "[schedule]\nprohibited = 2026-01-01\nreview = 2026-05-01\n"
			  "retired = 2026-07-01\n");
	assert_loads();
	assert_notes("2026-04-30", "");
	assert_notes("2026-05-01", "");
	assert_notes("2026-05-02",
		     "review: the review of vendor v was due on 2026-05-01, 1 day ago\n");
	assert_notes("2026-06-30",
		     "review: the review of vendor v was due on 2026-05-01, 60 days ago\n");
	assert_notes("2026-07-01", "");
}

static void test_exemptions_end(void **state)
{
	(void)state;
	write_lister("v", "[exempt E]\nsha256=" A "\nuntil=2026-05-10\n" ANSWERED
			  "[exempt F]\nsha256=" A "\nhost=another\nuntil=2026-05-10\n" ANSWERED);
	assert_loads();
	assert_notes("2026-05-02", "");
	assert_notes("2026-05-03", "exemption: exemption E of vendor v ends in 7 days, with "
				   "2026-05-10 (approver Ann, ticket T)\n");
	assert_notes("2026-05-09", "exemption: exemption E of vendor v ends in 1 day, with "
				   "2026-05-10 (approver Ann, ticket T)\n");
	assert_notes("2026-05-10", "exemption: exemption E of vendor v ends today, 2026-05-10 "
				   "(approver Ann, ticket T)\n");
	assert_notes("2026-05-11", "exemption: exemption E of vendor v ended with 2026-05-10: its "
				   "entries act again (approver Ann, ticket T)\n");
	assert_notes("2026-05-17", "exemption: exemption E of vendor v ended with 2026-05-10: its "
				   "entries act again (approver Ann, ticket T)\n");
	assert_notes("2026-05-18", "");
}

static void test_tomorrow(void **state)
{
	(void)state;
	write_lister("a", "[schedule]\nannounced=2026-01-01\nprohibited=2026-03-01\n"
			  "[exempt ALL]\nsha256=" A "\nuntil=2026-03-05\n" ANSWERED
			  "[exempt ONE]\nsha256=" A "\nsha256=" B "\nuid=5\nuntil=2026-03-05\n" ANSWERED
			  "[exempt MORE]\nsha256=" B "\nuid=5\nuntil=2026-03-06\n" ANSWERED
			  "[exempt SOON]\nsha256=" B "\nuntil=2026-01-15\n" ANSWERED);
	write_lister("b", "mode = audit\n[schedule]\nannounced=2026-01-01\nprohibited=2026-03-01\n");
	assert_loads();
	assert_tomorrow("2025-12-31", "");
	/* It ends in grace: nothing is denied for that. */
	assert_tomorrow("2026-01-15", "");
	assert_tomorrow("2026-02-27", "");
	/* What is capped at audit is not among it. */
	assert_tomorrow("2026-02-28", "a - 2\n");
	assert_tomorrow("2026-03-01", "");
	/* Of the user's two, one goes on being exempt. */
	assert_tomorrow("2026-03-05", "a ALL 1\na ONE 1\n");
	assert_tomorrow("2026-03-06", "a MORE 1\n");
	assert_tomorrow("2026-03-07", "");
	/* No list yet, no denial. */
	scratch_write(&scratch, "c.vendor",
		      "[vendor]\nid = c\n[schedule]\nannounced=2026-01-01\ngrace=10d\n");
	assert_loads();
	assert_tomorrow("2026-01-10", "");
	/* Another vendor denies it today already. */
	write_lister("d", "");
	assert_loads();
	assert_tomorrow("2026-03-05", "");
}

static void test_status(void **state)
{
	json_t *vendors, *vendor, *list;
	int32_t today = day_of("2026-01-15");

	(void)state;
	write_lister("a",
		     "name = A \xe2\x80\xae\xff z\n[schedule]\nannounced=2026-01-01\nplan=2026-01-20\n"
		     "prohibited=2026-02-01\nreview=2026-01-10\nretired=2030-01-01\n"
		     "[lists]\nopen = deny\n"
		     "[exempt E]\nsha256=" A "\nuid=5\nuntil=2026-01-14\n" ANSWERED
		     "[exempt F]\nsha256=" A "\nhost=another\nuntil=2026-02-01\n" ANSWERED);
	write_lister("b", "mode = audit");
	assert_loads();
	vendors = policy_status_vendors(policy, today);
	assert_int_equal(json_array_size(vendors), 2);
	vendor = json_array_get(vendors, 0);
	assert_string_equal(json_string_value(json_object_get(vendor, "name")),
			    "A \\xe2\\x80\\xae\\xff z");
	assert_string_equal(json_string_value(json_object_get(vendor, "phase")), "grace");
	assert_string_equal(json_string_value(json_object_get(vendor, "mode")), "enforce");
	assert_string_equal(json_string_value(json_object_get(vendor, "open")), "deny");
	assert_int_equal(json_integer_value(json_object_get(vendor, "entries")), 2);
	assert_int_equal(json_integer_value(json_object_get(vendor, "days_left")), 17);
	list = json_object_get(vendor, "milestones");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "name")),
			    "plan");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "date")),
			    "2026-01-20");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "days")), 5);
	list = json_object_get(vendor, "exemptions");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "state")),
			    "ended");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "uid")), 5);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "days_left")),
			 -1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "state")),
			    "other-host");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "host")),
			    "another");
	assert_null(json_object_get(json_array_get(list, 1), "uid"));
	vendor = json_array_get(vendors, 1);
	assert_string_equal(json_string_value(json_object_get(vendor, "mode")), "audit");
	assert_null(json_object_get(vendor, "days_left"));
	json_decref(vendors);

	list = policy_status_warnings(policy, today);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "about")),
			    "review");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "about")),
			    "exemption");
	json_decref(list);
	list = policy_status_tomorrow(policy, day_of("2026-01-31"));
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "vendor")),
			    "a");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "digests")), 2);
	json_decref(list);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_policy, end_policy)
	const struct CMUnitTest tests[] = {
		TEST(test_review),
		TEST(test_exemptions_end),
		TEST(test_tomorrow),
		TEST(test_status),
	};

	return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
