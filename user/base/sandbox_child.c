/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox_private.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

#define MAPS_TEXT_MAX  (4U << 20) /* bytes: 50,000 mappings */
#define STATM_TEXT_MAX 256U

/*
 * Handlers are ours, not the child's. What a terminal or a service manager sends to all
 * of us is ours to answer: the child goes when we go, or when we say so.
 */
static void reset_signals(void)
{
	static const int ignored[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGPIPE };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL); /* fails for SIGKILL, SIGSTOP and those of libc */
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* "START-END rw-s OFFSET DEVICE INODE PATH" */
static int unmap_if_shared(const char *line)
{
	unsigned long start, end;
	char permissions[5];

	if (sscanf(line, "%lx-%lx %4s", &start, &end, permissions) != 3)
		return -EBADMSG;
	if (permissions[3] != 's' || (permissions[1] != 'w' && !strstr(line, "anon_inode:")))
		return 0;
	return munmap((void *)start, end - start) < 0 ? -errno : 0;
}

/* A map of the kernel half that is mapped writable is shared with the child. */
static int unmap_shared(void)
{
	_cleanup_free_ char *text = NULL;
	char *line, *rest = NULL;
	int r = read_small_file("/proc/self/maps", MAPS_TEXT_MAX, &text, NULL);

	for (line = r < 0 ? NULL : strtok_r(text, "\n", &rest); line && r == 0;
	     line = strtok_r(NULL, "\n", &rest))
		r = unmap_if_shared(line);
	return r;
}

static int close_but(int a, int b)
{
	unsigned int low = (unsigned int)(a < b ? a : b), high = (unsigned int)(a < b ? b : a);
	unsigned int first = SANDBOX_SANITIZED ? STDERR_FILENO + 1 : 0;

	if ((low > first && close_range(first, low - 1, 0) < 0) ||
	    (high > low + 1 && close_range(low + 1, high - 1, 0) < 0) ||
	    close_range(high + 1, ~0U, 0) < 0)
		return -errno;
	return 0;
}

/* Never more than it is already. RLIM_INFINITY is the largest number. */
static int limit(__rlimit_resource_t resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return -errno;
	if (limit.rlim_cur > soft)
		limit.rlim_cur = soft;
	if (limit.rlim_max > hard)
		limit.rlim_max = hard;
	return setrlimit(resource, &limit) < 0 ? -errno : 0;
}

/* RLIMIT_AS counts what was inherited too. */
static int limit_memory(uint64_t more)
{
	_cleanup_free_ char *text = NULL;
	uint64_t pages;
	int r;

	if (SANDBOX_SANITIZED)
		return 0;
	r = read_small_file("/proc/self/statm", STATM_TEXT_MAX, &text, NULL);
	if (r < 0)
		return r;
	pages = strtoull(text, NULL, 10);
	more += pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return limit(RLIMIT_AS, more, more);
}

static int set_limits(const struct sandbox_job *job)
{
	static const __rlimit_resource_t none[] = { RLIMIT_FSIZE, RLIMIT_NPROC, RLIMIT_CORE,
						    RLIMIT_NOFILE };
	int r = limit_memory(job->memory);

	/* At the soft limit comes SIGXCPU, which says why; at the hard one SIGKILL. */
	if (r == 0)
		r = limit(RLIMIT_CPU, job->cpu_seconds, job->cpu_seconds + 1);
	for (size_t i = 0; i < ARRAY_SIZE(none) && r == 0; i++)
		r = limit(none[i], 0, 0);
	return r;
}

static struct __user_cap_header_struct capability_header = {
	.version = _LINUX_CAPABILITY_VERSION_3,
};

static bool has(const struct __user_cap_data_struct *sets, unsigned int capability)
{
	return sets[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

/*
 * Not by libc, which would tell threads that are not there. Who may not change its ids
 * keeps them, and has no capability to go with them; so does the root of a user namespace
 * that has no other user.
 */
static int give_up_ids(const struct __user_cap_data_struct *sets)
{
	const unsigned int id = SANDBOX_UID;

	if (!has(sets, CAP_SETGID) || !has(sets, CAP_SETUID))
		return 0;
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, id, id, id) < 0 ||
	    syscall(SYS_setresuid, id, id, id) < 0)
		return errno == EPERM || errno == EINVAL ? 0 : -errno;
	return 0;
}

/* The bounding set first: that takes a capability. */
static int give_up_capabilities(void)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 }, none[2] = { 0 };
	int r;

	if (syscall(SYS_capget, &capability_header, sets) < 0)
		return -errno;
	for (unsigned int i = 0; has(sets, CAP_SETPCAP) && i < 64; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return -errno;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	r = give_up_ids(sets);
	if (r < 0)
		return r;
	return syscall(SYS_capset, &capability_header, none) < 0 ? -errno : 0;
}

/*
 * Before glibc gives memory of a thread's heap back it reads a setting of the kernel
 * (check_may_shrink_heap() opens /proc/sys/vm/overcommit_memory); a child of a thread that
 * has freed much would die of that. It gives everything back when it ends.
 */
static void keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

int sandbox_confine(const struct sandbox_job *job, int output, pid_t parent,
		    const struct sock_fprog *filter)
{
	int r;

	reset_signals();
	keep_memory();
	r = SANDBOX_FILTERED ? unmap_shared() : 0;
	if (r == 0)
		r = close_but(job->input, output);
	if (r == 0)
		r = give_up_capabilities();
	/* A change of credentials undoes both of the first (commit_creds(), Linux). */
	if (r == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 ||
		       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
		       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0))
		r = -errno;
	if (r == 0 && getppid() != parent)
		r = -ESRCH;
	if (r == 0 && SANDBOX_FILTERED)
		r = set_limits(job);
	if (r == 0 && SANDBOX_FILTERED && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0) < 0)
		r = -errno;
	return r;
}
