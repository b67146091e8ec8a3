/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a mapping of the current process shows.
 */
#ifndef INTERDICT_MAPPED_BPF_H
#define INTERDICT_MAPPED_BPF_H

#include "kernel.bpf.h"

#define LOOKUP_ATTEMPTS 2048 /* while another thread changes the address space */

/* The file that a mapping of the current process shows. */
struct mapped_file {
	u64 address;
	u64 file; /* struct file *, 0: anonymous */
	u64 end;  /* first address after the mapping */
	s32 result;
	u32 executable;
};

static long mapped_file_read(struct task_struct *task, struct vm_area_struct *vma,
			     struct mapped_file *mapped)
{
	mapped->file = (u64)BPF_CORE_READ(vma, vm_file); /* as a number */
	mapped->end = vma->vm_end;
	mapped->executable = !!(vma->vm_flags & VM_EXEC);
	return 0;
}

/* bpf_find_vma() only tries the lock, which another thread may hold: -EBUSY. */
static long mapped_file_attempt(u32 index, struct mapped_file *mapped)
{
	mapped->result = (s32)bpf_find_vma(bpf_get_current_task_btf(), mapped->address,
				      mapped_file_read, mapped, 0);
	return mapped->result != -EBUSY;
}

static __always_inline bool mapped_file_find(u64 address, struct mapped_file *mapped)
{
	mapped->address = address;
	mapped->file = 0;
	mapped->end = 0;
	mapped->executable = 0;
	if (!mapped_file_attempt(0, mapped))
		bpf_loop(LOOKUP_ATTEMPTS, mapped_file_attempt, mapped, 0);
	return mapped->result == 0;
}

#endif
