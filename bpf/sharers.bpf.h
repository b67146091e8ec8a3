/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What one task maps, every task with the same address space can run: its threads, and
 * other processes (clone(2) with CLONE_VM and without CLONE_THREAD).
 *
 * A SIGSTOP to the process is taken by one thread, which tells the others when it is on
 * its way out of the kernel: after the mapping has been made. Until then another thread
 * could fork, and the child, a process of its own, had the mapping (5 of 300 first
 * mappings). So every thread gets a SIGSTOP of its own before the call: whatever brings it
 * into the kernel from then on stops it, and a fork(2) that begins then fails with a signal
 * pending (copy_process()). One that has begun goes on: only SIGKILL ends it half-way.
 *
 * Another process with this address space is not stopped by any of that, nor killed by
 * the SIGKILL of this one (20 of 20 ran what was mapped): it is killed with it.
 *
 * Needs open-coded iterators over tasks, 6.7 (c68a78ffe2cb, "bpf: Introduce task
 * open coded iterator kfuncs"), and bpf_send_signal_task(), 6.13.
 */
#ifndef INTERDICT_SHARERS_BPF_H
#define INTERDICT_SHARERS_BPF_H

#include "compat.bpf.h"
#include "maps.bpf.h"

#define SIGKILL 9
#define SIGSTOP 19

#define BPF_TASK_ITER_ALL_PROCS	   0U
#define BPF_TASK_ITER_PROC_THREADS 2U

const volatile bool can_kill_others __weak = false;

extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task,
			     unsigned int flags) __ksym __weak;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym __weak;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *task) __ksym __weak;
extern void bpf_task_release(struct task_struct *task) __ksym __weak;

static __always_inline bool can_reach_sharers(void)
{
	return can_kill_others && bpf_core_type_exists(struct bpf_iter_task);
}

/* An iterator gives a task that is there for this moment: a signal needs one that stays. */
static __always_inline void sharer_signal(struct task_struct *task, int signal, enum pid_type type)
{
	struct task_struct *kept = bpf_task_acquire(task);

	if (!kept)
		return;
	if (bpf_send_signal_task(kept, signal, type, 0))
		count(COUNTER_SIGNAL_FAILED);
	bpf_task_release(kept);
}

/*
 * True if a process other than this one may have this address space. Whoever looks at
 * it (/proc, ptrace) is counted as well, for a moment.
 */
static __always_inline bool memory_may_be_shared(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, mm, mm_users.counter) > BPF_CORE_READ(task, signal, nr_threads);
}

/* SIGKILL for each other process with the address space of this one. True if there is one. */
static __noinline int sharers_kill(void)
{
	struct task_struct *current = bpf_get_current_task_btf(), *task;
	u64 mm = (u64)BPF_CORE_READ(current, mm);
	struct bpf_iter_task all;
	int found = 0;

	if (!can_reach_sharers() || !memory_may_be_shared())
		return 0;
	bpf_iter_task_new(&all, NULL, BPF_TASK_ITER_ALL_PROCS);
	while ((task = bpf_iter_task_next(&all))) {
		if ((u64)BPF_CORE_READ(task, mm) != mm || task->tgid == current->tgid)
			continue;
		found = 1;
		sharer_signal(task, SIGKILL, PIDTYPE_TGID);
	}
	bpf_iter_task_destroy(&all);
	return found;
}

/* A SIGSTOP for each other thread of this process. */
static __noinline int sharers_stop(void)
{
	struct task_struct *current = bpf_get_current_task_btf(), *task;
	struct bpf_iter_task threads;

	if (!can_reach_sharers() || BPF_CORE_READ(current, signal, nr_threads) < 2)
		return 0;
	bpf_iter_task_new(&threads, current, BPF_TASK_ITER_PROC_THREADS);
	while ((task = bpf_iter_task_next(&threads))) {
		if (task->pid != current->pid)
			sharer_signal(task, SIGSTOP, PIDTYPE_PID);
	}
	bpf_iter_task_destroy(&threads);
	return 0;
}

#endif
