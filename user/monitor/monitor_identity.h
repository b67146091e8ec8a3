/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's part for what has no digest yet: first executions come in
 * (monitor_identity.c), are matched with the vendors' identities, hashed and reported
 * as suspect, and learned where a vendor asks for it (monitor_learn.c);
 * monitor_packages.c knows who owns what. For monitor*.c.
 */
#ifndef INTERDICT_MONITOR_IDENTITY_H
#define INTERDICT_MONITOR_IDENTITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "background.h"
#include "events.h"
#include "hasher.h"
#include "learn.h"
#include "owners.h"
#include "vendor.h"

struct monitor;
struct learn_item;

#define REPORTED_MAX 8192U /* files that are remembered as reported */

struct identity_watch {
	struct hasher *hasher; /* of its own: a burst here delays no held task. NULL: not needed yet */
	struct background *background;
	struct owners *owners;
	uint64_t identities; /* hash over what the vendors are known by; 0: by nothing */
	uint32_t round;
	bool wants_units;
	bool wants_owners;
	bool reading_owners;
	struct timespec dpkg_changed; /* when `owners` was read */
	uint64_t next_look;	      /* at dpkg's database, CLOCK_BOOTTIME nanoseconds */
	uint64_t second;	      /* of the rate */
	unsigned int in_second;
	uint64_t *reported; /* hashes, REPORTED_MAX places; 0: free */
	size_t reported_count;

	struct learn_item *to_learn; /* waits for the batch that is being written */
	size_t to_learn_count;
	bool learning;
	uint64_t learn_not_before; /* CLOCK_BOOTTIME nanoseconds: the list could not be written */
	int32_t learn_day;
	unsigned int learned_today;
	uint64_t next_reload;	  /* CLOCK_BOOTTIME nanoseconds; 0: none is wanted */
	uint64_t reload_not_before; /* likewise */

	uint64_t seen;	  /* first executions */
	uint64_t named;	  /* of these: by some identity */
	uint64_t suspect; /* reported */
	uint64_t listed;  /* named, and in a list all the same */
	uint64_t dropped; /* too many at once: comes again with the next execution */
	uint64_t dropped_before;
	uint64_t learned;
	uint64_t refused; /* to be learned */
};

/* After another policy was installed, or the phases have changed. */
void monitor_identity_policy(struct monitor *monitor);

/* Takes a record of a first execution; takes over the alert if it is worth looking at. */
void monitor_identity_record(struct monitor *monitor, struct alert *alert);

/* True if @fd was one of its descriptors, and what was ready was done. */
bool monitor_identity_ready(struct monitor *monitor, int fd);

void monitor_identity_tick(struct monitor *monitor, uint64_t now);
json_t *monitor_identity_status(const struct monitor *monitor);

/* Ends the threads. Nothing is reported any more. */
void monitor_identity_release(struct monitor *monitor);

/* monitor_packages.c: reads them the first time at once, for what is executed right after. */
void monitor_packages_policy(struct monitor *monitor);
/* Reads them again in the background when they have changed. */
void monitor_packages_tick(struct monitor *monitor, uint64_t now);

/* monitor_learn.c: a file that was reported as suspect. The strings are borrowed. */
struct learn_wish {
	struct learn_file file;
	const struct vendor *vendor;
	const char *by;
	const char *package, *version; /* NULL: not known */
};

void monitor_learn(struct monitor *monitor, const struct learn_wish *wish);

/* Puts what was learned in force, when it is time for it. */
void monitor_learn_tick(struct monitor *monitor, uint64_t now);
void monitor_learn_release(struct monitor *monitor);

#endif
