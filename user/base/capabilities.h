/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon may still do as root once it is set up, and what those of its threads
 * may that only read files. interdict-security(7) says what each is for.
 */
#ifndef INTERDICT_CAPABILITIES_H
#define INTERDICT_CAPABILITIES_H

#include <linux/capability.h>
#include <stdint.h>

#define CAPABILITY_BIT(capability) (1ULL << (capability))

/*
 * To look at other people's files and processes: /proc/PID/exe, fd, root and cwd are
 * behind ptrace_may_access(), what they lead to has modes of its own, and
 * /proc/PID/map_files wants CAP_CHECKPOINT_RESTORE (12886f8ab10c, 5.9).
 */
#define CAPABILITIES_READ                                                                          \
	(CAPABILITY_BIT(CAP_SYS_PTRACE) | CAPABILITY_BIT(CAP_DAC_READ_SEARCH) |                    \
	 CAPABILITY_BIT(CAP_CHECKPOINT_RESTORE))

/* And to kill and resume, and to make and fill the maps of a new policy. */
#define CAPABILITIES_DAEMON                                                                        \
	(CAPABILITIES_READ | CAPABILITY_BIT(CAP_KILL) | CAPABILITY_BIT(CAP_BPF))

/*
 * Keeps of the calling thread's effective and permitted capabilities those in @keep,
 * and none that are inherited or ambient. What was not there does not come. Its bounding
 * set becomes at most CAPABILITIES_DAEMON, if the thread may still change that. Returns
 * 0 or a negative errno.
 */
int capabilities_keep(uint64_t keep);

/*
 * For the beginning of a thread: CAPABILITIES_READ is kept. That fails only where the
 * kernel knows no capabilities; then there is nothing to be dropped either.
 */
void capabilities_keep_reading(void);

/* The calling thread's effective capabilities; 0 if they cannot be told. */
uint64_t capabilities_effective(void);

#endif
