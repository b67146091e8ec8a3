/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Techniques of the probe in which somebody looks at the call before the monitor does: a
 * supervisor by seccomp, or the kernel, asked beforehand. And x32's numbers of system calls.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	    4096
#define LOOK_US	    2000 /* for which the supervisor keeps the call */
#define X32_BIT	    0x40000000
#define CHECK_ONLY  0x10000 /* AT_EXECVE_CHECK, include/uapi/linux/fcntl.h, 6.14 */

/* --- a supervisor ------------------------------------------------------------------------- */

/* Returns the descriptor that tells of @call, where its third argument has all bits of @bits. */
static int listen_to(uint32_t call, uint32_t bits)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };
	int fd;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		broken("no_new_privs");
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
	                  &program);
	if (fd < 0)
		broken("seccomp");
	return fd;
}

/* Looks at one call for a while and lets the kernel go on with it. */
static void let_go(int listener)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp go = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		broken("SECCOMP_IOCTL_NOTIF_RECV");
	usleep(LOOK_US);
	go.id = call.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go) < 0)
		broken("SECCOMP_IOCTL_NOTIF_SEND");
	close(listener);
}

/* @run in a child whose calls are looked at; descriptors are shared until it executes. */
static void supervise(uint32_t call, uint32_t bits, void (*run)(char **argv), char **argv)
{
	int ends[2], listener;
	pid_t pid;

	if (pipe(ends) < 0)
		broken("pipe");
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		broken("clone");
	if (pid == 0) {
		listener = listen_to(call, bits);
		if (write(ends[1], &listener, sizeof(listener)) != sizeof(listener))
			broken("write");
		run(argv);
		_exit(0);
	}
	if (read(ends[0], &listener, sizeof(listener)) != sizeof(listener))
		broken("read");
	let_go(listener);
	follow(pid);
}

void notified_exec(char **argv)
{
	supervise(SYS_execve, 0, exec_path, argv);
}

static void map_and_call(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	void *address = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

void notified_mmap(char **argv)
{
	supervise(SYS_mmap, PROT_EXEC, map_and_call, argv);
}

/* --- the kernel, asked -------------------------------------------------------------------- */

/* As a loader asks whether it may run a file (AT_EXECVE_CHECK); then it does. */
void checked_exec(char **argv)
{
	if (syscall(SYS_execveat, AT_FDCWD, argv[0], argv, environment, CHECK_ONLY)) {
		if (errno == EINVAL)
			broken("AT_EXECVE_CHECK");
		refused("AT_EXECVE_CHECK");
	}
	exec_path(argv);
}

/* --- x32: arch/x86/entry/syscalls/syscall_64.tbl ------------------------------------------ */

void x32_mmap(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	void *address = (void *)syscall(X32_BIT | SYS_mmap, NULL, PAGE, PROT_READ | PROT_EXEC,
	                                MAP_PRIVATE | MAP_32BIT, fd, 0);

	if (address == MAP_FAILED)
		refused("x32 mmap");
	call_mapping(address);
}
