/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What /proc says about a process. Only files are read that the process cannot
 * make slow: not cmdline or environ (its memory), not maps (its mmap lock).
 */
#ifndef INTERDICT_PROCESS_H
#define INTERDICT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <interdict/event.h>

/* Resolution of the start time in /proc (USER_HZ), in nanoseconds. */
#define PROCESS_TICK 10000000ULL

/*
 * Fills the fields of @event that say who the process @pid is: pid, tgid, ppid,
 * uid, gid, euid, loginuid, sessionid, mnt_ns, pid_ns, start, cgroup, comm. What
 * cannot be had is left as it is; ids as this pid namespace numbers them, start in
 * whole ticks. Returns 0, or -ESRCH if there is no such process.
 */
int process_describe(pid_t pid, struct event *event);

/* Start of the process, CLOCK_BOOTTIME nanoseconds in whole ticks; 0 if there is none. */
uint64_t process_start(pid_t pid);

/*
 * True if @pid is still the process that started at @start (CLOCK_BOOTTIME,
 * nanoseconds): a pid may be used again. A @start of 0 is not compared.
 */
bool process_is(pid_t pid, uint64_t start);

/*
 * True if that process is gone for certain. Not the opposite of process_is(): where /proc
 * cannot be read (no descriptor, no memory) neither is known.
 */
bool process_is_gone(pid_t pid, uint64_t start);

/*
 * True if @pid is stopped by a signal now. @ret_start, CLOCK_BOOTTIME nanoseconds in
 * whole ticks, tells later whether it is still the same process; it is set if there
 * is one. It may be NULL.
 */
bool process_is_stopped(pid_t pid, uint64_t *ret_start);

/*
 * Contents of a link such as "cwd" or "exe" in /proc/PID, as the kernel resolves
 * it, which asks no file system. The caller frees it. NULL if it cannot be had.
 */
char *process_link(pid_t pid, const char *name);

/* Contents of /proc/PID/cgroup, a line for each hierarchy. The caller frees it. NULL if gone. */
char *process_cgroups(pid_t pid);

/*
 * True if a path means the same file in the mount namespace with this inode number as it does
 * in ours: it is ours, or that of PID 1 and ours is a copy of it with the same root, as the
 * service manager makes one for a unit that may not write everywhere.
 */
bool process_mounts_are_ours(uint32_t mnt_ns);

/*
 * Path of the cgroup with this id below the root of the unified hierarchy, which is
 * known even when the process is gone. The caller frees it. NULL if it cannot be had.
 */
char *process_cgroup_path(uint64_t id);

#endif
