/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon tells the kernel programs while they run, in one mapped
 * variable, and the state of held tasks.
 */
#ifndef INTERDICT_RUNTIME_H
#define INTERDICT_RUNTIME_H

#include <linux/types.h>

#include "digest.h"
#include "event.h"

/*
 * Written by the daemon at any time, read by the programs. It outlives both: the next
 * daemon, and the programs that it loads, go on with it where its definition is theirs.
 */
struct runtime {
	/*
	 * Programs whose instance is greater wait: they were attached beside others that
	 * still act. First in every version, because the next one reads and writes it.
	 */
	__u32 active;
	__u32 mode;		  /* enum mode */
	__u32 hold;		  /* 1: unknown files are held (tracepoint, open = deny) */
	__u32 unverifiable_deny;  /* 1: unverifiable-fs = deny */
	__u32 without_daemon_deny; /* 1: what cannot be held because no daemon is there is denied */
	__u32 daemon_tgid;	  /* never held, never reported for opening a file */
	__u64 daemon_start;	  /* its start in ticks (RUNTIME_TICK): the pid may be used again */
	__u64 heartbeat;	  /* CLOCK_BOOTTIME nanoseconds, at least once a second */
	__u64 heartbeat_limit;	  /* nanoseconds without a heartbeat before holding stops */
	__s64 realtime_offset;	  /* CLOCK_REALTIME - CLOCK_BOOTTIME, nanoseconds */
	__u64 hash_max;		  /* bytes the kernel hashes by itself */
	/*
	 * 0: first executions are not reported. Else they are, and the number is part of
	 * first_key: with another number every file is new again.
	 */
	__u32 report_first;
	__u32 reserved; /* zero */
	/*
	 * Records that were taken off the rings. Only the daemon reads and writes it: it
	 * stays with the counters that it is compared with.
	 */
	__u64 taken;
};

#define RUNTIME_TICK 10000000ULL /* nanoseconds; /proc tells a start no finer (USER_HZ) */

/*
 * What one daemon leaves for the next in memory, so that kill -9 loses nothing that was
 * counted. No program reads or writes it.
 */
struct journal {
	__u64 added[COUNTER_COUNT];    /* to the kernel's counters: by daemons, by replaced maps */
	__u64 reported[COUNTER_COUNT]; /* sums whose growth has been reported */
	__u64 open; /* alerts taken from the ring that are neither written nor done with */
};

/*
 * Key of the map of files that were executed, as they were then: a change of the
 * file makes another key. On overlayfs it is the real file beneath.
 */
struct first_key {
	__u64 inode;
	__u64 size;
	__s64 ctime_sec;
	__u32 ctime_nsec;
	__u32 dev;
	__u32 inode_generation;
	__u32 round; /* runtime.report_first */
};

/* held_state.state */
enum hold_state {
	HOLD_PENDING = 1, /* SIGSTOP sent, not stopped yet */
	HOLD_STOPPED = 2, /* seen to leave the CPU stopped or traced */
	HOLD_ENDED = 3,	  /* has its verdict, or was killed */
};

/*
 * Processes that may be held at a time, by all users and by each but root: a user who
 * has as many is killed where the next one would be held, and the others are not.
 */
#define HOLDS_MAX	   32768
#define HOLDS_PER_USER_MAX 4096
#define HOLD_USERS	   256 /* slots that users are counted in; root has the first */

/* Task storage of a held task. */
struct held_state {
	__u32 state; /* enum hold_state */
	__u32 reserved;
	__u64 since; /* CLOCK_BOOTTIME, nanoseconds */
};

/*
 * Value of the pinned map of held processes, key: tgid (__u32). An element is a
 * hold without a verdict: the daemon takes it out, then sends SIGCONT or SIGKILL.
 * The map outlives the daemon, so the next one finds what its predecessor held.
 */
struct held_task {
	__u64 since; /* CLOCK_BOOTTIME, nanoseconds */
	__u64 start; /* start of the process, to tell a reused pid */
	struct file_stamp file;
	__u64 inode_address;
	__u64 address;	/* map: where it is mapped; 0: not known */
	__u32 kind;	/* enum event_kind */
	__u32 fd;	/* descriptor in the task, ~0: the executable itself */
	__u32 pid;	/* thread */
	__u32 requests; /* files of this process that wait for a verdict */
	__u32 resumed;	/* 1: somebody else resumed it, and it was killed for that */
	__u32 user;	/* slot of the user who is counted for it */
};

_Static_assert(sizeof(struct runtime) == 80, "no implicit padding");
_Static_assert(sizeof(struct first_key) == 40, "no implicit padding");
_Static_assert(sizeof(struct held_state) == 16, "no implicit padding");
_Static_assert(sizeof(struct held_task) == 112, "no implicit padding");

#endif
