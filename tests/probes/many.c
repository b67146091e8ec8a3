/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * many make TEMPLATE DIRECTORY COUNT: COUNT copies of a program, DIRECTORY/0 and on, each with a
 *	tag of its own instead of the eight zeroes behind RAN-, so each with a digest of its own
 * many run TOGETHER UID PATH...: starts all of these, TOGETHER at a time, and these at the same
 *	moment. Prints how many "ran A denied B killed C other D in E ms", as together.c counts; an
 *	existing directory stands for all files in it
 * many taint DIRECTORY COUNT: maps COUNT files, one after the other, shared and writable
 * many map COUNT UID DIRECTORY: maps COUNT files of a page executable, one after the other
 * many flood COUNT UID PATH: COUNT processes that execute the file, and waits for them all: the
 *	same counts
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXIT_DENIED 100
#define EXIT_OTHER  102
#define TAG	    "RAN-00000000"

struct tally {
	unsigned int ran, denied, killed, other;
};

__attribute__((noreturn)) static void fail(const char *what)
{
	perror(what);
	exit(2);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int make(const char *template, const char *directory, unsigned int count)
{
	char path[4096], tag[sizeof(TAG)], *image, *at;
	int fd = open(template, O_RDONLY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		fail(template);
	image = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		fail("mmap");
	at = memmem(image, (size_t)status.st_size, TAG, strlen(TAG));
	if (!at)
		fail("no tag");
	for (unsigned int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%u", directory, i);
		snprintf(tag, sizeof(tag), "RAN-%08x", (unsigned int)getpid() << 16 ^ (i + 1));
		memcpy(at, tag, strlen(TAG));
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
		if (fd < 0 || write(fd, image, (size_t)status.st_size) != status.st_size)
			fail(path);
		close(fd);
	}
	return 0;
}

/* One child: its output comes into a pipe, and it executes when @gate is closed. */
static pid_t start(char *path, int gate, int *out)
{
	char *const argv[] = { path, NULL };
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		fail("pipe");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		if (dup2(ends[1], STDOUT_FILENO) < 0 || read(gate, &byte, 1) < 0)
			_exit(EXIT_OTHER);
		execv(path, argv);
		_exit(errno == EPERM ? EXIT_DENIED : EXIT_OTHER);
	}
	close(ends[1]);
	*out = ends[0];
	return pid;
}

static void count_end(pid_t pid, int out, struct tally *tally)
{
	int status;
	char text[64];
	ssize_t size = read(out, text, sizeof(text));

	close(out);
	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && size > 0)
		tally->ran++;
	else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DENIED && size == 0)
		tally->denied++;
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && size == 0)
		tally->killed++;
	else
		tally->other++;
}

static void run_batch(char **paths, unsigned int count, struct tally *tally)
{
	pid_t *pids = calloc(count, sizeof(*pids));
	int *outs = calloc(count, sizeof(*outs));
	int gate[2];

	if (!pids || !outs || pipe2(gate, O_CLOEXEC) < 0)
		fail("batch");
	for (unsigned int i = 0; i < count; i++) {
		pids[i] = start(paths[i], gate[0], &outs[i]);
		if (i == 0)
			fcntl(gate[1], F_SETFD, FD_CLOEXEC);
	}
	/* The children have the writing end too: a byte for each opens the gate. */
	for (unsigned int i = 0; i < count; i++) {
		if (write(gate[1], "", 1) != 1)
			fail("gate");
	}
	for (unsigned int i = 0; i < count; i++)
		count_end(pids[i], outs[i], tally);
	close(gate[0]);
	close(gate[1]);
	free(pids);
	free(outs);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* What is to be run: the arguments, and for a directory the files in it. */
static char **list_paths(char **arguments, unsigned int *ret_count)
{
	unsigned int count = 0;
	char **paths = NULL;

	for (; *arguments; arguments++) {
		struct dirent **entries;
		int n = scandir(*arguments, &entries, not_hidden, by_number);

		paths = realloc(paths, (count + (n > 0 ? (unsigned int)n : 1)) * sizeof(*paths));
		if (!paths)
			fail("realloc");
		if (n < 0)
			paths[count++] = *arguments;
		for (int i = 0; i < n; i++) {
			if (asprintf(&paths[count++], "%s/%s", *arguments, entries[i]->d_name) < 0)
				fail("asprintf");
		}
	}
	*ret_count = count;
	return paths;
}

static void print_tally(const struct tally *tally, long long begin)
{
	printf("ran %u denied %u killed %u other %u in %lld ms\n", tally->ran, tally->denied,
	       tally->killed, tally->other, now_ms() - begin);
}

static void become(const char *uid)
{
	struct rlimit files = { 65536, 65536 };

	setrlimit(RLIMIT_NOFILE, &files);
	if (setgid((gid_t)atoi(uid)) < 0 || setuid((uid_t)atoi(uid)) < 0)
		fail("setuid");
}

static int run(unsigned int together, char **arguments)
{
	struct tally tally = { 0 };
	long long begin = now_ms();
	unsigned int count;
	char **paths = list_paths(arguments, &count);

	for (unsigned int i = 0; i < count; i += together)
		run_batch(paths + i, count - i < together ? count - i : together, &tally);
	print_tally(&tally, begin);
	return 0;
}

static int flood(unsigned int count, char *path)
{
	char **paths = calloc(count, sizeof(*paths));
	struct tally tally = { 0 };
	long long begin = now_ms();

	if (!paths)
		fail("calloc");
	for (unsigned int i = 0; i < count; i++)
		paths[i] = path;
	run_batch(paths, count, &tally);
	print_tally(&tally, begin);
	return 0;
}

static int taint(const char *directory, unsigned int count)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/tainted", directory);
	for (unsigned int i = 0; i < count; i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
		void *address;

		if (fd < 0 || ftruncate(fd, 4096) < 0)
			fail(path);
		address = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (address == MAP_FAILED)
			fail("mmap");
		munmap(address, 4096);
		close(fd);
		unlink(path);
	}
	return 0;
}

/* One new file, which is gone afterwards. */
static void map_one(const char *path, unsigned int number)
{
	char page[4096] = "";
	void *address;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

	memcpy(page, &number, sizeof(number));
	if (fd < 0 || write(fd, page, sizeof(page)) != sizeof(page))
		fail(path);
	close(fd);
	fd = open(path, O_RDONLY);
	address = mmap(NULL, sizeof(page), PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	if (fd < 0 || address == MAP_FAILED)
		fail("mmap");
	munmap(address, sizeof(page));
	close(fd);
	unlink(path);
}

static int map(const char *directory, unsigned int count)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/mapped-%d", directory, (int)getpid());
	for (unsigned int i = 0; i < count; i++)
		map_one(path, i);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		return make(argv[2], argv[3], (unsigned int)atoi(argv[4]));
	if (argc == 4 && strcmp(argv[1], "taint") == 0)
		return taint(argv[2], (unsigned int)atoi(argv[3]));
	if (argc == 5 && strcmp(argv[1], "map") == 0) {
		become(argv[3]);
		return map(argv[4], (unsigned int)atoi(argv[2]));
	}
	if (argc > 4 && strcmp(argv[1], "run") == 0) {
		become(argv[3]);
		return run((unsigned int)atoi(argv[2]), argv + 4);
	}
	if (argc == 5 && strcmp(argv[1], "flood") == 0) {
		become(argv[3]);
		return flood((unsigned int)atoi(argv[2]), argv[4]);
	}
	fprintf(stderr, "usage: many make|run|map|flood|taint ..., see many.c\n");
	return 2;
}
