/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

#define PIPE_SIZE      (256 << 10) /* bytes; the default of 64 KiB has both sides wait */
#define STOP_PERIOD_MS 100	   /* how soon a wish to stop is seen */
#define NS_PER_S       1000000000ULL
#define NS_PER_MS      1000000ULL

/* A child that runs. */
struct sandbox {
	const struct sandbox_job *job;
	char *why;
	pid_t pid;
	int fd; /* its answer */
	uint64_t begun, heard; /* CLOCK_MONOTONIC */
	uint8_t *buffer;
	size_t used;
};

static int say(const struct sandbox *sandbox, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int say(const struct sandbox *sandbox, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(sandbox->why, SANDBOX_WHY_SIZE, format, args);
	va_end(args);
	return -EPROTO;
}

int sandbox_prepare(void)
{
	const struct sock_fprog *filter;

	return sandbox_filter(&filter);
}

static _Noreturn void run_child(const struct sandbox_job *job, int output, pid_t parent,
				const struct sock_fprog *filter)
{
	int r;

	if (job->before)
		job->before();
	r = sandbox_confine(job, output, parent, filter);
	if (r == 0)
		job->inside(job->cookie, output);
	_exit(-r); /* an errno fits */
}

/* No handler of ours runs in the child: all signals wait until it has none any more. */
static int start(struct sandbox *sandbox)
{
	_cleanup_close_ int reader = -EBADF, writer = -EBADF;
	const struct sock_fprog *filter;
	pid_t parent = getpid();
	sigset_t all, before;
	int ends[2] = { -EBADF, -EBADF }, r;

	r = sandbox_filter(&filter);
	if (r == 0 && pipe2(ends, O_CLOEXEC) < 0)
		r = -errno;
	if (r < 0)
		return r;
	reader = ends[0];
	writer = ends[1];
	/* What is smaller is slower. */
	(void)fcntl(writer, F_SETPIPE_SZ, PIPE_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	sandbox->pid = fork();
	if (sandbox->pid == 0)
		run_child(sandbox->job, writer, parent, filter);
	r = sandbox->pid < 0 ? -errno : 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		sandbox->fd = TAKE_FD(reader);
	return r;
}

/* Milliseconds until @seconds after @since, at most those of a look at the wish to stop. */
static int time_left(const struct sandbox *sandbox, uint64_t now, uint64_t since,
		     unsigned int seconds)
{
	uint64_t end = since + seconds * NS_PER_S, left = end > now ? end - now : 0;
	int most = sandbox->job->stop ? STOP_PERIOD_MS : INT32_MAX;

	if (seconds == 0)
		return sandbox->job->stop ? most : -1;
	left = left / NS_PER_MS + (left > 0);
	return left < (uint64_t)most ? (int)left : most;
}

/* Waits for a piece of the answer. Returns 1, 0 for not yet, or a negative errno. */
static int wait_for_answer(struct sandbox *sandbox)
{
	const struct sandbox_job *job = sandbox->job;
	struct pollfd poll_fd = { .fd = sandbox->fd, .events = POLLIN };
	uint64_t now = clock_monotonic();
	int silence = time_left(sandbox, now, sandbox->heard, job->silence_seconds);
	int total = time_left(sandbox, now, sandbox->begun, job->total_seconds);
	int r;

	if (job->stop && atomic_load_explicit(job->stop, memory_order_relaxed))
		return -ECANCELED;
	if (total == 0)
		return say(sandbox, "the parser took longer than %u s", job->total_seconds);
	r = poll(&poll_fd, 1, total < 0 || (silence >= 0 && silence < total) ? silence : total);
	if (r < 0)
		return errno == EINTR ? 0 : say(sandbox, "poll: %s", strerror(errno));
	if (r == 0 && silence == 0)
		return say(sandbox, "the parser said nothing for %u s", job->silence_seconds);
	return r;
}

/* Hands on what is there, and keeps the rest. */
static int hand_on(struct sandbox *sandbox)
{
	ssize_t taken = sandbox->job->take(sandbox->job->cookie, sandbox->buffer, sandbox->used);

	if (taken < 0)
		return (int)taken;
	sandbox->used -= (size_t)taken;
	if (taken > 0 && sandbox->used > 0)
		memmove(sandbox->buffer, sandbox->buffer + taken, sandbox->used);
	if (sandbox->used == SANDBOX_BUFFER_SIZE)
		return say(sandbox, "the parser answered what cannot be understood");
	return 0;
}

/* Returns 0 at the end of the answer. */
static int pump(struct sandbox *sandbox)
{
	for (;;) {
		int r = wait_for_answer(sandbox);
		ssize_t n;

		if (r < 0)
			return r;
		if (r == 0)
			continue;
		n = read(sandbox->fd, sandbox->buffer + sandbox->used,
			 SANDBOX_BUFFER_SIZE - sandbox->used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? say(sandbox, "read: %s", strerror(errno)) : 0;
		sandbox->heard = clock_monotonic();
		sandbox->used += (size_t)n;
		r = hand_on(sandbox);
		if (r < 0)
			return r;
	}
}

/* What its end says. */
static int judge(const struct sandbox *sandbox, int status)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return sandbox->used ? say(sandbox, "the parser ended within its answer") : 0;
	if (WIFEXITED(status) && !SANDBOX_SANITIZED)
		return say(sandbox, "the parser cannot be confined: %s",
			   strerror(WEXITSTATUS(status)));
	if (number == SIGSYS)
		return say(sandbox, "the parser tried a system call that it may not use");
	if (number == SIGXCPU)
		return say(sandbox, "the parser used more than %u s of processor time",
			   sandbox->job->cpu_seconds);
	if (number)
		return say(sandbox, "the parser was ended by signal %d, %s", number,
			   strsignal(number));
	return say(sandbox, "the parser ended with status %d", WEXITSTATUS(status));
}

/*
 * Of a child whose answer has ended: it cannot close the pipe, so it is about to end. Any
 * other is ended.
 */
static int finish(struct sandbox *sandbox, int r)
{
	int status = 0;
	pid_t pid;

	if (r < 0)
		(void)kill(sandbox->pid, SIGKILL);
	do
		pid = waitpid(sandbox->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (r == 0 && pid < 0)
		return say(sandbox, "how the parser ended is not known: %s", strerror(errno));
	return r < 0 ? r : judge(sandbox, status);
}

int sandbox_run(const struct sandbox_job *job, char why[SANDBOX_WHY_SIZE])
{
	_cleanup_free_ uint8_t *buffer = malloc(SANDBOX_BUFFER_SIZE);
	struct sandbox sandbox = { .job = job, .why = why, .fd = -EBADF, .buffer = buffer };
	int r;

	why[0] = '\0';
	if (!buffer)
		return -ENOMEM;
	sandbox.begun = sandbox.heard = clock_monotonic();
	r = start(&sandbox);
	if (r < 0)
		return say(&sandbox, "no process for the parser: %s", strerror(-r));
	r = finish(&sandbox, pump(&sandbox));
	cleanup_close(&sandbox.fd);
	return r;
}
