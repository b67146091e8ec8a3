/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exec_loop PAUSE FILE: executes the file again and again, PAUSE microseconds after each end,
 * until SIGTERM. Then prints how many executions ran, were denied (EPERM), were killed without
 * output, and ended otherwise: "ran A denied B killed C other D". A task that is stopped is
 * waited for until somebody resumes or kills it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_DENIED 100
#define EXIT_OTHER  102

static volatile sig_atomic_t ending;

static void on_signal(int signal)
{
	(void)signal;
	ending = 1;
}

/* The wait status of one execution, its output in @said. */
static int execute(char *file, char *said)
{
	char *const argv[] = { file, NULL };
	int status = 0, ends[2];
	pid_t child;

	if (pipe(ends))
		return -1;
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execv(file, argv);
		_exit(errno == EPERM ? EXIT_DENIED : EXIT_OTHER);
	}
	close(ends[1]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	*said = 0;
	if (read(ends[0], said, 1) < 0)
		status = -1;
	close(ends[0]);
	return child < 0 ? -1 : status;
}

int main(int argc, char **argv)
{
	unsigned long ran = 0, denied = 0, killed = 0, other = 0;
	struct sigaction action = { .sa_handler = on_signal };
	useconds_t pause;

	if (argc != 3)
		return 2;
	pause = (useconds_t)strtoul(argv[1], NULL, 10);
	sigaction(SIGTERM, &action, NULL);
	while (!ending) {
		char said;
		int status = execute(argv[2], &said);

		if (said || status == 0)
			ran++; /* one line is one too many, however it ended */
		else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DENIED)
			denied++;
		else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
			killed++;
		else
			other++;
		usleep(pause);
	}
	printf("ran %lu denied %lu killed %lu other %lu\n", ran, denied, killed, other);
	return 0;
}
