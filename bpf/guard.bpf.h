/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Keeps a held task from returning to user space, whatever becomes of its SIGSTOP.
 *
 * A foreign SIGCONT takes a SIGSTOP back that is still pending, and the kill that
 * follows from signal_generate comes from the sender's CPU: between the two the
 * task may run a few instructions (1 of 20 executions under a storm of SIGCONT).
 * Task work runs in the task itself, on each of its ways out of the kernel and
 * after each wake-up from a stop. As long as there is no verdict it stops the task
 * again and schedules itself again, so the way out never ends. One piece of work
 * cannot schedule itself while it runs, therefore there are two that take turns.
 *
 * Needs the task work kfuncs of 6.18 (38aa7003e369, "bpf: task work scheduling
 * kfuncs"); before that the kill from the other CPU is all there is.
 */
#ifndef INTERDICT_GUARD_BPF_H
#define INTERDICT_GUARD_BPF_H

#include "hold.bpf.h"

const volatile bool can_guard __weak = false;

/* Whole, not only declared: libbpf compares the kinds of the types. */
struct bpf_map {
	u32 id;
};

struct bpf_task_work {
	u64 __opaque;
} __attribute__((aligned(8)));

typedef int (*guard_callback)(struct bpf_map *map, void *key, void *value);

extern int bpf_task_work_schedule_resume_impl(struct task_struct *task, struct bpf_task_work *work,
					      void *map__map, guard_callback callback,
					      void *aux__prog) __ksym __weak;

struct guard {
	struct bpf_task_work work;
};

/* Keyed by thread. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct guard);
} guards_even SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct guard);
} guards_odd SEC(".maps");

static int guard_even(struct bpf_map *map, void *key, void *value);
static int guard_odd(struct bpf_map *map, void *key, void *value);

#define guard_schedule(map, callback)                                                              \
	({                                                                                         \
		u32 _pid = (u32)bpf_get_current_pid_tgid();                                        \
		struct guard _empty = {}, *_guard;                                                 \
		bpf_map_update_elem(&map, &_pid, &_empty, BPF_NOEXIST);                            \
		_guard = bpf_map_lookup_elem(&map, &_pid);                                         \
		if (!_guard || bpf_task_work_schedule_resume_impl(bpf_get_current_task_btf(),      \
								  &_guard->work, &map, callback,   \
								  NULL))                           \
			count(COUNTER_SIGNAL_FAILED);                                              \
	})

static __always_inline struct held_task *guard_entry(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct held_task *entry = bpf_map_lookup_elem(&held_tasks, &tgid);

	if (!entry || entry->start != BPF_CORE_READ(task, group_leader, start_boottime))
		return NULL;
	return entry;
}

/* True if the task is still to be held. */
static __always_inline bool guard_step(void)
{
	struct held_task *entry = guard_entry();

	if (!entry || is_dying((void *)bpf_get_current_task()))
		return false;
	if (entry->resumed) {
		signal_current(SIGKILL);
		return false;
	}
	signal_current(SIGSTOP);
	/* The verdict may have come in between: then this stop was one too many. */
	if (guard_entry())
		return true;
	signal_current(SIGCONT);
	return false;
}

static __always_inline void guard_end(void)
{
	u32 pid = (u32)bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&guards_even, &pid);
	bpf_map_delete_elem(&guards_odd, &pid);
}

static int guard_even(struct bpf_map *map, void *key, void *value)
{
	if (guard_step())
		guard_schedule(guards_odd, guard_odd);
	else
		guard_end();
	return 0;
}

static int guard_odd(struct bpf_map *map, void *key, void *value)
{
	if (guard_step())
		guard_schedule(guards_even, guard_even);
	else
		guard_end();
	return 0;
}

static __always_inline void guard_current(void)
{
	if (can_guard)
		guard_schedule(guards_even, guard_even);
}

#endif
