/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor says about itself without being asked: where every record has gone
 * (account.h), whether the outputs take what they are given, whether its programs are
 * still attached, and what it leaves to the next run (last_run.h). For monitor*.c.
 */
#ifndef INTERDICT_MONITOR_HEALTH_H
#define INTERDICT_MONITOR_HEALTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <interdict/event.h>

#include "account.h"
#include "last_run.h"

struct monitor;

/* One output, as it was when looked at last. */
struct output_watch {
	uint64_t written;
	uint64_t lost;	     /* said already */
	unsigned int idle;   /* looks for which something has waited and nothing was written */
	bool failing;	     /* said already */
};

struct health_watch {
	uint64_t taken_base; /* records taken off the rings by the runs before, on the same maps */
	uint64_t lost_alerts_base, lost_telemetry_base;
	uint64_t records;     /* handed over by kernel.h, of these rings or of others */
	uint64_t first;	      /* first executions */
	uint64_t running;     /* alerts of the sweep */
	uint64_t sent_before; /* sent, a while ago: by now all of it has been taken or lost */
	uint64_t sent_at;     /* CLOCK_BOOTTIME, nanoseconds: when that was */
	uint64_t overdue;
	uint64_t undecodable; /* said already */
	int64_t difference;   /* likewise */
	unsigned int detached; /* likewise */
	unsigned int unpinned; /* likewise */
	uint64_t next_look; /* at outputs and programs; CLOCK_BOOTTIME, nanoseconds */
	struct output_watch events, syslog;
	int fd; /* of last_run_open(), or negative */
	bool known;
	struct last_run before; /* if known */
	struct last_run now;	/* as it stands in the file */
};

/* Before anything is reported: who ran before. */
void monitor_health_init(struct monitor *monitor);
/* Before the first record is taken: what the maps count already. */
void monitor_health_begin(struct monitor *monitor);
/* Mode and name of the run before, in the start record, and what has changed since. */
void monitor_health_started(struct monitor *monitor, const char *message);
/* About once a second. */
void monitor_health_tick(struct monitor *monitor, const uint64_t counters[COUNTER_COUNT]);
/* A record with all counters: @action is "heartbeat" or "stop". */
void monitor_health_counters(struct monitor *monitor, const char *action,
			     const uint64_t counters[COUNTER_COUNT], const char *message);
/* After the last record. @clean: the monitor ended by itself. */
void monitor_health_end(struct monitor *monitor, bool clean);

void monitor_account(const struct monitor *monitor, const uint64_t counters[COUNTER_COUNT],
		     struct account *ret_account);
json_t *monitor_account_status(const struct monitor *monitor);

#endif
