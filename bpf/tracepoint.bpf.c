// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * tracepoint backend, for kernels that refuse LSM programs:
 *
 *	sched_process_exec	the program and the ELF interpreter, before their
 *				first instruction
 *	sys_enter		mmap, mprotect to executable, module loading: decided
 *				before the call, or another thread could run the
 *				mapping before the caller is back in user space
 *	sys_exit		opens; the script of a #! line; executable mappings
 *				once more, by what was really mapped; SysV shared
 *				memory, which has no descriptor to look at before;
 *				what changes a file and leaves its change time
 *
 * and that no held task goes on without a verdict; attached in enforce only, since in audit
 * nothing is held and two of these are hot:
 *
 *	signal_deliver		the stop of a held task: looked at again when it ends
 *	signal_generate		a held task that somebody else resumes is killed
 *	sched_switch		so is one that gets the CPU without a verdict
 *	page_fault_user		and one that is in user space nevertheless: it cannot
 *				run its first instruction without this
 *
 * Fails closed where a hook can kill, in enforce; in audit nothing is held. All hooks are
 * one object, because libbpf 1.1's linker takes a kernel function from one only.
 */
#define PEEK_BY_CAST

#include "held.bpf.h"
#include "mapped.bpf.h"
#include "script.bpf.h"
#include "syscall.bpf.h"
#include "tracepoint.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

#define MPROTECT_STEPS_MAX (1 << 20) /* mappings of a process; vm.max_map_count is 65530 */

/* Of both backends: see file.bpf.h. */
__noinline int facts_read_at(struct facts *facts, u64 file)
{
	if (facts)
		facts_read(facts, (void *)file);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, file); /* as a number */
	struct mapped_file entry;
	struct pt_regs *regs;
	struct file *first;

	if (is_waiting())
		return 0;
	count(COUNTER_SEEN_EXEC);
	script_remember(bprm);
	tracepoint_execution(file, EVENT_EXEC,
			     bprm->interp != bprm->filename ? EVENT_INTERPRETER : 0, ~0U);

	/* binfmt_misc with the flag O: the file itself was handed over open, and no path leads to it. */
	if (BPF_CORE_READ_BITFIELD(bprm, have_execfd))
		tracepoint_execution(file_of_fd((u32)bprm->execfd), EVENT_EXEC, EVENT_SCRIPT,
				     (u32)bprm->execfd);

	/* The first instruction is the ELF interpreter's, where there is one. */
	regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	if (!mapped_file_find(PEEK(regs, ip), &entry) || !entry.file)
		return 0;
	first = (void *)entry.file;
	if (PEEK(first, f_inode) != real_inode(file))
		tracepoint_file(first, EVENT_MAP, EVENT_INTERPRETER, ~0U, entry.address);
	return 0;
}

/* Executable by what is asked for, or because reading implies it for this task. */
static __always_inline bool prot_is_executable(u32 prot)
{
	return (prot & PROT_EXEC) ||
	       ((prot & PROT_READ) &&
		(bpf_get_current_task_btf()->personality & READ_IMPLIES_EXEC));
}

/* Where the last decision of this task is kept; NULL if there was none. */
static __always_inline struct hook *map_hook(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return task->bpf_storage ? bpf_task_storage_get(&hooks, task, NULL, 0) : NULL;
}

/*
 * What this task's last decision about a mapping was about: on exit of the call the
 * same file is no new finding. Forgotten on entry, or it might be of an older call.
 */
static __always_inline void map_forget(void)
{
	struct hook *hook = map_hook();

	if (hook)
		hook->facts.address = 0;
}

static __always_inline bool map_was_decided(struct file *file)
{
	struct hook *hook = map_hook();

	return hook && hook->kind == EVENT_MAP &&
	       hook->facts.address == (u64)PEEK(file, f_inode);
}

/* A frame of its own: the stacks of all callers and callees together are bounded. */
static __noinline int map_taint(u64 pointer)
{
	struct file *file = (void *)pointer;
	struct facts facts;

	if (!file || !(PEEK(file, f_mode) & FMODE_WRITE))
		return 0;
	facts_read(&facts, file);
	if (facts.flags & FACT_REGULAR)
		taint_set(&facts);
	return 0;
}

/* A file about to be mapped. Shared and writable: never cache it again. */
static __always_inline void enter_mmap(const struct syscall_args *args)
{
	u32 flags = (u32)args->arg[3], fd = (u32)args->arg[4];
	bool executable = prot_is_executable((u32)args->arg[2]);
	u32 type = flags & MAP_TYPE;
	struct file *file;

	if (flags & MAP_ANONYMOUS)
		return;
	if (!executable && type == MAP_PRIVATE)
		return;
	file = file_of_fd(fd);
	if (!file)
		return;
	if (type != MAP_PRIVATE)
		map_taint((u64)file);
	if (!executable)
		return;
	count(COUNTER_SEEN_MAP);
	map_forget();
	tracepoint_file(file, EVENT_MAP, 0, fd, 0);
}

/* The range of an mprotect(2), walked mapping by mapping. */
struct mprotect_walk {
	struct mapped_file mapped;
	u64 end;
	u32 flags;	/* EVENT_* */
	u32 executable; /* look at mappings that are executable, or at the others */
	u32 found;	/* the last step that found a mapping: a count of failures would be one
			 * more state for the verifier with each */
};

static long mprotect_step(u32 index, struct mprotect_walk *walk)
{
	struct mapped_file *mapped = &walk->mapped;

	mapped->file = 0;
	mapped->executable = 0;
	mapped_file_attempt(0, mapped);
	if (mapped->result == -EBUSY)
		return index - walk->found > LOOKUP_ATTEMPTS; /* once more */
	if (mapped->result)
		return 1;
	walk->found = index;
	if (mapped->file && mapped->executable == walk->executable &&
	    !(walk->executable && map_was_decided((void *)mapped->file))) {
		count(COUNTER_SEEN_MAP);
		tracepoint_file((void *)mapped->file, EVENT_MAP, walk->flags, ~0U, mapped->address);
	}
	mapped->address = mapped->end;
	return mapped->address >= walk->end;
}

/*
 * On entry what is not executable yet, decided before the call; on exit what is:
 * the lookup on entry may have failed throughout.
 */
static __always_inline void walk_mprotect(const struct syscall_args *args, bool after)
{
	struct mprotect_walk walk = {
		.mapped.address = args->arg[0],
		.end = args->arg[0] + args->arg[1],
		.flags = after ? EVENT_MPROTECT | EVENT_LATE : EVENT_MPROTECT,
		.executable = after,
	};

	if (prot_is_executable((u32)args->arg[2]) && walk.end > args->arg[0])
		bpf_loop(MPROTECT_STEPS_MAX, mprotect_step, &walk, 0);
}

/* What the kernel is about to do for the current task. Apart, for a small program before it. */
static __noinline int call_begins(struct pt_regs *regs, u32 number)
{
	struct syscall_args args = {};

	if (is_waiting())
		return 0;
	switch (syscall_decode(bpf_get_current_task_btf(), regs, number, &args)) {
	case CALL_MMAP:
		enter_mmap(&args);
		break;
	case CALL_REMAP_FILE_PAGES:
		/* Maps the range anew, with what reading implies (do_mmap()). */
		args.arg[2] = PROT_READ;
		map_forget();
		walk_mprotect(&args, false);
		break;
	case CALL_MPROTECT:
		map_forget();
		walk_mprotect(&args, false);
		break;
	case CALL_FINIT_MODULE:
		count(COUNTER_SEEN_MODULE);
		tracepoint_execution(file_of_fd((u32)args.arg[0]), EVENT_MODULE, 0,
				     (u32)args.arg[0]);
		break;
	case CALL_INIT_MODULE:
		hook_report_memory_module();
		break;
	}
	return 0;
}

#define CALLS_AT_ENTRY                                                                             \
	(1U << CALL_MMAP | 1U << CALL_MPROTECT | 1U << CALL_REMAP_FILE_PAGES |                     \
	 1U << CALL_FINIT_MODULE | 1U << CALL_INIT_MODULE)

/* Of every system call of the machine: what is not for us ends at its number. */
SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	return syscall_is_of((u32)id, CALLS_AT_ENTRY) ? call_begins(regs, (u32)id) : 0;
}

static __always_inline void exit_open(struct task_struct *task, u32 fd, u64 path)
{
	struct file *file = file_of_fd(fd);

	if (!file || !(PEEK(file, f_mode) & FMODE_READ) || is_daemon())
		return;
	count(COUNTER_SEEN_OPEN);
	if (path && script_is_opened(task, path))
		tracepoint_execution(file, EVENT_EXEC, EVENT_SCRIPT, fd);
	else
		tracepoint_file(file, EVENT_OPEN, 0, fd, 0);
}

/*
 * What was decided on entry was the file that the descriptor named then; another
 * thread may have put another file there in between. What is mapped now counts.
 */
static __always_inline void exit_mmap(u64 address)
{
	struct mapped_file mapped;

	if (is_dying(bpf_get_current_task_btf()) || !mapped_file_find(address, &mapped) ||
	    !mapped.file || !mapped.executable || map_was_decided((void *)mapped.file))
		return;
	tracepoint_file((void *)mapped.file, EVENT_MAP, EVENT_LATE, ~0U, address);
}

/* The old mmap's arguments lie in memory, where another thread may have changed them. */
static __always_inline bool mmap_is_looked_at(const struct syscall_args *args, u32 number)
{
	return number == I386_OLD_MMAP ||
	       (!(args->arg[3] & MAP_ANONYMOUS) && prot_is_executable((u32)args->arg[2]));
}

#define IPC_SHMAT 21 /* include/uapi/linux/ipc.h; the upper half is a version */

/* ipc(2) has one number for all calls, and puts shmat's address where argument 3 points. */
static __always_inline void exit_ipc(const struct syscall_args *args)
{
	u32 address = 0;

	if ((args->arg[0] & 0xffff) == IPC_SHMAT &&
	    !bpf_probe_read_user(&address, sizeof(address), (void *)args->arg[3]))
		exit_mmap(address);
}

/*
 * The first of these takes blocks away, also if it fails half-way: but not if it is of no
 * file system that knows it, or of a descriptor that is none or not for writing. Counted
 * when it is done: the files are open for writing until the task has left the kernel, so
 * nothing is kept for them before.
 */
static __always_inline void exit_ioctl(u32 command, long ret)
{
	if (ioctl_moves_blocks(command) && ret != -ENOTTY && ret != -EBADF)
		__sync_fetch_and_add(&blocks_moved, 1);
	/* It is open for writing by now, so nothing was stored since it is. */
	if (ioctl_opens_untimed(command) && ret >= 0)
		map_taint((u64)file_of_fd((u32)ret));
}

/*
 * What the kernel has done for the current task. Inline: 6.1 counts 32 bytes of stack for a
 * frame that has none, and the way from here needs all 512.
 */
static __always_inline int call_ends(struct pt_regs *regs, u32 number, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall_args args = {};
	u32 call;

	if (is_waiting())
		return 0;
	call = syscall_decode(task, regs, number, &args);
	if (call == CALL_IOCTL)
		exit_ioctl((u32)args.arg[1], ret);
	if (ret < 0 && ret >= -4095)
		return 0;
	switch (call) {
	case CALL_OPEN:
		exit_open(task, (u32)ret, args.arg[0]);
		break;
	case CALL_OPENAT:
		exit_open(task, (u32)ret, args.arg[1]);
		break;
	case CALL_OPEN_BY_HANDLE:
		exit_open(task, (u32)ret, 0);
		break;
	case CALL_MMAP:
		if (mmap_is_looked_at(&args, number))
			exit_mmap((u64)ret);
		break;
	case CALL_SHMAT:
		map_forget();
		exit_mmap((u64)ret);
		break;
	case CALL_IPC:
		map_forget();
		exit_ipc(&args);
		break;
	case CALL_REMAP_FILE_PAGES:
		args.arg[2] = PROT_READ;
		if (!is_dying(task))
			walk_mprotect(&args, true);
		break;
	case CALL_MPROTECT:
		if (!is_dying(task))
			walk_mprotect(&args, true);
		break;
	}
	return 0;
}

#define CALLS_AT_EXIT                                                                              \
	(1U << CALL_OPEN | 1U << CALL_OPENAT | 1U << CALL_OPEN_BY_HANDLE | 1U << CALL_MMAP |       \
	 1U << CALL_SHMAT | 1U << CALL_IPC | 1U << CALL_REMAP_FILE_PAGES | 1U << CALL_MPROTECT |   \
	 1U << CALL_IOCTL)

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	u32 number = (u32)regs->orig_ax;

	return syscall_is_of(number, CALLS_AT_EXIT) ? call_ends(regs, number, ret) : 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int signal)
{
	if (signal == SIGSTOP && holding && !is_waiting())
		guard_stopping();
	return 0;
}

/* The daemon takes the hold out of the map before it sends SIGCONT. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *task)
{
	if (signal == SIGCONT && holding && !is_waiting())
		held_kill(task);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	if (holding && !is_waiting())
		held_switch(prev, next, prev_state);
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(page_fault_user)
{
	if (holding && !is_waiting())
		held_fault();
	return 0;
}
