/* SPDX-License-Identifier: BSD-2-Clause */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output_sink.h"
#include "util.h"

/* Until the next attempt, in nanoseconds: a full socket or pipe, and all else. */
#define RETRY_BUSY   1000000U
#define RETRY_FAILED 1000000000U

void output_init(struct output *output, const struct output_ops *ops)
{
	output->ops = ops;
	output->last = &output->first;
	output->queue_max = OUTPUT_QUEUE_DEFAULT;
}

void output_set_queue(struct output *output, size_t bytes)
{
	output->queue_max = bytes;
}

static void count_written(struct output_stats *stats, uint64_t alerts)
{
	stats->written++;
	if (alerts > 0) {
		stats->alerts.written++;
		stats->alerts.repeated += alerts - 1;
	}
}

static void count_lost(struct output_stats *stats, uint64_t alerts)
{
	stats->lost++;
	stats->alerts.lost += alerts;
}

/*
 * Sends and counts; @alerts: that the record stands for. Returns true if the record is
 * done with, written or lost.
 */
static bool output_send(struct output *output, const char *bytes, size_t size, uint64_t alerts)
{
	int r = output->ops->send(output, bytes, size);

	if (r == 0) {
		output->sent = 0;
		count_written(&output->stats, alerts);
		return true;
	}
	output->stats.refused++;
	output->stats.error = r;
	if (r == -EMSGSIZE) {
		output->sent = 0;
		count_lost(&output->stats, alerts);
		return true;
	}
	output->retry_at = clock_boottime() + (r == -EAGAIN ? RETRY_BUSY : RETRY_FAILED);
	return false;
}

static void output_drain(struct output *output)
{
	while (output->first) {
		struct output_line *line = output->first;

		if (!output_send(output, line->bytes, line->size, line->alerts))
			return;
		output->first = line->next;
		if (!output->first)
			output->last = &output->first;
		output->queued -= sizeof(*line) + line->size;
		output->stats.waiting--;
		output->stats.alerts.waiting -= line->alerts;
		free(line);
	}
	output->stats.error = 0;
}

static int output_enqueue(struct output *output, const char *bytes, size_t size, uint64_t alerts)
{
	struct output_line *line;

	/* The first one may have been sent in part, so it is queued whatever its size. */
	if (output->first && output->queued + sizeof(*line) + size > output->queue_max)
		return -ENOBUFS;
	line = malloc(sizeof(*line) + size);
	if (!line)
		return -ENOMEM;
	line->next = NULL;
	line->alerts = alerts;
	line->size = size;
	memcpy(line->bytes, bytes, size);
	*output->last = line;
	output->last = &line->next;
	output->queued += sizeof(*line) + size;
	output->stats.waiting++;
	output->stats.alerts.waiting += alerts;
	return 0;
}

static int output_record(struct output *output, const struct record *record)
{
	struct buffer *buffer = &output->buffer;
	uint64_t alerts = record->alert ? 1 + record->alert->repeat : 0;
	int r;

	output->stats.given++;
	output->stats.alerts.given += alerts;
	buffer_clear(buffer);
	r = output->ops->format(output, record, buffer);
	if (r == 0) {
		if (output->first)
			output_poll(output, clock_boottime());
		if (!output->first && output_send(output, buffer->data, buffer->size, alerts))
			return 0;
		r = output_enqueue(output, buffer->data, buffer->size, alerts);
		if (r < 0 && !output->first)
			output->sent = 0;
	}
	if (r < 0)
		count_lost(&output->stats, alerts);
	return r;
}

int output_alert(struct output *output, const struct context *context, const struct alert *alert)
{
	struct record record;

	record_from_alert(&record, context, alert);
	return output_record(output, &record);
}

int output_health(struct output *output, const struct health *health)
{
	struct record record;

	record_from_health(&record, health);
	return output_record(output, &record);
}

void output_poll(struct output *output, uint64_t now)
{
	if (now >= output->retry_at)
		output_drain(output);
}

uint64_t output_next(const struct output *output)
{
	return output->first ? output->retry_at : UINT64_MAX;
}

int output_reopen(struct output *output)
{
	int r = output->ops->reopen ? output->ops->reopen(output) : 0;

	output_drain(output);
	return r;
}

struct output_stats output_get_stats(const struct output *output)
{
	return output->stats;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	output_drain(output);
	while (output->first) {
		struct output_line *line = output->first;

		output->first = line->next;
		free(line);
	}
	buffer_release(&output->buffer);
	output->ops->free(output);
}
