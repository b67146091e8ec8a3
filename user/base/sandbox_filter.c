/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a parser needs: to read and write descriptors that it has, and memory. It is made
 * in the parent, once, because libseccomp allocates and opens; the child only puts it on.
 *
 * No close: so the end of the pipe is the end of the child. No stat of any kind: fstat(3)
 * is newfstatat(2) with an empty path in some versions of glibc, and a filter cannot see
 * whether a path is empty.
 */
#include "sandbox_private.h"

#include <errno.h>
#include <pthread.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"
#include "util.h"

static const int allowed[] = {
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(lseek),
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(brk), SCMP_SYS(madvise),
	SCMP_SYS(futex), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(exit), SCMP_SYS(exit_group),
#if SANDBOX_SANITIZED
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(sigaltstack), SCMP_SYS(rt_sigprocmask),
#endif
};

/* Only of memory that cannot be executed. */
static const int mapping[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };

static struct sock_filter program[256];
static struct sock_fprog filter = { .filter = program };
static int error;

static void release_context(scmp_filter_ctx *context)
{
	seccomp_release(*context);
}

static int add_rules(scmp_filter_ctx context)
{
	int r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	for (size_t i = 0; i < ARRAY_SIZE(allowed) && r == 0; i++)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < ARRAY_SIZE(mapping) && r == 0; i++)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, mapping[i], 1,
				     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

/* libseccomp hands the program out by a descriptor only, before its version 2.6. */
static int export(scmp_filter_ctx context)
{
	_cleanup_close_ int fd = memfd_create("interdict-filter", MFD_CLOEXEC);
	ssize_t size;
	int r;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(context, fd);
	if (r < 0)
		return r;
	size = pread(fd, program, sizeof(program), 0);
	if (size < 0)
		return -errno;
	if (size == 0 || (size_t)size == sizeof(program) || (size_t)size % sizeof(*program))
		return -ENOSPC;
	filter.len = (unsigned short)((size_t)size / sizeof(*program));
	return 0;
}

static void make(void)
{
	_cleanup_(release_context) scmp_filter_ctx context = NULL;

	if (!SANDBOX_FILTERED) {
		log_warning("built for valgrind: parsers run without a filter of system calls");
		return;
	}
	context = seccomp_init(SCMP_ACT_KILL_PROCESS);
	error = context ? add_rules(context) : -ENOMEM;
	if (error == 0)
		error = export(context);
}

int sandbox_filter(const struct sock_fprog **ret_filter)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make);
	*ret_filter = &filter;
	return error;
}
