/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "events.h"
#include "log.h"
#include "notify.h"
#include "policy_status.h"
#include "schedule.h"
#include "util.h"

#define NS_PER_S 1000000000ULL

static json_t *policy_status(const struct monitor *monitor)
{
	const struct policy *policy = inforce_policy(monitor->inforce);
	int32_t today = inforce_today(monitor->inforce);
	char date[SCHEDULE_DATE_SIZE], hex[DIGEST_HEX_SIZE];

	digest_to_hex(monitor->context.policy_digest, hex);
	schedule_format_date(today, date);
	return json_pack("{s:I, s:s, s:I, s:s, s:o, s:b, s:o, s:o, s:o}", "generation",
			 (json_int_t)monitor->context.policy_generation, "digest", hex, "entries",
			 (json_int_t)policy_entry_count(policy), "today", date, "cache",
			 monitor_cache_status(monitor), "resident", policy_is_resident(policy), "vendors",
			 policy_status_vendors(policy, today), "tomorrow",
			 policy_status_tomorrow(policy, today), "warnings",
			 policy_status_warnings(policy, today));
}

/* Adds to the counters what the daemon itself has counted between two states. */
static void add_new(const struct hold_status *now, const struct hold_status *before,
		    uint64_t counters[COUNTER_COUNT])
{
	counters[COUNTER_SIZE_CLEARED] += now->cleared - before->cleared;
	counters[COUNTER_HASHED] += now->hashed - before->hashed;
	counters[COUNTER_MATCHED] += now->matched - before->matched;
	counters[COUNTER_DENIED] += now->denied - before->denied;
	counters[COUNTER_UNHASHABLE] += now->unhashable - before->unhashable;
}

/* The kernel's counters and, for what it left to this process, ours. */
int monitor_counters(const struct monitor *monitor, uint64_t ret_counters[COUNTER_COUNT])
{
	struct hold_status holds;
	int error = kernel_counters(monitor->kernel, ret_counters);

	if (error)
		return error;
	hold_get_status(monitor->hold, &holds);
	add_new(&holds, &monitor->journaled, ret_counters);
	return 0;
}

/* What the daemon before has reported is not reported again. */
void monitor_journal_begin(struct monitor *monitor)
{
	struct journal *journal = kernel_journal(monitor->kernel);

	memcpy(monitor->counters, journal->reported, sizeof(monitor->counters));
	monitor->lost_before = journal->open;
	journal->open = 0;
}

/* Keeps the journal up to date: what is not in there dies with this process. */
void monitor_journal(struct monitor *monitor)
{
	struct journal *journal = kernel_journal(monitor->kernel);
	uint64_t more[COUNTER_COUNT] = {};
	struct report_status report;
	struct hold_status holds;

	hold_get_status(monitor->hold, &holds);
	report_get_status(monitor->report, &report);
	add_new(&holds, &monitor->journaled, more);
	for (unsigned int i = 0; i < COUNTER_COUNT; i++)
		journal->added[i] += more[i];
	monitor->journaled = holds;
	journal->open = holds.loose + report.collapsed;
}

static json_t *counter_status(const struct monitor *monitor)
{
	uint64_t counters[COUNTER_COUNT];
	json_t *object = json_object();

	if (monitor_counters(monitor, counters))
		return object;
	for (unsigned int i = 0; i < COUNTER_COUNT; i++)
		json_object_set_new(object, counter_key(i), json_integer((json_int_t)counters[i]));
	json_object_set_new(object, "recursion_misses",
			    json_integer((json_int_t)kernel_recursion_misses(monitor->kernel)));
	json_object_set_new(object, "undecodable",
			    json_integer((json_int_t)monitor->undecodable));
	return object;
}

/* True if in enforce nothing listed runs an instruction before it is denied. */
bool monitor_is_strict(const struct monitor *monitor)
{
	return monitor->backend == BACKEND_LSM ||
	       (monitor->features.send_signal_task && monitor->config->hold);
}

static json_t *hold_status(const struct monitor *monitor)
{
	struct hold_status status;

	hold_get_status(monitor->hold, &status);
	return json_pack("{s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "enabled",
			 kernel_runtime(monitor->kernel)->hold, "strict",
			 monitor_is_strict(monitor), "waiting", (json_int_t)status.waiting, "held", (json_int_t)status.held,
			 "released", (json_int_t)status.released, "killed",
			 (json_int_t)status.killed, "recovered", (json_int_t)status.recovered,
			 "overdue", (json_int_t)status.overdue);
}

static json_t *output_status(const struct output_stats *stats)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:s}", "given", (json_int_t)stats->given, "written",
			 (json_int_t)stats->written, "lost", (json_int_t)stats->lost, "waiting",
			 (json_int_t)stats->waiting, "error",
			 stats->error ? strerror(-stats->error) : "");
}

static json_t *report_status(const struct monitor *monitor)
{
	struct report_status status;

	report_get_status(monitor->report, &status);
	return json_pack("{s:I, s:I, s:I, s:o, s:o}", "alerts", (json_int_t)status.alerts,
			 "collapsed", (json_int_t)status.collapsed, "sequence",
			 (json_int_t)status.sequence, "events", output_status(&status.events),
			 "syslog", output_status(&status.syslog));
}

static json_t *reload_status(const struct monitor *monitor)
{
	if (!monitor->reloaded)
		return json_null();
	return json_pack("{s:I, s:s, s:s}", "time",
			 (json_int_t)(monitor->reloaded / NS_PER_S), "outcome",
			 monitor->reload_refusal ? "refused" : "accepted", "error",
			 monitor->reload_refusal ? monitor->reload_refusal : "");
}

static json_t *programs_status(const struct monitor *monitor)
{
	const char *const *name = kernel_program_names(monitor->kernel);
	json_t *array = json_array();

	for (; *name; name++)
		json_array_append_new(array, json_string(*name));
	return array;
}

static json_t *status(const struct monitor *monitor)
{
	const struct context *context = &monitor->context;
	uint64_t uptime = clock_boottime() - monitor->started;
	json_t *answer;

	answer = json_pack("{s:b, s:s, s:i, s:s, s:s, s:s, s:s, s:I}", "pinned",
			   kernel_is_pinned(monitor->kernel), "version", INTERDICT_VERSION, "pid",
			   (int)getpid(), "mode", mode_name(context->mode), "backend",
			   backend_name(context->backend), "hash_source",
			   hash_source_name(context->hash_source), "vendors_dir",
			   monitor->config->vendors_dir, "uptime", (json_int_t)(uptime / NS_PER_S));
	json_object_set_new(answer, "programs", programs_status(monitor));
	json_object_set_new(answer, "policy", policy_status(monitor));
	json_object_set_new(answer, "counters", counter_status(monitor));
	json_object_set_new(answer, "keeps_digests",
			    json_boolean(kernel_keeps_digests(monitor->kernel)));
	json_object_set_new(answer, "hold", hold_status(monitor));
	json_object_set_new(answer, "prefill", monitor_prefill_status(monitor));
	json_object_set_new(answer, "report", report_status(monitor));
	json_object_set_new(answer, "account", monitor_account_status(monitor));
	json_object_set_new(answer, "last_reload", reload_status(monitor));
	json_object_set_new(answer, "identity", monitor_identity_status(monitor));
	json_object_set_new(answer, "privileges",
			    privileges_status(&monitor->privileges, monitor->config->protect));
	return answer;
}

/* "seen PID": what was decided about that process last, for `interdict selftest`. */
static json_t *seen(const struct monitor *monitor, const char *text)
{
	const struct seen_alert *found = NULL;
	uint64_t pid;

	if (parse_u64(text, UINT32_MAX, &pid))
		return json_pack("{s:s}", "error", "seen needs a process id");
	for (size_t i = 0; i < ARRAY_SIZE(monitor->seen); i++) {
		const struct seen_alert *alert = &monitor->seen[i];

		if (alert->decision && alert->tgid == pid && (!found || alert->time > found->time))
			found = alert;
	}
	if (!found)
		return json_pack("{s:b}", "seen", 0);
	return json_pack("{s:b, s:s, s:s, s:I}", "seen", 1, "decision",
			 decision_name(found->decision), "reason", reason_name(found->reason),
			 "time", (json_int_t)found->time);
}

json_t *monitor_answer(const char *request, void *context)
{
	struct monitor *monitor = context;

	if (streq(request, "status")) {
		kernel_consume(monitor->kernel); /* or it would be counted as on the way */
		return status(monitor);
	}
	if (strncmp(request, "seen ", 5) == 0)
		return seen(monitor, request + 5);
	if (streq(request, "stop")) {
		monitor->unload = true;
		monitor->stopping = true;
		return json_pack("{s:i, s:i}", "pid", (int)getpid(), "programs",
				 (int)kernel_programs(monitor->kernel));
	}
	if (streq(request, "reload")) {
		int error = monitor_reload(monitor);

		return json_pack("{s:b, s:I, s:s}", "accepted", !error, "generation",
				 (json_int_t)monitor->context.policy_generation, "error",
				 monitor->reload_refusal ? monitor->reload_refusal : "");
	}
	return NULL;
}

/* Name of the health record that a growing counter makes; NULL: none. */
static const char *health_of_counter(unsigned int counter, enum health_level *ret_level)
{
	*ret_level = HEALTH_CRIT;
	switch (counter) {
	case COUNTER_LOST_EXEC:
	case COUNTER_LOST_MAP:
	case COUNTER_LOST_OPEN:
	case COUNTER_LOST_MODULE:
	case COUNTER_LOST_HELD:
	case COUNTER_SIGNAL_FAILED:
		return "loss";
	case COUNTER_NO_COVERAGE:
		return "coverage";
	case COUNTER_PROTECT_REFUSED:
		return "protect";
	case COUNTER_TAINT_FULL:
		*ret_level = HEALTH_WARNING;
		return "cache";
	case COUNTER_LOST_TELEMETRY:
		*ret_level = HEALTH_INFO;
		return "loss";
	case COUNTER_FOREIGN_CONT:
		*ret_level = HEALTH_INFO;
		return "hold";
	}
	return NULL;
}

void monitor_check_losses(struct monitor *monitor)
{
	uint64_t counters[COUNTER_COUNT];

	if (monitor_counters(monitor, counters))
		return;
	for (unsigned int i = 0; i < COUNTER_COUNT; i++) {
		uint64_t more = counters[i] - monitor->counters[i];
		enum health_level level;
		const char *action = health_of_counter(i, &level);

		if (action && more)
			report_health(monitor->report, action, level, counters, "%llu more: %s",
				      (unsigned long long)more, counter_text(i));
	}
	memcpy(monitor->counters, counters, sizeof(counters));
	memcpy(kernel_journal(monitor->kernel)->reported, counters, sizeof(counters));
	monitor_health_tick(monitor, counters);
	if (monitor->config->heartbeat && clock_boottime() >= monitor->next_heartbeat) {
		monitor_health_counters(monitor, "heartbeat", counters, "the monitor runs");
		monitor->next_heartbeat = clock_boottime() + monitor->config->heartbeat;
	}
}

/* What was found of the daemon before, in words. */
static void describe_takeover(const struct monitor *monitor, const struct kernel_takeover *takeover,
			      char *text, size_t size)
{
	uint64_t now = clock_boottime();
	const char *state = kernel_is_pinned(monitor->kernel) ? "stays in place when the monitor ends" :
								"ends with the monitor";

	if (takeover->start == KERNEL_FRESH) {
		snprintf(text, size, "fresh start, %s", state);
		return;
	}
	snprintf(text, size, "%s, last heartbeat %llu s ago, %llu records delivered, %s",
		 takeover->start == KERNEL_ADOPTED ? "adopted from the monitor before" :
						     "replaced those of the monitor before",
		 takeover->heartbeat && takeover->heartbeat < now ?
			 (unsigned long long)((now - takeover->heartbeat) / NS_PER_S) :
			 0ULL,
		 (unsigned long long)takeover->records, state);
}

/* What went wrong with it. */
static void report_takeover(struct monitor *monitor)
{
	const struct kernel_takeover *takeover = kernel_get_takeover(monitor->kernel);

	if (takeover->pin_error)
		report_health(monitor->report, "pins", HEALTH_CRIT, NULL,
			      "enforcement ends with the monitor: nothing can be pinned: %s",
			      strerror(-takeover->pin_error));
	if (takeover->discarded || takeover->discarded_telemetry)
		report_health(monitor->report, "loss", HEALTH_CRIT, NULL,
			      "%llu more: alerts of another version lost; %llu telemetry records",
			      (unsigned long long)takeover->discarded,
			      (unsigned long long)takeover->discarded_telemetry);
	if (monitor->lost_before)
		report_health(monitor->report, "loss", HEALTH_CRIT, NULL,
			      "%llu more: alerts lost that the monitor before had not written",
			      (unsigned long long)monitor->lost_before);
}

/* What holds here and what does not, said once at the start. */
void monitor_announce(struct monitor *monitor)
{
	const struct context *context = &monitor->context;
	const struct policy *policy = inforce_policy(monitor->inforce);
	bool strict = monitor_is_strict(monitor);
	char takeover[256], message[512];

	log_info("%s mode, %s backend (%s), hash source %s, %u programs attached",
		 mode_name(context->mode), backend_name(context->backend),
		 strict ? "strict" : "late kill", hash_source_name(context->hash_source),
		 kernel_programs(monitor->kernel));
	log_info("policy %llu: %zu vendors, %zu entries from %s",
		 (unsigned long long)context->policy_generation, policy_vendor_count(policy),
		 policy_entry_count(policy), monitor->config->vendors_dir);
	if (monitor->backend == BACKEND_TRACEPOINT)
		log_info("this backend reports kernel modules and cannot refuse them; opens through "
			 "io_uring are not seen");
	if (policy_has_unsized(policy))
		log_info("some entries have no size: every executable is hashed once");
	describe_takeover(monitor, kernel_take_over(monitor->kernel), takeover, sizeof(takeover));
	log_info("%s", takeover);
	snprintf(message, sizeof(message), "%s mode, %s backend (%s), hash source %s; %s",
		 mode_name(context->mode), backend_name(context->backend),
		 strict ? "strict" : "late kill", hash_source_name(context->hash_source), takeover);
	monitor_health_started(monitor, message);
	report_takeover(monitor);
	monitor_remind(monitor);
	monitor->next_heartbeat = clock_boottime() + monitor->config->heartbeat;
	notify_send("READY=1\nSTATUS=%s mode, policy %llu in force", mode_name(context->mode),
		    (unsigned long long)context->policy_generation);
}
