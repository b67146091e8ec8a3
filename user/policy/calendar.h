/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the dates in a policy ask of people: what they have to look at, and what is
 * denied from tomorrow on. A day is a local date, as in schedule.h.
 */
#ifndef INTERDICT_CALENDAR_H
#define INTERDICT_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"

/* So many days before its last one, and after it, an exemption is spoken of. */
#define CALENDAR_EXEMPTION_DAYS 7

/* Something that somebody has to look at. Everything is borrowed, for the call only. */
struct calendar_note {
	const struct vendor *vendor;
	const struct exemption *exemption; /* NULL: the vendor's review is overdue */
	const char *text;		   /* one sentence; arbitrary bytes of the vendor file */
};

/*
 * Calls @note for every review that is overdue, and for every exemption of this host
 * that ends within CALENDAR_EXEMPTION_DAYS or has ended no longer ago. Retired vendors
 * are left out.
 */
void calendar_remind(const struct policy *policy, int32_t today,
		     void (*note)(const struct calendar_note *note, void *context), void *context);

/* What an enforcing monitor denies from tomorrow on, and does not deny today. */
struct calendar_denial {
	const struct vendor *vendor;
	const struct exemption *exemption; /* that ends today; NULL: the vendor is prohibited */
	size_t digests; /* of the exemption; else all of the vendor, exempt ones included */
};

/* Calls @denial for each of them, worked out by what decides on either day. */
void calendar_tomorrow(const struct policy *policy, int32_t today,
		       void (*denial)(const struct calendar_denial *denial, void *context),
		       void *context);

#endif
