/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What differs between kernels, each behind one function. Found by BTF at load
 * time, never by version number.
 */
#ifndef INTERDICT_COMPAT_BPF_H
#define INTERDICT_COMPAT_BPF_H

#include "peek.bpf.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

/* Before 13bc24457850 ("fs: rename i_ctime field to __i_ctime"), 6.6. */
struct inode___i_ctime {
	struct timespec64 i_ctime;
};

/* From there to 3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete
 * integers"), 6.11. */
struct inode___renamed_ctime {
	struct timespec64 __i_ctime;
};

struct inode___discrete_ctime {
	s64 i_ctime_sec;
	u32 i_ctime_nsec;
};

/*
 * From 18e48d0e2c7b ("ovl: store upper real file in ovl_file struct"), 6.14:
 * private_data of a file on overlayfs is this instead of the real file.
 */
struct ovl_file {
	struct file *realfile;
};

/* Where overlayfs or btrfs is a module that is not loaded yet its types are not known. */
struct ovl_inode {
	unsigned long flags; /* bits: enum ovl_inode_flag */
	struct inode vfs_inode;
	struct dentry *__upperdentry;
};

enum ovl_inode_flag {
	OVL_UPPERDATA = 3, /* as the running kernel has it: relocated */
};

struct list_head {
	struct list_head *next;
};

struct btrfs_device {
	struct list_head dev_list; /* in btrfs_fs_devices.devices */
	struct block_device *bdev;
};

struct btrfs_fs_devices {
	struct list_head devices;
};

struct btrfs_fs_info {
	struct btrfs_fs_devices *fs_devices;
};

#pragma clang attribute pop

static __always_inline void inode_ctime(struct inode *inode, s64 *sec, u32 *nsec)
{
	struct inode___discrete_ctime *discrete = (void *)inode;
	struct inode___renamed_ctime *renamed = (void *)inode;
	struct inode___i_ctime *old = (void *)inode;

	if (bpf_core_field_exists(discrete->i_ctime_sec)) {
		*sec = PEEK(discrete, i_ctime_sec);
		/* Bit 31 says that somebody has asked for it (I_CTIME_QUERIED, 4e40eff0b573,
		 * "fs: add infrastructure for multigrain timestamps", 6.13). */
		*nsec = PEEK(discrete, i_ctime_nsec) & ~(1U << 31);
	} else if (bpf_core_field_exists(renamed->__i_ctime)) {
		*sec = PEEK(renamed, __i_ctime.tv_sec);
		*nsec = (u32)PEEK(renamed, __i_ctime.tv_nsec);
	} else {
		*sec = PEEK(old, i_ctime.tv_sec);
		*nsec = (u32)PEEK(old, i_ctime.tv_nsec);
	}
}

/* The file beneath a file on overlayfs, once it is open; NULL before. */
static __always_inline struct file *overlay_real_file(struct file *file)
{
	void *private_data = BPF_CORE_READ(file, private_data);

	if (!private_data)
		return NULL;
	if (bpf_core_type_exists(struct ovl_file))
		return BPF_CORE_READ((struct ovl_file *)private_data, realfile);
	return private_data;
}

/*
 * True if the file on overlayfs was copied up after it had been opened: mmap(2) goes on
 * showing what lies beneath it at @real, read(2) and so everybody who hashes shows the
 * upper file. With @same_ctime what is known where the types are not: after the copy-up
 * the overlay's inode has the upper one's change time.
 */
static __always_inline bool overlay_is_stale(struct inode *inode, struct inode *real,
					     bool same_ctime)
{
	struct ovl_inode *overlay;
	struct dentry *upper;

	if (!bpf_core_type_exists(struct ovl_inode))
		return !same_ctime;
	overlay = (void *)inode - bpf_core_field_offset(struct ovl_inode, vfs_inode);
	upper = BPF_CORE_READ(overlay, __upperdentry);
	if (!upper || !(BPF_CORE_READ(overlay, flags) >>
				bpf_core_enum_value(enum ovl_inode_flag, OVL_UPPERDATA) & 1))
		return false; /* no data above */
	return BPF_CORE_READ(upper, d_inode) != real;
}

/*
 * 6280cf718db0 ("bpf: Implement bpf_send_signal_task() kfunc"), 6.13. Without it
 * a held task that somebody else resumes cannot be stopped: a late kill.
 */
extern int bpf_send_signal_task(struct task_struct *task, int sig, enum pid_type type,
				u64 value) __ksym __weak;

#endif
