/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a parser can do in the sandbox, and what it cannot; each of the latter with the
 * same code outside, where it works.
 */
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "input.h"
#include "sandbox.h"
#include "sandbox_private.h"

#define REFUSED "the parser tried a system call that it may not use"

/* A job, and what came of it. */
struct trial {
	int input;
	long (*attempt)(int input); /* in the child: what it returned is its answer */
	long answer;
	size_t answered;
	char why[SANDBOX_WHY_SIZE];
};

static void answer(void *cookie, int output)
{
	const struct trial *trial = cookie;
	long result = trial->attempt(trial->input);

	if (write(output, &result, sizeof(result)) != sizeof(result))
		_exit(1);
}

static ssize_t take_answer(void *cookie, const uint8_t *bytes, size_t size)
{
	struct trial *trial = cookie;

	if (size < sizeof(trial->answer))
		return 0;
	memcpy(&trial->answer, bytes, sizeof(trial->answer));
	trial->answered++;
	return sizeof(trial->answer);
}

static struct sandbox_job job_of(struct trial *trial)
{
	return (struct sandbox_job){
		.input = trial->input,
		.inside = answer,
		.take = take_answer,
		.cookie = trial,
		.memory = 64U << 20,
		.cpu_seconds = 10,
		.silence_seconds = 20,
		.total_seconds = 30,
	};
}

static int new_input(const char *text)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int run(struct trial *trial, long (*attempt)(int input))
{
	struct sandbox_job job;
	int r;

	*trial = (struct trial){ .input = new_input("hello"), .attempt = attempt };
	job = job_of(trial);
	r = sandbox_run(&job, trial->why);
	close(trial->input);
	return r;
}

/* The same without the sandbox. */
static void run_outside(long (*attempt)(int input), const char *name)
{
	int fd = new_input("hello"), status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(attempt(fd) < 0 ? 1 : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("%s does not work outside either: status %#x", name, (unsigned int)status);
}

static long reads_input(int input)
{
	char text[8] = { 0 };

	return read(input, text, sizeof(text)) == 5 && strcmp(text, "hello") == 0 ? 42 : -1;
}

static long computes(int input)
{
	struct timespec now;
	char *bytes = malloc(1U << 20);

	(void)input;
	memset(bytes, 7, 1U << 20);
	bytes = realloc(bytes, 8U << 20);
	clock_gettime(CLOCK_MONOTONIC, &now);
	free(bytes);
	return now.tv_sec > 0 ? 43 : -1;
}

static void test_works(void **state)
{
	struct trial trial;

	(void)state;
	assert_int_equal(run(&trial, reads_input), 0);
	assert_int_equal(trial.answer, 42);
	assert_string_equal(trial.why, "");
	assert_int_equal(run(&trial, computes), 0);
	assert_int_equal(trial.answer, 43);
	assert_int_equal(trial.answered, 1);
}

static long opens(int input)
{
	(void)input;
	return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long looks(int input)
{
	struct stat st;

	(void)input;
	return stat("/etc/passwd", &st);
}

static long looks_at_input(int input)
{
	struct stat st;

	return fstat(input, &st);
}

static long creates(int input)
{
	(void)input;
	return memfd_create("x", MFD_CLOEXEC);
}

static long connects(int input)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	long r = connect(input, (const struct sockaddr *)&address, sizeof(address));

	/* The input is a file: outside, the call gets as far as to say so. */
	return r < 0 && errno == ENOTSOCK ? 0 : r;
}

static long makes_socket(int input)
{
	(void)input;
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long executes(int input)
{
	static char name[] = "true";
	char *const argv[] = { name, NULL };

	(void)input;
	return execve("/bin/true", argv, argv + 1);
}

static long forks(int input)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	(void)input;
	if (pid == 0)
		_exit(0);
	return pid;
}

static pid_t parent;

static long kills(int input)
{
	(void)input;
	return kill(parent, 0);
}

static long traces(int input)
{
	(void)input;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long asks_prctl(int input)
{
	(void)input;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

static long duplicates(int input)
{
	return dup(input);
}

static long closes(int input)
{
	return close(input);
}

static long asks_terminal(int input)
{
	int n;

	return ioctl(input, FIONREAD, &n);
}

static long maps_code(int input)
{
	void *code = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)input;
	return code == MAP_FAILED ? -1 : 0;
}

static long makes_code(int input)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)input;
	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long raises_limit(int input)
{
	struct rlimit limit;

	(void)input;
	return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
}

static long changes_user(int input)
{
	(void)input;
	return syscall(SYS_setresuid, -1, -1, -1);
}

static long sleeps(int input)
{
	const struct timespec moment = { 0, 1 };

	(void)input;
	return nanosleep(&moment, NULL);
}

static void test_forbidden(void **state)
{
	static const struct {
		const char *name;
		long (*attempt)(int input);
	} attempts[] = {
		{ "open", opens }, { "stat", looks }, { "fstat", looks_at_input },
		{ "memfd_create", creates }, { "socket", makes_socket }, { "connect", connects },
		{ "execve", executes }, { "fork", forks }, { "kill", kills },
		{ "ptrace", traces },
		{ "prctl", asks_prctl }, { "dup", duplicates }, { "close", closes },
		{ "ioctl", asks_terminal }, { "mmap with PROT_EXEC", maps_code },
		{ "mprotect to PROT_EXEC", makes_code }, { "prlimit", raises_limit },
		{ "setresuid", changes_user }, { "nanosleep", sleeps },
	};

	(void)state;
	parent = getpid();
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		struct trial trial;
		int r;

		run_outside(attempts[i].attempt, attempts[i].name);
		r = run(&trial, attempts[i].attempt);
		if (r != -EPROTO || strcmp(trial.why, REFUSED) != 0 || trial.answered)
			fail_msg("%s: %d, %s, %zu answers", attempts[i].name, r, trial.why,
				 trial.answered);
	}
}

/* The child of ours that runs now. */
static pid_t find_child(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	assert_non_null(proc);
	while (!found && (entry = readdir(proc))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		char path[64], text[512] = { 0 };
		const char *end;
		int fd, owner = 0;

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 &&
		    (end = strrchr(text, ')')) && sscanf(end + 1, " %*c %d", &owner) == 1 &&
		    owner == getpid())
			found = pid;
		if (fd >= 0)
			close(fd);
	}
	closedir(proc);
	assert_true(found > 0);
	return found;
}

static char status[8192];
static int held; /* the child waits for the end of what this writes to */

static ssize_t read_status(void *cookie, const uint8_t *bytes, size_t size)
{
	struct trial *trial = cookie;
	char path[64];
	int fd;
	ssize_t n;

	(void)bytes;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)find_child());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, status, sizeof(status) - 1);
	assert_true(n > 0);
	status[n] = '\0';
	close(fd);
	close(held);
	trial->answered++;
	return (ssize_t)size;
}

static void answer_and_wait(void *cookie, int output)
{
	const struct trial *trial = cookie;
	char byte = 'x';

	if (write(output, &byte, 1) != 1 || read(trial->input, &byte, 1) != 0)
		_exit(1);
}

/* "CapEff:\t0000000000000000" */
static void assert_status(const char *name, const char *value)
{
	char line[64];

	snprintf(line, sizeof(line), "\n%s:\t%s", name, value);
	if (!strstr(status, line))
		fail_msg("no %s %s in %s", name, value, status);
}

static void look_at_child(void)
{
	struct trial trial = { .input = -1 };
	struct sandbox_job job;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	trial.input = ends[0];
	held = ends[1];
	job = job_of(&trial);
	job.inside = answer_and_wait;
	job.take = read_status;
	assert_int_equal(sandbox_run(&job, trial.why), 0);
	assert_int_equal(trial.answered, 1);
	close(ends[0]);
}

#define NO_CAPABILITY "0000000000000000"

static void test_privileges(void **state)
{
	static const char *const sets[] = { "CapInh", "CapPrm", "CapEff", "CapAmb" };

	(void)state;
	look_at_child();
	for (size_t i = 0; i < 4; i++)
		assert_status(sets[i], NO_CAPABILITY);
	assert_status("NoNewPrivs", "1");
	assert_status("Seccomp", "2");
	if (geteuid() == 0) {
		assert_status("CapBnd", NO_CAPABILITY);
		assert_status("Uid", "65534\t65534\t65534\t65534\n");
		assert_status("Gid", "65534\t65534\t65534\t65534\n");
		assert_status("Groups", " \n");
	}
}

static uid_t outer_uid;

/* As a user who has nothing to give up: no group and no id can be changed. */
static void test_unprivileged(void **state)
{
	int code = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct trial trial;
		bool good = geteuid() != 0 || (setgroups(0, NULL) == 0 &&
					       setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0);

		good = good && run(&trial, reads_input) == 0 && trial.answer == 42;
		good = good && run(&trial, opens) == -EPROTO && strcmp(trial.why, REFUSED) == 0;
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_int_equal(code, 0);
}

/* As root of a user namespace that has no other user, whose ids nobody can change. */
static void test_namespace(void **state)
{
	int code = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct trial trial;
		FILE *map;

		if (unshare(CLONE_NEWUSER) < 0)
			_exit(2);
		map = fopen("/proc/self/uid_map", "w");
		if (!map || fprintf(map, "0 %u 1\n", (unsigned int)outer_uid) < 0 || fclose(map))
			_exit(3);
		if (run(&trial, reads_input) != 0 || trial.answer != 42)
			_exit(4);
		_exit(run(&trial, opens) == -EPROTO && strcmp(trial.why, REFUSED) == 0 ? 0 : 5);
	}
	assert_int_equal(waitpid(pid, &code, 0), pid);
	if (WIFEXITED(code) && WEXITSTATUS(code) == 2)
		skip(); /* this machine has no user namespaces */
	assert_int_equal(code, 0);
}

static volatile unsigned int spins;

static long loops(int input)
{
	(void)input;
	for (;;)
		spins++;
	return 0;
}

static void test_endless(void **state)
{
	struct trial trial = { .input = new_input(""), .attempt = loops };
	struct sandbox_job job = job_of(&trial);

	(void)state;
	job.silence_seconds = 1;
	assert_int_equal(sandbox_run(&job, trial.why), -EPROTO);
	assert_string_equal(trial.why, "the parser said nothing for 1 s");
	job.silence_seconds = 0;
	job.cpu_seconds = 1;
	assert_int_equal(sandbox_run(&job, trial.why), -EPROTO);
	assert_string_equal(trial.why, "the parser used more than 1 s of processor time");
	close(trial.input);
}

static void chatter(void *cookie, int output)
{
	long word = 1;

	(void)cookie;
	while (write(output, &word, sizeof(word)) == sizeof(word))
		;
}

static void test_chatter(void **state)
{
	struct trial trial = { .input = new_input("") };
	struct sandbox_job job = job_of(&trial);

	(void)state;
	job.inside = chatter;
	job.total_seconds = 1;
	assert_int_equal(sandbox_run(&job, trial.why), -EPROTO);
	assert_string_equal(trial.why, "the parser took longer than 1 s");
	assert_true(trial.answered > 0);
	close(trial.input);
}

static ssize_t refuse(void *cookie, const uint8_t *bytes, size_t size)
{
	(void)cookie, (void)bytes, (void)size;
	return -EXDEV;
}

static ssize_t take_nothing(void *cookie, const uint8_t *bytes, size_t size)
{
	(void)cookie, (void)bytes, (void)size;
	return 0;
}

/* What the parent does not want, or cannot have all of, ends the child. */
static void test_refused(void **state)
{
	struct trial trial = { .input = new_input("") };
	struct sandbox_job job = job_of(&trial);

	(void)state;
	job.inside = chatter;
	job.take = refuse;
	assert_int_equal(sandbox_run(&job, trial.why), -EXDEV);
	assert_string_equal(trial.why, "");
	job.take = take_nothing;
	assert_int_equal(sandbox_run(&job, trial.why), -EPROTO);
	assert_string_equal(trial.why, "the parser answered what cannot be understood");
	close(trial.input);
}

static atomic_bool stop;

static ssize_t stop_it(void *cookie, const uint8_t *bytes, size_t size)
{
	(void)cookie, (void)bytes;
	stop = true;
	return (ssize_t)size;
}

static void test_stop(void **state)
{
	struct trial trial = { .input = new_input("") };
	struct sandbox_job job = job_of(&trial);

	(void)state;
	job.inside = chatter;
	job.take = stop_it;
	job.stop = &stop;
	assert_int_equal(sandbox_run(&job, trial.why), -ECANCELED);
	close(trial.input);
}

static char *volatile eaten; /* or a compiler would see that nobody needs it */

static long eats_memory(int input)
{
	long pieces = 0;

	(void)input;
	for (;; pieces++) {
		char *piece = malloc(1U << 20);

		if (!piece)
			return pieces;
		memset(piece, 1, 1U << 20);
		eaten = piece;
	}
}

static void test_memory(void **state)
{
	struct trial trial;

	(void)state;
	if (SANDBOX_SANITIZED)
		skip();
	assert_int_equal(run(&trial, eats_memory), 0);
	assert_in_range(trial.answer, 32, 64);
}

static char *shared;

static long writes_shared(int input)
{
	(void)input;
	*(volatile char *)shared = 'y';
	return 0;
}

/* As the maps of the kernel half are in the daemon. */
static void test_shared_memory(void **state)
{
	struct trial trial;

	(void)state;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	*shared = 'x';
	run_outside(writes_shared, "writing to shared memory");
	assert_int_equal(*shared, 'y');
	*shared = 'x';
	assert_int_equal(run(&trial, writes_shared), -EPROTO);
	assert_int_equal(trial.answered, 0);
	assert_int_equal(*shared, 'x');
	munmap(shared, 4096);
}

static long writes_error(int input)
{
	(void)input;
	return write(STDERR_FILENO, "", 0);
}

static int secret = -1;

static long reads_secret(int input)
{
	char byte;

	(void)input;
	return pread(secret, &byte, 1, 0);
}

/* Those that were not given are not there. */
static void test_descriptors(void **state)
{
	struct trial trial;

	(void)state;
	secret = new_input("secret");
	run_outside(reads_secret, "reading an inherited descriptor");
	assert_int_equal(run(&trial, reads_secret), 0);
	assert_int_equal(trial.answer, -1);
	close(secret);
	if (!SANDBOX_SANITIZED) { /* whose reports go there */
		run_outside(writes_error, "writing to standard error");
		assert_int_equal(run(&trial, writes_error), 0);
		assert_int_equal(trial.answer, -1);
	}
}

/* A child whose parent is killed does not stay. */
static void test_parent_dies(void **state)
{
	char byte;
	int ends[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* The loop holds the pipe's end as its input. */
		struct trial trial = { .input = ends[1], .attempt = loops };
		struct sandbox_job job = job_of(&trial);

		close(ends[0]);
		job.inside = answer;
		sandbox_run(&job, trial.why);
		_exit(1);
	}
	close(ends[1]);
	usleep(200000);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	alarm(5);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	alarm(0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_works),	     cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_privileges),   cmocka_unit_test(test_unprivileged),
		cmocka_unit_test(test_namespace),    cmocka_unit_test(test_endless),	     cmocka_unit_test(test_chatter),
		cmocka_unit_test(test_refused),	     cmocka_unit_test(test_stop),
		cmocka_unit_test(test_memory),	     cmocka_unit_test(test_shared_memory),
		cmocka_unit_test(test_descriptors),  cmocka_unit_test(test_parent_dies),
	};

	outer_uid = geteuid();
	if (!SANDBOX_FILTERED) {
		puts("1..0 # SKIP built for valgrind");
		return 0;
	}
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
