/* SPDX-License-Identifier: BSD-2-Clause */
#include "calendar.h"

#include <stdio.h>

#include "inforce.h"
#include "schedule.h"

/* "1 day", "3 days" */
static const char *days_text(int32_t days, char text[24])
{
	snprintf(text, 24, "%d day%s", (int)days, days == 1 ? "" : "s");
	return text;
}

struct reminder {
	int32_t today;
	void (*note)(const struct calendar_note *note, void *context);
	void *context;
};

static void remind_of_review(const struct reminder *reminder, const struct vendor *vendor)
{
	int32_t review = vendor->schedule.review;
	char date[SCHEDULE_DATE_SIZE], days[24], text[256];

	if (review == SCHEDULE_NONE || review >= reminder->today)
		return;
	schedule_format_date(review, date);
	snprintf(text, sizeof(text), "the review of vendor %s was due on %s, %s ago", vendor->id,
		 date, days_text(reminder->today - review, days));
	reminder->note(&(struct calendar_note){ .vendor = vendor, .text = text },
		       reminder->context);
}

static void remind_of_exemption(const struct reminder *reminder, const struct vendor *vendor,
				const struct exemption *exemption)
{
	int32_t left = exemption->until - reminder->today;
	char date[SCHEDULE_DATE_SIZE], days[24], what[96], text[1024];

	if (left > CALENDAR_EXEMPTION_DAYS || left < -CALENDAR_EXEMPTION_DAYS ||
	    !policy_exempts_here(exemption))
		return;
	schedule_format_date(exemption->until, date);
	if (left > 0)
		snprintf(what, sizeof(what), "ends in %s, with %s", days_text(left, days), date);
	else if (left == 0)
		snprintf(what, sizeof(what), "ends today, %s", date);
	else
		snprintf(what, sizeof(what), "ended with %s: its entries act again", date);
	snprintf(text, sizeof(text), "exemption %s of vendor %s %s (approver %s, ticket %s)",
		 exemption->id, vendor->id, what, exemption->approver, exemption->ticket);
	reminder->note(
		&(struct calendar_note){ .vendor = vendor, .exemption = exemption, .text = text },
		reminder->context);
}

void calendar_remind(const struct policy *policy, int32_t today,
		     void (*note)(const struct calendar_note *note, void *context), void *context)
{
	const struct reminder reminder = { today, note, context };

	for (size_t i = 0; i < policy_vendor_count(policy); i++) {
		const struct vendor *vendor = policy_vendor(policy, i);

		if (schedule_phase(&vendor->schedule, today) == PHASE_RETIRED)
			continue;
		remind_of_review(&reminder, vendor);
		for (size_t j = 0; j < vendor->exemption_count; j++)
			remind_of_exemption(&reminder, vendor, &vendor->exemptions[j]);
	}
}

static bool action_denies(uint8_t action)
{
	return inforce_decide_action(action, EVENT_EXEC, MODE_ENFORCE) == DECISION_DENY;
}

static bool vendor_denies(const struct vendor *vendor, int32_t day)
{
	return action_denies(policy_vendor_action(vendor, day));
}

static bool digest_is_denied(const struct policy *policy, const uint8_t *digest, uint32_t uid,
			     int32_t day)
{
	return action_denies(policy_rule(policy, policy_find(policy, digest), uid, day).action);
}

static size_t newly_denied(const struct policy *policy, const struct exemption *exemption,
			   int32_t today)
{
	size_t count = 0;

	if (exemption->until != today)
		return 0;
	for (size_t i = 0; i < exemption->digest_count; i++)
		count += !digest_is_denied(policy, exemption->digest[i], exemption->uid, today) &&
			 digest_is_denied(policy, exemption->digest[i], exemption->uid, today + 1);
	return count;
}

void calendar_tomorrow(const struct policy *policy, int32_t today,
		       void (*denial)(const struct calendar_denial *denial, void *context),
		       void *context)
{
	for (size_t i = 0; i < policy_vendor_count(policy); i++) {
		struct calendar_denial found = { .vendor = policy_vendor(policy, i) };

		found.digests = policy_vendor_entries(policy, i);
		if (found.digests > 0 && !vendor_denies(found.vendor, today) &&
		    vendor_denies(found.vendor, today + 1)) {
			denial(&found, context);
			continue;
		}
		for (size_t j = 0; j < found.vendor->exemption_count; j++) {
			found.exemption = &found.vendor->exemptions[j];
			found.digests = newly_denied(policy, found.exemption, today);
			if (found.digests > 0)
				denial(&found, context);
		}
	}
}
