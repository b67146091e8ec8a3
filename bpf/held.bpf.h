/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * That no held task goes on without a verdict, seen from outside of it; guard.bpf.h is
 * what it looks at itself.
 */
#ifndef INTERDICT_HELD_BPF_H
#define INTERDICT_HELD_BPF_H

#include "hold.bpf.h"

#define TASK_STOPPED_OR_TRACED 0x000cU /* __TASK_STOPPED | __TASK_TRACED, linux/sched.h */

/* Kills the task if it is held: it was resumed without a verdict. */
static __always_inline void held_kill(struct task_struct *task)
{
	u32 tgid = (u32)task->tgid;
	struct held_task *entry = bpf_map_lookup_elem(&held_tasks, &tgid);

	if (!entry || entry->start != task->group_leader->start_boottime)
		return;
	if (is_dying(task)) /* by the daemon's verdict, or by anybody's SIGKILL */
		return;
	entry->resumed = 1;
	count(COUNTER_FOREIGN_CONT);
	if (bpf_send_signal_task(task, SIGKILL, PIDTYPE_TGID, 0))
		count(COUNTER_SIGNAL_FAILED);
}

/*
 * The current task is in user space, and a fault is about to be handled.
 *
 * A SIGCONT that comes when a held task is on its way out of the kernel, between its
 * last look at itself (guard.bpf.h) and the SIGSTOP, has that forgotten, and the kill
 * comes from the sender's CPU: too late (6 of 1000 first executions under a storm of
 * SIGCONT). But nothing of a new program is in memory yet, nor of a new mapping unless
 * it is populated: the first instruction of either is a fault of the thread that is
 * held, which a thread that is stopped does not have. Interrupts are off here, so the
 * signal comes from this CPU's irq_work, as soon as the fault is being handled, and the
 * task ends on its way back (arch/x86/mm/fault.c: handle_page_fault()).
 */
static __always_inline void held_fault(void)
{
	struct held_task *entry = hold_entry();

	if (!entry || entry->pid != (u32)bpf_get_current_pid_tgid() ||
	    is_dying(bpf_get_current_task_btf()))
		return;
	entry->resumed = 1;
	count(COUNTER_FOREIGN_CONT);
	signal_current(SIGKILL);
}

static __always_inline void held_switch(struct task_struct *prev, struct task_struct *next,
					unsigned int prev_state)
{
	struct held_state *state = bpf_task_storage_get(&held, prev, NULL, 0);

	if (state && state->state == HOLD_PENDING && (prev_state & TASK_STOPPED_OR_TRACED))
		state->state = HOLD_STOPPED;
	state = bpf_task_storage_get(&held, next, NULL, 0);
	if (!state || state->state != HOLD_STOPPED)
		return;
	state->state = HOLD_ENDED;
	held_kill(next);
}

#endif
