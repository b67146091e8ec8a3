/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the programs share that reach a file in some way and execute it. They are run by
 * `probe exec PROGRAM TECHNIQUE FILE`, which reads their exit status and output: refused() is
 * the failure of the call under test, broken() of what leads there.
 */
#ifndef STEPS_H
#define STEPS_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS_NOBODY 65534

struct technique {
	const char *name;
	void (*run)(const char *path);
};

extern char **environ;

__attribute__((noreturn)) static inline void broken(const char *call)
{
	/* Not in the words of the probe for a denial: EPERM here is not one. */
	fprintf(stderr, "broken: %s: error %d\n", call, errno);
	_exit(98);
}

__attribute__((noreturn)) static inline void refused(const char *call)
{
	fprintf(stderr, "%s: %s\n", call, strerror(errno));
	_exit(127);
}

#define CHECK(call)                                                                                \
	({                                                                                         \
		long _result = (long)(call);                                                       \
		if (_result < 0)                                                                   \
			broken(#call);                                                             \
		_result;                                                                           \
	})

/* The program lives on for a moment, for those who look from outside. */
static inline void run_path(const char *path)
{
	char *argv[] = {(char *)path, (char *)"linger", NULL};

	execve(path, argv, environ);
	refused("execve");
}

static inline void run_fd(int fd)
{
	char *argv[] = {(char *)"fd", (char *)"linger", NULL};

	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	refused("execveat");
}

/* Maps the file, which begins with code that returns 42, and calls it. */
static inline void run_mapped(int fd, size_t size)
{
	void *address = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	int (*code)(void);

	if (address == MAP_FAILED)
		refused("mmap");
	*(void **)&code = address;
	if (code() != 42)
		broken("mapped code");
	usleep(50000);
	puts("RAN-mapped");
	fflush(stdout);
	_exit(0);
}

static inline void copy_to_fd(const char *from, int to)
{
	int fd = (int)CHECK(open(from, O_RDONLY | O_CLOEXEC));
	ssize_t copied;

	while ((copied = sendfile(to, fd, NULL, 1 << 20)) > 0)
		;
	CHECK(copied);
	close(fd);
}

/* @to is overwritten in place if it is there. */
static inline void copy_file(const char *from, const char *to)
{
	int fd = (int)CHECK(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0755));

	CHECK(ftruncate(fd, 0));
	copy_to_fd(from, fd);
	CHECK(fchmod(fd, 0755));
	close(fd);
}

/* Opens what @fd is again, for reading, and closes @fd: an open writer is ETXTBSY. */
static inline int reopen_read(int fd)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = (int)CHECK(open(path, O_RDONLY | O_CLOEXEC));
	close(fd);
	return again;
}

/*
 * Ends as a child did that has been waited for; what it printed has been seen. PID 1 of a namespace
 * cannot kill itself: it says so by an exit status, as a shell does.
 */
__attribute__((noreturn)) static inline void pass_on(int status)
{
	if (WIFSIGNALED(status))
		status = (128 + WTERMSIG(status)) << 8;
	if (WEXITSTATUS(status) > 128 && getpid() != 1) {
		kill(getpid(), WEXITSTATUS(status) - 128);
		pause();
	}
	_exit(WEXITSTATUS(status));
}

static inline void follow(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0));
	pass_on(status);
}

/* A child that waits until its parent is gone. Runs @prepare first; returns when that is done. */
static inline pid_t companion(void (*prepare)(const char *), const char *path)
{
	int ready[2];
	char byte;
	pid_t pid;

	CHECK(pipe2(ready, O_CLOEXEC));
	pid = (pid_t)CHECK(fork());
	if (pid == 0) {
		pid_t parent = getppid();

		prepare(path);
		CHECK(write(ready[1], "", 1));
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		for (int i = 0; i < 100 && getppid() == parent; i++)
			usleep(100000);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		broken("companion");
	close(ready[0]);
	return pid;
}

static inline void write_text(const char *path, const char *text)
{
	int fd = (int)CHECK(open(path, O_WRONLY | O_CLOEXEC));

	CHECK(write(fd, text, strlen(text)));
	close(fd);
}

static inline void become_nobody(void)
{
	CHECK(setgroups(0, NULL));
	CHECK(setresgid(STEPS_NOBODY, STEPS_NOBODY, STEPS_NOBODY));
	CHECK(setresuid(STEPS_NOBODY, STEPS_NOBODY, STEPS_NOBODY));
	/* Or its /proc/self belongs to root, and so its uid_map. */
	CHECK(prctl(PR_SET_DUMPABLE, 1));
}

/* A user namespace of which this process is root. */
static inline void become_root_of_own(int flags)
{
	char text[64];
	unsigned int uid = getuid(), gid = getgid();

	CHECK(unshare(CLONE_NEWUSER | flags));
	write_text("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1", uid);
	write_text("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", gid);
	write_text("/proc/self/gid_map", text);
}

/* @name in the directory of @path; good until it was called 16 times more. */
static inline const char *beside(const char *path, const char *name)
{
	static char text[16][4200];
	static unsigned int turn;
	const char *slash = strrchr(path, '/');
	char *found = text[turn++ % 16];

	snprintf(found, sizeof(text[0]), "%.*s/%s", slash ? (int)(slash - path) : 1,
	         slash ? path : ".", name);
	return found;
}

static inline int steps_main(int argc, char **argv, const struct technique *techniques)
{
	if (argc < 3) {
		fprintf(stderr, "usage: %s TECHNIQUE FILE\n", argv[0]);
		return 98;
	}
	for (; techniques->name; techniques++)
		if (strcmp(argv[1], techniques->name) == 0)
			techniques->run(argv[2]);
	errno = EINVAL;
	broken(argv[1]);
}

#endif
