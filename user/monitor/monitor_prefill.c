/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When likely programs are hashed before they are executed (prefill.h): once, as soon as a
 * policy has an entry without a size. Digests survive reloads, so that another policy is no
 * reason to begin again; one in which all have sizes is a reason to stop.
 */
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "log.h"
#include "monitor_private.h"
#include "util.h"

#define NS_PER_S 1e9

static void start(struct monitor *monitor)
{
	const struct config *config = monitor->config;
	struct prefill_options options = {
		.directories = streq(config->prefill_directories, "none") ?
				       "" :
				       config->prefill_directories,
		.threads = (unsigned int)config->prefill_threads,
		.ctime_is_fine = monitor->features.multigrain_ctime,
	};
	int error;

	kernel_digest_maps(monitor->kernel, &options.maps);
	error = prefill_start(&options, &monitor->prefill);
	if (error)
		log_warning("programs are not hashed before they are executed: %s",
			    strerror(-error));
}

void monitor_prefill_policy(struct monitor *monitor)
{
	bool wanted = monitor->config->prefill && policy_has_unsized(inforce_policy(monitor->inforce));

	if (wanted && !monitor->prefill)
		start(monitor);
	if (wanted || monitor->prefill_over)
		return;
	prefill_free(monitor->prefill);
	monitor->prefill = NULL;
}

void monitor_prefill_tick(struct monitor *monitor)
{
	struct prefill_status status;

	if (!monitor->prefill || monitor->prefill_over)
		return;
	prefill_get_status(monitor->prefill, &status);
	if (status.running)
		return;
	monitor->prefill_over = true;
	log_info("pre-fill: %llu programs looked at, %llu hashed, %llu stored, in %.1f s",
		 (unsigned long long)status.seen, (unsigned long long)status.hashed,
		 (unsigned long long)status.stored, (double)status.took / NS_PER_S);
	/* What its threads have used of the heap is not used again. */
	malloc_trim(0);
}

json_t *monitor_prefill_status(const struct monitor *monitor)
{
	struct prefill_status status;

	if (!monitor->prefill)
		return json_pack("{s:s}", "state", monitor->config->prefill ? "not needed" : "off");
	prefill_get_status(monitor->prefill, &status);
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:f}", "state",
			 status.running ? "running" : "done", "seen", (json_int_t)status.seen,
			 "known", (json_int_t)status.known, "hashed", (json_int_t)status.hashed,
			 "bytes", (json_int_t)status.bytes, "changed", (json_int_t)status.changed,
			 "stored", (json_int_t)status.stored,
			 "seconds", (double)status.took / NS_PER_S);
}
