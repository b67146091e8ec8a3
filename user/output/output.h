/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where records are written: the event file or standard output (output_file.c),
 * and the system log (output_syslog.c). None of them blocks. What is not taken
 * at once waits in a bounded queue and is tried again by output_poll(); what does
 * not fit there any more is dropped and counted. The order is kept.
 */
#ifndef INTERDICT_OUTPUT_H
#define INTERDICT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "context.h"
#include "events.h"

/* Bytes that wait in the queue of one output, unless set otherwise: some 10,000 alerts as text. */
#define OUTPUT_QUEUE_DEFAULT (8U << 20)

enum output_format {
	OUTPUT_TEXT,
	OUTPUT_ECS,
};

/* Alerts, each repeat counted singly: given is the sum of the others, always. */
struct output_alerts {
	uint64_t given;
	uint64_t written;  /* records of alerts that were taken */
	uint64_t repeated; /* further alerts that those stand for */
	uint64_t lost;
	uint64_t waiting;
};

struct output_stats {
	uint64_t given;   /* records: written + lost + waiting, always */
	uint64_t written; /* taken by the file or the log */
	uint64_t lost;    /* dropped: the queue was full, or the record can never be taken */
	uint64_t waiting; /* in the queue */
	struct output_alerts alerts;
	uint64_t refused; /* attempts to write that failed, for now or for good */
	int error;        /* negative errno of the last such attempt; 0 once all is written */
};

struct output;

/*
 * Appends to the file at @path, made with mode 0640 if it is not there, or writes
 * to standard output if @path is "-". Returns -ELOOP if it or a directory above it is a
 * symbolic link; -EPERM if it or the directory that holds it belongs to neither this user
 * nor root, or if everybody may write to that directory and it is not sticky; -EINVAL if
 * it is neither a regular file nor a pipe nor a character device; or another negative
 * errno. The caller ignores SIGPIPE and SIGXFSZ.
 */
int output_file_new(const char *path, enum output_format format, struct output **ret_output);

/* Bounds the queue to @bytes. */
void output_set_queue(struct output *output, size_t bytes);

/*
 * Write one record, or queue it. Return 0, or -ENOBUFS or -ENOMEM if it was
 * dropped, which is counted.
 */
int output_alert(struct output *output, const struct context *context, const struct alert *alert);
int output_health(struct output *output, const struct health *health);

/*
 * Tries what waits again if it is time; @now is CLOCK_BOOTTIME in nanoseconds.
 * output_next() says when it will be time, UINT64_MAX if nothing waits.
 */
void output_poll(struct output *output, uint64_t now);
uint64_t output_next(const struct output *output);

/*
 * Opens the event file anew, as after its rotation, and tries what waits. If it
 * cannot be opened the old one stays in use. Returns 0 or a negative errno.
 */
int output_reopen(struct output *output);

struct output_stats output_get_stats(const struct output *output);

/* Tries what waits a last time; what is then left is gone. Accepts NULL. */
void output_free(struct output *output);

#endif
