/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where every record of the kernel has gone. Whatever is sent or found is in exactly
 * one of the other numbers, so the difference is 0, or something was lost that nobody
 * has counted:
 *
 *	sent + found = lost + undecodable + dismissed + waiting + reported
 *	reported = collapsed + written + repeated + lost + waiting, of each output
 *
 * Numbers are of this run of the monitor; counters of the kernel may be older.
 */
#ifndef INTERDICT_ACCOUNT_H
#define INTERDICT_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "output.h"

struct account {
	uint64_t sent;	      /* by the kernel, on both rings */
	uint64_t found;	      /* by the monitor: running processes, suspects, forgotten holds,
				 and records on rings of others */
	uint64_t lost_alerts; /* the ring was full */
	uint64_t lost_telemetry;
	uint64_t undecodable; /* or there was no memory for it */
	uint64_t dismissed;   /* no alert: not listed, or a first execution */
	uint64_t waiting;     /* on the rings, and files that are being hashed */
	uint64_t reported;    /* alerts */
	uint64_t collapsed;   /* of these: their record is not written yet */
	bool has_events, has_syslog;
	struct output_alerts events;
	struct output_alerts syslog;
	int64_t difference;
};

/*
 * What the numbers leave open. @overdue: records that were sent long ago and are neither
 * taken nor lost; they count as waiting as well.
 */
int64_t account_difference(const struct account *account, uint64_t overdue);

#endif
