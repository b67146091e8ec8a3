/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rewrite WAY exec|mmap FILE CLEAN LISTED: makes FILE with the bytes of CLEAN and runs it, twice,
 * so that its digest is known; gives it the bytes of LISTED, as many, by WAY and runs it; then
 * those of CLEAN again, by the same way, which have to run again. Which bytes ran is told by what
 * they print.
 *
 * exec: programs that print RAN-xxxxxxxx. mmap: code that returns 42 and is followed by such a
 * word, mapped executable in a child. written: the same, and the child has it mapped when the
 * file becomes LISTED, and runs it then. "=WORD" for LISTED: the bytes of CLEAN with another word,
 * so that nobody has to read a listed file.
 *
 * Exit status, as the probe's: 0 the listed bytes ran, 100 EPERM, 101 killed, 99 anything else:
 * a change that did not take, or clean bytes that did not run.
 */
#include "rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_RAN    0
#define STATUS_BROKEN 99
#define STATUS_DENIED 100
#define STATUS_KILLED 101

#define WORD_SIZE  8 /* behind RAN- in a program, behind the code in code */
#define CODE_SIZE  6
#define PIPE_ENDS  2
#define SETTLE_US  30000 /* a digest is kept only of what is older than a tick, or than 20 ms */
#define LINGER_US  60000 /* times REWRITE_LINGER, if set: for those who look from outside */

enum run_kind {
	RUN_EXEC,
	RUN_MMAP,
	RUN_WRITTEN,
};

static const char *way_name = "?";

void broken(const char *format, ...)
{
	int error = errno;
	va_list arguments;

	printf("%s: broken: ", way_name);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf(" (%s)\n", strerror(error));
	exit(STATUS_BROKEN);
}

static struct content read_content(const char *path)
{
	struct content content = { 0 };
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0)
		broken("%s", path);
	content.size = status.st_size;
	content.bytes = malloc(content.size);
	if (!content.bytes || read(fd, content.bytes, content.size) != status.st_size)
		broken("read %s", path);
	close(fd);
	return content;
}

/* The bytes of @clean, with another word in it. */
static struct content make_content(const struct content *clean, const char *word)
{
	struct content content = { malloc(clean->size), clean->size };

	errno = EINVAL;
	if (!content.bytes || strlen(word) != WORD_SIZE)
		broken("the word %s", word);
	memcpy(content.bytes, clean->bytes, clean->size);
	memcpy(content.bytes + CODE_SIZE, word, WORD_SIZE);
	return content;
}

static void make_file(const char *path, const struct content *content)
{
	int fd;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0 || fchmod(fd, 0755) < 0)
		broken("create %s", path);
	write_all(fd, content);
	close(fd);
}

/* The word that tells these bytes from others. */
static const char *word_of(const struct content *content, enum run_kind kind)
{
	const char *mark;

	if (kind != RUN_EXEC)
		return content->bytes + CODE_SIZE;
	mark = memmem(content->bytes, content->size, "RAN-", 4);
	if (!mark) {
		errno = ENOEXEC;
		broken("no mark in the program");
	}
	return mark + 4;
}

__attribute__((noreturn)) static void child_exec(const char *file)
{
	execl(file, file, (char *)NULL);
	_exit(errno == EPERM ? STATUS_DENIED : STATUS_BROKEN);
}

/* @wait: read from it before the mapping is called; -1: at once. */
__attribute__((noreturn)) static void child_map(const char *file, int tell, int wait_for)
{
	char *address, byte = 0;
	int (*code)(void);
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		_exit(STATUS_BROKEN);
	address = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	if (address == MAP_FAILED)
		_exit(errno == EPERM ? STATUS_DENIED : STATUS_BROKEN);
	if (wait_for >= 0 && (write(tell, &byte, 1) != 1 || read(wait_for, &byte, 1) != 1))
		_exit(STATUS_BROKEN);
	*(void **)&code = address;
	if (code() != 42 || write(STDOUT_FILENO, "RAN-", 4) != 4 ||
	    write(STDOUT_FILENO, address + CODE_SIZE, WORD_SIZE) != WORD_SIZE)
		_exit(STATUS_BROKEN);
	_exit(0);
}

static void linger(void)
{
	const char *times = getenv("REWRITE_LINGER");

	if (times)
		usleep(LINGER_US * atoi(times));
}

/*
 * Runs the file once; its status of the probe, and in @ret_word what ran. @change and @content:
 * what is done to the file once it is mapped; NULL: nothing.
 */
static int run(const char *file, enum run_kind kind, char *ret_word, const struct way *change,
               const struct content *content)
{
	int out[PIPE_ENDS], mapped[PIPE_ENDS], go[PIPE_ENDS], status;
	char text[4 + WORD_SIZE] = "", byte = 0;
	ssize_t size;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(mapped, O_CLOEXEC) < 0 || pipe2(go, O_CLOEXEC) < 0)
		broken("pipe2");
	pid = fork();
	if (pid < 0)
		broken("fork");
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		if (kind == RUN_EXEC)
			child_exec(file);
		child_map(file, mapped[1], change ? go[0] : -1);
	}
	close(out[1]);
	close(mapped[1]);
	if (change && read(mapped[0], &byte, 1) == 1) {
		linger();
		change->change(file, content);
		if (write(go[1], &byte, 1) != 1)
			broken("write");
	}
	size = read(out[0], text, sizeof(text));
	/* A child whose code had to be mapped writes twice. */
	while (size > 0 && size < (ssize_t)sizeof(text)) {
		ssize_t more = read(out[0], text + size, sizeof(text) - size);

		if (more <= 0)
			break;
		size += more;
	}
	close(out[0]);
	close(mapped[0]);
	close(go[0]);
	close(go[1]);
	if (waitpid(pid, &status, 0) != pid)
		broken("waitpid");
	memcpy(ret_word, text + 4, WORD_SIZE);
	if (size == sizeof(text) && strncmp(text, "RAN-", 4) == 0)
		return STATUS_RAN;
	if (size > 0)
		return STATUS_BROKEN;
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? STATUS_KILLED : STATUS_BROKEN;
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : STATUS_BROKEN;
}

static void run_clean(const char *file, enum run_kind kind, const struct content *clean,
                      const char *when)
{
	char word[WORD_SIZE];
	int status = run(file, kind, word, NULL, NULL);

	errno = 0;
	if (status != STATUS_RAN)
		broken("clean bytes do not run %s: %d", when, status);
	if (memcmp(word, word_of(clean, kind), WORD_SIZE) != 0)
		broken("other bytes than the clean ones ran %s", when);
}

/* Only after it has run: who looks at it may learn its digest by that. */
static void check_content(const char *file, const struct content *wanted)
{
	struct content found = read_content(file);

	errno = 0;
	if (found.size != wanted->size || memcmp(found.bytes, wanted->bytes, found.size) != 0)
		broken("the file has not become what it should");
	free(found.bytes);
}

/* With REWRITE_WAIT set: so that the monitor can be started in between. */
static void wait_for_line(void)
{
	char line[2];

	printf("ready\n");
	fflush(stdout);
	errno = 0;
	if (!fgets(line, sizeof(line), stdin))
		broken("no line to wait for");
}

static enum run_kind kind_find(const char *name)
{
	if (strcmp(name, "exec") == 0)
		return RUN_EXEC;
	if (strcmp(name, "mmap") == 0)
		return RUN_MMAP;
	if (strcmp(name, "written") == 0)
		return RUN_WRITTEN;
	errno = EINVAL;
	broken("exec, mmap or written expected, not %s", name);
}

int main(int argc, char **argv)
{
	const struct way *way = argc == 6 ? way_find(argv[1]) : NULL;
	struct content clean, listed;
	char word[WORD_SIZE];
	enum run_kind kind;
	const char *file;
	int status;

	if (!way) {
		fprintf(stderr, "usage: rewrite WAY exec|mmap|written FILE CLEAN LISTED\n");
		ways_print();
		return STATUS_BROKEN;
	}
	way_name = way->name;
	kind = kind_find(argv[2]);
	file = argv[3];
	clean = read_content(argv[4]);
	listed = argv[5][0] == '=' ? make_content(&clean, argv[5] + 1) : read_content(argv[5]);
	if (clean.size != listed.size)
		broken("the sizes differ");
	make_file(file, &clean);
	if (way->prepare)
		way->prepare(file);
	if (getenv("REWRITE_WAIT"))
		wait_for_line();
	usleep(SETTLE_US);
	run_clean(file, kind, &clean, "at first");
	run_clean(file, kind, &clean, "again");
	if (kind == RUN_WRITTEN) {
		status = run(file, kind, word, way, &listed);
	} else {
		way->change(file, &listed);
		status = run(file, kind, word, NULL, NULL);
	}
	if (status == STATUS_RAN && memcmp(word, word_of(&listed, kind), WORD_SIZE) != 0)
		broken("the change did not take");
	if (status != STATUS_RAN && status != STATUS_DENIED && status != STATUS_KILLED)
		broken("status %d", status);
	if (status == STATUS_RAN)
		linger();
	else if (run(file, kind, word, NULL, NULL) != status)
		broken("a second try is answered in another way");
	if (kind != RUN_WRITTEN)
		check_content(file, &listed);
	way->change(file, &clean);
	run_clean(file, kind, &clean, "at last");
	printf("%s: status %d\n", way->name, status);
	return status;
}
