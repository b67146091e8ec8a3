// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * tracepoint backend, for kernels that refuse LSM programs:
 *
 *	sched_process_exec	the program and the ELF interpreter, before their
 *				first instruction
 *	sys_enter		mmap, mprotect to executable, module loading: decided
 *				before the call, or another thread could run the
 *				mapping before the caller is back in user space; what
 *				changes a file and leaves its change time
 *	sys_exit		opens; the script of a #! line; executable mappings
 *				once more, by what was really mapped; SysV shared
 *				memory, which has no descriptor to look at before
 *	signal_deliver		the stop of a held task: looked at again when it ends
 *	signal_generate		a held task that somebody else resumes is killed
 *	sched_switch		so is one that gets the CPU without a verdict
 *	page_fault_user		and one that is in user space nevertheless: it cannot
 *				run its first instruction without this
 *
 * Fails closed where a hook can kill, in enforce; in audit nothing is held.
 */
#include "guard.bpf.h"
#include "hold.bpf.h"
#include "hook.bpf.h"
#include "syscall.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

#define TASK_STOPPED_OR_TRACED 0x000cU /* __TASK_STOPPED | __TASK_TRACED, linux/sched.h */
#define MPROTECT_STEPS_MAX     (1 << 20) /* mappings of a process; vm.max_map_count is 65530 */
#define LOOKUP_ATTEMPTS	       2048 /* while another thread changes the address space */
#define SCRIPT_PATH_MAX	       256
#define SCRIPTS_MAX	       6 /* BINPRM_MAX_RECURSION, and an argument of the #! line */

/* The quick half, as in the lsm backend: most files end here, by their size. */
static __always_inline bool tracepoint_cleared(struct file *file, u32 kind, bool executable)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);
	u32 mode = BPF_CORE_READ(inode, i_mode);
	u32 magic;

	if ((mode & S_IFMT) != S_IFREG)
		return true;
	magic = (u32)BPF_CORE_READ(sb, s_magic);
	if (magic == OVERLAYFS_SUPER_MAGIC)
		return false;
	if (kind != EVENT_OPEN && super_is_foreign(sb))
		return false;
	if (policy_gate((u64)BPF_CORE_READ(inode, i_size), executable || (mode & S_IXUGO)))
		return false;
	count(COUNTER_SIZE_CLEARED);
	return true;
}

static __always_inline bool tracepoint_cached(struct hook *hook)
{
	struct facts *facts = &hook->facts;

	if (facts->writecount > 0 || taint_find(facts))
		facts->flags &= ~FACT_CACHEABLE;
	if (!(facts->flags & FACT_CACHEABLE) || !digests_find(facts, 0, &hook->value))
		return false;
	__builtin_memcpy(hook->query.digest, hook->value.digest, INTERDICT_DIGEST_SIZE);
	hook->verdict.source = hook->value.source;
	count(COUNTER_CACHED);
	return true;
}

/* Leaves the file to the daemon; holds the task where that is what is asked for. */
static __always_inline void tracepoint_pending(struct hook *hook)
{
	/* The lookup of no digest tells what policy is in force. */
	policy_lookup(&hook->query, POLICY_EVERY_USER);
	hook->query.entry = 0;
	hook->query.action = 0;
	hook->verdict.decision = DECISION_PENDING;
	count(COUNTER_PENDING);
	if (hook->kind == EVENT_MODULE || !(hook->query.flags & POLICY_HAS_DENY))
		return;
	if (hook->kind == EVENT_OPEN && !(hook->query.flags & POLICY_HAS_OPEN_DENY))
		return;
	if (hold_allowed())
		hook->flags |= hold_current(hook->kind, hook->fd, hook->address,
					    &hook->facts);
	if (hook->flags & EVENT_HELD)
		guard_held();
	if ((hook->flags & HOLD_KILLED) || hold_refuses(hook->flags)) {
		hook->verdict.decision = DECISION_DENY;
		hook->verdict.reason = REASON_UNHASHABLE;
		hook->verdict.error = hook->flags & EVENT_NO_COVERAGE ? -ETIMEDOUT : -EACCES;
		count(COUNTER_UNHASHABLE);
	}
}

/*
 * A mapping shows the real file beneath overlayfs, on a private clone of its mount:
 * one that is in no namespace (clone_private_mount()), as memfd's is.
 */
static __always_inline bool is_internal_mount(struct file *file)
{
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	s64 mnt_ns = (s64)BPF_CORE_READ(mount, mnt_ns);

	return mnt_ns == 0 || mnt_ns == -EINVAL;
}

/* True if there is something to report or to ask. */
static __always_inline bool tracepoint_decide(struct hook *hook, struct file *file, bool executable)
{
	struct facts *facts = &hook->facts;
	int error = 0;

	facts_read(facts, file);
	/* stat(2) of what is mapped from overlayfs shows other numbers than this file. */
	if (hook->address && is_internal_mount(file))
		facts->flags |= FACT_OVERLAY | FACT_DEV_PRIVATE;
	if (!(facts->flags & FACT_REGULAR) || !hook_gate(hook, executable))
		return false;
	if (facts->flags & FACT_INCONSISTENT)
		error = -EUCLEAN;
	else if (hook->kind == EVENT_EXEC && !(hook->flags & EVENT_SCRIPT) && facts->writecount > 0)
		error = -ETXTBSY;
	else if ((facts->flags & FACT_UNVERIFIABLE) && runtime.unverifiable_deny &&
		 hook->kind != EVENT_OPEN)
		error = -EOPNOTSUPP;
	if (error) {
		hook_unhashable(hook, error);
		return true;
	}
	if (tracepoint_cached(hook))
		return hook_listed(hook);
	tracepoint_pending(hook);
	return true;
}

/* The inode beneath, where the file lies on overlayfs. */
static __always_inline struct inode *real_inode(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);

	if ((u32)BPF_CORE_READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return inode;
	file = overlay_real_file(file);
	return file ? BPF_CORE_READ(file, f_inode) : inode;
}

static __always_inline void tracepoint_emit(struct hook *hook, struct file *file)
{
	struct record *record = scratch_get();
	u32 path_size, argv_size;

	if (!record) {
		hook_report_short(hook);
		return;
	}
	hook_report(hook, record);
	path_size = emit_path_walk(record, file);
	argv_size = emit_argv_mm(record, path_size);
	hook_sent(hook, emit_finish(record, path_size, argv_size));
	scratch_put();
}

/*
 * The whole way of one file. @pointer: its struct file, only ever read by
 * bpf_probe_read_kernel(); @fd: the descriptor, ~0 if there is none; @address: where
 * it is mapped, 0 if it is not yet. A global function, so that the verifier walks it
 * once and not once a caller. Returns 1 if the policy had nothing to say about the
 * file, or user space has to find out.
 */
__weak __noinline int tracepoint_file(u64 pointer, u32 kind, u32 flags, u32 fd, u64 address)
{
	struct file *file = (void *)pointer;
	bool executable = kind != EVENT_OPEN;
	struct hook *hook;
	int open = 1;

	if (!file)
		return 0;
	if (tracepoint_cleared(file, kind, executable))
		return 1;
	hook = hook_begin(kind, flags);
	if (!hook) {
		if (hook_no_memory(kind, flags))
			signal_current(SIGKILL);
		return 0;
	}
	hook->fd = fd;
	hook->address = address;
	if (tracepoint_decide(hook, file, executable)) {
		/* A module cannot be stopped from here: reported only. */
		if (kind == EVENT_MODULE && hook->verdict.decision == DECISION_DENY)
			hook->verdict.decision = DECISION_AUDIT;
		/* What could not be held has had its SIGKILL. */
		if (hook->verdict.decision == DECISION_DENY && !(hook->flags & HOLD_KILLED)) {
			signal_current(SIGKILL);
			if (kind == EVENT_MAP && sharers_kill())
				hook->flags |= EVENT_SHARED;
		}
		open = hook->verdict.decision == DECISION_PENDING;
		tracepoint_emit(hook, file);
	}
	open = open && !hook->query.entry; /* what is retired is listed too */
	hook_end(hook);
	return open;
}

/*
 * Reports a file's first execution, after tracepoint_file() has returned 1 for it. Apart
 * from that one, so that their stacks do not add up.
 */
__weak __noinline int tracepoint_first(u64 pointer, u32 kind, u32 flags, u32 fd)
{
	struct file *file = (void *)pointer;
	struct inode *inode = real_inode(file);
	struct hook *hook;

	if ((BPF_CORE_READ(inode, i_mode) & S_IFMT) != S_IFREG || !first_is_new(inode))
		return 0;
	hook = hook_begin(kind, flags);
	if (!hook) {
		first_lost(inode);
		return 0;
	}
	hook->fd = fd;
	hook_first(hook, file, true);
	tracepoint_emit(hook, file);
	hook_end(hook);
	return 0;
}

/* An execution: decided, and looked at if it is the first. */
static __always_inline void tracepoint_execution(struct file *file, u32 kind, u32 flags, u32 fd)
{
	if (tracepoint_file((u64)file, kind, flags, fd, 0) && runtime.report_first)
		tracepoint_first((u64)file, kind, flags, fd);
}

/* The file that a mapping of the current process shows. */
struct mapped_file {
	u64 address;
	s64 result;
	u64 file; /* struct file *, 0: anonymous */
	u64 end;  /* first address after the mapping */
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
	mapped->result = bpf_find_vma(bpf_get_current_task_btf(), mapped->address,
				      mapped_file_read, mapped, 0);
	return mapped->result != -EBUSY;
}

static __always_inline bool mapped_file_find(u64 address, struct mapped_file *mapped)
{
	mapped->address = address;
	mapped->file = 0;
	mapped->end = 0;
	mapped->executable = 0;
	bpf_loop(LOOKUP_ATTEMPTS, mapped_file_attempt, mapped, 0);
	return mapped->result == 0;
}

/*
 * The paths under which the kernel hands scripts to an interpreter: arguments 1 and
 * on, up to the one that was executed (the interpreter of a script may be a script).
 * The first open of such a path is the execution of that script. They stay
 * remembered over an exec in between, as of `env` in "#!/usr/bin/env python3".
 */
struct script {
	char path[SCRIPTS_MAX][SCRIPT_PATH_MAX];
	char opened[SCRIPT_PATH_MAX]; /* or executed: working memory */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct script);
} scripts SEC(".maps");

/* Both padded with zeroes to SCRIPT_PATH_MAX. */
static __always_inline bool path_equal(const char *a, const char *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	for (int i = 0; i < SCRIPT_PATH_MAX / 8; i++) {
		if (x[i] != y[i])
			return false;
	}
	return true;
}

static __always_inline void script_remember(struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct script *script;
	u64 next;
	long n;

	if (bprm->interp == bprm->filename)
		return;
	script = bpf_task_storage_get(&scripts, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!script) {
		count(COUNTER_NO_STORAGE);
		return;
	}
	for (int i = 0; i < SCRIPTS_MAX; i++)
		script->path[i][0] = '\0';
	__builtin_memset(script->opened, 0, sizeof(script->opened));
	bpf_probe_read_kernel_str(script->opened, sizeof(script->opened), bprm->filename);
	next = BPF_CORE_READ(task, mm, arg_start);
	n = bpf_probe_read_user_str(script->path[0], SCRIPT_PATH_MAX, (void *)next);
	for (int i = 0; i < SCRIPTS_MAX && n > 0; i++) {
		next += n;
		__builtin_memset(script->path[i], 0, SCRIPT_PATH_MAX);
		n = bpf_probe_read_user_str(script->path[i], SCRIPT_PATH_MAX, (void *)next);
		if (path_equal(script->path[i], script->opened))
			return;
	}
}

static __always_inline bool script_is_opened(u64 path)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct script *script = bpf_task_storage_get(&scripts, task, NULL, 0);

	if (!script)
		return false;
	__builtin_memset(script->opened, 0, sizeof(script->opened));
	bpf_probe_read_user_str(script->opened, sizeof(script->opened), (void *)path);
	if (!script->opened[0])
		return false;
	for (int i = 0; i < SCRIPTS_MAX; i++) {
		if (!path_equal(script->path[i], script->opened))
			continue;
		script->path[i][0] = '\0'; /* once */
		return true;
	}
	return false;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, file);
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
	if (!mapped_file_find(BPF_CORE_READ(regs, ip), &entry) || !entry.file)
		return 0;
	first = (void *)entry.file;
	if (BPF_CORE_READ(first, f_inode) != real_inode(file))
		tracepoint_file(entry.file, EVENT_MAP, EVENT_INTERPRETER, ~0U, entry.address);
	return 0;
}

/* Executable by what is asked for, or because reading implies it for this task. */
static __always_inline bool prot_is_executable(u32 prot)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return (prot & PROT_EXEC) ||
	       ((prot & PROT_READ) && (BPF_CORE_READ(task, personality) & READ_IMPLIES_EXEC));
}

/*
 * What this task's last decision about a mapping was about: on exit of the call the
 * same file is no new finding. Forgotten on entry, or it might be of an older call.
 */
static __always_inline void map_forget(void)
{
	struct hook *hook = bpf_task_storage_get(&hooks, bpf_get_current_task_btf(), NULL, 0);

	if (hook)
		hook->facts.address = 0;
}

static __always_inline bool map_was_decided(struct file *file)
{
	struct hook *hook = bpf_task_storage_get(&hooks, bpf_get_current_task_btf(), NULL, 0);

	return hook && hook->kind == EVENT_MAP &&
	       hook->facts.address == (u64)BPF_CORE_READ(file, f_inode);
}

/* A frame of its own: the stacks of all callers and callees together are bounded. */
static __noinline int map_taint(u64 pointer)
{
	struct file *file = (void *)pointer;
	struct facts facts;

	if (!file || !(BPF_CORE_READ(file, f_mode) & FMODE_WRITE))
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
	tracepoint_file((u64)file, EVENT_MAP, 0, fd, 0);
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
		tracepoint_file(mapped->file, EVENT_MAP, walk->flags, ~0U, mapped->address);
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

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct syscall_args args = {};
	u32 call;

	if (is_waiting())
		return 0;
	call = syscall_decode(regs, (u32)id, &args);
	switch (call) {
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
	case CALL_IOCTL:
		/* Both files are open for writing, so nothing is stored before it is done. */
		if (ioctl_moves_blocks((u32)args.arg[1]))
			__sync_fetch_and_add(&blocks_moved, 1);
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

static __always_inline void exit_open(u32 fd, u64 path)
{
	struct file *file = file_of_fd(fd);

	if (!file || !(BPF_CORE_READ(file, f_mode) & FMODE_READ) ||
	    is_daemon())
		return;
	count(COUNTER_SEEN_OPEN);
	if (path && script_is_opened(path))
		tracepoint_execution(file, EVENT_EXEC, EVENT_SCRIPT, fd);
	else
		tracepoint_file((u64)file, EVENT_OPEN, 0, fd, 0);
}

/*
 * What was decided on entry was the file that the descriptor named then; another
 * thread may have put another file there in between. What is mapped now counts.
 */
static __always_inline void exit_mmap(u64 address)
{
	struct mapped_file mapped;

	if (is_dying((void *)bpf_get_current_task()) || !mapped_file_find(address, &mapped) ||
	    !mapped.file || !mapped.executable || map_was_decided((void *)mapped.file))
		return;
	tracepoint_file(mapped.file, EVENT_MAP, EVENT_LATE, ~0U, address);
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

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct syscall_args args = {};
	u32 call;

	if (is_waiting() || (ret < 0 && ret >= -4095))
		return 0;
	call = syscall_decode(regs, (u32)BPF_CORE_READ(regs, orig_ax), &args);
	switch (call) {
	case CALL_OPEN:
		exit_open((u32)ret, args.arg[0]);
		break;
	case CALL_OPENAT:
		exit_open((u32)ret, args.arg[1]);
		break;
	case CALL_OPEN_BY_HANDLE:
		exit_open((u32)ret, 0);
		break;
	case CALL_MMAP:
		if (!(args.arg[3] & MAP_ANONYMOUS))
			exit_mmap((u64)ret);
		break;
	case CALL_IOCTL:
		/* It is open for writing by now, so nothing was stored since it is. */
		if (ioctl_opens_untimed((u32)args.arg[1]))
			map_taint((u64)file_of_fd((u32)ret));
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
		if (!is_dying((void *)bpf_get_current_task()))
			walk_mprotect(&args, true);
		break;
	case CALL_MPROTECT:
		if (!is_dying((void *)bpf_get_current_task()))
			walk_mprotect(&args, true);
		break;
	}
	return 0;
}

/* Kills the task if it is held: it was resumed without a verdict. */
static __always_inline void kill_if_held(struct task_struct *task)
{
	u32 tgid = BPF_CORE_READ(task, tgid);
	struct held_task *entry = bpf_map_lookup_elem(&held_tasks, &tgid);

	if (!entry || entry->start != BPF_CORE_READ(task, group_leader, start_boottime))
		return;
	if (is_dying(task)) /* by the daemon's verdict, or by anybody's SIGKILL */
		return;
	entry->resumed = 1;
	count(COUNTER_FOREIGN_CONT);
	if (bpf_send_signal_task(task, SIGKILL, PIDTYPE_TGID, 0))
		count(COUNTER_SIGNAL_FAILED);
}

/* The daemon takes the hold out of the map before it sends SIGCONT. */
SEC("tp_btf/signal_generate")
int BPF_PROG(signal_generate, int signal, struct kernel_siginfo *info, struct task_struct *task)
{
	if (signal == SIGCONT && holding && !is_waiting())
		kill_if_held(task);
	return 0;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_deliver, int signal)
{
	if (signal == SIGSTOP && holding && !is_waiting())
		guard_stopping();
	return 0;
}

/*
 * A SIGCONT that comes when a held task is on its way out of the kernel, between its
 * last look at itself (guard.bpf.h) and the SIGSTOP, has that forgotten, and the kill
 * comes from the sender's CPU: too late (6 of 1000 first executions under a storm of
 * SIGCONT). But nothing of a new program is in memory yet, nor of a new mapping unless
 * it is populated: the first instruction of either is a fault of the thread that is
 * held, which a thread that is stopped does not have. Interrupts are off here, so the
 * signal comes from this CPU's irq_work, as soon as the fault is being handled, and the
 * task ends on its way back (arch/x86/mm/fault.c: handle_page_fault()).
 */
SEC("tp_btf/page_fault_user")
int BPF_PROG(page_fault_user)
{
	struct held_task *entry;

	if (!holding || is_waiting())
		return 0;
	entry = guard_entry();
	if (!entry || entry->pid != (u32)bpf_get_current_pid_tgid() ||
	    is_dying((void *)bpf_get_current_task()))
		return 0;
	entry->resumed = 1;
	count(COUNTER_FOREIGN_CONT);
	signal_current(SIGKILL);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	struct held_state *state;

	if (!holding || is_waiting())
		return 0;
	state = bpf_task_storage_get(&held, prev, NULL, 0);
	if (state && state->state == HOLD_PENDING && (prev_state & TASK_STOPPED_OR_TRACED))
		state->state = HOLD_STOPPED;
	state = bpf_task_storage_get(&held, next, NULL, 0);
	if (!state || state->state != HOLD_STOPPED)
		return 0;
	state->state = HOLD_ENDED;
	kill_if_held(next);
	return 0;
}
