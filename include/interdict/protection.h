/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protect = yes: whom the programs of bpf/protect.bpf.c guard, in one mapped variable,
 * and the keys of the map that says which maps and programs are ours.
 */
#ifndef INTERDICT_PROTECTION_H
#define INTERDICT_PROTECTION_H

#include <linux/types.h>

#define PROTECTION_NAME_SIZE 32

/*
 * The daemon writes `enabled`, its process and the directory of its pins, and zero
 * elsewhere; the programs fill in the rest when they first see that process.
 */
struct protection {
	__u32 enabled;	     /* 0: nothing is refused */
	__u32 daemon_tgid;
	__u64 daemon_start;  /* CLOCK_BOOTTIME nanoseconds; 0: not seen yet */
	__u64 pin_inode;     /* directory under bpffs; 0: there is none */
	__u64 exe_directory; /* inode number of the directory that holds its executable */
	__u32 pin_dev;	     /* as the kernel numbers it: major << 20 | minor */
	__u32 exe_dev;	     /* likewise, of its super block */
	char exe_name[PROTECTION_NAME_SIZE]; /* in that directory; the NUL included */
	__u32 policy;	     /* id of the map of the policy in force; the daemon's own note */
	__u32 reserved;	     /* zero */
};

/* Key of the map of protected objects: the kind and the kernel's id of it. */
enum protected_kind {
	PROTECTED_MAP = 1,
	PROTECTED_PROGRAM = 2,
};

struct protected_key {
	__u32 kind; /* enum protected_kind */
	__u32 id;
};

_Static_assert(sizeof(struct protection) == 80, "no implicit padding");
_Static_assert(sizeof(struct protected_key) == 8, "no implicit padding");

#endif
