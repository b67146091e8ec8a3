/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Looks at a held task on its own way out of the kernel.
 *
 * A foreign SIGCONT takes a SIGSTOP back that is still pending, or ends the stop;
 * the kill that follows from signal_generate comes from the sender's CPU, and the
 * task may run a few instructions before it (1 of 20 first executions under a storm
 * of SIGCONT). Task work runs in the task itself before it returns to user space:
 * one piece is scheduled with the hold, and finds that somebody has sent SIGCONT
 * since; one when the SIGSTOP is delivered, and finds that the stop has ended without
 * a verdict. Neither schedules itself again: task_work_run() goes on until nothing
 * is left, so that would be a busy loop and not a stop.
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
	u64 since; /* of the hold: there may be another one by the time of the work */
};

/* Keyed by thread: the work of the hold, and that of the stop. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HOLDS_MAX);
	__type(key, u32);
	__type(value, struct guard);
} guards_hold SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, HOLDS_MAX);
	__type(key, u32);
	__type(value, struct guard);
} guards_stop SEC(".maps");

#define guard_schedule(map, callback, entry)                                                       \
	({                                                                                         \
		u32 _pid = (u32)bpf_get_current_pid_tgid();                                        \
		struct guard _empty = { .since = (entry)->since }, *_guard;                        \
		int _error = -ENOMEM;                                                              \
		bpf_map_update_elem(&map, &_pid, &_empty, BPF_NOEXIST);                            \
		_guard = bpf_map_lookup_elem(&map, &_pid);                                         \
		if (_guard)                                                                        \
			_error = bpf_task_work_schedule_resume_impl(                               \
				bpf_get_current_task_btf(), &_guard->work, &map, callback, NULL);  \
		if (_error && _error != -EBUSY) /* scheduled already: by an earlier load */        \
			count(COUNTER_SIGNAL_FAILED);                                              \
	})

/* On the way out after the hold: the stop is pending, or was taken back. */
static int guard_leaving(struct bpf_map *map, void *key, void *value)
{
	struct held_task *entry = hold_entry();
	u32 pid = (u32)bpf_get_current_pid_tgid();

	if (entry && entry->resumed)
		signal_current(SIGKILL);
	bpf_map_delete_elem(&guards_hold, &pid);
	return 0;
}

/* On the way out after a stop: it has ended. */
static int guard_resumed(struct bpf_map *map, void *key, void *value)
{
	struct held_task *entry = hold_entry();
	u32 pid = (u32)bpf_get_current_pid_tgid();
	struct guard *guard = value;

	if (entry && entry->since == guard->since && !is_dying(bpf_get_current_task_btf())) {
		entry->resumed = 1;
		count(COUNTER_FOREIGN_CONT);
		signal_current(SIGKILL);
	}
	bpf_map_delete_elem(&guards_stop, &pid);
	return 0;
}

static __always_inline void guard_held(void)
{
	struct held_task *entry;

	if (!can_guard)
		return;
	entry = hold_entry();
	if (entry)
		guard_schedule(guards_hold, guard_leaving, entry);
}

/* From signal_deliver, with the signal lock held: it runs once the stop is over. */
static __always_inline void guard_stopping(void)
{
	struct held_task *entry = hold_entry();

	if (entry)
		guard_schedule(guards_stop, guard_resumed, entry);
}

#endif
