/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor_health.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "monitor_private.h"
#include "util.h"

#define NS_PER_S 1000000000ULL

/* Between two looks at outputs and programs. */
#define LOOK_INTERVAL NS_PER_S
/* Looks for which an output may stand still before that is said. */
#define IDLE_LOOKS 3
/*
 * A record is on its ring at once after it was counted; a program that is preempted in
 * between is not away for so long.
 */
#define OVERDUE_AGE (10 * NS_PER_S)

/* --- where every record has gone --- */

static uint64_t lost_alerts(const uint64_t counters[COUNTER_COUNT])
{
	return counters[COUNTER_LOST_EXEC] + counters[COUNTER_LOST_MAP] +
	       counters[COUNTER_LOST_OPEN] + counters[COUNTER_LOST_MODULE];
}

static uint64_t taken(const struct monitor *monitor)
{
	return kernel_runtime(monitor->kernel)->taken;
}

void monitor_health_begin(struct monitor *monitor)
{
	struct health_watch *watch = &monitor->health;
	uint64_t counters[COUNTER_COUNT];

	watch->sent_at = clock_boottime();
	watch->taken_base = taken(monitor);
	if (kernel_counters(monitor->kernel, counters))
		return;
	watch->lost_alerts_base = lost_alerts(counters);
	watch->lost_telemetry_base = counters[COUNTER_LOST_TELEMETRY];
}

/* Maps that were replaced have brought their sums, and what was taken off their rings. */
static void take_over_account(struct monitor *monitor)
{
	const struct kernel_takeover *takeover = kernel_get_takeover(monitor->kernel);
	struct health_watch *watch = &monitor->health;

	watch->taken_base += takeover->taken;
	watch->lost_alerts_base += takeover->lost_alerts;
	watch->lost_telemetry_base += takeover->lost_telemetry;
}

void monitor_account(const struct monitor *monitor, const uint64_t counters[COUNTER_COUNT],
		     struct account *ret_account)
{
	const struct health_watch *watch = &monitor->health;
	struct report_status report;
	struct hold_status hold;
	struct account account = {
		.lost_alerts = lost_alerts(counters) - watch->lost_alerts_base,
		.lost_telemetry = counters[COUNTER_LOST_TELEMETRY] - watch->lost_telemetry_base,
	};
	uint64_t gone = account.lost_alerts + account.lost_telemetry + taken(monitor) -
			watch->taken_base;

	report_get_status(monitor->report, &report);
	hold_get_status(monitor->hold, &hold);
	account.sent = counters[COUNTER_ALERTS] + counters[COUNTER_TELEMETRY] - watch->taken_base -
		       watch->lost_alerts_base - watch->lost_telemetry_base;
	account.found = hold.recovered + watch->running + monitor->identity.suspect +
			watch->records - (taken(monitor) - watch->taken_base);
	account.undecodable = monitor->undecodable + hold.dropped;
	account.dismissed = watch->first + hold.cleared + hold.allowed;
	account.waiting = hold.open + (account.sent > gone ? account.sent - gone : 0);
	account.reported = report.alerts;
	account.collapsed = report.collapsed;
	account.has_events = report.has_events;
	account.has_syslog = report.has_syslog;
	account.events = report.events.alerts;
	account.syslog = report.syslog.alerts;
	account.difference = account_difference(&account, watch->overdue);
	*ret_account = account;
}

/* What was sent long ago has to be off the ring by now. */
static void find_overdue(struct monitor *monitor, const struct account *account)
{
	struct health_watch *watch = &monitor->health;
	uint64_t now = clock_boottime();
	uint64_t gone = account->lost_alerts + account->lost_telemetry + taken(monitor) -
			watch->taken_base;

	if (now - watch->sent_at < OVERDUE_AGE)
		return;
	watch->overdue = watch->sent_before > gone ? watch->sent_before - gone : 0;
	watch->sent_before = account->sent;
	watch->sent_at = now;
}

static void check_account(struct monitor *monitor, const uint64_t counters[COUNTER_COUNT])
{
	struct health_watch *watch = &monitor->health;
	struct health health = { .action = "loss", .level = HEALTH_CRIT, .counters = counters };
	struct account account;

	monitor_account(monitor, counters, &account);
	find_overdue(monitor, &account);
	monitor_account(monitor, counters, &account);
	health.account = &account;
	if (account.undecodable > watch->undecodable)
		report_health_with(monitor->report, &health,
				   "%llu more: records that could not be decoded or kept",
				   (unsigned long long)(account.undecodable - watch->undecodable));
	watch->undecodable = account.undecodable;
	if (account.difference > watch->difference)
		report_health_with(monitor->report, &health,
				   "%lld records are in no count: the account does not close",
				   (long long)account.difference);
	watch->difference = account.difference;
}

static json_t *output_account(bool present, const struct output_alerts *alerts)
{
	if (!present)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I}", "written", (json_int_t)alerts->written,
			 "repeated", (json_int_t)alerts->repeated, "lost", (json_int_t)alerts->lost,
			 "waiting", (json_int_t)alerts->waiting);
}

json_t *monitor_account_status(const struct monitor *monitor)
{
	uint64_t counters[COUNTER_COUNT];
	struct account account;

	if (monitor_counters(monitor, counters))
		return json_null();
	monitor_account(monitor, counters, &account);
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}",
			 "closes", account.difference == 0, "difference",
			 (json_int_t)account.difference, "sent", (json_int_t)account.sent, "found",
			 (json_int_t)account.found, "lost_alerts", (json_int_t)account.lost_alerts,
			 "lost_telemetry", (json_int_t)account.lost_telemetry, "undecodable",
			 (json_int_t)account.undecodable, "dismissed",
			 (json_int_t)account.dismissed, "waiting", (json_int_t)account.waiting,
			 "reported", (json_int_t)account.reported, "collapsed",
			 (json_int_t)account.collapsed, "events",
			 output_account(account.has_events, &account.events), "syslog",
			 output_account(account.has_syslog, &account.syslog));
}

/* --- outputs and programs --- */

/*
 * An output that takes nothing is said once, and once more when it takes records again;
 * what was lost is said then, or at once where it goes on taking. Said while it takes
 * nothing, the record of the loss would be lost itself, again and again.
 */
static void check_output(struct monitor *monitor, const char *name, struct output_watch *watch,
			 const struct output_stats *stats)
{
	bool still = stats->waiting > 0 && stats->written == watch->written;
	uint64_t lost = stats->lost - watch->lost;

	watch->written = stats->written;
	watch->idle = still ? watch->idle + 1 : 0;
	if (!watch->failing && watch->idle >= IDLE_LOOKS) {
		watch->failing = true;
		report_health(monitor->report, "output", HEALTH_WARNING, NULL,
			      "the %s takes nothing, records wait: %s", name,
			      strerror(-stats->error));
	}
	if (still)
		return;
	if (watch->failing)
		report_health(monitor->report, "output", HEALTH_INFO, NULL,
			      "the %s takes records again", name);
	watch->failing = false;
	if (lost)
		report_health(monitor->report, "loss", HEALTH_CRIT, NULL,
			      "%llu records did not get into the %s", (unsigned long long)lost,
			      name);
	watch->lost = stats->lost;
}

/* Each once, although it is tried each second to restore it. */
static void report_loss(struct monitor *monitor, const struct kernel_loss *loss)
{
	if (loss->programs > monitor->health.detached) {
		log_error("%u programs are not attached any more, %s is the first", loss->programs,
			  loss->name);
		report_health(monitor->report, "backend", HEALTH_CRIT, NULL,
			      "%u programs are not attached any more, %s is the first: what they "
			      "watch is not seen until they are attached again",
			      loss->programs, loss->name);
	}
	if (loss->pins > monitor->health.unpinned) {
		log_error("%u programs and maps are not pinned any more", loss->pins);
		report_health(monitor->report, "backend", HEALTH_CRIT, NULL,
			      "%u programs and maps are not pinned any more: they end with the monitor",
			      loss->pins);
	}
}

static void report_restored(struct monitor *monitor, const struct kernel_loss *loss,
			    const struct kernel_loss *left, int error)
{
	if (left->programs < loss->programs)
		report_health(monitor->report, "backend", HEALTH_WARNING, NULL,
			      "%u programs are attached again",
			      loss->programs - left->programs);
	if (left->pins < loss->pins)
		report_health(monitor->report, "backend", HEALTH_WARNING, NULL,
			      "%u programs and maps are pinned again", loss->pins - left->pins);
	if (left->programs > monitor->health.detached || left->pins > monitor->health.unpinned)
		report_health(monitor->report, "backend", HEALTH_CRIT, NULL,
			      "what is gone cannot be restored (%s); it is tried each second",
			      strerror(-error));
}

static void check_programs(struct monitor *monitor)
{
	struct kernel_loss loss, left;
	int error;

	kernel_find_loss(monitor->kernel, &loss);
	left = loss;
	if (loss.programs || loss.pins) {
		report_loss(monitor, &loss);
		error = kernel_restore(monitor->kernel);
		kernel_find_loss(monitor->kernel, &left);
		report_restored(monitor, &loss, &left, error);
	}
	monitor->health.detached = left.programs;
	monitor->health.unpinned = left.pins;
}

/* --- from one run to the next --- */

void monitor_health_init(struct monitor *monitor)
{
	struct health_watch *watch = &monitor->health;
	int r = last_run_open(monitor->config->state_dir, &watch->before, &watch->fd);

	watch->known = r == 0;
	strcpy(watch->now.id, monitor->context.run_id);
	watch->now.mode = monitor->context.mode;
	if (r == -EINVAL)
		log_warning("%s/%s is damaged: the run before is not known",
			    monitor->config->state_dir, LAST_RUN_FILE);
	else if (r < 0 && r != -ENOENT)
		log_warning("cannot open %s/%s: %s; the next run will not know where this one ended",
			    monitor->config->state_dir, LAST_RUN_FILE, strerror(-r));
}

static void remember(struct monitor *monitor, bool clean)
{
	struct health_watch *watch = &monitor->health;
	struct report_status status;
	struct last_run now = watch->now;

	if (watch->fd < 0)
		return;
	report_get_status(monitor->report, &status);
	now.sequence = status.sequence;
	now.clean = clean;
	memcpy(now.policy_digest, monitor->context.policy_digest, sizeof(now.policy_digest));
	if (now.sequence == watch->now.sequence && !clean)
		return;
	/* It is tried again with the next record. */
	if (last_run_write(watch->fd, &now) == 0)
		watch->now = now;
}

void monitor_health_started(struct monitor *monitor, const char *message)
{
	const struct health_watch *watch = &monitor->health;
	const struct last_run *before = watch->known ? &watch->before : NULL;
	struct health health = { .action = "start", .before = before };

	take_over_account(monitor);
	if (!before)
		report_health_with(monitor->report, &health, "%s; no run before is known", message);
	else
		report_health_with(monitor->report, &health,
				   "%s; the run before, %s, %s record %llu", message, before->id,
				   before->clean ? "ended with" :
						   "was broken off, at the earliest after",
				   (unsigned long long)before->sequence);
	if (before && before->mode != monitor->context.mode)
		report_health(monitor->report, "mode", HEALTH_INFO, NULL, "%s now, %s before",
			      mode_name(monitor->context.mode), mode_name(before->mode));
	remember(monitor, false);
}

void monitor_health_tick(struct monitor *monitor, const uint64_t counters[COUNTER_COUNT])
{
	struct health_watch *watch = &monitor->health;
	uint64_t now = clock_boottime();
	struct report_status status;

	check_account(monitor, counters);
	if (now >= watch->next_look) {
		watch->next_look = now + LOOK_INTERVAL;
		report_get_status(monitor->report, &status);
		check_output(monitor, "event file", &watch->events, &status.events);
		check_output(monitor, "system log", &watch->syslog, &status.syslog);
		check_programs(monitor);
	}
	remember(monitor, false);
}

void monitor_health_counters(struct monitor *monitor, const char *action,
			     const uint64_t counters[COUNTER_COUNT], const char *message)
{
	struct health health = { .action = action, .counters = counters };
	struct account account;

	monitor_account(monitor, counters, &account);
	health.account = &account;
	report_health_with(monitor->report, &health, "%s", message);
}

void monitor_health_end(struct monitor *monitor, bool clean)
{
	if (clean)
		remember(monitor, true);
	if (monitor->health.fd >= 0)
		close(monitor->health.fd);
	monitor->health.fd = -EBADF;
}
