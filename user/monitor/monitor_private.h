/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's state, shared by monitor.c (life and loop), monitor_policy.c (load,
 * reload, midnight, sweep), monitor_status.c (what it says about itself) and
 * monitor_calendar.c (what the dates ask of people).
 */
#ifndef INTERDICT_MONITOR_PRIVATE_H
#define INTERDICT_MONITOR_PRIVATE_H

#include <jansson.h>

#include "config.h"
#include "context.h"
#include "control.h"
#include "features.h"
#include "hold.h"
#include "inforce.h"
#include "kernel.h"
#include "monitor_health.h"
#include "monitor_identity.h"
#include "prefill.h"
#include "privileges.h"
#include "report.h"
#include "sweep.h"

/* One of the last alerts, so that `interdict selftest` can ask for its own. */
struct seen_alert {
	uint32_t tgid;
	uint8_t decision; /* 0: slot is empty */
	uint8_t reason;
	uint64_t time; /* CLOCK_BOOTTIME nanoseconds when it was reported */
};

struct monitor {
	const struct config *config;
	struct features features;
	struct context context;
	struct privileges privileges; /* what is left of them */
	enum backend backend;
	struct kernel *kernel;
	struct inforce *inforce;
	struct hold *hold;
	struct report *report;
	struct control *control;
	struct sweep *sweep;
	struct identity_watch identity;
	struct health_watch health;
	struct prefill *prefill;		 /* NULL: there was no need yet */
	bool prefill_over;			 /* its threads have ended by themselves */
	struct background *hygiene;		 /* NULL: there was no need yet */
	struct monitor_hygiene_job *hygiene_job; /* the present one; NULL: none */
	struct {
		const char *state; /* none, waiting, written, read */
		int error;
	} cache; /* of the policy in force */
	int lock_fd;
	int signal_fd;
	int epoll_fd;
	bool stopping;
	bool unload; /* then nothing stays attached */

	uint64_t started;	 /* CLOCK_BOOTTIME, nanoseconds */
	uint64_t next_tick;	 /* likewise */
	uint64_t next_heartbeat; /* health record */
	uint64_t next_watchdog;
	uint64_t watchdog_interval; /* 0: nobody watches */
	uint64_t counters[COUNTER_COUNT]; /* when last looked at */
	struct hold_status journaled; /* what of it is in the journal */
	uint64_t lost_before; /* alerts that the daemon before had not written when it died */
	struct seen_alert seen[64];
	size_t seen_next;
	uint64_t undecodable;	 /* records that alert_decode() refused */
	struct sweep_counters swept;

	uint64_t reloaded;	 /* CLOCK_REALTIME of the last reload, 0: none */
	char *reload_refusal;	 /* first error of the last reload; NULL: it was good */
};

/* monitor.c */
void monitor_watch(struct monitor *monitor, int fd);
void monitor_unwatch(struct monitor *monitor, int fd);
void monitor_drain(void *monitor);
void monitor_report(struct monitor *monitor, struct alert *alert);

/* monitor_policy.c */
int monitor_load_policy(struct monitor *monitor);
int monitor_reload(struct monitor *monitor);
void monitor_start_sweep(struct monitor *monitor);
void monitor_sweep_ready(struct monitor *monitor);
void monitor_check_date(struct monitor *monitor);

/* monitor_stop.c: the programs stay, unless monitor.unload */
void monitor_stop(struct monitor *monitor);

/* monitor_calendar.c */
void monitor_remind(struct monitor *monitor);

/* monitor_cache.c; to be called before a thread has the policy */
void monitor_cache_policy(struct monitor *monitor);
json_t *monitor_cache_status(const struct monitor *monitor);

/* monitor_prefill.c */
void monitor_prefill_policy(struct monitor *monitor);
void monitor_prefill_tick(struct monitor *monitor);
json_t *monitor_prefill_status(const struct monitor *monitor);

/* monitor_hygiene.c; monitor.hygiene is there after monitor_background() has returned 0 */
int monitor_background(struct monitor *monitor);
void monitor_hygiene_policy(struct monitor *monitor);
bool monitor_hygiene_ready(struct monitor *monitor, int fd);
void monitor_hygiene_release(struct monitor *monitor);

/* monitor_status.c */
void monitor_journal_begin(struct monitor *monitor);
void monitor_journal(struct monitor *monitor);
int monitor_counters(const struct monitor *monitor, uint64_t ret_counters[COUNTER_COUNT]);
bool monitor_is_strict(const struct monitor *monitor);
json_t *monitor_answer(const char *request, void *monitor);
void monitor_check_losses(struct monitor *monitor);
void monitor_announce(struct monitor *monitor);

#endif
