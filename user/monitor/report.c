/* SPDX-License-Identifier: BSD-2-Clause */
#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "enrich.h"
#include "output_syslog.h"
#include "repeat.h"
#include "util.h"

#define REPEAT_CAPACITY 1024			/* different alerts that are remembered */
#define REPEAT_INTERVAL (1000ULL * 1000 * 1000) /* nanoseconds */
#define STORM_PAUSE	1000000U		/* nanoseconds: of repeats that come faster one is told of */

struct report {
	const struct context *context;
	struct enrich *enrich;
	struct repeat *repeat;
	struct output *events; /* NULL: none */
	struct output *syslog; /* NULL: none */
	uint64_t sequence;
	uint64_t alerts;
	uint64_t told; /* CLOCK_BOOTTIME: when an alert was enriched last */
};

static void report_freep(struct report **report)
{
	report_free(*report);
}

static void write_alert(struct alert *alert, void *context)
{
	struct report *report = context;

	alert->sequence = ++report->sequence;
	if (report->events)
		output_alert(report->events, report->context, alert);
	if (report->syslog)
		output_alert(report->syslog, report->context, alert);
}

int report_new(const struct report_options *options, const struct context *context,
	       struct report **ret)
{
	_cleanup_(report_freep) struct report *report = calloc(1, sizeof(*report));
	int error;

	if (!report)
		return -ENOMEM;
	report->context = context;
	report->enrich = enrich_new();
	report->repeat = repeat_new(REPEAT_CAPACITY, REPEAT_INTERVAL, write_alert, report);
	if (!report->enrich || !report->repeat)
		return -ENOMEM;
	if (options->events) {
		error = output_file_new(options->events, options->format, &report->events);
		if (error)
			return error;
	}
	if (options->syslog) {
		error = output_syslog_new(options->facility, "interdict", options->syslog_socket,
					  &report->syslog);
		if (error)
			return error;
	}
	*ret = TAKE_PTR(report);
	return 0;
}

void report_alert(struct report *report, struct alert *alert, uint64_t now)
{
	report->alerts++;
	/* Looking at a process takes ten times as long as all else. */
	if (now - report->told < STORM_PAUSE &&
	    repeat_count(report->repeat, alert, now)) {
		alert_release(alert);
		return;
	}
	report->told = now;
	enrich_alert(report->enrich, alert, now);
	repeat_add(report->repeat, alert, now);
}

__attribute__((format(printf, 3, 0))) static void write_health(struct report *report,
								struct health *health,
								const char *format, va_list args)
{
	char message[512];

	vsnprintf(message, sizeof(message), format, args);
	health->message = message;
	health->time = clock_realtime();
	health->sequence = ++report->sequence;
	health->context = report->context;
	if (report->events)
		output_health(report->events, health);
	if (report->syslog)
		output_health(report->syslog, health);
	health->message = NULL;
}

void report_health(struct report *report, const char *action, enum health_level level,
		   const uint64_t *counters, const char *format, ...)
{
	struct health health = { .action = action, .level = level, .counters = counters };
	va_list args;

	va_start(args, format);
	write_health(report, &health, format, args);
	va_end(args);
}

void report_health_with(struct report *report, struct health *health, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_health(report, health, format, args);
	va_end(args);
}

void report_poll(struct report *report, uint64_t now)
{
	repeat_expire(report->repeat, now);
	if (report->events)
		output_poll(report->events, now);
	if (report->syslog)
		output_poll(report->syslog, now);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

uint64_t report_next(const struct report *report)
{
	uint64_t next = repeat_next(report->repeat);

	if (report->events)
		next = earlier(next, output_next(report->events));
	if (report->syslog)
		next = earlier(next, output_next(report->syslog));
	return next;
}

void report_flush(struct report *report, uint64_t now)
{
	repeat_flush(report->repeat, now);
}

int report_reopen(struct report *report)
{
	return report->events ? output_reopen(report->events) : 0;
}

void report_get_status(const struct report *report, struct report_status *ret)
{
	*ret = (struct report_status){
		.alerts = report->alerts,
		.collapsed = repeat_waiting(report->repeat),
		.sequence = report->sequence,
		.has_events = report->events,
		.has_syslog = report->syslog,
	};
	if (report->events)
		ret->events = output_get_stats(report->events);
	if (report->syslog)
		ret->syslog = output_get_stats(report->syslog);
}

void report_free(struct report *report)
{
	if (!report)
		return;
	if (report->repeat)
		report_flush(report, clock_boottime());
	repeat_free(report->repeat);
	output_free(report->events);
	output_free(report->syslog);
	enrich_free(report->enrich);
	free(report);
}
