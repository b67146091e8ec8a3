/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the daemon asks for the stamp of a file that it has open: context of the program
 * file_stamp, which runs only when it is asked (BPF_PROG_TEST_RUN), in the daemon's thread.
 */
#ifndef INTERDICT_STAMP_H
#define INTERDICT_STAMP_H

#include <linux/types.h>

#include "digest.h"

struct stamp_query {
	__u32 fd;    /* in: descriptor of the calling process; O_PATH too, but on overlayfs */
	__u32 flags; /* out: those EVENT_* that are about the file (interdict/event.h) */
	/* out: as in struct event. With lsm file.writes is left to the daemon, see inode_writes. */
	struct file_stamp file;
	__u64 inode_address;
	__s64 view_ctime_sec;
	__u32 view_ctime_nsec;
	__u32 reserved; /* zero */
};

_Static_assert(sizeof(struct stamp_query) == 88, "no implicit padding");

#endif
