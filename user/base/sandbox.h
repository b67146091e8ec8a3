/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a function on input that others wrote in a child process that can do nothing
 * but compute: read the descriptor it was given, answer through a pipe, and end. What
 * such input may find wrong in a parser then breaks that child, and not us.
 *
 * Before it reads a byte the child has
 *
 *	no capability in any set (the bounding set too, if we have CAP_SETPCAP), no
 *	groups, and the user 65534 if we may change ours (CAP_SETUID and CAP_SETGID)
 *	no_new_privs, and cannot be looked at by ptrace(2)
 *	no descriptor but the two, and no memory that is shared and writable: what it
 *	inherits of the maps of the kernel half it could change else
 *	limits on memory and processor time, and on files, processes and cores of 0
 *	a seccomp filter: what is not in sandbox_filter.c ends it by SIGSYS
 *	the end when we end (PR_SET_PDEATHSIG)
 *
 * System calls made here, for whoever puts a filter on us. In the parent, by
 * sandbox_prepare(): memfd_create, write, lseek, read, close, and what libseccomp asks of
 * seccomp(2) and prctl(2); by each sandbox_run(): pipe2, fcntl(F_SETPIPE_SZ), getpid,
 * rt_sigprocmask, clone(SIGCHLD, CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID), poll, read,
 * close, clock_gettime, kill, wait4. In the child before its own filter, under ours if
 * there is one: set_robust_list, rt_sigaction, rt_sigprocmask, openat, read and close of
 * /proc/self/maps and statm, munmap, close_range, prlimit64 (getrlimit and setrlimit), capget,
 * capset, prctl (PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_SET_PDEATHSIG,
 * PR_SET_NO_NEW_PRIVS, PR_SET_DUMPABLE, PR_SET_SECCOMP), getppid, exit_group; setgroups,
 * setresgid and setresuid only with the capabilities for them. A filter of ours holds for
 * the child too, so it has to allow what sandbox_filter.c does.
 */
#ifndef INTERDICT_SANDBOX_H
#define INTERDICT_SANDBOX_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SANDBOX_BUFFER_SIZE (512U << 10) /* bytes of the answer that are held at once */
#define SANDBOX_WHY_SIZE    160U
#define SANDBOX_UID	    65534U	  /* nobody, and its group */

struct sandbox_job {
	int input; /* open in the child, under the same number; stays the caller's */
	/* In the child, not confined yet: makes a library ready. May be NULL. */
	void (*before)(void);
	/*
	 * In the child, confined. Writes its answer to @output and returns. Other threads
	 * of ours are not there, and what they had locked stays locked: malloc(3) works,
	 * since glibc sees to it; a library that has locks of its own, opens a file or
	 * loads a module at first use has to be ready before (sandbox_prepare() does not
	 * know of it).
	 */
	void (*inside)(void *cookie, int output);
	/*
	 * Here, with what has come and was not taken before, at most SANDBOX_BUFFER_SIZE
	 * bytes. Returns how many it took; none while the buffer is full is an error of
	 * the child. A negative errno ends the child, and is what sandbox_run() returns.
	 */
	ssize_t (*take)(void *cookie, const uint8_t *bytes, size_t size);
	void *cookie;
	uint64_t memory;	      /* bytes that it may map above what it begins with */
	unsigned int cpu_seconds;
	unsigned int silence_seconds; /* that may pass without a byte of answer; 0: any */
	unsigned int total_seconds;   /* 0: any */
	const atomic_bool *stop;      /* if set, looked at all the time: -ECANCELED */
};

/*
 * Makes the filter, once; whoever gives up privileges later calls it before. Returns
 * 0 or a negative errno. From whatever thread.
 */
int sandbox_prepare(void);

/*
 * Runs the job, and returns when the child is gone. Returns 0 if it ended by itself
 * and all its answer was taken; what take() returned; -ECANCELED; -ENOMEM; or -EPROTO
 * with the reason in @why, which completes "cannot be read: ". @why is "" otherwise.
 * The calling thread's end would end the child.
 */
int sandbox_run(const struct sandbox_job *job, char why[SANDBOX_WHY_SIZE]);

#endif
