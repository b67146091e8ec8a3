/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of the kernel, decoded, and the words for the numbers in them.
 */
#ifndef INTERDICT_EVENTS_H
#define INTERDICT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <interdict/event.h>

#include "context.h"
#include "policy.h"
#include "schedule.h"

struct account;
struct last_run;

/*
 * One finding, on its way to the outputs. The strings hold arbitrary bytes, are
 * NULL if not known, and belong to the alert; each is one allocation.
 */
struct alert {
	struct event event; /* validated; comm is NUL-terminated */
	char *path;         /* of the file; without a leading '/' its beginning was cut off */
	char **args;        /* one allocation with the strings behind: alert_set_args() */
	size_t arg_count;
	char *executable; /* of the process, where that is not `path` */
	char *cwd;
	char *user; /* name of event.uid */
	char *parent_executable;
	char *package;   /* that owns the file */
	char *container; /* id */
	char *build_id, *soname, *elf_package;
	char *suspect_by;      /* suspect: kind and glob that name the file */
	char *suspect_command; /* suspect: what would add it to a list */
	uint64_t time; /* CLOCK_REALTIME, nanoseconds */
	uint64_t sequence;
	uint64_t repeat;             /* further events that this record stands for */
	enum phase phase;            /* of the entry's vendor */
	int32_t days_left;           /* of grace */
	const struct policy *policy; /* borrowed; has to live as long as the alert */
	uint32_t entry;              /* number in that policy; 0: none */
	const struct entry *archive; /* of that policy's archive lists, without `entry`; or NULL */
	const struct exemption *exemption; /* of that policy, that it was allowed by; or NULL */
	uint32_t vendor;             /* suspect: index in that policy + 1; 0: the entry's */
	bool late;                   /* denied after it may have run */
};

enum health_level {
	HEALTH_INFO = 0,
	HEALTH_CRIT = 1,    /* coverage is lost */
	HEALTH_WARNING = 2, /* somebody has to look at something */
};

/* What the monitor says about itself. Everything is borrowed. */
struct health {
	const char *action;  /* "start", "stop", "reload", "reload-refused", "loss", ... */
	const char *message; /* one sentence; NULL if there is nothing to add */
	enum health_level level;
	uint64_t time;       /* CLOCK_REALTIME, nanoseconds */
	uint64_t sequence;
	const struct context *context;
	const uint64_t *counters;      /* COUNTER_COUNT of them, or NULL */
	const struct account *account; /* where every record has gone, or NULL */
	const struct last_run *before; /* start: the run before; NULL: none is known */
	const uint8_t *old_digest;     /* policy, reload: of the policy that was in force, or NULL */
	uint64_t old_generation;       /* of that one; 0: of another run */
};

/*
 * Decodes a record of @size bytes from a ring buffer, or one that user space
 * made in its form. Reads nothing outside it. Returns 0, -EBADMSG if a length
 * or a number in it is not possible, or -ENOMEM. The caller releases the alert.
 */
int alert_decode(const void *record, size_t size, struct alert *ret_alert);

/*
 * Replaces the arguments by those in @size bytes that a NUL separates, as in a
 * record or in /proc/PID/cmdline. Returns 0 or -ENOMEM.
 */
int alert_set_args(struct alert *alert, const char *bytes, size_t size);

/* Frees what the alert owns and clears it. */
void alert_release(struct alert *alert);

/* Severity as in <syslog.h>: LOG_ALERT, LOG_WARNING ... */
int alert_severity(const struct alert *alert);
int health_severity(const struct health *health);
/* "alert", "crit", "warning", "notice", "info" ... */
const char *severity_name(int severity);

/* One word each, as DESIGN.md has them; "unknown" for a number that is not known. */
const char *event_kind_name(unsigned int kind);
const char *decision_name(unsigned int decision);
const char *reason_name(unsigned int reason);
const char *backend_name(unsigned int backend);
const char *hash_source_name(unsigned int source);
const char *mode_name(unsigned int mode);

/* Key ("lost.exec") and meaning of a counter. */
const char *counter_key(enum counter counter);
const char *counter_text(enum counter counter);

/*
 * Words for the EVENT_* bits in @flags, in the order of the bits; "unknown" for a
 * bit that has none. Returns how many.
 */
#define EVENT_FLAG_MAX 32
size_t event_flag_names(uint32_t flags, const char *ret_names[EVENT_FLAG_MAX]);

#endif
