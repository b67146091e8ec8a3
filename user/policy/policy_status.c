/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_status.h"

#include <string.h>

#include "calendar.h"
#include "escape.h"
#include "schedule.h"

static json_t *json_text(const char *text)
{
	struct buffer buffer = { 0 };
	json_t *value = NULL;

	escape_append(&buffer, text, strlen(text));
	if (!buffer.failed)
		value = json_stringn(buffer.size ? buffer.data : "", buffer.size);
	buffer_release(&buffer);
	return value;
}

static json_t *json_day(int32_t day)
{
	char date[SCHEDULE_DATE_SIZE];

	schedule_format_date(day, date);
	return json_string(date);
}

static json_t *milestones_status(const struct schedule *schedule, int32_t today)
{
	struct milestone milestones[SCHEDULE_MILESTONES];
	size_t count = schedule_upcoming(schedule, today, milestones);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array,
				      json_pack("{s:s, s:o, s:i}", "name", milestones[i].name, "date",
						json_day(milestones[i].day), "days",
						(int)(milestones[i].day - today)));
	return array;
}

static const char *exemption_state(const struct exemption *exemption, int32_t today)
{
	if (!policy_exempts_here(exemption))
		return "other-host";
	return exemption->until < today ? "ended" : "holds";
}

static json_t *exemption_status(const struct exemption *exemption, int32_t today)
{
	json_t *object = json_pack("{s:s, s:s, s:o, s:i, s:I, s:o, s:o, s:o}", "id", exemption->id,
				   "state", exemption_state(exemption, today), "until",
				   json_day(exemption->until), "days_left",
				   (int)(exemption->until - today), "digests",
				   (json_int_t)exemption->digest_count, "approver",
				   json_text(exemption->approver), "reason",
				   json_text(exemption->reason), "ticket",
				   json_text(exemption->ticket));

	if (object && exemption->uid != EXEMPTION_ANY_UID)
		json_object_set_new(object, "uid", json_integer(exemption->uid));
	if (object && exemption->host)
		json_object_set_new(object, "host", json_text(exemption->host));
	return object;
}

static json_t *exemptions_status(const struct vendor *vendor, int32_t today)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vendor->exemption_count; i++)
		json_array_append_new(array, exemption_status(&vendor->exemptions[i], today));
	return array;
}

static json_t *vendor_status(const struct policy *policy, size_t index, int32_t today)
{
	const struct vendor *vendor = policy_vendor(policy, index);
	int32_t days_left = schedule_days_left(&vendor->schedule, today);
	json_t *object = json_pack("{s:s, s:o, s:s, s:s, s:I, s:s, s:o, s:o}", "id", vendor->id,
				   "name", json_text(vendor->name), "phase",
				   phase_name(schedule_phase(&vendor->schedule, today)), "mode",
				   vendor->audit_only ? "audit" : "enforce", "entries",
				   (json_int_t)policy_vendor_entries(policy, index), "open",
				   vendor->open_deny ? "deny" : "audit", "milestones",
				   milestones_status(&vendor->schedule, today), "exemptions",
				   exemptions_status(vendor, today));

	if (object && days_left != SCHEDULE_NONE)
		json_object_set_new(object, "days_left", json_integer(days_left));
	return object;
}

json_t *policy_status_vendors(const struct policy *policy, int32_t today)
{
	json_t *array = json_array();

	for (size_t i = 0; i < policy_vendor_count(policy); i++)
		json_array_append_new(array, vendor_status(policy, i, today));
	return array;
}

static void add_denial(const struct calendar_denial *denial, void *array)
{
	json_t *object = json_pack("{s:s, s:I}", "vendor", denial->vendor->id, "digests",
				   (json_int_t)denial->digests);

	if (object && denial->exemption)
		json_object_set_new(object, "exemption", json_string(denial->exemption->id));
	json_array_append_new(array, object);
}

json_t *policy_status_tomorrow(const struct policy *policy, int32_t today)
{
	json_t *array = json_array();

	calendar_tomorrow(policy, today, add_denial, array);
	return array;
}

static void add_note(const struct calendar_note *note, void *array)
{
	json_array_append_new(array,
			      json_pack("{s:s, s:s, s:o}", "about",
					note->exemption ? "exemption" : "review", "vendor",
					note->vendor->id, "text", json_text(note->text)));
}

json_t *policy_status_warnings(const struct policy *policy, int32_t today)
{
	json_t *array = json_array();

	calendar_remind(policy, today, add_note, array);
	return array;
}
