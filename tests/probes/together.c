/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * together COUNT FILE...: for each file, COUNT tasks execute it at the same moment. Prints how
 * many executions ran, were denied (EPERM), were killed without output, and ended otherwise,
 * over all files: "ran A denied B killed C other D". A line printed by a task that was killed
 * counts as other.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TASKS_MAX   64
#define EXIT_DENIED 100
#define EXIT_OTHER  102

struct tally {
	unsigned int ran, denied, killed, other;
};

static volatile int *go;

__attribute__((noreturn)) static void execute(char *file, int out)
{
	char *const argv[] = { file, NULL };

	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(EXIT_OTHER);
	while (!*go)
		sched_yield();
	execv(file, argv);
	_exit(errno == EPERM ? EXIT_DENIED : EXIT_OTHER);
}

/* What a task left in its pipe, and how it ended. */
static void count_end(int status, int out, struct tally *tally)
{
	char text[64];
	ssize_t size = read(out, text, sizeof(text));

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && size > 0)
		tally->ran++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DENIED && size == 0)
		tally->denied++;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && size == 0)
		tally->killed++;
	else
		tally->other++;
}

static int run_together(unsigned int count, char *file, struct tally *tally)
{
	const struct timespec pause = { .tv_nsec = 3000000 };
	int out[TASKS_MAX][2], status;
	pid_t pids[TASKS_MAX];

	*go = 0;
	for (unsigned int i = 0; i < count; i++) {
		if (pipe2(out[i], O_CLOEXEC) < 0)
			return -1;
		pids[i] = fork();
		if (pids[i] < 0)
			return -1;
		if (pids[i] == 0)
			execute(file, out[i][1]);
		close(out[i][1]);
	}
	nanosleep(&pause, NULL);
	*go = 1;
	for (unsigned int i = 0; i < count; i++) {
		if (waitpid(pids[i], &status, 0) != pids[i])
			return -1;
		count_end(status, out[i][0], tally);
		close(out[i][0]);
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 2 ? (unsigned int)atoi(argv[1]) : 0;
	struct tally tally = { 0 };

	if (count < 1 || count > TASKS_MAX) {
		fprintf(stderr, "usage: together COUNT FILE..., COUNT from 1 to %d\n", TASKS_MAX);
		return 2;
	}
	go = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (go == MAP_FAILED)
		return 2;
	for (int i = 2; i < argc; i++) {
		if (run_together(count, argv[i], &tally) < 0) {
			perror("together");
			return 2;
		}
	}
	printf("ran %u denied %u killed %u other %u\n", tally.ran, tally.denied, tally.killed,
	       tally.other);
	return 0;
}
