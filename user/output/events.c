/* SPDX-License-Identifier: BSD-2-Clause */
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "cleanup.h"
#include "util.h"

static const char *const kind_names[] = {
	[EVENT_EXEC] = "exec",     [EVENT_OPEN] = "open",       [EVENT_MAP] = "map",
	[EVENT_MODULE] = "module", [EVENT_RUNNING] = "running", [EVENT_HEALTH] = "health",
};

static const char *const decision_names[] = {
	[DECISION_PENDING] = "pending", [DECISION_ALLOW] = "allow",   [DECISION_AUDIT] = "audit",
	[DECISION_GRACE] = "grace",     [DECISION_EXEMPT] = "exempt", [DECISION_DENY] = "deny",
	[DECISION_SUSPECT] = "suspect",
};

static const char *const reason_names[] = {
	[REASON_NONE] = "none",
	[REASON_LISTED] = "listed",
	[REASON_UNHASHABLE] = "unhashable",
};

static const char *const backend_names[] = {
	[BACKEND_NONE] = "none",
	[BACKEND_LSM] = "lsm",
	[BACKEND_TRACEPOINT] = "tracepoint",
};

static const char *const hash_source_names[] = {
	[HASH_SOURCE_NONE] = "none",
	[HASH_SOURCE_IMA] = "ima",
	[HASH_SOURCE_USER] = "user",
	[HASH_SOURCE_SIZE] = "size",
};

static const char *const mode_names[] = {
	[MODE_AUDIT] = "audit",
	[MODE_ENFORCE] = "enforce",
};

static const char *const severity_names[] = {
	[LOG_EMERG] = "emerg", [LOG_ALERT] = "alert",     [LOG_CRIT] = "crit",
	[LOG_ERR] = "err",     [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
	[LOG_INFO] = "info",   [LOG_DEBUG] = "debug",
};

static const struct {
	uint32_t flag;
	const char *name;
} flag_names[] = {
	{ EVENT_PATH_CUT, "path-cut" },
	{ EVENT_ARGV_CUT, "argv-cut" },
	{ EVENT_PATH_REVERSED, "path-reversed" },
	{ EVENT_HELD, "held" },
	{ EVENT_LATE, "late" },
	{ EVENT_SCRIPT, "script" },
	{ EVENT_INTERPRETER, "interpreter" },
	{ EVENT_ARGV_MISSING, "argv-missing" },
	{ EVENT_PATH_MISSING, "path-missing" },
	{ EVENT_NO_SCRATCH, "no-scratch" },
	{ EVENT_MPROTECT, "mprotect" },
	{ EVENT_UNVERIFIABLE, "unverifiable" },
	{ EVENT_FOREIGN_CONT, "foreign-cont" },
	{ EVENT_TRACED, "traced" },
	{ EVENT_FROM_MEMORY, "from-memory" },
	{ EVENT_DEV_PRIVATE, "dev-private" },
	{ EVENT_UNCACHEABLE, "uncacheable" },
	{ EVENT_NO_COVERAGE, "no-coverage" },
	{ EVENT_HOLD_FAILED, "hold-failed" },
	{ EVENT_SHARED, "shared" },
	{ EVENT_OVERLAY, "overlay" },
	{ EVENT_FIRST, "first" },
};

static const struct {
	const char *key, *text;
} counters[] = {
#define COUNTER_ROW(symbol, key, text) { key, text },
	INTERDICT_COUNTERS(COUNTER_ROW)
#undef COUNTER_ROW
};

static const char *name_of(const char *const *names, size_t count, unsigned int number)
{
	return number < count && names[number] ? names[number] : "unknown";
}

#define NAME_OF(names, number) name_of(names, ARRAY_SIZE(names), number)

const char *event_kind_name(unsigned int kind)
{
	return NAME_OF(kind_names, kind);
}

const char *decision_name(unsigned int decision)
{
	return NAME_OF(decision_names, decision);
}

const char *reason_name(unsigned int reason)
{
	return NAME_OF(reason_names, reason);
}

const char *backend_name(unsigned int backend)
{
	return NAME_OF(backend_names, backend);
}

const char *hash_source_name(unsigned int source)
{
	return NAME_OF(hash_source_names, source);
}

const char *mode_name(unsigned int mode)
{
	return NAME_OF(mode_names, mode);
}

const char *severity_name(int severity)
{
	return NAME_OF(severity_names, (unsigned int)severity);
}

const char *counter_key(enum counter counter)
{
	return counter < COUNTER_COUNT ? counters[counter].key : "unknown";
}

const char *counter_text(enum counter counter)
{
	return counter < COUNTER_COUNT ? counters[counter].text : "unknown";
}

static const char *flag_name(uint32_t flag)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flag_names[i].flag == flag)
			return flag_names[i].name;
	return "unknown";
}

size_t event_flag_names(uint32_t flags, const char *ret_names[EVENT_FLAG_MAX])
{
	size_t count = 0;

	for (unsigned int bit = 0; bit < EVENT_FLAG_MAX; bit++)
		if (flags & 1U << bit)
			ret_names[count++] = flag_name(1U << bit);
	return count;
}

int alert_severity(const struct alert *alert)
{
	switch (alert->event.decision) {
	case DECISION_DENY:
		return LOG_ALERT;
	case DECISION_AUDIT:
		return LOG_WARNING;
	case DECISION_SUSPECT:
		return alert->phase == PHASE_PROHIBITED ? LOG_WARNING : LOG_NOTICE;
	case DECISION_GRACE:
		return LOG_NOTICE;
	default:
		return LOG_INFO;
	}
}

int health_severity(const struct health *health)
{
	switch (health->level) {
	case HEALTH_CRIT:
		return LOG_CRIT;
	case HEALTH_WARNING:
		return LOG_WARNING;
	default:
		return LOG_INFO;
	}
}

/* Joins components that stand innermost first: "b\0a\0" is /a/b, or a/b if it was cut. */
static char *path_from_reversed(const char *bytes, size_t size, bool cut)
{
	char *path = malloc(size + 2);
	size_t used = 0;
	size_t end = size; /* of the component, its NUL included */

	if (!path)
		return NULL;
	while (end > 0) {
		size_t first = end - 1;

		while (first > 0 && bytes[first - 1])
			first--;
		/* The root of a mount is a dentry named "/": its slash is not part of a name. */
		if (bytes[first] && !streq(bytes + first, "/")) {
			if (used > 0 || !cut)
				path[used++] = '/';
			memcpy(path + used, bytes + first, end - 1 - first);
			used += end - 1 - first;
		}
		end = first;
	}
	if (used == 0)
		path[used++] = '/';
	path[used] = '\0';
	return path;
}

static int decode_path(struct alert *alert, const char *bytes)
{
	size_t size = alert->event.path_size;

	if (size == 0)
		return 0;
	if (bytes[size - 1])
		return -EBADMSG;
	if (alert->event.flags & EVENT_PATH_REVERSED) {
		alert->path = path_from_reversed(bytes, size, alert->event.flags & EVENT_PATH_CUT);
	} else {
		if (memchr(bytes, '\0', size - 1))
			return -EBADMSG;
		alert->path = strdup(bytes);
	}
	return alert->path ? 0 : -ENOMEM;
}

int alert_set_args(struct alert *alert, const char *bytes, size_t size)
{
	size_t count = 0;
	char **args;
	char *text;

	for (size_t i = 0; i < size; i++)
		if (!bytes[i] || i == size - 1)
			count++;
	args = malloc(count * sizeof(*args) + size + 1);
	if (!args)
		return -ENOMEM;
	text = (char *)(args + count);
	if (size > 0)
		memcpy(text, bytes, size);
	text[size] = '\0';
	for (size_t i = 0; i < count; i++) {
		args[i] = text;
		text += strlen(text) + 1;
	}
	free(alert->args);
	alert->args = args;
	alert->arg_count = count;
	return 0;
}

static bool event_is_valid(const struct event *event, size_t size)
{
	return event->size == size && event->path_size <= INTERDICT_PATH_MAX &&
	       event->argv_size <= INTERDICT_ARGV_MAX &&
	       sizeof(*event) + event->path_size + event->argv_size == size &&
	       event->kind >= EVENT_EXEC && event->kind <= EVENT_RUNNING &&
	       event->decision <= DECISION_SUSPECT && event->reason <= REASON_UNHASHABLE &&
	       event->hash_source <= HASH_SOURCE_SIZE && event->backend <= BACKEND_TRACEPOINT &&
	       event->mode <= MODE_ENFORCE;
}

int alert_decode(const void *record, size_t size, struct alert *ret_alert)
{
	_cleanup_(alert_release) struct alert alert = { 0 };
	const char *payload = (const char *)record + sizeof(alert.event);
	int r;

	if (size < sizeof(alert.event))
		return -EBADMSG;
	memcpy(&alert.event, record, sizeof(alert.event));
	if (!event_is_valid(&alert.event, size))
		return -EBADMSG;
	alert.event.comm[sizeof(alert.event.comm) - 1] = '\0';
	r = decode_path(&alert, payload);
	if (r < 0)
		return r;
	if (alert.event.argv_size > 0) {
		r = alert_set_args(&alert, payload + alert.event.path_size, alert.event.argv_size);
		if (r < 0)
			return r;
	}
	alert.event.flags &= ~EVENT_PATH_REVERSED; /* not any more */
	alert.time = alert.event.time + clock_realtime() - clock_boottime();
	alert.entry = alert.event.entry;
	alert.late = alert.event.flags & EVENT_LATE;
	*ret_alert = alert;
	alert = (struct alert){ 0 };
	return 0;
}

void alert_release(struct alert *alert)
{
	free(alert->path);
	free(alert->args);
	free(alert->executable);
	free(alert->cwd);
	free(alert->user);
	free(alert->parent_executable);
	free(alert->package);
	free(alert->container);
	free(alert->build_id);
	free(alert->soname);
	free(alert->elf_package);
	free(alert->suspect_by);
	free(alert->suspect_command);
	*alert = (struct alert){ 0 };
}
