/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "enrich.h"
#include "process.h"
#include "util.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_container(void **state)
{
	static const struct {
		const char *cgroups, *id;
	} cases[] = {
		{ "0::/\n", NULL },
		{ "", NULL },
		{ "0::/user.slice/user-1000.slice/session-3.scope\n", NULL },
		{ "0::/system.slice/docker-" ID ".scope\n", ID },
		{ "12:pids:/docker/" ID "\n0::/\n", ID },
		{ "12:pids:/\n0::/docker/" ID, ID },
		{ "0::/kubepods.slice/kubepods-pod1a2b.slice/cri-containerd-" ID ".scope\n", ID },
		{ "0::/kubepods/besteffort/pod6d3b/" ID "\n", ID },
		{ "0::/machine.slice/libpod-" ID ".scope/container\n", ID },
		{ "0::/machine.slice/libpod-conmon-" ID ".scope\n", NULL },
		{ "0::/x/0" ID "\n", NULL }, /* 65 digits */
		{ "0::/x/" ID "\n0::/y\n", ID },
		{ "0::/lxc.payload.web1/system.slice\n", "web1" },
		{ "9:cpu:/lxc/web2\n", "web2" },
		{ "0::/machine.slice/machine-deb.scope/payload\n", "deb" },
		{ "0::/machine.slice/machine-.scope\n", ".scope" },
		{ "0::/lxc/\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *id = enrich_container(cases[i].cgroups);

		if (cases[i].id) {
			assert_non_null(id);
			assert_string_equal(id, cases[i].id);
		} else {
			assert_null(id);
		}
	}
}

/* The same facts by another way: system calls instead of /proc. */
static void test_describe_self(void **state)
{
	struct event event = { .loginuid = 1 };
	char comm[INTERDICT_COMM_SIZE] = "(x) y) ";
	FILE *new = fopen("/proc/self/comm", "we");

	(void)state;
	fputs(comm, new);
	fclose(new);
	assert_int_equal(process_describe(getpid(), &event), 0);
	assert_int_equal(event.tgid, getpid());
	assert_int_equal(event.ppid, getppid());
	assert_int_equal(event.uid, getuid());
	assert_int_equal(event.euid, geteuid());
	assert_int_equal(event.gid, getgid());
	assert_string_equal(event.comm, comm);
	assert_true(event.mnt_ns > 0 && event.pid_ns > 0);
	assert_true(event.start > 0 && event.start <= clock_boottime());
	assert_true(process_is(getpid(), event.start));
	assert_true(process_is(getpid(), event.start + PROCESS_TICK - 1));
	assert_false(process_is(getpid(), event.start + PROCESS_TICK));
	assert_false(process_is(getpid(), event.start - 1));
	assert_true(process_is(getpid(), 0));
	assert_int_equal(process_describe(0x7ffffff, &event), -ESRCH);
	assert_false(process_is(0x7ffffff, 0));
}

static struct alert alert_of(pid_t pid, enum event_kind kind)
{
	struct alert alert = { .event.kind = kind };

	assert_int_equal(process_describe(pid, &alert.event), 0);
	return alert;
}

static pid_t start_child(const char *directory)
{
	int pipe_fds[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(pipe_fds), 0);
	pid = fork();
	if (pid == 0) {
		if (chdir(directory) || write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	assert_int_equal(read(pipe_fds[0], &byte, 1), 1);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	return pid;
}

static void test_process(void **state)
{
	struct enrich *enrich = enrich_new();
	const struct passwd *me = getpwuid(getuid());
	pid_t pid = start_child("/usr");
	struct alert alert = alert_of(pid, EVENT_MAP);
	char self[4096] = "", parent[4096] = "";

	(void)state;
	/* valgrind makes up what its own one is, under this name. */
	assert_true(readlink("/proc/self/exe", parent, sizeof(parent) - 1) > 0);
	assert_true(readlink("/proc/thread-self/exe", self, sizeof(self) - 1) > 0);
	enrich_alert(enrich, &alert, 0);
	assert_string_equal(alert.cwd, "/usr");
	assert_string_equal(alert.executable, self);
	assert_string_equal(alert.parent_executable, parent);
	if (me)
		assert_string_equal(alert.user, me->pw_name);
	else
		assert_null(alert.user);
	assert_null(alert.package);
	alert_release(&alert);

	/* the pid is right, the process is another */
	alert = alert_of(pid, EVENT_MAP);
	alert.event.start -= 5 * PROCESS_TICK;
	enrich_alert(enrich, &alert, 0);
	assert_null(alert.cwd);
	assert_null(alert.executable);
	assert_null(alert.parent_executable);
	alert_release(&alert);

	/* what is there stays; of an exec the executable is the file itself */
	alert = alert_of(pid, EVENT_EXEC);
	alert.cwd = strdup("/kept");
	enrich_alert(enrich, &alert, 0);
	assert_string_equal(alert.cwd, "/kept");
	assert_null(alert.executable);
	alert_release(&alert);

	alert = alert_of(pid, EVENT_MAP);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	enrich_alert(enrich, &alert, 0);
	assert_null(alert.cwd);
	assert_null(alert.executable);
	alert_release(&alert);
	enrich_free(enrich);
}

static void test_unknown_user(void **state)
{
	struct enrich *enrich = enrich_new();
	struct alert alert = { .event.uid = 3999999999U };

	(void)state;
	enrich_alert(enrich, &alert, 0);
	assert_null(alert.user);
	alert_release(&alert);
	alert.event.uid = 0;
	enrich_alert(enrich, &alert, 0);
	assert_string_equal(alert.user, "root");
	alert_release(&alert);
	enrich_free(enrich);
	enrich_free(NULL);
}

static void test_package(void **state)
{
	struct enrich *enrich = enrich_new();
	struct alert alert = alert_of(getpid(), EVENT_EXEC);

	(void)state;
	if (access("/var/lib/dpkg/info/bash.list", R_OK) < 0) {
		alert_release(&alert);
		enrich_free(enrich);
		skip();
	}
	alert.path = strdup("/usr/bin/bash");
	enrich_alert(enrich, &alert, 1);
	assert_string_equal(alert.package, "bash");
	alert_release(&alert);

	/* the same path in another mount namespace says nothing */
	alert = alert_of(getpid(), EVENT_EXEC);
	alert.path = strdup("/usr/bin/bash");
	alert.event.mnt_ns++;
	enrich_alert(enrich, &alert, 1);
	assert_null(alert.package);
	alert_release(&alert);
	enrich_free(enrich);
}

static void test_from_file(void **state)
{
	_cleanup_close_ int program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int text = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	struct alert alert = { .soname = strdup("kept") };

	(void)state;
	assert_int_equal(enrich_from_file(&alert, text), -ENOEXEC);
	assert_int_equal(enrich_from_file(&alert, program), 0);
	assert_string_equal(alert.soname, "kept");
	alert_release(&alert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container), cmocka_unit_test(test_describe_self),
		cmocka_unit_test(test_process),	  cmocka_unit_test(test_unknown_user),
		cmocka_unit_test(test_package),	  cmocka_unit_test(test_from_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
