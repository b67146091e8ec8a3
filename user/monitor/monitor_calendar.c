/* SPDX-License-Identifier: BSD-2-Clause */
#include "calendar.h"
#include "monitor_private.h"

static void report_note(const struct calendar_note *note, void *context)
{
	struct monitor *monitor = context;

	if (note->exemption)
		report_health(monitor->report, "exemption", HEALTH_WARNING, NULL, "%s", note->text);
	else
		report_health(monitor->report, "review", HEALTH_WARNING, NULL, "%s", note->text);
}

/* What the dates ask of people: a record each, once a day. */
void monitor_remind(struct monitor *monitor)
{
	calendar_remind(inforce_policy(monitor->inforce), inforce_today(monitor->inforce),
			report_note, monitor);
}
