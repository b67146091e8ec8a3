/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The kernel types that the programs use, with only the fields they use. Every
 * access is relocated against the running kernel's BTF (CO-RE), so order and
 * size here mean nothing; a field that not every kernel has stands in
 * compat.bpf.h.
 */
#ifndef INTERDICT_KERNEL_BPF_H
#define INTERDICT_KERNEL_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct ns_common {
	unsigned int inum;
};

struct user_namespace {
	int level;
	struct user_namespace *parent;
	kuid_t owner;
};

struct pid_namespace {
	struct ns_common ns;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct qstr {
	u32 len;
	const unsigned char *name;
};

struct block_device {
	u32 bd_dev;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
	struct block_device *s_bdev;
	struct user_namespace *s_user_ns;
	void *s_fs_info;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	long long i_size;
	atomic64_t i_version;
	atomic_t i_writecount;
	u32 i_generation;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct mnt_namespace *mnt_ns;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	unsigned int f_mode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start;
	unsigned long arg_end;
	atomic_t mm_users;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	unsigned long vm_flags;
	struct file *vm_file;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	struct user_namespace *user_ns;
};

struct pt_regs {
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long bx;
	unsigned long bp;
	unsigned long cx;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
	unsigned long ip;
};

struct thread_info {
	u32 status;
};

struct signal_struct {
	unsigned int flags;
	int nr_threads;
};

struct task_struct {
	struct signal_struct *signal;
	struct thread_info thread_info;
	unsigned int flags;
	unsigned int ptrace;
	unsigned int personality;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	u64 start_boottime;
	const struct cred *cred;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	void *bpf_storage; /* of all programs; NULL: none has ever been made */
	kuid_t loginuid;
	unsigned int sessionid;
	char comm[16];
};

struct linux_binprm {
	struct file *file;
	const char *filename;
	const char *interp;
	unsigned int have_execfd : 1;
	int execfd;
};

struct kernel_siginfo {
	int si_signo;
};

struct iattr {
	unsigned int ia_valid;
};

enum pid_type {
	PIDTYPE_PID,
	PIDTYPE_TGID,
};

enum kernel_read_file_id {
	READING_MODULE = 2,
};

enum kernel_load_data_id {
	LOADING_MODULE = 2,
};

#pragma clang attribute pop

/* include/linux/fs.h, include/linux/stat.h: part of no BTF, the same since 2.6. */
#define FMODE_READ  0x1U
#define FMODE_WRITE 0x2U
#define O_DIRECT    040000U
#define S_IFMT	    0170000U
#define S_IFREG	    0100000U
#define S_IXUGO	    0111U
#define FMODE_EXEC  0x20U /* in f_flags: opened for execve(2) */
#define MAY_READ    0x4
#define VM_EXEC	    0x4UL
#define ATTR_SIZE   (1U << 3)

/* include/uapi/asm-generic/mman-common.h */
#define PROT_READ     0x1U
#define PROT_WRITE    0x2U
#define PROT_EXEC     0x4U
#define MAP_TYPE      0x0fU
#define MAP_SHARED    0x01U
#define MAP_PRIVATE   0x02U
#define MAP_SHARED_VALIDATE 0x03U
#define MAP_ANONYMOUS 0x20U

/* include/uapi/linux/personality.h */
#define READ_IMPLIES_EXEC 0x0400000U

/* errno values that the programs return or report. */
#define EPERM	  1
#define EIO	  5
#define EBADF	  9
#define ENOMEM	  12
#define EACCES	  13
#define EBUSY	  16
#define EEXIST	  17
#define EINVAL	  22
#define EFBIG	  27
#define EAGAIN	  11
#define ETXTBSY	  26
#define ETIMEDOUT 110
#define ENAMETOOLONG 36
#define ENOTTY	  25
#define EUCLEAN	  117
#define EOPNOTSUPP 95
#define ENODATA	  61

#define READ_ONCE(value) (*(volatile typeof(value) *)&(value))

#endif
