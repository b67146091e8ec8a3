/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon gives up. Each attempt is made in a child twice: without the filter,
 * where it has to get at least as far as the kernel's own answer, and with it.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capabilities.h"
#include "privileges.h"

#define WORKED	  0
#define FAILED	  1
#define BROKEN	  99 /* the test itself */
#define CODE_SIZE 4096

static int outcome(bool worked)
{
	return worked ? WORKED : FAILED;
}

/* Ends with 0 if the program runs, as /bin/true does. */
static int try_execve(void)
{
	char *const arguments[] = { (char *)"true", NULL };

	execve("/bin/true", arguments, NULL);
	return FAILED;
}

static int try_ptrace(void)
{
	return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int try_process_vm_readv(void)
{
	char from[4] = "abc", to[4];
	struct iovec local = { to, sizeof(to) }, remote = { from, sizeof(from) };

	return outcome(syscall(SYS_process_vm_readv, getpid(), &local, 1, &remote, 1, 0) == 4);
}

/* These two would be dangerous if they worked: that the kernel looks at them is enough. */
static int try_init_module(void)
{
	return outcome(syscall(SYS_init_module, NULL, 0UL, "") < 0);
}

static int try_mount(void)
{
	return outcome(syscall(SYS_mount, NULL, "/nowhere/at/all", NULL, 0UL, NULL) < 0);
}

static int try_socket_inet(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int try_socket_unix(void)
{
	return outcome(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
}

static int try_map(int protection, int flags, int fd)
{
	return outcome(mmap(NULL, CODE_SIZE, protection, flags, fd, 0) != MAP_FAILED);
}

static int try_map_code(void)
{
	return try_map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int try_map_writable_code(void)
{
	return try_map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE,
		       open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

/* As dlopen(3) does. */
static int try_map_library(void)
{
	return try_map(PROT_READ | PROT_EXEC, MAP_PRIVATE,
		       open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
}

static int try_map_data(void)
{
	return try_map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int try_mprotect_code(void)
{
	void *memory = mmap(NULL, CODE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	return outcome(memory != MAP_FAILED &&
		       mprotect(memory, CODE_SIZE, PROT_READ | PROT_EXEC) == 0);
}

static int try_unshare(void)
{
	return outcome(unshare(CLONE_NEWUSER) == 0);
}

static int try_setuid(void)
{
	return outcome(syscall(SYS_setuid, getuid()) == 0);
}

static int try_dumpable(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
}

/* The kernel looks at the lower half of the register only. */
static int try_dumpable_wide(void)
{
	return outcome(syscall(SYS_prctl, 1UL << 32 | PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL) == 0);
}

/* Wrong attributes: what matters is that it is the kernel that says so, not the filter. */
static int try_bpf(int command)
{
	union bpf_attr attributes = { 0 };

	return outcome(syscall(SYS_bpf, command, &attributes, sizeof(attributes)) < 0 &&
		       errno != EPERM);
}

static int try_program_load(void)
{
	return try_bpf(BPF_PROG_LOAD);
}

static int try_map_lookup(void)
{
	return try_bpf(BPF_MAP_LOOKUP_ELEM);
}

static void *do_nothing(void *argument)
{
	return argument;
}

static int try_thread(void)
{
	pthread_t thread;

	return outcome(pthread_create(&thread, NULL, do_nothing, NULL) == 0 &&
		       pthread_join(thread, NULL) == 0);
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

static int try_open(void)
{
	return outcome(open("/proc/self/exe", O_RDONLY | O_CLOEXEC) >= 0);
}

/* Wait status of a child that makes the attempt. */
static int attempt(int (*function)(void), bool filtered)
{
	const struct rlimit no_core = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		if (filtered && privileges_filter())
			_exit(BROKEN);
		_exit(function());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool exited_with(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

/* A build with a sanitizer has none, and says so: its own tests stand in for the others. */
static void test_no_filter(void **state)
{
	(void)state;
	assert_int_equal(privileges_filter(), -EOPNOTSUPP);
	assert_true(exited_with(attempt(try_map_code, false), WORKED));
}

static void test_deadly(void **state)
{
	static int (*const calls[])(void) = { try_execve, try_ptrace, try_process_vm_readv,
					      try_init_module, try_mount };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		int status;

		assert_true(exited_with(attempt(calls[i], false), WORKED));
		status = attempt(calls[i], true);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

static void test_refused(void **state)
{
	static int (*const calls[])(void) = { try_socket_inet,	     try_map_code,
					      try_map_writable_code, try_mprotect_code,
					      try_unshare,	     try_setuid,
					      try_dumpable,	     try_dumpable_wide,
					      try_program_load };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		/* What this machine does not let anybody do is no test of the filter. */
		if (calls[i] == try_unshare || (calls[i] == try_program_load && geteuid() != 0)) {
			if (!exited_with(attempt(calls[i], false), WORKED))
				continue;
		}
		assert_true(exited_with(attempt(calls[i], false), WORKED));
		assert_true(exited_with(attempt(calls[i], true), FAILED));
	}
}

static void test_allowed(void **state)
{
	static int (*const calls[])(void) = { try_socket_unix, try_map_data,  try_map_library,
					      try_thread,      try_fork,      try_open };

	(void)state;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		assert_true(exited_with(attempt(calls[i], true), WORKED));
	if (exited_with(attempt(try_map_lookup, false), WORKED))
		assert_true(exited_with(attempt(try_map_lookup, true), WORKED));
}

/* A thread that is there already is under the filter too. */
static void *try_socket_later(void *argument)
{
	char byte;

	if (read(*(int *)argument, &byte, 1) != 1)
		return (void *)(intptr_t)BROKEN;
	return (void *)(intptr_t)try_socket_inet();
}

static int thread_is_filtered(void)
{
	void *result = NULL;
	pthread_t thread;
	int pipes[2];

	if (pipe(pipes) || pthread_create(&thread, NULL, try_socket_later, &pipes[0]) ||
	    privileges_filter() || write(pipes[1], "x", 1) != 1 || pthread_join(thread, &result))
		return BROKEN;
	return (int)(intptr_t)result;
}

static void test_other_threads(void **state)
{
	(void)state;
	assert_true(exited_with(attempt(thread_is_filtered, false), FAILED));
}

/* Root, with what is kept and no more, whatever it began with. */
static int keep_reading(void)
{
	uint64_t before = capabilities_effective();

	if (capabilities_keep(CAPABILITIES_READ))
		return BROKEN;
	if (capabilities_effective() != (before & CAPABILITIES_READ))
		return FAILED;
	/* Gone for good. */
	if (capabilities_keep(CAPABILITIES_DAEMON) ||
	    capabilities_effective() != (before & CAPABILITIES_READ))
		return FAILED;
	for (int i = 0, there; (there = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++) {
		if (there && geteuid() == 0 && !(CAPABILITIES_DAEMON & CAPABILITY_BIT(i)))
			return FAILED;
	}
	return WORKED;
}

static void test_capabilities(void **state)
{
	(void)state;
	assert_true(exited_with(attempt(keep_reading, false), WORKED));
	if (geteuid() == 0)
		assert_true(capabilities_effective() & ~CAPABILITIES_DAEMON);
}

static void test_status(void **state)
{
	struct privileges privileges = { .capabilities = CAPABILITY_BIT(CAP_KILL) };
	json_t *json = privileges_status(&privileges, false);

	(void)state;
	assert_string_equal(json_string_value(json_object_get(json, "seccomp")), "on");
	assert_int_equal(json_array_size(json_object_get(json, "capabilities")), 1);
	json_decref(json);
	privileges.filter_error = -EINVAL;
	privileges.capabilities |= CAPABILITY_BIT(CAP_SYS_ADMIN);
	json = privileges_status(&privileges, false);
	assert_string_equal(json_string_value(json_object_get(json, "seccomp")),
			    strerror(EINVAL));
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(json, "capabilities"), 1)),
			    "more");
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest filter[] = {
		cmocka_unit_test(test_deadly),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_other_threads),
	};
	const struct CMUnitTest no_filter[] = {
		cmocka_unit_test(test_no_filter),
	};
	const struct CMUnitTest others[] = {
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_status),
	};
	int failed;

	if (exited_with(attempt(try_map_data, true), BROKEN))
		failed = cmocka_run_group_tests_name("no filter", no_filter, NULL, NULL);
	else
		failed = cmocka_run_group_tests_name("filter", filter, NULL, NULL);
	return failed + cmocka_run_group_tests_name("privileges", others, NULL, NULL);
}
