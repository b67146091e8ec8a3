/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rpm's database, whose format is rpm's own affair: so rpm(8) is run, without a shell
 * and with a clean environment, and asked for lines whose texts are quoted as for a
 * shell (:shescape), so that no name in a package can end one:
 *
 *	P'NAME''VERSION-RELEASE''ARCHITECTURE'
 *	F'/path'MODE
 *
 * A quote inside of a text is '\''. Which packages are wanted is decided here.
 */
#include "package_db_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "util.h"

#define PACKAGE_FORMAT "P%{NAME:shescape}%{EVR:shescape}%{ARCH:shescape}\n"
#define FILE_FORMAT    "[F%{FILENAMES:shescape}%{FILEMODES}\n]"

/* A line is one path, each of its bytes four at worst, or three short texts. */
#define BUFFER_SIZE (8U * PATH_MAX)

struct rpm {
	const struct package_query *query;
	const char *program;
	uint64_t deadline; /* CLOCK_MONOTONIC, nanoseconds */
	int fd;		   /* its standard output */
	char *buffer;
	size_t used, taken;
	bool wanted;  /* the files that come are of a package that is asked for */
	bool stopped; /* by the query's function, whose answer the error is then */
	char name[PACKAGE_TEXT_SIZE];
	char version[PACKAGE_TEXT_SIZE];
	char architecture[PACKAGE_TEXT_SIZE];
};

/* Makes room behind what is not read yet, and reads. Returns bytes, 0 at the end, or an errno. */
static ssize_t read_more(struct rpm *rpm)
{
	struct pollfd poll_fd = { .fd = rpm->fd, .events = POLLIN };
	ssize_t n;

	memmove(rpm->buffer, rpm->buffer + rpm->taken, rpm->used - rpm->taken);
	rpm->used -= rpm->taken;
	rpm->taken = 0;
	if (rpm->used == BUFFER_SIZE)
		return -EMSGSIZE;
	for (;;) {
		uint64_t now = clock_monotonic();
		int left = now < rpm->deadline ? (int)((rpm->deadline - now) / 1000000U) + 1 : 0;

		if (left == 0)
			return -ETIMEDOUT;
		if (poll(&poll_fd, 1, left) > 0) {
			n = read(rpm->fd, rpm->buffer + rpm->used, BUFFER_SIZE - rpm->used);
			if (n >= 0 || errno != EINTR)
				break;
		} else if (errno == EINTR) {
			/* A signal that has a handler: its owner wants an end of this. */
			return -EINTR;
		}
	}
	if (n < 0)
		return -errno;
	rpm->used += (size_t)n;
	return n;
}

/* Next byte, 0 at the end of the output, or a negative errno. A NUL is no part of any answer. */
static int take(struct rpm *rpm)
{
	if (rpm->taken == rpm->used) {
		ssize_t n = read_more(rpm);

		if (n <= 0)
			return (int)n;
	}
	return rpm->buffer[rpm->taken] ? (unsigned char)rpm->buffer[rpm->taken++] : -EBADMSG;
}

static int expect(struct rpm *rpm, char wanted)
{
	int c = take(rpm);

	if (c < 0)
		return c;
	return c == wanted ? 0 : -EBADMSG;
}

/* Looks at the next byte without taking it. */
static int peek(struct rpm *rpm)
{
	int c = take(rpm);

	if (c > 0)
		rpm->taken--;
	return c;
}

/* Takes 'text' and undoes its quotes. */
static int take_text(struct rpm *rpm, char *text, size_t size)
{
	size_t used = 0;
	int r = expect(rpm, '\'');

	while (r == 0) {
		int c = take(rpm);

		if (c <= 0)
			return c < 0 ? c : -EBADMSG;
		if (c == '\'') {
			r = peek(rpm);
			if (r != '\\')
				break;
			rpm->taken++;
			r = expect(rpm, '\'');
			if (r == 0)
				r = expect(rpm, '\'');
			if (r < 0)
				return r;
		}
		if (used + 1 >= size)
			return -EMSGSIZE;
		text[used++] = (char)c;
	}
	if (r < 0)
		return r;
	text[used] = '\0';
	return 0;
}

static int take_number(struct rpm *rpm, uint32_t *ret_number)
{
	uint32_t number = 0;
	int c;

	while ((c = take(rpm)) >= '0' && c <= '9' && number < UINT32_MAX / 10 - 1)
		number = number * 10 + (uint32_t)(c - '0');
	if (c < 0)
		return c;
	*ret_number = number;
	return c == '\n' ? 0 : -EBADMSG;
}

static int take_package(struct rpm *rpm)
{
	const struct package_query *query = rpm->query;
	const struct installed_package package = { rpm->name, rpm->version, rpm->architecture,
						   "rpm" };
	int r = take_text(rpm, rpm->name, sizeof(rpm->name));

	if (r == 0)
		r = take_text(rpm, rpm->version, sizeof(rpm->version));
	if (r == 0)
		r = take_text(rpm, rpm->architecture, sizeof(rpm->architecture));
	if (r == 0)
		r = expect(rpm, '\n');
	if (r < 0)
		return r;
	rpm->wanted = package_query_wants(query, rpm->name);
	if (rpm->wanted && !query->file)
		r = query->package(query->cookie, &package);
	rpm->stopped = r != 0;
	return r;
}

static int take_file(struct rpm *rpm)
{
	const struct installed_package package = { rpm->name, rpm->version, rpm->architecture,
						   "rpm" };
	char path[PATH_MAX];
	uint32_t mode = 0;
	int r = take_text(rpm, path, sizeof(path));

	if (r == 0)
		r = take_number(rpm, &mode);
	if (r < 0)
		return r;
	if (!rpm->wanted || !rpm->query->file || S_ISDIR(mode) || path[0] != '/')
		return 0;
	r = rpm->query->file(rpm->query->cookie, &package, path);
	rpm->stopped = r != 0;
	return r;
}

static int read_answer(struct rpm *rpm)
{
	for (;;) {
		int c = take(rpm);
		int r;

		if (c <= 0)
			return c;
		if (c == 'P')
			r = take_package(rpm);
		else if (c == 'F')
			r = take_file(rpm);
		else
			r = -EBADMSG;
		if (r != 0)
			return r;
	}
}

int package_rpm_read(const struct package_query *query, int fd, unsigned int deadline)
{
	_cleanup_free_ char *buffer = malloc(BUFFER_SIZE);
	struct rpm rpm = {
		.query = query,
		.deadline = clock_monotonic() + deadline * 1000000000ULL,
		.fd = fd,
		.buffer = buffer,
	};

	return buffer ? read_answer(&rpm) : -ENOMEM;
}

static int spawn(const char *program, const char *database, const char *format, int out,
		 pid_t *ret_pid)
{
	const char *const arguments[] = { "rpm", "-qa", "--dbpath", database, "--queryformat",
					  format, NULL };
	const char *const environment[] = { "PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
						     O_WRONLY, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawn(ret_pid, program, &actions, &attributes, (char *const *)arguments,
				(char *const *)environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Waits for the child, which has closed its output or is to end now. */
static int reap(pid_t pid, bool kill_it)
{
	int status = 0;

	if (kill_it)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

static void complain(const struct rpm *rpm, int error, int status)
{
	struct problems *problems = rpm->query->problems;

	if (error == -ETIMEDOUT)
		problems_add(problems, PROBLEM_WARNING, rpm->program, 0,
			     "no complete answer in time; its packages are not all known");
	else if (error == -EBADMSG || error == -EMSGSIZE)
		problems_add(problems, PROBLEM_WARNING, rpm->program, 0,
			     "its answer makes no sense; its packages are not all known");
	else if (error < 0)
		problems_add(problems, PROBLEM_WARNING, rpm->program, 0,
			     "cannot ask it: %s; its packages are not known", strerror(-error));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		problems_add(problems, PROBLEM_WARNING, rpm->program, 0,
			     "exit status %d; its packages may not all be known",
			     WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		problems_add(problems, PROBLEM_WARNING, rpm->program, 0,
			     "killed by signal %d; its packages are not all known",
			     WTERMSIG(status));
}

static int run(struct rpm *rpm, const char *database, unsigned int seconds)
{
	const char *format = rpm->query->file ? PACKAGE_FORMAT FILE_FORMAT : PACKAGE_FORMAT;
	_cleanup_close_ int read_end = -EBADF;
	_cleanup_free_ char *buffer = malloc(BUFFER_SIZE);
	int ends[2], r, status;
	pid_t pid;

	if (!buffer)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		complain(rpm, -errno, 0);
		return 0;
	}
	read_end = ends[0];
	r = spawn(rpm->program, database, format, ends[1], &pid);
	close(ends[1]);
	if (r < 0) {
		if (r != -ENOENT)
			complain(rpm, r, 0);
		return 0;
	}
	rpm->buffer = buffer;
	rpm->fd = read_end;
	rpm->deadline = clock_monotonic() + seconds * 1000000000ULL;
	r = read_answer(rpm);
	status = reap(pid, r != 0); /* NOLINT: spawn() sets it if it returns 0 */
	if (rpm->stopped)
		return r;
	complain(rpm, r, status);
	return 0;
}

/* Where rpm keeps its database, if there is one: asking rpm itself would create it. */
static const char *find_database(void)
{
	static const char *const directories[] = { "/usr/lib/sysimage/rpm", "/var/lib/rpm" };
	static const char *const files[] = { "rpmdb.sqlite", "Packages.db", "Packages" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_close_ int fd = open(directories[i], O_PATH | O_DIRECTORY | O_CLOEXEC);

		for (size_t j = 0; fd >= 0 && j < ARRAY_SIZE(files); j++)
			if (faccessat(fd, files[j], F_OK, 0) == 0)
				return directories[i];
	}
	return NULL;
}

int package_rpm_query(const struct package_query *query, const char *program,
		      const char *database, unsigned int deadline)
{
	struct rpm rpm = { .query = query, .program = program };

	if (!database)
		database = find_database();
	return database ? run(&rpm, database, deadline) : 0;
}
