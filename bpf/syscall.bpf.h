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

#define I386_OLD_MMAP 90 /* its arguments lie in memory */

/* What a number means, an enum call each: to 64-bit and x32 calls, and to i386's. */
struct call_names {
	u8 name_64, name_32;
};

/*
 * A table, because each system call of the machine asks it twice: comparisons, some fifty
 * instructions of them, were most of what the others cost.
 */
static const struct call_names call_names[] = {
	/* arch/x86/entry/syscalls/syscall_64.tbl */
	[9].name_64 = CALL_MMAP,
	[10].name_64 = CALL_MPROTECT,
	[329].name_64 = CALL_MPROTECT, /* pkey_mprotect */
	[216].name_64 = CALL_REMAP_FILE_PAGES,
	[16].name_64 = CALL_IOCTL,
	[514].name_64 = CALL_IOCTL, /* x32 */
	[30].name_64 = CALL_SHMAT,
	[313].name_64 = CALL_FINIT_MODULE,
	[175].name_64 = CALL_INIT_MODULE,
	[2].name_64 = CALL_OPEN,
	[85].name_64 = CALL_OPEN, /* creat */
	[257].name_64 = CALL_OPENAT,
	[437].name_64 = CALL_OPENAT, /* openat2 */
	[304].name_64 = CALL_OPEN_BY_HANDLE,
	[59].name_64 = CALL_EXECVE,
	[520].name_64 = CALL_EXECVE, /* x32 */
	[322].name_64 = CALL_EXECVEAT,
	[545].name_64 = CALL_EXECVEAT, /* x32 */

	/* arch/x86/entry/syscalls/syscall_32.tbl */
	[I386_OLD_MMAP].name_32 = CALL_MMAP,
	[192].name_32 = CALL_MMAP, /* mmap2 */
	[125].name_32 = CALL_MPROTECT,
	[380].name_32 = CALL_MPROTECT, /* pkey_mprotect */
	[257].name_32 = CALL_REMAP_FILE_PAGES,
	[54].name_32 = CALL_IOCTL,
	[397].name_32 = CALL_SHMAT,
	[117].name_32 = CALL_IPC,
	[350].name_32 = CALL_FINIT_MODULE,
	[128].name_32 = CALL_INIT_MODULE,
	[5].name_32 = CALL_OPEN,
	[8].name_32 = CALL_OPEN, /* creat */
	[295].name_32 = CALL_OPENAT,
	[437].name_32 = CALL_OPENAT, /* openat2 */
	[342].name_32 = CALL_OPEN_BY_HANDLE,
	[11].name_32 = CALL_EXECVE,
	[358].name_32 = CALL_EXECVEAT,
};

static __always_inline const struct call_names *syscall_names(u32 number)
{
	number &= ~X32_SYSCALL_BIT;
	if (number >= sizeof(call_names) / sizeof(call_names[0]))
		number = 0; /* read(2), and restart_syscall(2): of no interest */
	return &call_names[number];
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
	const struct call_names *names = syscall_names(number);

	if (!(names->name_64 | names->name_32)) /* CALL_OTHER: most end here */
		return false;
	return (1U << names->name_64 | 1U << names->name_32) & set;
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
	const struct call_names *names = syscall_names(number);

	if (task->thread_info.status & TS_COMPAT) {
		if (names->name_32 != CALL_OTHER)
			syscall_args_32(regs, number, args);
		return names->name_32;
	}
	if (names->name_64 == CALL_OTHER)
		return CALL_OTHER;
	args->arg[0] = regs->di;
	args->arg[1] = regs->si;
	args->arg[2] = regs->dx;
	args->arg[3] = regs->r10;
	args->arg[4] = regs->r8;
	return names->name_64;
}

#endif
