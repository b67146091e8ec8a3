/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe TECHNIQUE FILE [ARGUMENT...]: makes the bytes of FILE run, or be read, in one
 * particular way, and tells by its exit status what came of it. The technique runs in a
 * child whose output is watched: what was restricted prints a line that begins with RAN-.
 * "user:" before the technique: as nobody.
 *
 * Exit status:
 *	0   ran: the line was printed, or the bytes were had
 *	100 denied: EPERM from the call under test, and nothing was printed
 *	101 killed: SIGKILL, and nothing was printed
 *	102 refused for another reason: the message says which
 *	103 late: the line was printed, then SIGKILL
 *	99  the probe itself is broken: the message says how
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/memfd.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

enum outcome {
	OUTCOME_RAN = 0,
	OUTCOME_BROKEN = 99,
	OUTCOME_DENIED = 100,
	OUTCOME_KILLED = 101,
	OUTCOME_REFUSED = 102,
	OUTCOME_LATE = 103,
};

/* What the child says of itself, if it gets to. */
struct report {
	bool tested; /* the call under test failed, not the preparation */
	int error;
	char call[32];
};

static int report_fd;
char **environment;

__attribute__((noreturn)) static void child_report(bool tested, const char *call)
{
	struct report report = {.tested = tested, .error = errno};

	snprintf(report.call, sizeof(report.call), "%s", call);
	if (write(report_fd, &report, sizeof(report)) != sizeof(report))
		_exit(OUTCOME_BROKEN);
	_exit(OUTCOME_REFUSED);
}

void broken(const char *call)
{
	child_report(false, call);
}

void refused(const char *call)
{
	child_report(true, call);
}

void say_ran(void)
{
	static const char line[] = "RAN-here\n";

	if (write(STDOUT_FILENO, line, sizeof(line) - 1) != sizeof(line) - 1)
		broken("write");
}

int open_target(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		refused("open");
	return fd;
}

void copy_to(const char *path, int to)
{
	int from = open_target(path, O_RDONLY);
	ssize_t copied;

	while ((copied = sendfile(to, from, NULL, 1 << 20)) > 0)
		;
	if (copied < 0)
		refused("sendfile");
	close(from);
}

void exec_path(char **argv)
{
	execve(argv[0], argv, environment);
	refused("execve");
}

static void exec_fd(int fd, char **argv)
{
	syscall(SYS_execveat, fd, "", argv, environment, AT_EMPTY_PATH);
	refused("execveat");
}

static void exec_opath(char **argv)
{
	exec_fd(open_target(argv[0], O_PATH), argv);
}

static void exec_proc_fd(char **argv)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open_target(argv[0], O_RDONLY));
	execve(path, argv, environment);
	refused("execve");
}

static void exec_memfd(char **argv)
{
	int fd = memfd_create("probe", MFD_CLOEXEC);

	if (fd < 0)
		broken("memfd_create");
	copy_to(argv[0], fd);
	exec_fd(fd, argv);
}

static void exec_memfd_sealed(char **argv)
{
	int fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		broken("memfd_create");
	copy_to(argv[0], fd);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		broken("F_ADD_SEALS");
	exec_fd(fd, argv);
}

/* Opens what @fd is again, for reading, and closes @fd: an open writer is ETXTBSY. */
static int reopen(int fd)
{
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (again < 0)
		broken("reopen");
	close(fd);
	return again;
}

static void exec_unlinked(char **argv)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "%s.unlinked", argv[0]);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		broken("create");
	copy_to(argv[0], fd);
	fd = reopen(fd);
	if (unlink(path) < 0)
		broken("unlink");
	exec_fd(fd, argv);
}

static void exec_tmpfile(char **argv)
{
	char path[4200], *slash;
	int fd;

	snprintf(path, sizeof(path), "%s", argv[0]);
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	fd = open(slash ? path : ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0700);
	if (fd < 0)
		broken("O_TMPFILE");
	copy_to(argv[0], fd);
	exec_fd(reopen(fd), argv);
}

static void *exec_from_thread(void *argument)
{
	exec_path(argument);
	return NULL;
}

static void exec_thread(char **argv)
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, exec_from_thread, argv);
	if (errno)
		broken("pthread_create");
	pthread_join(thread, NULL);
}

void follow(int pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		broken("waitpid");
	if (WIFSIGNALED(status)) {
		kill(getpid(), WTERMSIG(status));
		pause();
	}
	_exit(WEXITSTATUS(status));
}

static void exec_spawn(char **argv)
{
	pid_t pid;

	errno = posix_spawn(&pid, argv[0], NULL, NULL, argv, environment);
	if (errno)
		refused("posix_spawn");
	follow(pid);
}

static void exec_vfork(char **argv)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(argv[0], argv, environment);
		error = errno;
		_exit(0);
	}
	if (pid < 0)
		broken("vfork");
	if (error) {
		errno = error;
		refused("execve");
	}
	follow(pid);
}

/* Executes while another process of the same user sends SIGCONT without pause. */
static void exec_continued(char **argv)
{
	pid_t self = getpid();
	pid_t other = fork();

	if (other < 0)
		broken("fork");
	if (other == 0) {
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		alarm(10);
		while (getppid() == self && kill(self, SIGCONT) == 0)
			;
		_exit(0);
	}
	exec_path(argv);
}

/* Executes under a tracer that swallows each stop, and so resumes what is held. */
static void exec_traced(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		broken("fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			broken("PTRACE_TRACEME");
		exec_path(argv);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (WIFSIGNALED(status)) {
		kill(getpid(), WTERMSIG(status));
		pause();
	}
	_exit(WEXITSTATUS(status));
}

/* The word "linger" behind the file: live on for a moment, for those who look from outside. */
static bool lingers;

void call_mapping(void *address)
{
	int (*code)(void);

	*(void **)&code = address;
	if (code() != 42) {
		errno = ENOEXEC;
		broken("mapped code");
	}
	if (lingers)
		usleep(50000);
	say_ran();
}

static void map_execute(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	void *address = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

static void map_execute_shared(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	void *address = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);

	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

static void map_protect(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	void *address = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	if (address == MAP_FAILED)
		broken("mmap");
	close(fd);
	if (mprotect(address, 4096, PROT_READ | PROT_EXEC) < 0)
		refused("mprotect");
	call_mapping(address);
}

static void map_implied(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	void *address;

	if (personality(READ_IMPLIES_EXEC) < 0)
		broken("personality");
	address = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

static void map_direct(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY | O_DIRECT);
	void *address = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (address == MAP_FAILED)
		refused("mmap");
	call_mapping(address);
}

static void unload_module(char **argv)
{
	if (!argv[1]) {
		errno = EINVAL;
		broken("the module's name is the argument");
	}
	say_ran();
	if (syscall(SYS_delete_module, argv[1], O_NONBLOCK) < 0)
		broken("delete_module");
}

static void module_file(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);

	if (syscall(SYS_finit_module, fd, "", 0) < 0)
		refused("finit_module");
	unload_module(argv);
}

static void module_memory(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	struct stat status;
	void *image;

	if (fstat(fd, &status) < 0)
		broken("fstat");
	image = malloc(status.st_size);
	if (!image || read(fd, image, status.st_size) != status.st_size)
		broken("read");
	if (syscall(SYS_init_module, image, status.st_size, "") < 0)
		refused("init_module");
	unload_module(argv);
}

static void open_read(char **argv)
{
	int fd = open_target(argv[0], O_RDONLY);
	char byte;

	if (read(fd, &byte, 1) != 1)
		refused("read");
	say_ran();
}

static const struct technique techniques[] = {
	{ "exec", exec_path, "execve by path; also programs that load the restricted file" },
	{ "opath", exec_opath, "execveat of an O_PATH descriptor" },
	{ "proc-fd", exec_proc_fd, "execve of /proc/self/fd/N" },
	{ "memfd", exec_memfd, "copied to a memfd, execveat" },
	{ "memfd-sealed", exec_memfd_sealed, "copied to a memfd that is then sealed, execveat" },
	{ "unlinked", exec_unlinked, "copied, unlinked, execveat" },
	{ "tmpfile", exec_tmpfile, "copied to an O_TMPFILE file, execveat" },
	{ "thread", exec_thread, "execve by a thread that is not the first" },
	{ "spawn", exec_spawn, "posix_spawn" },
	{ "vfork", exec_vfork, "vfork and execve" },
	{ "continued", exec_continued, "execve under a storm of SIGCONT from another process" },
	{ "traced", exec_traced, "execve under a tracer that swallows every stop" },
	{ "mmap", map_execute, "mapped PROT_EXEC, private" },
	{ "mmap-shared", map_execute_shared, "mapped PROT_EXEC, shared" },
	{ "mmap-direct", map_direct, "mapped PROT_EXEC from an O_DIRECT descriptor" },
	{ "mprotect", map_protect, "mapped PROT_READ, descriptor closed, mprotect PROT_EXEC" },
	{ "implied", map_implied, "mapped PROT_READ under READ_IMPLIES_EXEC" },
	{ "finit_module", module_file, "module by descriptor, unloaded again; argument: its name" },
	{ "init_module", module_memory, "module from memory, unloaded again; argument: its name" },
	{ "open", open_read, "opened and read" },
};

static const struct technique *technique_find(const char *name)
{
	for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++)
		if (strcmp(name, techniques[i].name) == 0)
			return &techniques[i];
	for (size_t i = 0; i < more_techniques_count; i++)
		if (strcmp(name, more_techniques[i].name) == 0)
			return &more_techniques[i];
	return NULL;
}

static void techniques_print(const struct technique *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "  %-14s %s\n", table[i].name, table[i].meaning);
}

static bool is_user;

static void become_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0 || prctl(PR_SET_DUMPABLE, 1) < 0)
		broken("setresuid");
}

/* Runs the technique in a child; returns its wait status; fills @output and @report. */
static int run_child(const struct technique *technique, char **argv, char *output, size_t size,
                     struct report *report)
{
	int out[2], reports[2], status;
	size_t used = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(reports, O_CLOEXEC) < 0)
		exit(OUTCOME_BROKEN);
	pid = fork();
	if (pid < 0)
		exit(OUTCOME_BROKEN);
	if (pid == 0) {
		report_fd = reports[1];
		if (dup2(out[1], STDOUT_FILENO) < 0 || dup2(out[1], STDERR_FILENO) < 0)
			broken("dup2");
		if (is_user)
			become_nobody();
		technique->run(argv);
		_exit(0);
	}
	close(out[1]);
	close(reports[1]);
	while (used < size - 1 && (got = read(out[0], output + used, size - 1 - used)) > 0)
		used += got;
	output[used] = '\0';
	report->call[0] = '\0';
	if (read(reports[0], report, sizeof(*report)) != sizeof(*report))
		report->call[0] = '\0';
	if (waitpid(pid, &status, 0) != pid)
		exit(OUTCOME_BROKEN);
	return status;
}

static enum outcome classify(int status, const char *output, const struct report *report)
{
	bool ran = strstr(output, "RAN-") != NULL;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return ran ? OUTCOME_LATE : OUTCOME_KILLED;
	if (WIFSIGNALED(status))
		return OUTCOME_BROKEN;
	if (report->call[0])
		return !report->tested                  ? OUTCOME_BROKEN
		       : report->error == EPERM && !ran ? OUTCOME_DENIED
		                                        : OUTCOME_REFUSED;
	if (ran)
		return WEXITSTATUS(status) == 0 ? OUTCOME_RAN : OUTCOME_BROKEN;
	/* An interpreter that may not open its script says why, and ends with a status of its own. */
	if (WEXITSTATUS(status) != 0 && strstr(output, strerror(EPERM)))
		return OUTCOME_DENIED;
	/*
	 * The dynamic loader keeps the reason of a failed mmap to itself. That it was ours is
	 * told by the record of it, and by the positive control.
	 */
	if (WEXITSTATUS(status) == 127)
		return strstr(output, "failed to map segment") ? OUTCOME_DENIED : OUTCOME_REFUSED;
	return OUTCOME_BROKEN;
}

static const char *outcome_name(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_RAN:
		return "ran";
	case OUTCOME_DENIED:
		return "denied";
	case OUTCOME_KILLED:
		return "killed";
	case OUTCOME_REFUSED:
		return "refused";
	case OUTCOME_LATE:
		return "late";
	case OUTCOME_BROKEN:
		break;
	}
	return "broken";
}

int main(int argc, char **argv, char **environ_given)
{
	const struct technique *technique = NULL;
	struct report report;
	enum outcome outcome;
	char output[4096];
	int status;

	environment = environ_given;
	lingers = argc > 3 && strcmp(argv[3], "linger") == 0;
	is_user = argc > 2 && strncmp(argv[1], "user:", 5) == 0;
	if (argc > 2)
		technique = technique_find(argv[1] + (is_user ? 5 : 0));
	if (!technique) {
		fprintf(stderr, "usage: probe TECHNIQUE FILE [ARGUMENT...]\n");
		techniques_print(techniques, sizeof(techniques) / sizeof(techniques[0]));
		techniques_print(more_techniques, more_techniques_count);
		return OUTCOME_BROKEN;
	}
	status = run_child(technique, argv + 2, output, sizeof(output), &report);
	outcome = classify(status, output, &report);
	printf("%s %s: %s", technique->name, argv[2], outcome_name(outcome));
	if (report.call[0])
		printf(": %s: %s", report.call, strerror(report.error));
	else
		printf(": status 0x%x: %.*s", status, (int)strcspn(output, "\n"), output);
	printf("\n");
	return outcome;
}
