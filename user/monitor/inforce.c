/* SPDX-License-Identifier: BSD-2-Clause */
#include "inforce.h"

#include <malloc.h>
#include <stdlib.h>

#include "cleanup.h"
#include "hygiene.h"
#include "policy_map.h"
#include "protect.h"
#include "schedule.h"

struct inforce {
	struct kernel *kernel;
	struct policy *policy;
	struct policy_map *map;
	uint64_t generation;
	int32_t today;
};

int inforce_read(const char *directory, const char *warning_lists, const char *state,
		 struct problems *problems, struct policy **ret_policy)
{
	struct policy *policy = NULL;
	int error;

	error = policy_load_cached(directory, state, problems, &policy);
	if (!error)
		error = protect_check(policy, problems);
	if (!error)
		error = hygiene_check(policy, warning_lists, problems);
	if (error) {
		policy_free(policy);
		return error;
	}
	*ret_policy = policy;
	return 0;
}

struct inforce *inforce_new(struct kernel *kernel)
{
	struct inforce *inforce = calloc(1, sizeof(*inforce));

	if (!inforce)
		return NULL;
	inforce->kernel = kernel;
	inforce->generation = kernel_policy_generation(kernel);
	return inforce;
}

static bool wants_open_deny(const struct inforce *inforce)
{
	return policy_map_header(inforce->map)->flags & POLICY_HAS_OPEN_DENY;
}

int inforce_install(struct inforce *inforce, struct policy *policy, void (*drain)(void *context),
		    void *context)
{
	int32_t today = schedule_today(time(NULL));
	int error;

	error = policy_map_install(inforce->kernel, policy, today, inforce->generation + 1,
				   &inforce->map);
	if (error)
		return error;
	/* What was decided by the old policy is named by the old policy. */
	if (inforce->policy)
		drain(context);
	policy_free(inforce->policy);
	inforce->policy = policy;
	inforce->generation++;
	inforce->today = today;
	/* What was needed to load and to compile need not stay resident. */
	policy_trim(policy);
	malloc_trim(0);
	return kernel_set_open_deny(inforce->kernel, wants_open_deny(inforce));
}

bool inforce_tick(struct inforce *inforce, time_t now)
{
	int32_t today = schedule_today(now);

	if (!inforce->map || today == inforce->today)
		return false;
	/* Out of memory: the next tick tries again. */
	if (policy_map_update_phases(inforce->map, inforce->policy, today) ||
	    kernel_set_open_deny(inforce->kernel, wants_open_deny(inforce)))
		return false;
	inforce->today = today;
	return true;
}

static const struct vendor *vendor_of(const struct inforce *inforce, uint32_t entry)
{
	return policy_vendor(inforce->policy, policy_entry(inforce->policy, entry)->vendor);
}

void inforce_name(const struct inforce *inforce, struct alert *alert)
{
	const struct policy *policy = inforce->policy;
	struct policy_ruling ruling;
	const struct vendor *vendor;
	uint32_t number;

	alert->policy = policy;
	alert->entry = 0;
	alert->exemption = NULL;
	if (!policy || alert->event.reason != REASON_LISTED)
		return;
	number = policy_find(policy, alert->event.digest);
	if (!number)
		return;
	ruling = policy_rule(policy, number, alert->event.uid, inforce->today);
	/* It was decided a moment ago, and that may have been yesterday. */
	if (alert->event.decision == DECISION_EXEMPT && !ruling.exemption)
		ruling = policy_rule(policy, number, alert->event.uid, inforce->today - 1);
	alert->entry = ruling.entry;
	if (alert->event.decision == DECISION_EXEMPT)
		alert->exemption = ruling.exemption;
	vendor = vendor_of(inforce, alert->entry);
	alert->phase = schedule_phase(&vendor->schedule, inforce->today);
	alert->days_left = schedule_days_left(&vendor->schedule, inforce->today);
}

/* The same table of decisions as policy_decide() in bpf/policy.bpf.h. */
enum decision inforce_decide_action(unsigned int action, unsigned int kind, enum mode mode)
{
	switch (action & POLICY_ACTION_MASK) {
	case POLICY_ACTION_GRACE:
		return DECISION_GRACE;
	case POLICY_ACTION_EXEMPT:
		return DECISION_EXEMPT;
	case POLICY_ACTION_DENY:
		if (mode != MODE_ENFORCE || (action & POLICY_AUDIT_ONLY))
			return DECISION_AUDIT;
		/* The tracepoint backend cannot refuse a module, and nothing stops a
		 * process that ran before: those are reported. */
		if (kind == EVENT_MODULE || kind == EVENT_RUNNING)
			return DECISION_AUDIT;
		if (kind == EVENT_OPEN && !(action & POLICY_OPEN_DENY))
			return DECISION_AUDIT;
		return DECISION_DENY;
	}
	return DECISION_ALLOW;
}

bool inforce_may_be_listed(const struct inforce *inforce, const struct event *event)
{
	/* What cannot be verified has no size that says anything (opens excepted). */
	if ((event->flags & EVENT_UNVERIFIABLE) && event->kind != EVENT_OPEN)
		return true;
	return inforce->policy && (policy_has_unsized(inforce->policy) ||
				   policy_size_listed(inforce->policy, event->file.size));
}

bool inforce_decide(const struct inforce *inforce, struct alert *alert, enum mode mode)
{
	struct event *event = &alert->event;
	struct policy_ruling ruling;

	event->entry = 0;
	event->generation = inforce->generation;
	if (!inforce->policy)
		return false;
	event->entry = policy_find(inforce->policy, event->digest);
	if (!event->entry)
		return false;
	ruling = policy_rule(inforce->policy, event->entry, event->uid, inforce->today);
	event->entry = ruling.entry;
	event->action = ruling.action;
	if ((ruling.action & POLICY_ACTION_MASK) == POLICY_ACTION_IGNORE)
		return false;
	event->reason = REASON_LISTED;
	event->decision = (uint8_t)inforce_decide_action(ruling.action, event->kind, mode);
	return true;
}

enum decision inforce_decide_unhashable(const struct inforce *inforce, const struct alert *alert,
					enum mode mode)
{
	return inforce_decide_flags(inforce->map ? policy_map_header(inforce->map)->flags : 0,
				    alert->event.kind, mode);
}

/* The same table of decisions as policy_decide_unhashable() in bpf/policy.bpf.h. */
enum decision inforce_decide_flags(uint32_t flags, unsigned int kind, enum mode mode)
{
	if (mode != MODE_ENFORCE || !(flags & POLICY_HAS_DENY) || kind == EVENT_MODULE ||
	    kind == EVENT_RUNNING)
		return DECISION_AUDIT;
	if (kind == EVENT_OPEN && !(flags & POLICY_HAS_OPEN_DENY))
		return DECISION_AUDIT;
	return DECISION_DENY;
}

struct policy *inforce_policy(const struct inforce *inforce)
{
	return inforce->policy;
}

const struct policy_header *inforce_header(const struct inforce *inforce)
{
	return inforce->map ? policy_map_header(inforce->map) : NULL;
}

int32_t inforce_today(const struct inforce *inforce)
{
	return inforce->today;
}

void inforce_free(struct inforce *inforce)
{
	if (!inforce)
		return;
	policy_map_free(inforce->map);
	policy_free(inforce->policy);
	free(inforce);
}
