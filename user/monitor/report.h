/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a decided alert to the outputs: says who it was, collapses what repeats,
 * numbers what is written, and writes it to the event file and the system log.
 */
#ifndef INTERDICT_REPORT_H
#define INTERDICT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "context.h"
#include "events.h"
#include "output.h"

struct report;

struct report_options {
	const char *events; /* path, "-", or NULL for no event output */
	enum output_format format;
	bool syslog;
	int facility; /* of <syslog.h> */
	const char *syslog_socket;
};

struct report_status {
	struct output_stats events;
	struct output_stats syslog;
	bool has_events, has_syslog;
	uint64_t alerts;    /* given */
	uint64_t collapsed; /* not written singly yet */
	uint64_t sequence;  /* of the last record */
};

/* @context is borrowed and may change between calls. Returns 0 or a negative errno. */
int report_new(const struct report_options *options, const struct context *context,
	       struct report **ret);

/* Takes over the alert; @now is CLOCK_BOOTTIME in nanoseconds. */
void report_alert(struct report *report, struct alert *alert, uint64_t now);

/* @counters: COUNTER_COUNT of them, or NULL. */
void report_health(struct report *report, const char *action, enum health_level level,
		   const uint64_t *counters, const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * The same with what only some records say: of @health, message, time, sequence and
 * context are set here.
 */
void report_health_with(struct report *report, struct health *health, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes what has waited for its time; report_next() says when, UINT64_MAX: never. */
void report_poll(struct report *report, uint64_t now);
uint64_t report_next(const struct report *report);

/* Writes all that waits: before the policy that alerts refer to is freed. */
void report_flush(struct report *report, uint64_t now);

/* Opens the event file anew (after its rotation). */
int report_reopen(struct report *report);

void report_get_status(const struct report *report, struct report_status *ret);

/* Flushes, then frees. Accepts NULL. */
void report_free(struct report *report);

#endif
