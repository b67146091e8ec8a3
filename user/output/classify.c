/* SPDX-License-Identifier: BSD-2-Clause */
#include "classify.h"

#include "util.h"

const char *alert_ecs_kind(const struct alert *alert)
{
	switch (alert->event.decision) {
	case DECISION_AUDIT:
	case DECISION_GRACE:
	case DECISION_DENY:
	case DECISION_SUSPECT:
		return "alert";
	default:
		return "event";
	}
}

/* intrusion_detection is the category in which ECS expects allowed and denied. */
size_t alert_ecs_category(const struct alert *alert, const char *ret_names[ECS_LIST_MAX])
{
	switch (alert->event.kind) {
	case EVENT_OPEN:
		ret_names[0] = "file";
		break;
	case EVENT_MODULE:
		ret_names[0] = "driver";
		break;
	case EVENT_MAP:
		ret_names[0] = alert->event.flags & EVENT_MPROTECT ? "process" : "library";
		break;
	default:
		ret_names[0] = "process";
	}
	ret_names[1] = "intrusion_detection";
	return 2;
}

size_t alert_ecs_type(const struct alert *alert, const char *ret_names[ECS_LIST_MAX])
{
	switch (alert->event.kind) {
	case EVENT_OPEN:
		ret_names[0] = "access";
		break;
	case EVENT_RUNNING:
		ret_names[0] = "info";
		break;
	case EVENT_MAP:
		ret_names[0] = alert->event.flags & EVENT_MPROTECT ? "change" : "start";
		break;
	default:
		ret_names[0] = "start";
	}
	if (alert->event.decision == DECISION_PENDING)
		return 1;
	ret_names[1] = alert->event.decision == DECISION_DENY ? "denied" : "allowed";
	return 2;
}

const char *alert_ecs_outcome(const struct alert *alert)
{
	if (alert->event.decision == DECISION_PENDING)
		return "unknown";
	return alert->event.decision == DECISION_DENY && alert->late ? "failure" : "success";
}

struct health_class {
	const char *action, *kind, *category, *type, *outcome;
};

/* The last row is for every other action. */
static const struct health_class health_classes[] = {
	{ "start", "event", "process", "start", "success" },
	{ "stop", "event", "process", "end", "success" },
	{ "reload", "event", "configuration", "change", "success" },
	{ "reload-refused", "event", "configuration", "change", "failure" },
	{ "policy", "event", "configuration", "change", "success" },
	{ "mode", "event", "configuration", "change", "success" },
	{ "backend", "state", "host", "info", NULL },
	{ "output", "state", "host", "info", NULL },
	{ "coverage", "state", "host", "info", NULL },
	{ "cache", "state", "host", "info", NULL },
	{ "review", "event", "configuration", "info", NULL },
	{ "exemption", "event", "configuration", "info", NULL },
	{ "hygiene", "event", "configuration", "info", NULL },
	{ "heartbeat", "metric", "host", "info", NULL },
	{ NULL, "event", "host", "info", NULL },
};

static const struct health_class *health_class(const struct health *health)
{
	const struct health_class *class = health_classes;

	while (class->action && !streq(class->action, health->action))
		class ++;
	return class;
}

const char *health_ecs_kind(const struct health *health)
{
	return health_class(health)->kind;
}

size_t health_ecs_category(const struct health *health, const char *ret_names[ECS_LIST_MAX])
{
	ret_names[0] = health_class(health)->category;
	return 1;
}

size_t health_ecs_type(const struct health *health, const char *ret_names[ECS_LIST_MAX])
{
	ret_names[0] = health_class(health)->type;
	return 1;
}

const char *health_ecs_outcome(const struct health *health)
{
	return health_class(health)->outcome;
}
