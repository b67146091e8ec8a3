/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The dates of a vendor, and where the vendor stands on a given day. A day is a
 * LOCAL calendar date, counted from 1970-01-01.
 */
#ifndef INTERDICT_SCHEDULE_H
#define INTERDICT_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define SCHEDULE_NONE INT32_MIN /* no such date */

/* Room for YYYY-MM-DD and its NUL. */
#define SCHEDULE_DATE_SIZE 11

enum phase {
	PHASE_ANNOUNCED,
	PHASE_GRACE,
	PHASE_PROHIBITED,
	PHASE_RETIRED,
};

/* Days since 1970-01-01, or SCHEDULE_NONE. Each names the first day of what it says. */
struct schedule {
	int32_t announced;
	int32_t identify;	    /* the vendor's software has been found by then */
	int32_t plan;		    /* how to remove it is planned by then */
	int32_t begin_removal;	    /* its removal has begun by then */
	int32_t prohibited;
	int32_t vendor_updates_end; /* the vendor delivers no updates from then on */
	int32_t review;		    /* when a person has to look at the vendor again */
	int32_t retired;
};

/* No date at all: prohibited on every day. */
#define SCHEDULE_INIT                                                                              \
	{                                                                                          \
		SCHEDULE_NONE, SCHEDULE_NONE, SCHEDULE_NONE, SCHEDULE_NONE, SCHEDULE_NONE,         \
			SCHEDULE_NONE, SCHEDULE_NONE, SCHEDULE_NONE                                \
	}

/*
 * The dates of a schedule with their names in the vendor file, in the order above.
 * Returns false behind the last one; @ret_day may be SCHEDULE_NONE.
 */
bool schedule_milestone(const struct schedule *schedule, size_t index, const char **ret_name,
			int32_t *ret_day);

/* How many dates a schedule has at most. */
#define SCHEDULE_MILESTONES 8

struct milestone {
	const char *name; /* as in the vendor file */
	int32_t day;
};

/*
 * The dates that are today or still to come, the next one first. Returns how many;
 * none once the vendor is retired.
 */
size_t schedule_upcoming(const struct schedule *schedule, int32_t today,
			 struct milestone ret_milestones[SCHEDULE_MILESTONES]);

/*
 * today < announced: announced; announced <= today < prohibited: grace;
 * prohibited <= today: prohibited; retired <= today: retired. Without a date
 * `prohibited` it is prohibited from the day it was announced on.
 */
enum phase schedule_phase(const struct schedule *schedule, int32_t today);

/* announced, grace, prohibited, retired */
const char *phase_name(enum phase phase);

/* In grace: days until it is prohibited, 1 on the last day. Else SCHEDULE_NONE. */
int32_t schedule_days_left(const struct schedule *schedule, int32_t today);

/* The local calendar date at the time @now. */
int32_t schedule_today(time_t now);

/* Reads YYYY-MM-DD. Returns 0, -EINVAL (other form) or -ERANGE (no such day, before 1970). */
int schedule_parse_date(const char *text, int32_t *ret_day);

/* Reads a number of days: 45d. Returns 0, -EINVAL or -ERANGE (0, or above 36500). */
int schedule_parse_days(const char *text, int32_t *ret_days);

/* Writes YYYY-MM-DD, or "-" for SCHEDULE_NONE. */
void schedule_format_date(int32_t day, char text[SCHEDULE_DATE_SIZE]);

#endif
