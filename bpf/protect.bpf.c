// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm backend, protect = yes: what is refused to everybody but the daemon and whatever is
 * executed under the name of its executable (a new instance, `interdict stop`). Loaded
 * only then.
 *
 *	task_kill		signals to the daemon that end or stop it; PID 1 may
 *	ptrace_access_check	attaching to it, /proc/PID/mem, process_vm_writev(2)
 *	task_setrlimit, task_setnice, task_setscheduler	that would starve or end it
 *	bpf_map, bpf_prog	descriptors, to be written to, of our maps and programs
 *	inode_permission	the directory of our pins: what is in it cannot be named
 *	inode_rename, inode_rmdir	the directory itself
 *	sb_umount		the bpffs that it lies on; PID 1 may
 *
 * Each one fails open: without a protected daemon nothing is refused. What the kernel does
 * by itself (OOM, cgroup.kill, sysrq) passes none of these hooks; interdict-security(7)
 * lists what root can still do.
 */
#include <interdict/protection.h>

#include "maps.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct bpf_map {
	u32 id;
};

struct bpf_prog_aux {
	u32 id;
};

struct bpf_prog {
	struct bpf_prog_aux *aux;
};

#pragma clang attribute pop

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

struct protection protection SEC(".data.protection") = {};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct protected_key);
	__type(value, u8);
} protected_objects SEC(".maps");

/* include/linux/ptrace.h, asm-generic/signal.h */
#define PTRACE_MODE_ATTACH 0x02U
#define SIGHUP	1
#define SIGUSR1 10
#define SIGCHLD 17
#define SIGCONT 18

static __always_inline bool exe_read(struct task_struct *task, struct protection *found)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct dentry *dentry;
	struct inode *directory;

	if (!exe)
		return false;
	dentry = BPF_CORE_READ(exe, f_path.dentry);
	directory = BPF_CORE_READ(dentry, d_parent, d_inode);
	found->exe_directory = BPF_CORE_READ(directory, i_ino);
	found->exe_dev = BPF_CORE_READ(directory, i_sb, s_dev);
	return bpf_probe_read_kernel_str(found->exe_name, sizeof(found->exe_name),
					 BPF_CORE_READ(dentry, d_name.name)) > 0;
}

/* The pid alone may be another process's, once the daemon has ended. */
static __always_inline bool is_daemon_task(struct task_struct *task)
{
	u64 start;

	if ((u32)BPF_CORE_READ(task, tgid) != protection.daemon_tgid)
		return false;
	start = BPF_CORE_READ(task, group_leader, start_boottime);
	return !protection.daemon_start || protection.daemon_start == start;
}

/* The daemon's first call: by what it is told from others from now on. */
static __always_inline void daemon_seen(struct task_struct *task)
{
	struct protection found = {};

	if (protection.daemon_start || !exe_read(task, &found))
		return;
	protection.exe_directory = found.exe_directory;
	protection.exe_dev = found.exe_dev;
	__builtin_memcpy(protection.exe_name, found.exe_name, sizeof(found.exe_name));
	protection.daemon_start = BPF_CORE_READ(task, group_leader, start_boottime);
}

/* True if the current task is the daemon or runs its executable. */
static __always_inline bool is_ours(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct protection found = {};
	u64 *name = (void *)found.exe_name, *ours = (void *)protection.exe_name;

	if (is_daemon_task(task)) {
		daemon_seen(task);
		return true;
	}
	if (!protection.exe_directory || !exe_read(task, &found) ||
	    found.exe_directory != protection.exe_directory || found.exe_dev != protection.exe_dev)
		return false;
	return name[0] == ours[0] && name[1] == ours[1] && name[2] == ours[2] && name[3] == ours[3];
}

static __always_inline bool is_init(void)
{
	return bpf_get_current_pid_tgid() >> 32 == 1;
}

static __always_inline int refuse(void)
{
	count(COUNTER_PROTECT_REFUSED);
	return -EPERM;
}

/* What happens to @task is its own business, or the daemon's, or PID 1's. */
static __always_inline int guard_task(struct task_struct *task, int ret)
{
	if (ret || !protection.enabled || (u32)task->tgid != protection.daemon_tgid ||
	    !is_daemon_task(task) || is_daemon_task((void *)bpf_get_current_task()) || is_init())
		return ret;
	return refuse();
}

SEC("lsm/task_kill")
int BPF_PROG(task_kill, struct task_struct *task, struct kernel_siginfo *info, int sig,
	     const struct cred *cred, int ret)
{
	if (ret || !protection.enabled || (u32)task->tgid != protection.daemon_tgid)
		return ret;
	if (sig == 0) {
		/* So the daemon makes itself known. */
		(void)is_ours();
		return 0;
	}
	/* It reads its lists again, opens its log anew, or does nothing at all. */
	if (sig == SIGHUP || sig == SIGUSR1 || sig == SIGCHLD || sig == SIGCONT)
		return 0;
	return guard_task(task, ret);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	/* To read about it is what ps(1) does. */
	if (!(mode & PTRACE_MODE_ATTACH))
		return ret;
	return guard_task(child, ret);
}

SEC("lsm/task_setrlimit")
int BPF_PROG(task_setrlimit, struct task_struct *task, unsigned int resource, void *limit, int ret)
{
	return guard_task(task, ret);
}

SEC("lsm/task_setnice")
int BPF_PROG(task_setnice, struct task_struct *task, int nice, int ret)
{
	return guard_task(task, ret);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(task_setscheduler, struct task_struct *task, int ret)
{
	return guard_task(task, ret);
}

static __always_inline int guard_object(u32 kind, u32 id, int ret)
{
	struct protected_key key = { .kind = kind, .id = id };

	if (ret || !protection.enabled || !bpf_map_lookup_elem(&protected_objects, &key) ||
	    is_ours())
		return ret;
	return refuse();
}

SEC("lsm/bpf_map")
int BPF_PROG(bpf_map, struct bpf_map *map, unsigned int mode, int ret)
{
	if (!(mode & FMODE_WRITE))
		return ret;
	return guard_object(PROTECTED_MAP, map->id, ret);
}

/* A program could be extended by another, so there is no harmless descriptor of it. */
SEC("lsm/bpf_prog")
int BPF_PROG(bpf_prog, struct bpf_prog *program, int ret)
{
	return guard_object(PROTECTED_PROGRAM, program->aux->id, ret);
}

static __always_inline bool is_pin_directory(struct inode *inode)
{
	return inode && protection.enabled && protection.pin_inode &&
	       BPF_CORE_READ(inode, i_ino) == protection.pin_inode &&
	       BPF_CORE_READ(inode, i_sb, s_dev) == protection.pin_dev;
}

SEC("lsm/inode_permission")
int BPF_PROG(inode_permission, struct inode *inode, int mask, int ret)
{
	/* Called for each component of each path: first what tells nearly all apart. */
	if (inode->i_ino != protection.pin_inode || ret || !is_pin_directory(inode) || is_ours())
		return ret;
	return refuse();
}

SEC("lsm/inode_rename")
int BPF_PROG(inode_rename, struct inode *from, struct dentry *dentry, struct inode *to,
	     struct dentry *replaced, int ret)
{
	if (ret || !is_pin_directory(BPF_CORE_READ(dentry, d_inode)) || is_ours())
		return ret;
	return refuse();
}

SEC("lsm/inode_rmdir")
int BPF_PROG(inode_rmdir, struct inode *directory, struct dentry *dentry, int ret)
{
	if (ret || !is_pin_directory(BPF_CORE_READ(dentry, d_inode)) || is_ours())
		return ret;
	return refuse();
}

SEC("lsm/sb_umount")
int BPF_PROG(sb_umount, struct vfsmount *mount, int flags, int ret)
{
	if (ret || !protection.enabled || !protection.pin_inode ||
	    BPF_CORE_READ(mount, mnt_root, d_inode, i_sb, s_dev) != protection.pin_dev ||
	    is_init() || is_ours())
		return ret;
	return refuse();
}
