/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the daemon, with what it has put into the kernel or without.
 */
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "monitor_private.h"
#include "notify.h"
#include "util.h"

/* A daemon whose programs stay decides what waits for it, for so long. */
#define SETTLE_NS      (2ULL * 1000 * 1000 * 1000)
#define SETTLE_POLL_MS 100

/* A pin gives its link up a grace period of RCU after it was removed (bpf_free_inode()). */
#define UNPIN_US 50000

/* What is held is decided while there is somebody to do it. */
static void settle(struct monitor *monitor)
{
	uint64_t until = clock_boottime() + SETTLE_NS;
	struct pollfd ready = { .fd = hold_fd(monitor->hold), .events = POLLIN };
	struct hold_status holds;

	for (;;) {
		kernel_consume(monitor->kernel);
		hold_get_status(monitor->hold, &holds);
		if (!holds.waiting || clock_boottime() >= until)
			return;
		poll(&ready, 1, SETTLE_POLL_MS);
		hold_dispatch(monitor->hold);
	}
}

static void end_parts(struct monitor *monitor)
{
	notify_send("STOPPING=1");
	sweep_free(monitor->sweep);
	monitor->sweep = NULL;
	prefill_free(monitor->prefill);
	monitor->prefill = NULL;
}

static void report_end(struct monitor *monitor, const char *message)
{
	monitor_drain(monitor);
	monitor_check_losses(monitor);
	monitor_journal(monitor);
	monitor_health_counters(monitor, "stop", monitor->counters, message);
	monitor_health_end(monitor, true);
}

/* The daemon ends and the programs do not. What they report lies on the rings until the next. */
static void leave(struct monitor *monitor)
{
	const char *what = monitor->context.mode == MODE_ENFORCE ? "enforcement" : "auditing";
	char message[128];

	end_parts(monitor);
	settle(monitor);
	snprintf(message, sizeof(message), "%s stays in place; `interdict stop` ends it", what);
	report_end(monitor, message);
	log_info("stopped: %s", message);
}

/* Nothing is held for a monitor that is not there any more. */
static void unload(struct monitor *monitor)
{
	end_parts(monitor);
	kernel_runtime(monitor->kernel)->hold = 0;
	kernel_runtime(monitor->kernel)->report_first = 0;
	kernel_detach(monitor->kernel);
	if (kernel_is_pinned(monitor->kernel))
		usleep(UNPIN_US);
	monitor_drain(monitor);
	hold_release_all(monitor->hold);
	hold_cancel(monitor->hold);
	report_end(monitor, "the monitor ends; nothing is attached any more");
	kernel_forget(monitor->kernel);
	log_info("stopped: nothing is attached any more");
}

void monitor_stop(struct monitor *monitor)
{
	if (monitor->unload || !kernel_is_pinned(monitor->kernel))
		unload(monitor);
	else
		leave(monitor);
}
