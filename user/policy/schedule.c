/* SPDX-License-Identifier: BSD-2-Clause */
#include "schedule.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "util.h"

#define DAYS_MAX 36500U /* longest window that `45d` may name */

enum phase schedule_phase(const struct schedule *schedule, int32_t today)
{
	if (schedule->retired != SCHEDULE_NONE && schedule->retired <= today)
		return PHASE_RETIRED;
	/* SCHEDULE_NONE lies before every day. */
	if (today < schedule->announced)
		return PHASE_ANNOUNCED;
	return today < schedule->prohibited ? PHASE_GRACE : PHASE_PROHIBITED;
}

const char *phase_name(enum phase phase)
{
	static const char *const names[] = {
		[PHASE_ANNOUNCED] = "announced",
		[PHASE_GRACE] = "grace",
		[PHASE_PROHIBITED] = "prohibited",
		[PHASE_RETIRED] = "retired",
	};

	return names[phase];
}

bool schedule_milestone(const struct schedule *schedule, size_t index, const char **ret_name,
			int32_t *ret_day)
{
	const struct {
		const char *name;
		int32_t day;
	} milestones[] = {
		{ "announced", schedule->announced },
		{ "identify", schedule->identify },
		{ "plan", schedule->plan },
		{ "begin-removal", schedule->begin_removal },
		{ "prohibited", schedule->prohibited },
		{ "vendor-updates-end", schedule->vendor_updates_end },
		{ "review", schedule->review },
		{ "retired", schedule->retired },
	};

	_Static_assert(ARRAY_SIZE(milestones) == SCHEDULE_MILESTONES, "room for all");
	if (index >= ARRAY_SIZE(milestones))
		return false;
	*ret_name = milestones[index].name;
	*ret_day = milestones[index].day;
	return true;
}

size_t schedule_upcoming(const struct schedule *schedule, int32_t today,
			 struct milestone ret_milestones[SCHEDULE_MILESTONES])
{
	struct milestone found;
	size_t count = 0;

	if (schedule->retired != SCHEDULE_NONE && schedule->retired < today)
		return 0;
	for (size_t i = 0; schedule_milestone(schedule, i, &found.name, &found.day); i++) {
		size_t at = count;

		if (found.day < today) /* SCHEDULE_NONE too */
			continue;
		/* In order of their days; of one day, in the order above. */
		for (; at > 0 && ret_milestones[at - 1].day > found.day; at--)
			ret_milestones[at] = ret_milestones[at - 1];
		ret_milestones[at] = found;
		count++;
	}
	return count;
}

int32_t schedule_days_left(const struct schedule *schedule, int32_t today)
{
	if (schedule_phase(schedule, today) != PHASE_GRACE)
		return SCHEDULE_NONE;
	return schedule->prohibited - today;
}

/*
 * Days since 1970-01-01 of a date of the Gregorian calendar. Years begin in
 * March here, so that a leap day is the last day of its year.
 */
static int32_t day_from_date(int year, int month, int day)
{
	int from_march = (month + 9) % 12;
	int y = month <= 2 ? year - 1 : year;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * from_march + 2) / 5 + day - 719469;
}

int32_t schedule_today(time_t now)
{
	struct tm local;

	if (!localtime_r(&now, &local))
		return 0;
	return day_from_date(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

/* Reads exactly @count digits. */
static bool read_digits(const char *text, size_t count, int *ret_number)
{
	int number = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = 10 * number + text[i] - '0';
	}
	*ret_number = number;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

int schedule_parse_date(const char *text, int32_t *ret_day)
{
	int year, month, day;

	if (strlen(text) != SCHEDULE_DATE_SIZE - 1 || text[4] != '-' || text[7] != '-' ||
	    !read_digits(text, 4, &year) || !read_digits(text + 5, 2, &month) ||
	    !read_digits(text + 8, 2, &day))
		return -EINVAL;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
		return -ERANGE;
	*ret_day = day_from_date(year, month, day);
	return 0;
}

int schedule_parse_days(const char *text, int32_t *ret_days)
{
	size_t size = strlen(text);
	char number[8];
	uint64_t days;
	int r;

	if (size < 2 || text[size - 1] != 'd' || size > sizeof(number))
		return -EINVAL;
	memcpy(number, text, size - 1);
	number[size - 1] = '\0';
	r = parse_u64(number, DAYS_MAX, &days);
	if (r < 0)
		return r;
	if (days == 0)
		return -ERANGE;
	*ret_days = (int32_t)days;
	return 0;
}

void schedule_format_date(int32_t day, char text[SCHEDULE_DATE_SIZE])
{
	time_t seconds = (time_t)day * 86400;
	struct tm date;

	if (day == SCHEDULE_NONE || !gmtime_r(&seconds, &date) ||
	    strftime(text, SCHEDULE_DATE_SIZE, "%Y-%m-%d", &date) == 0)
		strcpy(text, "-");
}
