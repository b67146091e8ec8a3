/* SPDX-License-Identifier: BSD-2-Clause */
/* Dates, phases at their boundaries, and midnight when clocks change. */
#include "day.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define NONE SCHEDULE_NONE

#define DATES(announced, prohibited, review, retired)                                              \
	{                                                                                          \
		announced, NONE, NONE, NONE, prohibited, NONE, review, retired                     \
	}

static void test_phases(void **state)
{
	static const struct {
		struct schedule schedule;
		int32_t today;
		enum phase phase;
		int32_t days_left;
	} cases[] = {
		/* No dates: always prohibited. */
		{ DATES(NONE, NONE, NONE, NONE), 0, PHASE_PROHIBITED, NONE },
		{ DATES(NONE, NONE, NONE, NONE), 30000, PHASE_PROHIBITED, NONE },
		/* announced 100, prohibited 145 */
		{ DATES(100, 145, NONE, NONE), 0, PHASE_ANNOUNCED, NONE },
		{ DATES(100, 145, NONE, NONE), 99, PHASE_ANNOUNCED, NONE },
		{ DATES(100, 145, NONE, NONE), 100, PHASE_GRACE, 45 },
		{ DATES(100, 145, NONE, NONE), 144, PHASE_GRACE, 1 },
		{ DATES(100, 145, NONE, NONE), 145, PHASE_PROHIBITED, NONE },
		{ DATES(100, 145, NONE, NONE), 30000, PHASE_PROHIBITED, NONE },
		/* On the day it is announced it is prohibited: no grace. */
		{ DATES(100, 100, NONE, NONE), 99, PHASE_ANNOUNCED, NONE },
		{ DATES(100, 100, NONE, NONE), 100, PHASE_PROHIBITED, NONE },
		/* Only a date of prohibition: grace until then. */
		{ DATES(NONE, 145, NONE, NONE), 0, PHASE_GRACE, 145 },
		{ DATES(NONE, 145, NONE, NONE), 145, PHASE_PROHIBITED, NONE },
		/* Retired comes before everything; review decides nothing. */
		{ DATES(100, 145, 10, 200), 199, PHASE_PROHIBITED, NONE },
		{ DATES(100, 145, 10, 200), 200, PHASE_RETIRED, NONE },
		{ DATES(NONE, NONE, 10, 200), 199, PHASE_PROHIBITED, NONE },
		{ DATES(NONE, NONE, 10, 200), 201, PHASE_RETIRED, NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(schedule_phase(&cases[i].schedule, cases[i].today),
				 cases[i].phase);
		assert_int_equal(schedule_days_left(&cases[i].schedule, cases[i].today),
				 cases[i].days_left);
	}
	assert_string_equal(phase_name(PHASE_ANNOUNCED), "announced");
	assert_string_equal(phase_name(PHASE_GRACE), "grace");
	assert_string_equal(phase_name(PHASE_PROHIBITED), "prohibited");
	assert_string_equal(phase_name(PHASE_RETIRED), "retired");
}

/* Every day of four centuries, against timegm(3). */
static void test_dates(void **state)
{
	(void)state;
	for (int32_t day = 0; day < 146097 + 100; day++) {
		time_t seconds = (time_t)day * 86400;
		char text[32], back[SCHEDULE_DATE_SIZE];
		int32_t parsed = -1;
		struct tm date;

		gmtime_r(&seconds, &date);
		snprintf(text, sizeof(text), "%04d-%02d-%02d", date.tm_year + 1900,
			 date.tm_mon + 1, date.tm_mday);
		assert_int_equal(schedule_parse_date(text, &parsed), 0);
		assert_int_equal(parsed, day);
		schedule_format_date(day, back);
		assert_string_equal(back, text);
	}
}

static void test_bad_dates(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "", -EINVAL },	    { "2026", -EINVAL },
		{ "2026-1-01", -EINVAL },   { "2026-01-1", -EINVAL },
		{ "2026-01-01 ", -EINVAL }, { " 2026-01-01", -EINVAL },
		{ "2026/01/01", -EINVAL },  { "01-01-2026", -EINVAL },
		{ "2026-01-0x", -EINVAL },  { "+026-01-01", -EINVAL },
		{ "2026-01-+1", -EINVAL },  { "20260-01-01", -EINVAL },
		{ "2026-00-01", -ERANGE },  { "2026-13-01", -ERANGE },
		{ "2026-01-00", -ERANGE },  { "2026-01-32", -ERANGE },
		{ "2026-04-31", -ERANGE },  { "2026-02-29", -ERANGE },
		{ "2100-02-29", -ERANGE },  { "1969-12-31", -ERANGE },
		{ "0000-00-00", -ERANGE },
	};
	int32_t day = 4711;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(schedule_parse_date(cases[i].text, &day), cases[i].error);
		assert_int_equal(day, 4711);
	}
	assert_int_equal(schedule_parse_date("2000-02-29", &day), 0);
	assert_int_equal(schedule_parse_date("2024-02-29", &day), 0);
	assert_int_equal(schedule_parse_date("9999-12-31", &day), 0);
}

static void test_days(void **state)
{
	static const struct {
		const char *text;
		int result;
		int32_t days;
	} cases[] = {
		{ "1d", 0, 1 },		 { "45d", 0, 45 },	 { "36500d", 0, 36500 },
		{ "0d", -ERANGE, 7 },	 { "36501d", -ERANGE, 7 }, { "9999999d", -ERANGE, 7 },
		{ "99999999d", -EINVAL, 7 }, { "45", -EINVAL, 7 }, { "d", -EINVAL, 7 },
		{ "", -EINVAL, 7 },	 { "-1d", -EINVAL, 7 },	 { "4 5d", -EINVAL, 7 },
		{ "45 d", -EINVAL, 7 },	 { "45D", -EINVAL, 7 },	 { "6w", -EINVAL, 7 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int32_t days = 7;

		assert_int_equal(schedule_parse_days(cases[i].text, &days), cases[i].result);
		assert_int_equal(days, cases[i].days);
	}
}

static void set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

/*
 * The first second after @now at which schedule_today() differs: local midnight,
 * or what a change of the clocks makes of it.
 */
static time_t next_midnight(time_t now)
{
	int32_t today = schedule_today(now);
	time_t same = now, next = now;

	/* No date lasts longer than 26 hours; the bound is for a broken time zone. */
	for (int hour = 0; hour < 50 && schedule_today(next) == today; hour++) {
		same = next;
		next += 3600;
	}
	while (next - same > 1) {
		time_t middle = same + (next - same) / 2;

		if (schedule_today(middle) == today)
			same = middle;
		else
			next = middle;
	}
	return next;
}

/* A date lasts until the next, looked at from every quarter of an hour. */
static void check_midnights(time_t from, time_t to)
{
	for (time_t now = from; now < to; now += 900) {
		time_t next = next_midnight(now);

		assert_true(next > now && next <= now + 26 * 3600);
		assert_int_not_equal(schedule_today(next), schedule_today(now));
		assert_int_equal(schedule_today(next - 1), schedule_today(now));
	}
}

static void test_today_is_local(void **state)
{
	/* 2026-11-21 11:30 UTC */
	time_t now = (time_t)20778 * 86400 + 41400;

	(void)state;
	set_zone("UTC0");
	assert_int_equal(schedule_today(now), day_of("2026-11-21"));
	set_zone("<+14>-14");
	assert_int_equal(schedule_today(now), day_of("2026-11-22"));
	set_zone("<-12>12");
	assert_int_equal(schedule_today(now), day_of("2026-11-20"));
	set_zone("UTC0");
	assert_int_equal(schedule_today((time_t)20778 * 86400 - 1), day_of("2026-11-20"));
	assert_int_equal(schedule_today((time_t)20778 * 86400), day_of("2026-11-21"));
}

static void test_midnight_with_summer_time(void **state)
{
	/* Central Europe: clocks change at 2:00 and 3:00. */
	(void)state;
	set_zone("CET-1CEST,M3.5.0,M10.5.0/3");
	/* 2026-03-29, 23 hours: from 2026-03-28 23:00 UTC to 2026-03-29 22:00 UTC */
	assert_int_equal(next_midnight(1774738800), 1774738800 + 23 * 3600);
	/* 2026-10-25, 25 hours: from 2026-10-24 22:00 UTC */
	assert_int_equal(next_midnight(1792879200), 1792879200 + 25 * 3600);
	check_midnights(1774738800 - 2 * 86400, 1774738800 + 3 * 86400);
	check_midnights(1792879200 - 2 * 86400, 1792879200 + 3 * 86400);
}

/* Clocks go from 0:00 to 1:00: that day has no midnight, and begins at 1:00. */
static void test_midnight_that_is_not_there(void **state)
{
	time_t noon;
	struct tm date = { .tm_year = 126, .tm_mon = 9, .tm_mday = 31, .tm_hour = 12,
			   .tm_isdst = -1 };

	(void)state;
	set_zone("<-03>3<-02>,M11.1.0/0,M2.3.0/0");
	noon = mktime(&date);
	assert_int_equal(next_midnight(noon), noon + 12 * 3600);
	check_midnights(noon - 2 * 86400, noon + 3 * 86400);
	/* 2026-02-15 0:00 becomes 2026-02-14 23:00: that day has 25 hours. */
	date = (struct tm){ .tm_year = 126, .tm_mon = 1, .tm_mday = 14, .tm_hour = 12,
			    .tm_isdst = -1 };
	noon = mktime(&date);
	assert_int_equal(next_midnight(noon), noon + 13 * 3600);
	check_midnights(noon - 2 * 86400, noon + 3 * 86400);
}

static void test_named_zones(void **state)
{
	static const struct {
		const char *zone;
		time_t from; /* shortly before its clocks did something odd */
	} cases[] = {
		{ "America/Sao_Paulo", 1541203200 }, /* 2018-11-04 has no midnight */
		{ "Asia/Kathmandu", 504748800 },     /* 1986: 15 minutes */
		{ "Australia/Lord_Howe", 1790956800 }, /* half an hour */
		{ "Europe/London", 1792800000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", cases[i].zone);
		if (access(path, R_OK) != 0)
			skip(); /* no tzdata here */
		set_zone(cases[i].zone);
		check_midnights(cases[i].from - 2 * 86400, cases[i].from + 4 * 86400);
	}
}

/* A whole day that a country left out: 2011-12-30 in Samoa. */
static void test_day_that_is_not_there(void **state)
{
	/* 2011-12-29 12:00 local, UTC-10 */
	time_t noon = 1325196000;

	(void)state;
	if (access("/usr/share/zoneinfo/Pacific/Apia", R_OK) != 0)
		skip();
	set_zone("Pacific/Apia");
	assert_int_equal(schedule_today(noon), day_of("2011-12-29"));
	assert_int_equal(next_midnight(noon), noon + 12 * 3600);
	assert_int_equal(schedule_today(noon + 12 * 3600), day_of("2011-12-31"));
}

static void test_upcoming(void **state)
{
	static const struct schedule schedule = {
		.announced = 10,
		.identify = 20,
		.plan = 30,
		.begin_removal = SCHEDULE_NONE,
		.prohibited = 40,
		.vendor_updates_end = 25,
		.review = 40,
		.retired = 90,
	};
	static const struct {
		int32_t today;
		const char *names;
	} cases[] = {
		{ 0, "announced 10 identify 20 vendor-updates-end 25 plan 30 prohibited 40 review 40 "
		     "retired 90 " },
		{ 10, "announced 10 identify 20 vendor-updates-end 25 plan 30 prohibited 40 review 40 "
		      "retired 90 " },
		{ 21, "vendor-updates-end 25 plan 30 prohibited 40 review 40 retired 90 " },
		{ 40, "prohibited 40 review 40 retired 90 " },
		{ 41, "retired 90 " },
		{ 90, "retired 90 " },
		{ 91, "" },
	};
	struct milestone milestones[SCHEDULE_MILESTONES];
	struct schedule none = SCHEDULE_INIT;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t count = schedule_upcoming(&schedule, cases[i].today, milestones);
		char text[256] = "";

		for (size_t j = 0; j < count; j++)
			sprintf(text + strlen(text), "%s %d ", milestones[j].name,
				(int)milestones[j].day);
		assert_string_equal(text, cases[i].names);
	}
	assert_int_equal(schedule_upcoming(&none, 0, milestones), 0);
	/* A review beyond the end of the vendor is nobody's. */
	none.retired = 50;
	none.review = 60;
	assert_int_equal(schedule_upcoming(&none, 51, milestones), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_phases),
		cmocka_unit_test(test_upcoming),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_bad_dates),
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_today_is_local),
		cmocka_unit_test(test_midnight_with_summer_time),
		cmocka_unit_test(test_midnight_that_is_not_there),
		cmocka_unit_test(test_named_zones),
		cmocka_unit_test(test_day_that_is_not_there),
	};

	return cmocka_run_group_tests_name("schedule", tests, NULL, NULL);
}
