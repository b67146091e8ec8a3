/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "notify.h"
#include "protection.h"
#include "sequences.h"
#include "util.h"

#define PROBLEMS_SHOWN 20

/* While a reload keeps the loop busy, tasks stay held for so long, nanoseconds. */
#define RELOAD_LEEWAY (60ULL * 1000 * 1000 * 1000)

static void problems_freep(struct problems **problems)
{
	problems_free(*problems);
}

/* The policy, if it is a good one and none of its signed lists is older than before. */
static int read_policy(const struct monitor *monitor, struct problems *problems,
		       struct policy **ret_policy)
{
	struct policy *policy = NULL;
	int error;

	error = inforce_read(monitor->config->vendors_dir, monitor->config->warning_lists,
			     monitor->config->state_dir, problems, &policy);
	if (!error)
		error = sequences_check(monitor->config->state_dir, policy, problems);
	if (error) {
		policy_free(policy);
		return error;
	}
	*ret_policy = policy;
	return 0;
}

/* A policy in force stays there if that cannot be remembered: its lists are good ones. */
static void remember_sequences(struct monitor *monitor, const struct policy *policy,
			       struct problems *problems)
{
	int error = sequences_accept(monitor->config->state_dir, policy, problems);

	if (error)
		report_health(monitor->report, "sequences", true, NULL,
			      "older signed lists may come back, since the present ones could "
			      "not be remembered: %s",
			      strerror(-error));
}

/* Reads, checks and installs; on any failure the policy in force stays. */
static int load(struct monitor *monitor, struct problems *problems)
{
	struct policy *policy = NULL;
	int error;

	error = read_policy(monitor, problems, &policy);
	if (error)
		return error;
	/* The sweep looks at the old policy. */
	if (monitor->sweep) {
		monitor_unwatch(monitor, sweep_fd(monitor->sweep));
		sweep_free(monitor->sweep);
		monitor->sweep = NULL;
	}
	error = inforce_install(monitor->inforce, policy, monitor_drain, monitor);
	if (error && inforce_policy(monitor->inforce) != policy) {
		policy_free(policy);
		problems_add(problems, PROBLEM_ERROR, NULL, 0, "cannot install the policy: %s",
			     strerror(-error));
		return error;
	}
	monitor->context.policy_generation = inforce_header(monitor->inforce)->generation;
	policy_digest(policy, monitor->context.policy_digest);
	if (monitor->config->protect && protection_policy(monitor->kernel))
		log_warning("the policy in force is not protected against root");
	remember_sequences(monitor, policy, problems);
	monitor_identity_policy(monitor);
	return error;
}

/* @old_digest: of the policy before, NULL: not known; @old_generation 0: of another run. */
static void report_policy(struct monitor *monitor, const char *action, const uint8_t *old_digest,
			  uint64_t old_generation)
{
	const struct policy *policy = inforce_policy(monitor->inforce);
	struct health health = {
		.action = action,
		.old_digest = old_digest,
		.old_generation = old_generation,
	};
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(monitor->context.policy_digest, hex);
	report_health_with(monitor->report, &health,
			   "policy %llu in force: %zu vendors, %zu entries, digest %.16s",
			   (unsigned long long)monitor->context.policy_generation,
			   policy_vendor_count(policy), policy_entry_count(policy), hex);
}

int monitor_load_policy(struct monitor *monitor)
{
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	int error;

	if (!problems)
		return -ENOMEM;
	error = load(monitor, problems);
	problems_print(problems, PROBLEMS_SHOWN);
	if (error) {
		log_error("the vendor files in %s make no policy; nothing was started",
			  monitor->config->vendors_dir);
		return error;
	}
	report_policy(monitor, "policy",
		      monitor->health.known ? monitor->health.before.policy_digest : NULL, 0);
	return 0;
}

static void refuse(struct monitor *monitor, const struct problems *problems, int error)
{
	const struct problem *first = problems_first_error(problems);

	monitor->reload_refusal = first ? problem_format(first) : strdup(strerror(-error));
	problems_print(problems, PROBLEMS_SHOWN);
	log_error("reload refused: policy %llu stays in force",
		  (unsigned long long)monitor->context.policy_generation);
	report_health(monitor->report, "reload-refused", HEALTH_INFO, NULL,
		      "policy %llu stays in force: %s",
		      (unsigned long long)monitor->context.policy_generation,
		      monitor->reload_refusal ? monitor->reload_refusal : "out of memory");
}

int monitor_reload(struct monitor *monitor)
{
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	uint64_t old_generation = monitor->context.policy_generation;
	uint8_t old_digest[INTERDICT_DIGEST_SIZE];
	int error;

	if (!problems)
		return -ENOMEM;
	memcpy(old_digest, monitor->context.policy_digest, sizeof(old_digest));
	kernel_runtime(monitor->kernel)->heartbeat = clock_boottime() + RELOAD_LEEWAY;
	notify_send("RELOADING=1\nMONOTONIC_USEC=%llu",
		    (unsigned long long)(clock_monotonic() / 1000));
	error = load(monitor, problems);
	monitor->reloaded = clock_realtime();
	free(monitor->reload_refusal);
	monitor->reload_refusal = NULL;
	if (error) {
		refuse(monitor, problems, error);
	} else {
		problems_print(problems, PROBLEMS_SHOWN);
		log_info("reloaded: policy %llu is in force",
			 (unsigned long long)monitor->context.policy_generation);
		report_policy(monitor, "reload", old_digest, old_generation);
		monitor_cache_policy(monitor);
		monitor_start_sweep(monitor);
		monitor_hygiene_policy(monitor);
		monitor_prefill_policy(monitor);
	}
	notify_send("READY=1\nSTATUS=policy %llu in force%s",
		    (unsigned long long)monitor->context.policy_generation,
		    error ? "; the last reload was refused" : "");
	return error;
}

static bool sweep_may_be_listed(const void *policy, uint64_t size)
{
	return policy_has_unsized(policy) || policy_size_listed(policy, size);
}

static uint32_t sweep_finds(const void *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	return policy_find(policy, digest);
}

void monitor_start_sweep(struct monitor *monitor)
{
	struct sweep_options options = {
		.policy = {
			.may_be_listed = sweep_may_be_listed,
			.find = sweep_finds,
			.policy = inforce_policy(monitor->inforce),
		},
	};
	int error = sweep_start(&options, &monitor->sweep);

	if (error) {
		log_error("cannot look at the running processes: %s", strerror(-error));
		report_health(monitor->report, "sweep", HEALTH_CRIT, NULL,
			      "running processes were not looked at: %s", strerror(-error));
		return;
	}
	monitor_watch(monitor, sweep_fd(monitor->sweep));
}

static void on_sweep_finding(const struct sweep_finding *finding, void *context)
{
	struct monitor *monitor = context;
	struct alert alert = { .event = finding->event };

	alert.event.kind = EVENT_RUNNING;
	alert.event.backend = (uint8_t)monitor->backend;
	alert.event.mode = (uint8_t)monitor->context.mode;
	alert.time = clock_realtime();
	alert.path = finding->path ? strdup(finding->path) : NULL;
	if (alert.event.reason == REASON_UNHASHABLE)
		alert.event.decision = (uint8_t)inforce_decide_unhashable(monitor->inforce, &alert,
									  monitor->context.mode);
	else if (!inforce_decide(monitor->inforce, &alert, monitor->context.mode))
		goto out;
	monitor->health.running++;
	monitor_report(monitor, &alert);
out:
	alert_release(&alert);
}

void monitor_sweep_ready(struct monitor *monitor)
{
	int error = 0;

	if (!sweep_dispatch(monitor->sweep, on_sweep_finding, monitor, &monitor->swept, &error))
		return;
	monitor_unwatch(monitor, sweep_fd(monitor->sweep));
	sweep_free(monitor->sweep);
	monitor->sweep = NULL;
	policy_trim(inforce_policy(monitor->inforce));
	if (error)
		report_health(monitor->report, "sweep", HEALTH_CRIT, NULL,
			      "running processes were not all looked at: %s", strerror(-error));
	else
		report_health(monitor->report, "sweep", HEALTH_INFO, NULL,
			      "%llu running processes looked at, %llu matches",
			      (unsigned long long)monitor->swept.processes,
			      (unsigned long long)monitor->swept.matched);
}

void monitor_check_date(struct monitor *monitor)
{
	if (!inforce_tick(monitor->inforce, time(NULL)))
		return;
	monitor_identity_policy(monitor);
	log_info("a new day: the phases of the vendors were looked at again");
	report_policy(monitor, "phase", NULL, 0);
	monitor_remind(monitor);
}
