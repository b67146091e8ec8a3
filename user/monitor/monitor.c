/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "log.h"
#include "monitor_private.h"
#include "notify.h"
#include "process.h"
#include "protection.h"
#include "util.h"

#define NS_PER_S 1000000000ULL

/* The loop wakes once a second, and more often while a task is held. */
#define TICK_NS	     NS_PER_S
#define TICK_HELD_NS (NS_PER_S / 10)

/* Without a heartbeat for so long the programs stop holding tasks. */
#define HEARTBEAT_LIMIT_NS (5 * NS_PER_S)

void monitor_watch(struct monitor *monitor, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(monitor->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		log_error("cannot watch a descriptor: %s", strerror(errno));
}

void monitor_unwatch(struct monitor *monitor, int fd)
{
	epoll_ctl(monitor->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* The kernel could not hash it: next time it finds the daemon's digest. */
static bool is_worth_learning(const struct event *event)
{
	return event->backend == BACKEND_LSM && event->reason == REASON_UNHASHABLE &&
	       (event->error == -EFBIG || event->error == -ENODATA);
}

void monitor_report(struct monitor *monitor, struct alert *alert)
{
	uint64_t now = clock_boottime();

	monitor->seen[monitor->seen_next++ % ARRAY_SIZE(monitor->seen)] = (struct seen_alert){
		.tgid = alert->event.tgid,
		.decision = alert->event.decision,
		.reason = alert->event.reason,
		.time = now,
	};
	inforce_name(monitor->inforce, alert);
	report_alert(monitor->report, alert, now);
}

static void on_record(const void *record, size_t size, void *context)
{
	struct monitor *monitor = context;
	struct alert alert;

	monitor->health.records++;
	/* Until it is settled it counts as lost, should this process die. */
	kernel_journal(monitor->kernel)->open++;
	if (alert_decode(record, size, &alert)) {
		monitor->undecodable++;
		return;
	}
	if (alert.event.flags & EVENT_FIRST) {
		monitor->health.first++;
		monitor_identity_record(monitor, &alert);
	} else if (alert.event.decision == DECISION_PENDING) {
		hold_request(monitor->hold, &alert);
	} else {
		if (is_worth_learning(&alert.event))
			hold_learn(monitor->hold, &alert);
		monitor_report(monitor, &alert);
	}
	alert_release(&alert);
	monitor_journal(monitor);
}

/* Decides and writes all that refers to the policy in force, before it is replaced. */
void monitor_drain(void *context)
{
	struct monitor *monitor = context;

	kernel_consume(monitor->kernel);
	report_flush(monitor->report, clock_boottime());
}

static bool hold_asks_size(const struct event *event, void *context)
{
	const struct monitor *monitor = context;

	return inforce_may_be_listed(monitor->inforce, event);
}

static bool hold_decides(struct alert *alert, void *context)
{
	struct monitor *monitor = context;

	return inforce_decide(monitor->inforce, alert, monitor->context.mode);
}

static enum decision hold_decides_unhashable(const struct alert *alert, void *context)
{
	struct monitor *monitor = context;

	return inforce_decide_unhashable(monitor->inforce, alert, monitor->context.mode);
}

static void hold_reports(struct alert *alert, void *context)
{
	monitor_report(context, alert);
}

static int open_signals(struct monitor *monitor)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return -errno;
	/* A closed pipe or a full quota is an error of that write, not our end. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	monitor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return monitor->signal_fd < 0 ? -errno : 0;
}

static void on_signals(struct monitor *monitor)
{
	struct signalfd_siginfo info;

	while (read(monitor->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTERM:
		case SIGINT:
			monitor->stopping = true;
			break;
		case SIGHUP:
			monitor_reload(monitor);
			break;
		case SIGUSR1:
			if (report_reopen(monitor->report))
				log_error("cannot open the event file anew; the old one stays in use");
			break;
		}
	}
}

/* Each held process and each file that is hashed takes one: as many as we may have. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* What the programs have to know again and again. */
static void refresh_runtime(struct monitor *monitor, uint64_t now)
{
	struct runtime *runtime = kernel_runtime(monitor->kernel);

	runtime->heartbeat = now;
	runtime->realtime_offset = (int64_t)(clock_realtime() - clock_boottime());
}

static void init_runtime(struct monitor *monitor)
{
	struct runtime *runtime = kernel_runtime(monitor->kernel);
	const struct config *config = monitor->config;

	runtime->mode = monitor->context.mode;
	runtime->hold = config->hold;
	runtime->unverifiable_deny = config->unverifiable_deny;
	runtime->without_daemon_deny = config->without_daemon_deny;
	runtime->daemon_start = process_start(getpid()) / RUNTIME_TICK;
	runtime->daemon_tgid = (uint32_t)getpid();
	runtime->heartbeat_limit = HEARTBEAT_LIMIT_NS;
	runtime->hash_max = config->hash_max;
	refresh_runtime(monitor, clock_boottime());
}

static int start_kernel(struct monitor *monitor)
{
	const struct config *config = monitor->config;
	struct kernel_options options = {
		.backend = monitor->backend,
		.kernel_hashes = monitor->features.ima_hash && !monitor->features.ima_policy,
		.post_open = monitor->features.file_post_open,
		.setattr_idmap = monitor->features.setattr_idmap,
		.can_kill_others = monitor->features.send_signal_task,
		.protect = config->protect,
		.can_guard = monitor->features.task_work,
		.holds = config->mode == MODE_ENFORCE && config->hold,
		.alerts_size = config->alerts_size,
		.telemetry_size = config->telemetry_size,
		.release = config->release,
	};
	int error;

	error = kernel_load(&options, on_record, monitor, &monitor->kernel);
	if (error)
		log_error("the kernel refused the programs of the %s backend (%s); "
			  "`interdict doctor` says what this kernel offers",
			  backend_name(monitor->backend), strerror(-error));
	return error;
}

static int start_hold(struct monitor *monitor)
{
	struct hold_options options = {
		.deadline = monitor->config->hold_deadline,
	};
	struct hold_calls calls = {
		.may_be_listed = hold_asks_size,
		.decide = hold_decides,
		.decide_unhashable = hold_decides_unhashable,
		.report = hold_reports,
		.context = monitor,
	};

	return hold_new(monitor->kernel, &options, &calls, &monitor->hold);
}

static int start_report(struct monitor *monitor)
{
	const struct config *config = monitor->config;
	struct report_options options = {
		.events = config->events,
		.format = config->format,
		.syslog = config->syslog,
		.facility = config->syslog_facility,
		.syslog_socket = config->syslog_socket,
	};
	int error = report_new(&options, &monitor->context, &monitor->report);

	if (error)
		log_error("cannot write events to %s: %s%s", config->events, strerror(-error),
			  error == -ELOOP ? ": symbolic links are not followed here, not in the "
					    "directories either"
			  : error == -EPERM ? ": the file and its directory have to belong to "
					      "root, and others may not write to them"
					    : "");
	return error;
}

/* A mode that cannot be kept is refused, not weakened in silence. */
static int check_strictness(const struct monitor *monitor)
{
	const struct config *config = monitor->config;

	if (config->protect && monitor->backend != BACKEND_LSM) {
		log_error("protect = yes needs the lsm backend: tracepoints can refuse nothing "
			  "(`interdict doctor`)");
		return -EOPNOTSUPP;
	}
	if (config->mode != MODE_ENFORCE || monitor->backend != BACKEND_TRACEPOINT)
		return 0;
	if (!config->allow_late_kill && !monitor_is_strict(monitor)) {
		log_error("mode = enforce with the tracepoint backend %s: a listed program may run "
			  "for a moment before it is killed; say allow-late-kill = yes to accept "
			  "that, or use the lsm backend (`interdict doctor`)",
			  config->hold ? "needs kernel 6.13 or later to be strict"
				       : "and hold = no is not strict");
		return -EOPNOTSUPP;
	}
	return 0;
}

static int start_protection(struct monitor *monitor)
{
	int error;

	protection_end(monitor->kernel);
	if (!monitor->config->protect)
		return 0;
	error = protection_begin(monitor->kernel);
	if (error)
		log_error("cannot protect the monitor: %s", strerror(-error));
	return error;
}

static int start_parts(struct monitor *monitor)
{
	int error;

	error = start_report(monitor);
	if (!error)
		error = start_kernel(monitor);
	if (!error)
		error = start_hold(monitor);
	if (error)
		return error;
	monitor->inforce = inforce_new(monitor->kernel);
	if (!monitor->inforce)
		return -ENOMEM;
	monitor_health_begin(monitor);
	/* Programs of the daemon before still act, in its mode, should this one not start. */
	error = monitor_load_policy(monitor);
	if (error)
		return error;
	init_runtime(monitor);
	error = kernel_attach(monitor->kernel);
	if (error) {
		log_error("cannot attach the programs of the %s backend: %s",
			  backend_name(monitor->backend), strerror(-error));
		return error;
	}
	error = start_protection(monitor);
	if (error)
		return error;
	monitor_journal_begin(monitor);
	error = control_listen(monitor_answer, monitor, &monitor->control);
	if (error)
		log_error("cannot listen on %s: %s", CONTROL_PATH, strerror(-error));
	else
		privileges_drop(&monitor->privileges);
	return error;
}

static int start(struct monitor *monitor)
{
	const struct config *config = monitor->config;
	int error;

	if (geteuid() != 0) {
		log_error("run needs root: it loads programs into the kernel");
		return -EPERM;
	}
	monitor->lock_fd = control_lock();
	if (monitor->lock_fd < 0) {
		if (monitor->lock_fd == -EWOULDBLOCK)
			log_error("another interdict runs already (%s is locked); see `interdict status`",
				  CONTROL_LOCK);
		else
			log_error("cannot lock %s: %s", CONTROL_LOCK, strerror(-monitor->lock_fd));
		return monitor->lock_fd;
	}
	raise_descriptor_limit();
	error = open_signals(monitor);
	if (error)
		return error;
	monitor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (monitor->epoll_fd < 0)
		return -errno;
	features_probe(&monitor->features);
	error = features_choose_backend(&monitor->features, config->backend, &monitor->backend);
	if (!error)
		error = check_strictness(monitor);
	if (error)
		return error;
	context_init(&monitor->context);
	monitor->context.mode = config->mode;
	monitor->context.backend = monitor->backend;
	monitor->context.hash_source = monitor->backend == BACKEND_LSM &&
						       monitor->features.ima_hash &&
						       !monitor->features.ima_policy
					       ? HASH_SOURCE_IMA
					       : HASH_SOURCE_USER;
	monitor_health_init(monitor);
	return start_parts(monitor);
}

static void tick(struct monitor *monitor, uint64_t now)
{
	refresh_runtime(monitor, now);
	/* Records first: a hold is taken for forgotten only if its record did not come. */
	kernel_consume(monitor->kernel);
	hold_tick(monitor->hold, now);
	monitor_check_date(monitor);
	monitor_check_losses(monitor);
	monitor_identity_tick(monitor, now);
	monitor_prefill_tick(monitor);
	/* What was looked up in the last second need not stay resident. */
	policy_trim(inforce_policy(monitor->inforce));
	if (monitor->watchdog_interval && now >= monitor->next_watchdog) {
		notify_send("WATCHDOG=1");
		monitor->next_watchdog = now + monitor->watchdog_interval;
	}
	monitor->next_tick = now + TICK_NS;
}

/* While a task is held, or its parent looked after, the next tick comes sooner. */
static void hurry(struct monitor *monitor, uint64_t now)
{
	struct hold_status holds;

	hold_get_status(monitor->hold, &holds);
	if ((holds.held || holds.parents) && monitor->next_tick > now + TICK_HELD_NS)
		monitor->next_tick = now + TICK_HELD_NS;
}

static void on_ready(struct monitor *monitor, int fd)
{
	if (fd == kernel_records_fd(monitor->kernel))
		kernel_consume(monitor->kernel);
	else if (fd == hold_fd(monitor->hold))
		hold_dispatch(monitor->hold);
	else if (fd == control_fd(monitor->control))
		control_dispatch(monitor->control);
	else if (fd == monitor->signal_fd)
		on_signals(monitor);
	else if (monitor->sweep && fd == sweep_fd(monitor->sweep))
		monitor_sweep_ready(monitor);
	else if (!monitor_identity_ready(monitor, fd))
		monitor_hygiene_ready(monitor, fd);
}

static int wait_ms(const struct monitor *monitor, uint64_t now)
{
	uint64_t next = report_next(monitor->report);

	if (monitor->next_tick < next)
		next = monitor->next_tick;
	return next <= now ? 0 : (int)((next - now) / 1000000) + 1;
}

static void loop(struct monitor *monitor)
{
	struct epoll_event events[8];

	while (!monitor->stopping) {
		uint64_t now = clock_boottime();
		int n;

		if (now >= monitor->next_tick)
			tick(monitor, now);
		report_poll(monitor->report, now);
		monitor_journal(monitor);
		hurry(monitor, now);
		n = epoll_wait(monitor->epoll_fd, events, ARRAY_SIZE(events), wait_ms(monitor, now));
		for (int i = 0; i < n; i++)
			on_ready(monitor, events[i].data.fd);
	}
}

static void monitor_free(struct monitor *monitor)
{
	monitor_health_end(monitor, false);
	control_free(monitor->control);
	sweep_free(monitor->sweep);
	prefill_free(monitor->prefill);
	monitor_identity_release(monitor);
	monitor_hygiene_release(monitor);
	hold_free(monitor->hold);
	kernel_free(monitor->kernel);
	report_free(monitor->report);
	inforce_free(monitor->inforce);
	free(monitor->reload_refusal);
	if (monitor->epoll_fd >= 0)
		close(monitor->epoll_fd);
	if (monitor->signal_fd >= 0)
		close(monitor->signal_fd);
	if (monitor->lock_fd >= 0)
		close(monitor->lock_fd);
}

/*
 * One heap for all threads: they allocate little, and what a thread's own heap has at its end
 * malloc_trim(3) does not give back.
 */
static void share_heap(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
}

int monitor_run(const struct config *config)
{
	struct monitor monitor = {
		.config = config,
		.lock_fd = -EBADF,
		.signal_fd = -EBADF,
		.epoll_fd = -EBADF,
		.health.fd = -EBADF,
		.started = clock_boottime(),
		.watchdog_interval = notify_watchdog_interval(),
	};
	int error;

	share_heap();
	error = start(&monitor);
	if (!error) {
		monitor_watch(&monitor, kernel_records_fd(monitor.kernel));
		monitor_watch(&monitor, hold_fd(monitor.hold));
		monitor_watch(&monitor, control_fd(monitor.control));
		monitor_watch(&monitor, monitor.signal_fd);
		monitor_announce(&monitor);
		monitor_cache_policy(&monitor);
		monitor_start_sweep(&monitor);
		monitor_hygiene_policy(&monitor);
		monitor_prefill_policy(&monitor);
		loop(&monitor);
		monitor_stop(&monitor);
	}
	monitor_free(&monitor);
	return error;
}
