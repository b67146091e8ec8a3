/* SPDX-License-Identifier: BSD-2-Clause */
/* Which mount namespaces have the paths that we have. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"
#include "unit.h"

static uint32_t mounts_of(const char *link)
{
	struct stat namespace;

	return stat(link, &namespace) == 0 ? (uint32_t)namespace.st_ino : 0;
}

static void test_own_mounts(void **state)
{
	(void)state;
	assert_true(process_mounts_are_ours(mounts_of("/proc/self/ns/mnt")));
	assert_false(process_mounts_are_ours(0));
	assert_false(process_mounts_are_ours(mounts_of("/proc/self/ns/pid")));
}

/* Runs a function in a child; its result, or 99. */
static int in_child(int (*function)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(function());
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status)
		       ? WEXITSTATUS(status)
		       : 99;
}

/* In a copy of the mounts of PID 1: 0 if all is as it should be, else where it is not. */
static int look_from_copy(void)
{
	uint32_t original = mounts_of("/proc/1/ns/mnt");

	if (!original || original != mounts_of("/proc/self/ns/mnt") || unshare(CLONE_NEWNS) < 0)
		return 1;
	if (original == mounts_of("/proc/self/ns/mnt"))
		return 2;
	if (!process_mounts_are_ours(mounts_of("/proc/self/ns/mnt")))
		return 3;
	if (!process_mounts_are_ours(original))
		return 4;
	/* With another root the paths of PID 1 are not ours any more. */
	if (mount("tmpfs", "/mnt", "tmpfs", 0, NULL) < 0 || mkdir("/mnt/proc", 0700) < 0 ||
	    mount("/proc", "/mnt/proc", NULL, MS_BIND | MS_REC, NULL) < 0 || chroot("/mnt") < 0 ||
	    chdir("/") < 0)
		return 5;
	return process_mounts_are_ours(original) ? 6 : 0;
}

static int be_init(void)
{
	if (getpid() != 1 || mount("proc", "/proc", "proc", 0, NULL) < 0)
		return 7;
	return in_child(look_from_copy);
}

/* A PID 1 that may be looked at, which that of a container may not. */
static int make_init(void)
{
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return 8;
	return in_child(be_init);
}

static void test_copied_mounts(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(make_init), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_mounts),
		cmocka_unit_test(test_copied_mounts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
