/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * System calls by what they do, whichever of x86's three numberings the task
 * used: 64-bit, x32 (bit 30 of the number), or i386 (int $0x80, also from 64-bit
 * code), where the same number means another call.
 */
#ifndef INTERDICT_SYSCALL_BPF_H
#define INTERDICT_SYSCALL_BPF_H

#include "kernel.bpf.h"

#define TS_COMPAT	0x0002U	    /* arch/x86/include/asm/thread_info.h */
#define X32_SYSCALL_BIT 0x40000000U /* arch/x86/include/uapi/asm/unistd.h */

enum call {
	CALL_OTHER,
	CALL_MMAP,
	CALL_MPROTECT,
	CALL_REMAP_FILE_PAGES,
	CALL_IOCTL,
	CALL_FINIT_MODULE,
	CALL_INIT_MODULE,
	CALL_OPEN,   /* path is argument 0 */
	CALL_OPENAT, /* path is argument 1 */
	CALL_OPEN_BY_HANDLE,
	CALL_EXECVE,   /* argv is argument 1 */
	CALL_EXECVEAT, /* argv is argument 2 */
	CALL_SHMAT,    /* returns the address */
	CALL_IPC,      /* i386: the call is argument 0; shmat's address at argument 3 */
};

struct syscall_args {
	u64 arg[5];
};

/* arch/x86/entry/syscalls/syscall_64.tbl */
static __always_inline u32 syscall_name_64(u32 number)
{
	switch (number) {
	case 9:
		return CALL_MMAP;
	case 10:  /* mprotect */
	case 329: /* pkey_mprotect */
		return CALL_MPROTECT;
	case 216:
		return CALL_REMAP_FILE_PAGES;
	case 16:
	case 514: /* x32 */
		return CALL_IOCTL;
	case 30:
		return CALL_SHMAT;
	case 313:
		return CALL_FINIT_MODULE;
	case 175:
		return CALL_INIT_MODULE;
	case 2:	 /* open */
	case 85: /* creat */
		return CALL_OPEN;
	case 257: /* openat */
	case 437: /* openat2 */
		return CALL_OPENAT;
	case 304:
		return CALL_OPEN_BY_HANDLE;
	case 59:
	case 520: /* x32 */
		return CALL_EXECVE;
	case 322:
	case 545: /* x32 */
		return CALL_EXECVEAT;
	}
	return CALL_OTHER;
}

#define I386_OLD_MMAP 90 /* its arguments lie in memory */

/* arch/x86/entry/syscalls/syscall_32.tbl */
static __always_inline u32 syscall_name_32(u32 number)
{
	switch (number) {
	case I386_OLD_MMAP:
	case 192: /* mmap2 */
		return CALL_MMAP;
	case 125:
	case 380:
		return CALL_MPROTECT;
	case 257:
		return CALL_REMAP_FILE_PAGES;
	case 54:
		return CALL_IOCTL;
	case 397:
		return CALL_SHMAT;
	case 117:
		return CALL_IPC;
	case 350:
		return CALL_FINIT_MODULE;
	case 128:
		return CALL_INIT_MODULE;
	case 5:
	case 8:
		return CALL_OPEN;
	case 295:
	case 437:
		return CALL_OPENAT;
	case 342:
		return CALL_OPEN_BY_HANDLE;
	case 11:
		return CALL_EXECVE;
	case 358:
		return CALL_EXECVEAT;
	}
	return CALL_OTHER;
}

static __always_inline void syscall_args_32(struct pt_regs *regs, u32 number,
					    struct syscall_args *args)
{
	args->arg[0] = (u32)regs->bx;
	args->arg[1] = (u32)regs->cx;
	args->arg[2] = (u32)regs->dx;
	args->arg[3] = (u32)regs->si;
	args->arg[4] = (u32)regs->di;
	if (number == I386_OLD_MMAP) {
		u32 block[5] = {};

		bpf_probe_read_user(block, sizeof(block), (void *)args->arg[0]);
		for (int i = 0; i < 5; i++)
			args->arg[i] = block[i];
	}
}

/* True if either numbering has one of the calls of the set, a mask of 1 << CALL_*, there. */
static __always_inline bool syscall_is_of(u32 number, u32 set)
{
	return (1U << syscall_name_64(number & ~X32_SYSCALL_BIT) |
		1U << syscall_name_32(number)) & set;
}

/* Bytes in a pointer of the task. @number: of the call that it is in. */
static __always_inline u32 syscall_word(struct task_struct *task, u32 number)
{
	bool narrow = (task->thread_info.status & TS_COMPAT) || (number & X32_SYSCALL_BIT);

	return narrow ? 4 : 8;
}

#define IOCTL_NAME(command) ((command)&0xffffU) /* type and number, without size and direction */
#define EXT4_IOC_MOVE_EXT   ('f' << 8 | 15)	   /* fs/ext4/ext4.h */
#define XFS_IOC_SWAPEXT	    ('X' << 8 | 109)	   /* fs/xfs/libxfs/xfs_fs.h */
#define XFS_IOC_OPEN_HANDLE ('X' << 8 | 107)	   /* likewise */

/*
 * True if the call gives a file other blocks and may leave its change time as it was: the first
 * does (6.18), the second is of the same kind.
 */
static __always_inline bool ioctl_moves_blocks(u32 command)
{
	return IOCTL_NAME(command) == EXT4_IOC_MOVE_EXT || IOCTL_NAME(command) == XFS_IOC_SWAPEXT;
}

/*
 * True if the call opens a file whose change time and i_version stay as they are when it is written
 * (FMODE_NOCMTIME, xfs_open_by_handle()).
 */
static __always_inline bool ioctl_opens_untimed(u32 command)
{
	return IOCTL_NAME(command) == XFS_IOC_OPEN_HANDLE;
}

/*
 * What the call does, and its arguments; those only if it is not CALL_OTHER. @task: the
 * current one.
 */
static __always_inline u32 syscall_decode(struct task_struct *task, struct pt_regs *regs, u32 number,
					  struct syscall_args *args)
{
	u32 name_64 = syscall_name_64(number & ~X32_SYSCALL_BIT);

	if (task->thread_info.status & TS_COMPAT) {
		u32 name_32 = syscall_name_32(number);

		if (name_32 != CALL_OTHER)
			syscall_args_32(regs, number, args);
		return name_32;
	}
	if (name_64 == CALL_OTHER)
		return CALL_OTHER;
	args->arg[0] = regs->di;
	args->arg[1] = regs->si;
	args->arg[2] = regs->dx;
	args->arg[3] = regs->r10;
	args->arg[4] = regs->r8;
	return name_64;
}

#endif
