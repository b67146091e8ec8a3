/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * churn CLEAN LISTED FILE...: gives the files the bytes of CLEAN and of LISTED by turns, in place
 * and with their old mtime, one after the other and over and over, until SIGTERM. Both have as
 * many bytes. Prints how many writes that were.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX     (4 << 20)
#define PAUSE_MAX_US 1000

static volatile sig_atomic_t end;
static char bytes[2][FILE_MAX];

static void stop(int signal)
{
	(void)signal;
	end = 1;
}

static ssize_t load(const char *path, char *into)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, into, FILE_MAX);

	if (size <= 0) {
		perror(path);
		exit(2);
	}
	close(fd);
	return size;
}

/* The file may be busy, being executed: then it is left as it is. */
static unsigned int rewrite(const char *path, const char *content, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct timespec times[2];
	unsigned int written;
	struct stat before;

	if (fd < 0 || fstat(fd, &before) < 0)
		return 0;
	times[0] = before.st_atim;
	times[1] = before.st_mtim;
	written = pwrite(fd, content, size, 0) == (ssize_t)size;
	if (futimens(fd, times) < 0)
		written = 0;
	close(fd);
	return written;
}

int main(int argc, char **argv)
{
	unsigned long writes = 0;
	ssize_t size;

	if (argc < 4) {
		fprintf(stderr, "usage: churn CLEAN LISTED FILE...\n");
		return 2;
	}
	size = load(argv[1], bytes[0]);
	if (load(argv[2], bytes[1]) != size) {
		fprintf(stderr, "churn: the files differ in size\n");
		return 2;
	}
	signal(SIGTERM, stop);
	for (unsigned int turn = 0; !end; turn++) {
		for (unsigned int i = 3; i < (unsigned int)argc && !end; i++) {
			writes += rewrite(argv[i], bytes[(turn + i) % 2], (size_t)size);
			/* Some files rest for as long as it takes to hash them, and some do not. */
			usleep((turn * 7919 + i * 104729) % PAUSE_MAX_US);
		}
	}
	printf("%lu\n", writes);
	return writes == 0;
}
