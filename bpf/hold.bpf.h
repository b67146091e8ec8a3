/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hold and decide: a task whose file passes the size gate and is not known yet
 * is stopped before it returns to user space, until the daemon has hashed the
 * file and set the verdict. tracepoint.bpf.c closes the ways around a mere stop.
 */
#ifndef INTERDICT_HOLD_BPF_H
#define INTERDICT_HOLD_BPF_H

#include "file.bpf.h"
#include "maps.bpf.h"
#include "sharers.bpf.h"

#define SIGNAL_GROUP_EXIT 0x4U /* linux/sched/signal.h */

#define SIGCONT 18

/* Why a task was killed that would have had to be held. */
#define HOLD_KILLED (EVENT_TRACED | EVENT_HOLD_FAILED | EVENT_SHARED)

/* A heartbeat may lie ahead: the daemon says that it will be busy until then. */
static __always_inline bool daemon_alive(void)
{
	s64 silence = (s64)(bpf_ktime_get_boot_ns() - runtime.heartbeat);

	return silence < (s64)runtime.heartbeat_limit;
}

/* The pid alone may be another process's, once the daemon has ended. */
static __always_inline bool is_daemon(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return bpf_get_current_pid_tgid() >> 32 == runtime.daemon_tgid &&
	       BPF_CORE_READ(task, group_leader, start_boottime) / RUNTIME_TICK ==
		       runtime.daemon_start;
}

/* True if this task may be held. Never the daemon, never PID 1 (it ignores signals). */
static __always_inline bool hold_allowed(void)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return runtime.mode == MODE_ENFORCE && runtime.hold && tgid != 1 && !is_daemon();
}

/* True if SIGKILL has been sent: what the task does now it does not live to see. */
static __always_inline bool is_dying(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT;
}

static __always_inline void signal_current(int signal)
{
	if (bpf_send_signal(signal))
		count(COUNTER_SIGNAL_FAILED);
}

/*
 * Stops the current process. Returns the record's flags: EVENT_HELD, or what
 * happened instead: a traced task is killed, because its tracer can swallow
 * the stop; so are all processes that share the memory of a mapping; with a dead or
 * stalled daemon nothing is held, and that is loss of coverage, or a denial where the
 * configuration wants one (hold_refuses()).
 */
static __always_inline u32 hold_current(u32 kind, u32 fd, u64 address, const struct facts *facts)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct held_task entry = {};
	struct held_task *before;
	struct held_state *state;

	if (!daemon_alive()) {
		count(COUNTER_NO_COVERAGE);
		return EVENT_NO_COVERAGE;
	}
	if (BPF_CORE_READ(task, ptrace)) {
		signal_current(SIGKILL);
		return EVENT_TRACED;
	}
	if (kind == EVENT_MAP && sharers_kill()) {
		signal_current(SIGKILL);
		return EVENT_SHARED;
	}
	entry.since = bpf_ktime_get_boot_ns();
	entry.start = BPF_CORE_READ(task, group_leader, start_boottime);
	entry.file = facts->stamp;
	entry.inode_address = facts->address;
	entry.kind = kind;
	entry.fd = fd;
	entry.address = address;
	entry.requests = 1;
	entry.pid = (u32)bpf_get_current_pid_tgid();
	before = bpf_map_lookup_elem(&held_tasks, &tgid);
	if (before && before->start == entry.start) {
		/* Another thread got here before the stop took hold of both. */
		__sync_fetch_and_add(&before->requests, 1);
	} else if (bpf_map_update_elem(&held_tasks, &tgid, &entry, BPF_ANY)) {
		/* The map is what a restarted daemon finds: no room there, no hold. */
		count(COUNTER_LOST_HELD);
		signal_current(SIGKILL);
		return EVENT_HOLD_FAILED;
	}
	__sync_fetch_and_add(&holding, 1);
	state = bpf_task_storage_get(&held, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (state) {
		state->since = entry.since;
		state->state = HOLD_PENDING;
	} else {
		count(COUNTER_NO_STORAGE);
	}
	count(COUNTER_HELD);
	if (kind == EVENT_MAP)
		sharers_stop();
	signal_current(SIGSTOP);
	return EVENT_HELD;
}

/* True if what was not held for want of a daemon is to be denied. */
static __always_inline bool hold_refuses(u32 flags)
{
	return (flags & EVENT_NO_COVERAGE) && runtime.without_daemon_deny;
}

#endif
