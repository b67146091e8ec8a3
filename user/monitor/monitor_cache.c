/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Remembers what was made of the lists for the next start (policy_cache.h), once the
 * policy is in force: in the background, since it waits for the disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "monitor_private.h"
#include "policy_cache.h"

/* It owns all that it refers to, since it may outlive the monitor's interest. */
struct monitor_cache_job {
	struct policy *policy;
	char *directory;
	int error;
};

static void run(void *data)
{
	struct monitor_cache_job *job = data;

	job->error = policy_cache_save(job->policy, job->directory);
}

static void set_state(struct monitor *monitor, const char *state, int error)
{
	monitor->cache.state = state;
	monitor->cache.error = error;
}

static void done(void *data, void *context)
{
	struct monitor_cache_job *job = data;
	struct monitor *monitor = context;

	if (monitor && job->policy == inforce_policy(monitor->inforce)) {
		set_state(monitor, job->error ? "none" : "written", job->error);
		if (job->error)
			log_warning("%s/" POLICY_CACHE_NAME " cannot be written: %s; the next start "
				    "parses the lists again",
				    job->directory, strerror(-job->error));
	}
	policy_free(job->policy);
	free(job->directory);
	free(job);
}

void monitor_cache_policy(struct monitor *monitor)
{
	struct policy *policy = inforce_policy(monitor->inforce);
	struct background_job job = { .run = run, .done = done };
	struct monitor_cache_job *data;
	int error = -ENOMEM;

	/* It is in force: now it may go to a file. */
	policy_settle(policy);
	set_state(monitor, policy_is_recalled(policy) ? "read" : "none", 0);
	if (policy_is_recalled(policy) || policy_list_count(policy) == 0)
		return;
	data = calloc(1, sizeof(*data));
	job.data = data;
	if (data) {
		data->directory = strdup(monitor->config->state_dir);
		data->policy = policy_ref(policy);
		if (data->directory)
			error = monitor_background(monitor);
		if (error == 0)
			error = background_submit(monitor->hygiene, &job);
	}
	set_state(monitor, error ? "none" : "waiting", error);
	if (error && data)
		done(data, NULL);
}

json_t *monitor_cache_status(const struct monitor *monitor)
{
	json_t *object = json_pack("{s:s}", "state", monitor->cache.state);

	if (object && monitor->cache.error)
		json_object_set_new(object, "error",
				    json_string(strerror(-monitor->cache.error)));
	return object;
}
