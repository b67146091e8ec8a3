/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether the policy in force lists files of this distribution's packages. It takes a
 * stat(2) for each of some hundred thousand paths, so it is looked at in a thread of
 * its own at the lowest priority, after the policy is in force. What is found is a
 * warning: the entry stays in force.
 */
#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hygiene.h"
#include "log.h"
#include "monitor_private.h"

#define PROBLEMS_SHOWN 20

/* One look; it owns all that it refers to, since it may outlive the monitor's interest. */
struct monitor_hygiene_job {
	struct policy *policy;
	struct problems *problems;
	atomic_bool stop;
	int error;
};

static void run(void *data)
{
	/* rpm(8) is not run by a daemon: `interdict list verify` asks it too. */
	static const struct package_db_options database = { .dpkg = NULL, .rpm = false };
	static const struct sched_param none = { 0 };
	struct monitor_hygiene_job *job = data;
	struct hygiene_owned owned = { .database = &database, .stop = &job->stop };

	/* 0 is this thread. If it fails, the look costs the same at another time. */
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	job->error = hygiene_check_owned(job->policy, &owned, job->problems);
	policy_trim(job->policy);
}

static void report(struct monitor *monitor, const struct monitor_hygiene_job *job)
{
	const struct problem *first = problems_get(job->problems, 0);
	_cleanup_free_ char *text = first ? problem_format(first) : NULL;

	if (job->error == -ECANCELED)
		return;
	if (job->error)
		log_warning("the policy was not compared with the packages of this system: %s",
			    strerror(-job->error));
	if (!first)
		return;
	problems_print(job->problems, PROBLEMS_SHOWN);
	report_health(monitor->report, "hygiene", HEALTH_WARNING, NULL,
		      "%zu warnings about entries that are files of this system; the first: %s",
		      problems_warnings(job->problems) + problems_errors(job->problems),
		      text ? text : "out of memory");
}

static void done(void *data, void *context)
{
	struct monitor_hygiene_job *job = data;
	struct monitor *monitor = context;

	if (monitor && monitor->hygiene_job == job) {
		monitor->hygiene_job = NULL;
		report(monitor, job);
	}
	policy_free(job->policy);
	problems_free(job->problems);
	free(job);
	/* It went through all paths of all packages. */
	malloc_trim(0);
}

/* Returns 0, or a negative errno if the thread cannot be started. */
int monitor_background(struct monitor *monitor)
{
	int r;

	if (monitor->hygiene)
		return 0;
	r = background_new(monitor, &monitor->hygiene);
	if (r == 0)
		monitor_watch(monitor, background_fd(monitor->hygiene));
	return r;
}

/* An earlier look is told to end; what it finds is not reported any more. */
static void forget(struct monitor *monitor)
{
	if (monitor->hygiene_job)
		monitor->hygiene_job->stop = true;
	monitor->hygiene_job = NULL;
}

void monitor_hygiene_policy(struct monitor *monitor)
{
	struct policy *policy = inforce_policy(monitor->inforce);
	struct background_job job = { .run = run, .done = done };
	struct monitor_hygiene_job *data;

	forget(monitor);
	if (policy_entry_count(policy) == 0 || monitor_background(monitor) < 0)
		return;
	data = calloc(1, sizeof(*data));
	job.data = data;
	if (!data)
		return;
	data->problems = problems_new();
	data->policy = policy_ref(policy);
	if (!data->problems || background_submit(monitor->hygiene, &job) < 0)
		done(data, NULL);
	else
		monitor->hygiene_job = data;
}

bool monitor_hygiene_ready(struct monitor *monitor, int fd)
{
	if (!monitor->hygiene || fd != background_fd(monitor->hygiene))
		return false;
	background_dispatch(monitor->hygiene);
	return true;
}

void monitor_hygiene_release(struct monitor *monitor)
{
	forget(monitor);
	background_free(monitor->hygiene);
	monitor->hygiene = NULL;
}
