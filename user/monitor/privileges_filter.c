/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of system calls that the daemon makes after its start, libraries included.
 * A call that is missing fails with EPERM, which callers handle: a libc that makes
 * another call than the one we know must not end the monitor. Only what no library does
 * by itself, and an intruder has to do, ends it.
 */
#include "privileges.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "util.h"

#ifdef __has_feature
#define FEATURE(name) __has_feature(name)
#else
#define FEATURE(name) 0
#endif

/* A leak checker traces its own process at the end, and unwinders map what they like. */
#if defined(__SANITIZE_ADDRESS__) || FEATURE(address_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#define CACHESTAT 451 /* cachestat(2), 6.5; libseccomp 2.5 does not know its name */

static const int allowed[] = {
	/* files */
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(close),
	SCMP_SYS(close_range), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64),
	SCMP_SYS(preadv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64),
	SCMP_SYS(lseek), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(fcntl),
	SCMP_SYS(flock), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64), CACHESTAT, SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe),
	SCMP_SYS(pipe2), SCMP_SYS(umask), SCMP_SYS(memfd_create),
	/* lists that are learned, the memory of sequences, the pins, the socket */
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(fchmod),
	/* memory; mmap and mprotect have rules of their own */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(mincore), SCMP_SYS(msync),
	/* waiting */
	SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(signalfd4),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* signals and other processes */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigpending), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(kill), SCMP_SYS(tgkill), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_send_signal), SCMP_SYS(wait4), SCMP_SYS(waitid),
	/* threads; clone has a rule of its own */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
	SCMP_SYS(set_tid_address), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setscheduler),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(sched_getparam), SCMP_SYS(getcpu),
	SCMP_SYS(membarrier), SCMP_SYS(ioprio_set),
	/* about itself */
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrlimit),
	SCMP_SYS(setrlimit), SCMP_SYS(prlimit64), SCMP_SYS(getrusage), SCMP_SYS(sysinfo),
	SCMP_SYS(uname), SCMP_SYS(getrandom),
	/* less and less: a child that parses gives up the rest */
	SCMP_SYS(capget), SCMP_SYS(capset), SCMP_SYS(seccomp),
	SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule),
	SCMP_SYS(landlock_restrict_self),
	/* sockets that are open; socket itself has a rule of its own */
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt), SCMP_SYS(getsockname),
	SCMP_SYS(getpeername), SCMP_SYS(shutdown),
};

/* No library makes these by itself. */
static const int deadly[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root),
	SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(swapon), SCMP_SYS(userfaultfd), SCMP_SYS(perf_event_open),
};

/*
 * What the maps, rings, links and pins of programs that are loaded already need, and the one
 * among them that is asked for stamps (BPF_PROG_TEST_RUN, digest_maps.h). No
 * BPF_PROG_LOAD: whoever takes over the daemon loads no program of his own, nor does he
 * get at those of others by their ids.
 */
static const int bpf_commands[] = {
	BPF_MAP_CREATE, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
	BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM, BPF_MAP_LOOKUP_BATCH,
	BPF_MAP_FREEZE, BPF_OBJ_PIN, BPF_OBJ_GET, BPF_OBJ_GET_INFO_BY_FD,
	BPF_RAW_TRACEPOINT_OPEN, BPF_LINK_CREATE, BPF_LINK_UPDATE, BPF_LINK_DETACH,
	BPF_BTF_LOAD, BPF_PROG_TEST_RUN,
};

/* PR_SET_DUMPABLE has a rule of its own. */
static const int prctl_options[] = {
	PR_SET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP,
	PR_SET_SECCOMP, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS,
	PR_GET_NO_NEW_PRIVS, PR_CAP_AMBIENT,
};

#define CLONE_NEW_ALL                                                                              \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

/* Argument @number, of which the kernel looks at the bits of @mask, is @value there. */
static struct scmp_arg_cmp masked(unsigned int number, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){
		.arg = number,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value,
	};
}

/* For arguments of type int: the upper half of the register may hold anything. */
static struct scmp_arg_cmp equals(unsigned int number, int value)
{
	return masked(number, UINT32_MAX, (uint32_t)value);
}

static int allow_list(scmp_filter_ctx context)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(allowed); i++)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(deadly); i++)
		r = seccomp_rule_add(context, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
	/* Its flags lie in memory, where a filter cannot look: libc goes on with clone. */
	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

/* Allows @call if its first argument is one of these. */
static int allow_commands(scmp_filter_ctx context, int call, const int *commands, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 1, equals(0, commands[i]));
	return r;
}

/*
 * No memory that was written becomes code: what is mapped executable is a file and not
 * writable. Not none at all, since libarchive is loaded when a list first needs it.
 */
static int allow_memory(scmp_filter_ctx context)
{
	const struct scmp_arg_cmp plain = masked(2, PROT_EXEC, 0);
	const struct scmp_arg_cmp code = masked(2, PROT_EXEC | PROT_WRITE, PROT_EXEC);
	const struct scmp_arg_cmp file = masked(3, MAP_ANONYMOUS, 0);
	int r;

	r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, plain);
	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, code, file);
	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, plain);
	return r;
}

/* Local sockets only, threads and children but no namespaces, and no way back to dumps. */
static int allow_arguments(scmp_filter_ctx context)
{
	static const int local[] = { AF_UNIX };
	int r;

	r = allow_commands(context, SCMP_SYS(bpf), bpf_commands, ARRAY_SIZE(bpf_commands));
	if (r == 0)
		r = allow_commands(context, SCMP_SYS(prctl), prctl_options,
				   ARRAY_SIZE(prctl_options));
	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
				     equals(0, PR_SET_DUMPABLE), masked(1, UINT64_MAX, 0));
	if (r == 0)
		r = allow_commands(context, SCMP_SYS(socket), local, ARRAY_SIZE(local));
	if (r == 0)
		r = allow_commands(context, SCMP_SYS(socketpair), local, ARRAY_SIZE(local));
	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				     masked(0, CLONE_NEW_ALL, 0));
	/* Standard I/O asks whether it writes to a terminal. */
	if (r == 0)
		r = seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				     equals(1, TCGETS));
	return r;
}

int privileges_filter(void)
{
	scmp_filter_ctx context;
	int r;

	if (SANITIZED)
		return -EOPNOTSUPP;
	context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!context)
		return -ENOMEM;
	/* Other architectures' calls have other numbers. */
	r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 1);
	/* A balanced tree: the list is long, and some of the calls are made for each file. */
	if (r == 0)
		r = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = allow_list(context);
	if (r == 0)
		r = allow_memory(context);
	if (r == 0)
		r = allow_arguments(context);
	if (r == 0)
		r = seccomp_load(context);
	seccomp_release(context);
	return r;
}
