/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keeps what the monitor knows of the packages' owners as new as dpkg's database.
 */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "log.h"
#include "monitor_identity.h"
#include "monitor_private.h"
#include "package_db.h"

#define NS_PER_S 1000000000ULL

/* The database changes many times while packages are installed. */
#define OWNERS_PAUSE (5 * NS_PER_S)

struct owners_job {
	struct owners *owners;
	struct timespec changed;
	int error;
};

/* Zero where there is no dpkg. */
static struct timespec dpkg_changed(void)
{
	struct stat st;

	if (stat(PACKAGE_DB_DPKG "/status", &st) < 0)
		return (struct timespec){ 0 };
	return st.st_ctim;
}

static void owners_run(void *data)
{
	struct owners_job *job = data;

	/* The time first: what changes while it is read is read once more. */
	job->changed = dpkg_changed();
	job->error = owners_read(NULL, &job->owners);
}

/*
 * What was executed before the packages were known is new again: dpkg runs programs of
 * a package before it has written that it is there.
 */
static void take_owners(struct monitor *monitor, struct owners_job *job)
{
	struct identity_watch *watch = &monitor->identity;

	watch->dpkg_changed = job->changed;
	if (job->error) {
		log_warning("cannot read the database of packages: %s", strerror(-job->error));
		return;
	}
	owners_free(watch->owners);
	watch->owners = TAKE_PTR(job->owners);
	/* Reading leaves holes several times as large as what is kept. */
	malloc_trim(0);
	watch->round++;
	if (watch->identities)
		kernel_runtime(monitor->kernel)->report_first = watch->round;
}

static void owners_done(void *data, void *context)
{
	struct owners_job *job = data;
	struct monitor *monitor = context;

	if (monitor) {
		monitor->identity.reading_owners = false;
		take_owners(monitor, job);
	}
	owners_free(job->owners);
	free(job);
}

void monitor_packages_tick(struct monitor *monitor, uint64_t now)
{
	struct identity_watch *watch = &monitor->identity;
	struct background_job job = { .run = owners_run, .done = owners_done };
	struct timespec changed = dpkg_changed();

	if (!watch->wants_owners || watch->reading_owners || now < watch->next_look)
		return;
	watch->next_look = now + OWNERS_PAUSE;
	if (changed.tv_sec == watch->dpkg_changed.tv_sec &&
	    changed.tv_nsec == watch->dpkg_changed.tv_nsec)
		return;
	job.data = calloc(1, sizeof(struct owners_job));
	if (!job.data)
		return;
	watch->reading_owners = background_submit(watch->background, &job) == 0;
	if (!watch->reading_owners)
		free(job.data);
}

void monitor_packages_policy(struct monitor *monitor)
{
	struct owners_job job = { 0 };

	if (!monitor->identity.wants_owners || monitor->identity.owners)
		return;
	owners_run(&job);
	take_owners(monitor, &job);
}
