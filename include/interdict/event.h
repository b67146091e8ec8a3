/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record that the kernel programs put on a ring buffer, and the counters
 * they keep. Numbers are append-only: never reused, never renumbered.
 */
#ifndef INTERDICT_EVENT_H
#define INTERDICT_EVENT_H

#include <linux/types.h>

#include "digest.h"
#include "limits.h"

enum event_kind {
	EVENT_EXEC = 1,
	EVENT_OPEN = 2,
	EVENT_MAP = 3,
	EVENT_MODULE = 4,
	EVENT_RUNNING = 5, /* user space only: found by the sweep */
	EVENT_HEALTH = 6,  /* user space only */
};

enum decision {
	DECISION_PENDING = 0, /* user space has to hash the file and decide */
	DECISION_ALLOW = 1,
	DECISION_AUDIT = 2, /* would have been denied */
	DECISION_GRACE = 3,
	DECISION_EXEMPT = 4,
	DECISION_DENY = 5,
	DECISION_SUSPECT = 6, /* user space only: named by an [identity], in no list */
};

enum reason {
	REASON_NONE = 0,
	REASON_LISTED = 1,
	REASON_UNHASHABLE = 2, /* passed the size gate; no digest that can be trusted */
};

enum backend {
	BACKEND_NONE = 0,
	BACKEND_LSM = 1,
	BACKEND_TRACEPOINT = 2,
};

enum mode {
	MODE_AUDIT = 0,
	MODE_ENFORCE = 1,
};

/* event.flags */
#define EVENT_PATH_CUT 0x0001U	   /* the path did not fit */
#define EVENT_ARGV_CUT 0x0002U	   /* more argv than fits */
#define EVENT_PATH_REVERSED 0x0004U /* path: components, innermost first, each ended by NUL */
#define EVENT_HELD 0x0008U	   /* the task is stopped and waits for the verdict */
#define EVENT_LATE 0x0010U	   /* killed after it may have run a few instructions */
#define EVENT_SCRIPT 0x0020U	   /* the file is the script of a #! line */
#define EVENT_INTERPRETER 0x0040U  /* the file was executed for another one (#!, ld.so) */
#define EVENT_ARGV_MISSING 0x0080U /* argv could not be read */
#define EVENT_PATH_MISSING 0x0100U /* the path could not be resolved */
#define EVENT_NO_SCRATCH 0x0200U   /* no memory: the record has no path and no argv */
#define EVENT_MPROTECT 0x0400U	   /* map: by a later mprotect(2) */
#define EVENT_UNVERIFIABLE 0x0800U /* the file system's answers cannot be verified */
#define EVENT_FOREIGN_CONT 0x1000U /* a held task was resumed by another: killed */
#define EVENT_TRACED 0x2000U	   /* a traced task cannot be held: killed */
#define EVENT_FROM_MEMORY 0x4000U  /* module: loaded from memory, there is no file */
#define EVENT_DEV_PRIVATE 0x8000U  /* stat(2) shows another device (overlayfs, btrfs) */
#define EVENT_UNCACHEABLE 0x10000U /* the digest holds for this decision only */
#define EVENT_NO_COVERAGE 0x20000U /* not held: the daemon was stalled */
#define EVENT_OVERLAY 0x80000U	   /* the file lies on overlayfs; .file is the real one beneath */
#define EVENT_HOLD_FAILED 0x40000U /* no room to remember the hold: killed */
#define EVENT_FIRST 0x100000U /* telemetry: not listed, executed for the first time as it is */
#define EVENT_SHARED 0x400000U /* map: in memory of several processes: all of them killed */

struct event {
	__u32 size;  /* bytes of the record, payload included */
	__u32 kind;  /* enum event_kind */
	__u64 time;  /* CLOCK_BOOTTIME, nanoseconds */

	__u32 flags; /* EVENT_* */
	__u32 pid;  /* thread, as the initial pid namespace numbers it */
	__u32 tgid; /* process */
	__u32 ppid; /* parent process */
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 loginuid;	 /* audit subsystem; (__u32)-1: never set */
	__u32 sessionid; /* audit subsystem; (__u32)-1: never set */
	__u32 mnt_ns;	 /* inode number of the namespace */
	__u32 pid_ns;	 /* inode number of the namespace */
	__u32 reserved;	 /* zero */
	__u64 start;	 /* start of the process, CLOCK_BOOTTIME nanoseconds */
	__u64 cgroup;	 /* id in the unified hierarchy */
	char comm[INTERDICT_COMM_SIZE];

	struct file_stamp file;
	__u64 inode_address; /* for digest_key */
	__u8 digest[INTERDICT_DIGEST_SIZE]; /* valid if hash_source is IMA or USER */
	__u64 generation; /* of the policy that decided */
	__u32 entry;	  /* 1-based number in that policy; 0: none */
	__s32 error;	  /* negative errno: why a file is unhashable */
	__u32 fd;	  /* open, map: descriptor in the task; ~0 if unknown */
	__u8 decision;	  /* enum decision */
	__u8 reason;	  /* enum reason */
	__u8 hash_source; /* enum hash_source */
	__u8 backend;	  /* enum backend */
	__u8 action;	  /* POLICY_ACTION_* byte of the entry */
	__u8 mode;	  /* enum mode when decided */
	__u16 path_size;  /* bytes of path in the payload, final NUL included */
	__u16 argv_size;  /* bytes of argv in the payload, after the path */
	__u16 reserved2;  /* zero */
	__u64 address;	  /* map: where it is mapped; 0: not known */
	/*
	 * Change time as stat(2) shows it. On overlayfs that is the upper inode's, which need not
	 * be the file that holds the bytes (metacopy); else the same as in .file.
	 */
	__s64 view_ctime_sec;
	__u32 view_ctime_nsec;
	__u32 reserved3; /* zero */
	/* followed by path_size + argv_size bytes */
};

_Static_assert(sizeof(struct event) == 248, "no implicit padding");
_Static_assert(sizeof(struct event) % 8 == 0, "payload starts aligned");

/*
 * Counters, summed over the CPUs by user space. NAME(symbol, "key", "text").
 * Order is the index in the map and is append-only.
 */
#define INTERDICT_COUNTERS(NAME)                                                                   \
	NAME(SEEN_EXEC, "seen.exec", "executions seen")                                            \
	NAME(SEEN_MAP, "seen.map", "executable mappings seen")                                     \
	NAME(SEEN_OPEN, "seen.open", "opens of regular files seen")                                \
	NAME(SEEN_MODULE, "seen.module", "module loads seen")                                      \
	NAME(SIZE_CLEARED, "size_cleared", "files cleared by their size")                          \
	NAME(CACHED, "cached", "digests found in the cache")                                       \
	NAME(HASHED, "hashed", "files hashed")                                                     \
	NAME(PENDING, "pending", "files handed to the daemon for hashing")                         \
	NAME(HELD, "held", "tasks held until the daemon had decided")                              \
	NAME(MATCHED, "matched", "files matched by an entry")                                      \
	NAME(DENIED, "denied", "denials")                                                          \
	NAME(UNHASHABLE, "unhashable", "files whose digest could not be had or trusted")           \
	NAME(UNVERIFIABLE, "unverifiable", "files on a file system that cannot be verified")       \
	NAME(NO_COVERAGE, "no_coverage", "tasks not held because the daemon was stalled")          \
	NAME(SIGNAL_FAILED, "signal_failed", "signals that could not be sent")                     \
	NAME(FOREIGN_CONT, "foreign_cont", "held tasks killed because another resumed them")       \
	NAME(LOST_EXEC, "lost.exec", "exec alerts lost: ring buffer full")                         \
	NAME(LOST_MAP, "lost.map", "map alerts lost: ring buffer full")                            \
	NAME(LOST_OPEN, "lost.open", "open alerts lost: ring buffer full")                         \
	NAME(LOST_MODULE, "lost.module", "module alerts lost: ring buffer full")                   \
	NAME(LOST_TELEMETRY, "lost.telemetry", "telemetry records lost: ring buffer full")         \
	NAME(NO_SCRATCH, "no_scratch", "records cut to their fixed part: no memory")               \
	NAME(NO_STORAGE, "no_storage", "inode or task storage that could not be had")              \
	NAME(LOST_HELD, "lost.held", "hold requests lost: the held-tasks map or the ring was full") \
	NAME(FIRST, "first", "first executions of files reported to the daemon")                   \
	NAME(ALERTS, "alerts", "records for the alerts ring: taken by the daemon or lost")         \
	NAME(TELEMETRY, "telemetry", "records for the telemetry ring: taken by the daemon or lost") \
	NAME(PROTECT_REFUSED, "protect.refused", "attempts against the monitor that were refused") \
	NAME(TAINT_FULL, "taint_full",                                                             \
	     "no room for another file mapped shared and writable: no digest is cached any more")

enum counter {
#define INTERDICT_COUNTER_ENUM(symbol, key, text) COUNTER_##symbol,
	INTERDICT_COUNTERS(INTERDICT_COUNTER_ENUM)
#undef INTERDICT_COUNTER_ENUM
	COUNTER_COUNT
};

#endif
