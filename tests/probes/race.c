/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race SECONDS FILE CLEAN LISTED OTHER: one process gives FILE the bytes of LISTED and of CLEAN by
 * turns, in place, as fast as it can; one a CPU executes FILE, and after each time OTHER, which has
 * as many bytes and nobody lists. What ran is told by what it prints. One line at the end:
 *
 *	writes W, clean C, listed L, refused R, busy B, other: ran O, not N
 *
 * refused: EPERM or SIGKILL, and nothing was printed; busy: ETXTBSY. Exit status 1 if anything else
 * happened, or if there was no write or no execution of OTHER.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_SIZE 64
#define CPUS	      2
#define EXIT_DENIED   100
#define EXIT_BUSY     101
#define EXIT_OTHER    102
#define FILE_MAX      (1 << 20)

enum outcome {
	RAN_CLEAN,
	RAN_LISTED,
	RAN_OTHER,
	REFUSED,
	BUSY,
	FAILED,
	OUTCOMES,
};

struct shared {
	unsigned long count[OUTCOMES];
	unsigned long other_refused;
	unsigned long writes;
	volatile bool end;
};

static struct shared *shared;
static char clean[FILE_MAX], listed[FILE_MAX], other[FILE_MAX];
static char clean_line[LINE_MAX_SIZE], listed_line[LINE_MAX_SIZE], other_line[LINE_MAX_SIZE];

static size_t load(const char *path, char *bytes, char *line)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, bytes, FILE_MAX);
	const char *mark = size > 0 ? memmem(bytes, size, "RAN-", 4) : NULL;

	if (!mark) {
		perror(path);
		exit(2);
	}
	memcpy(line, mark, strcspn(mark, "\n"));
	close(fd);
	return size;
}

/* The file may be busy, being executed. */
static void write_loop(const char *file, size_t size)
{
	struct timespec pause = { 0 };

	for (unsigned int turn = 0; !shared->end; turn++) {
		const char *bytes = turn & 1 ? clean : listed;
		int fd;

		while ((fd = open(file, O_WRONLY | O_CLOEXEC)) < 0 && !shared->end)
			sched_yield();
		if (fd < 0)
			break;
		if (pwrite(fd, bytes, size, 0) == (ssize_t)size)
			shared->writes++;
		close(fd);
		pause.tv_nsec = (long)(turn * 7919 % 1500) * 1000;
		nanosleep(&pause, NULL);
	}
	_exit(0);
}

static enum outcome execute(const char *file)
{
	char text[LINE_MAX_SIZE] = "";
	int out[2], status;
	ssize_t size;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return FAILED;
	pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		execl(file, file, (char *)NULL);
		_exit(errno == EPERM     ? EXIT_DENIED
		      : errno == ETXTBSY ? EXIT_BUSY
		                         : EXIT_OTHER);
	}
	close(out[1]);
	size = read(out[0], text, sizeof(text) - 1);
	close(out[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return FAILED;
	text[strcspn(text, "\n")] = '\0';
	if (size > 0)
		return strcmp(text, clean_line) == 0    ? RAN_CLEAN
		       : strcmp(text, listed_line) == 0 ? RAN_LISTED
		       : strcmp(text, other_line) == 0  ? RAN_OTHER
		                                        : FAILED;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? REFUSED : FAILED;
	return WEXITSTATUS(status) == EXIT_DENIED ? REFUSED
	       : WEXITSTATUS(status) == EXIT_BUSY ? BUSY
	                                          : FAILED;
}

static void execute_loop(int cpu, const char *file, const char *other_file)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!shared->end) {
		__sync_fetch_and_add(&shared->count[execute(file)], 1);
		if (execute(other_file) == RAN_OTHER)
			__sync_fetch_and_add(&shared->count[RAN_OTHER], 1);
		else
			__sync_fetch_and_add(&shared->other_refused, 1);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	const unsigned long *count;
	size_t size;

	if (argc != 6) {
		fprintf(stderr, "usage: race SECONDS FILE CLEAN LISTED OTHER\n");
		return 2;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size = load(argv[3], clean, clean_line);
	if (shared == MAP_FAILED || load(argv[4], listed, listed_line) != size ||
	    load(argv[5], other, other_line) != size) {
		fprintf(stderr, "race: the sizes differ\n");
		return 2;
	}
	if (fork() == 0)
		write_loop(argv[2], size);
	for (int cpu = 0; cpu < CPUS; cpu++)
		if (fork() == 0)
			execute_loop(cpu, argv[2], argv[5]);
	sleep((unsigned int)atoi(argv[1]));
	shared->end = true;
	while (wait(NULL) > 0)
		;
	count = shared->count;
	printf("writes %lu, clean %lu, listed %lu, refused %lu, busy %lu, other: ran %lu, not %lu\n",
	       shared->writes, count[RAN_CLEAN], count[RAN_LISTED], count[REFUSED], count[BUSY],
	       count[RAN_OTHER], shared->other_refused);
	if (count[FAILED])
		printf("%lu executions failed otherwise\n", count[FAILED]);
	return count[FAILED] || !shared->writes || !count[RAN_OTHER];
}
