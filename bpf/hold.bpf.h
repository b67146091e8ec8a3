/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hold and decide: a task whose file passes the size gate and is not known yet
 * is stopped before it returns to user space, until the daemon has hashed the
 * file and set the verdict. held.bpf.h and guard.bpf.h close the ways around a mere stop.
 */
#ifndef INTERDICT_HOLD_BPF_H
#define INTERDICT_HOLD_BPF_H

#include "file.bpf.h"
#include "maps.bpf.h"
#include "sharers.bpf.h"

#define SIGNAL_GROUP_EXIT 0x4U /* linux/sched/signal.h */

#define SIGCONT 18

#define HOLD_ATTEMPTS	    3  /* while other threads, or the daemon, change the same hold */
#define USER_NAMESPACES_MAX 33 /* kernel/user_namespace.c: levels above 32 are refused */

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
	struct task_struct *task = bpf_get_current_task_btf();

	return (u32)task->tgid == runtime.daemon_tgid &&
	       task->group_leader->start_boottime / RUNTIME_TICK == runtime.daemon_start;
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
	return task->signal->flags & SIGNAL_GROUP_EXIT;
}

static __always_inline void signal_current(int signal)
{
	if (bpf_send_signal(signal))
		count(COUNTER_SIGNAL_FAILED);
}

/* The hold of the current process, if it has no verdict yet. */
static __always_inline struct held_task *hold_entry(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 tgid = (u32)task->tgid;
	struct held_task *entry = bpf_map_lookup_elem(&held_tasks, &tgid);

	if (!entry || entry->start != task->group_leader->start_boottime)
		return NULL;
	return entry;
}

/*
 * The slot in which the holds of a task's user are counted. In a user namespace that is
 * whoever made the outermost one: to its users there may be no end.
 */
static __always_inline u32 hold_user(struct task_struct *task)
{
	u32 uid = BPF_CORE_READ(task, cred, uid.val);
	struct user_namespace *ns = BPF_CORE_READ(task, cred, user_ns);

	for (int i = 0; i < USER_NAMESPACES_MAX && ns && BPF_CORE_READ(ns, level); i++) {
		uid = BPF_CORE_READ(ns, owner.val);
		ns = BPF_CORE_READ(ns, parent);
	}
	return uid ? 1 + uid % (HOLD_USERS - 1) : 0;
}

static __always_inline void hold_count(u32 user, u32 change)
{
	__sync_fetch_and_add(&holding, change);
	__sync_fetch_and_add(&holding_of[user & (HOLD_USERS - 1)], change);
}

/*
 * Joins the hold of another thread, which got here before the stop took hold of both.
 * False if there is none, or if the daemon has taken it out by now.
 */
static __always_inline bool hold_join(const struct held_task *entry, u32 tgid)
{
	struct held_task *before = bpf_map_lookup_elem(&held_tasks, &tgid);
	u32 user;

	if (!before)
		return false;
	if (before->start == entry->start) {
		__sync_fetch_and_add(&before->requests, 1);
		return bpf_map_lookup_elem(&held_tasks, &tgid) == before;
	}
	/* Of a process that is gone, and the daemon has not looked since. */
	user = before->user;
	if (bpf_map_delete_elem(&held_tasks, &tgid) == 0)
		hold_count(user, -1);
	return false;
}

/*
 * Puts the hold where the daemon, and the next one, find it. False if there is no room
 * there, or no more for this user.
 */
static __always_inline bool hold_remember(const struct held_task *entry)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32, user = entry->user & (HOLD_USERS - 1);
	long error;

	for (int i = 0; i < HOLD_ATTEMPTS; i++) {
		if (hold_join(entry, tgid))
			return true;
		if (user && holding_of[user] >= HOLDS_PER_USER_MAX)
			return false;
		/* Counted first: without a hold nobody looks at signals. */
		hold_count(user, 1);
		error = bpf_map_update_elem(&held_tasks, &tgid, entry, BPF_NOEXIST);
		if (!error)
			return true;
		hold_count(user, -1);
		if (error != -EEXIST)
			return false;
	}
	return false;
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
	struct held_task entry = {};
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
	entry.user = hold_user(task);
	if (!hold_remember(&entry)) {
		count(COUNTER_LOST_HELD);
		signal_current(SIGKILL);
		return EVENT_HOLD_FAILED;
	}
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
