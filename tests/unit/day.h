/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dates as people write them, for tests that compare with days.
 */
#ifndef INTERDICT_TEST_DAY_H
#define INTERDICT_TEST_DAY_H

#include "schedule.h"
#include "unit.h"

static inline int32_t day_of(const char *text)
{
	int32_t day;

	assert_int_equal(schedule_parse_date(text, &day), 0);
	return day;
}

#endif
