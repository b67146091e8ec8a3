/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does the work that the benchmark times, and prints microseconds:
 *
 *   driver exec COUNT FILE       an execution and its end, in batches of 20
 *   driver each DIRECTORY        the same, each file of the directory once
 *   driver opens PASSES DIRECTORY
 *                                an open and a close, in passes over the directory
 *   driver time COUNT COMMAND... the command
 *   driver latency EVENTS FILE...
 *                                from before the execution of a listed file to its line in the
 *                                event file, each FILE once: "MEDIAN P99"; a FILE has to have a
 *                                name that no other line contains
 *   driver copies COUNT FILE PREFIX
 *                                times nothing: makes executable copies of the benchmark's program,
 *                                PREFIX0- and so on, of one size and each of different content
 *
 * But for latency it is the lower quartile of the batches, passes or commands: what they take while
 * the machine has nothing else to do on this CPU. A monitor's work on the way of a call is in each.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH            20
#define LATENCY_LIMIT_US 5e6
#define MAX_FILES        100000
#define TAG              "BENCH-00000000" /* in program.c */

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void die(const char *what)
{
	fprintf(stderr, "driver: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int compare(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Of @count sorted values that one below which the @part lies. */
static double quantile(const double *sorted, size_t count, double part)
{
	size_t at = (size_t)((double)count * part);

	return sorted[at < count ? at : count - 1];
}

static double *doubles(size_t count)
{
	double *values = calloc(count ? count : 1, sizeof(*values));

	if (!values)
		die("memory");
	return values;
}

/*
 * Runs it to its end; the wait status, or -1 with errno if it was not executed, as by a denial.
 * By vfork(2), which does not copy the address space; posix_spawn(3) does neither, but makes some
 * 130 system calls to set each signal to its default.
 */
static int execute(char *const *argv)
{
	static char path[] = "PATH=/usr/bin:/usr/sbin:/bin:/sbin", language[] = "LC_ALL=C";
	char *const environment[] = { path, language, NULL };
	volatile int error = 0;
	int status;
	pid_t child = vfork();

	if (child < 0)
		die("vfork");
	if (child == 0) {
		execvpe(argv[0], argv, environment);
		error = errno;
		_exit(1);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	if (!error)
		return status;
	errno = error;
	return -1;
}

static void execute_well(char *const *argv)
{
	int status = execute(argv);

	if (status > 0)
		errno = ECHILD;
	if (status)
		die(argv[0]);
}

/* Of what batches took; frees them. */
static void print_quartile(double *took, size_t count)
{
	qsort(took, count, sizeof(*took), compare);
	printf("%.4f\n", quantile(took, count, 0.25));
	free(took);
}

static void do_exec(size_t count, char *file)
{
	size_t batches = (count + BATCH - 1) / BATCH;
	char *const argv[] = { file, NULL };
	double *took = doubles(batches);

	for (size_t i = 0; i < batches; i++) {
		double begin = now_us();

		for (int j = 0; j < BATCH; j++)
			execute_well(argv);
		took[i] = (now_us() - begin) / BATCH;
	}
	print_quartile(took, batches);
}

/* The paths of the files in the directory; @count of them, owned by the caller. */
static char **list_files(const char *directory, size_t *count)
{
	char **files = calloc(MAX_FILES, sizeof(*files));
	DIR *stream = opendir(directory);
	const struct dirent *entry;

	if (!files || !stream)
		die(directory);
	*count = 0;
	while (*count < MAX_FILES && (entry = readdir(stream)))
		if (entry->d_name[0] != '.' &&
		    asprintf(&files[(*count)++], "%s/%s", directory, entry->d_name) < 0)
			die("memory");
	closedir(stream);
	if (*count == 0) {
		errno = ENOENT;
		die(directory);
	}
	return files;
}

static void free_files(char **files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(files[i]);
	free(files);
}

/* A last batch that is not full is executed and not counted, unless it is the only one. */
static void do_each(const char *directory)
{
	size_t count, batches = 0, done = 0;
	char **files = list_files(directory, &count);
	double *took = doubles(count / BATCH + 1), begin = now_us();

	for (size_t i = 0; i < count; i++) {
		char *const argv[] = { files[i], NULL };

		execute_well(argv);
		if (++done == BATCH || (i + 1 == count && batches == 0)) {
			took[batches++] = (now_us() - begin) / (double)done;
			done = 0;
			begin = now_us();
		}
	}
	print_quartile(took, batches);
	free_files(files, count);
}

static void open_all(char **files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die(files[i]);
		close(fd);
	}
}

static void do_opens(size_t passes, const char *directory)
{
	size_t count;
	char **files = list_files(directory, &count);
	double *took = doubles(passes);

	open_all(files, count);
	for (size_t i = 0; i < passes; i++) {
		double begin = now_us();

		open_all(files, count);
		took[i] = (now_us() - begin) / (double)count;
	}
	print_quartile(took, passes);
	free_files(files, count);
}

static void do_time(size_t count, char *const *command)
{
	double *took = doubles(count);

	for (size_t i = 0; i < count; i++) {
		double begin = now_us();

		execute_well(command);
		took[i] = now_us() - begin;
	}
	print_quartile(took, count);
}

/* Sleeps until something was appended: a busy wait takes the CPU from whom it waits for. */
static void await_change(int changes)
{
	struct pollfd wanted = { .fd = changes, .events = POLLIN };
	char told[4096];

	if (poll(&wanted, 1, (int)(LATENCY_LIMIT_US / 1e3)) > 0 &&
	    read(changes, told, sizeof(told)) < 0)
		die("inotify");
}

/* Reads what was appended to the event file until a line of it names the file. */
static void await_line(int events, int changes, const char *name, double begin)
{
	static char text[1 << 16];
	size_t length = 0;

	while (now_us() - begin < LATENCY_LIMIT_US) {
		ssize_t got = read(events, text + length, sizeof(text) - 1 - length);

		if (got < 0)
			die("event file");
		if (!got) {
			await_change(changes);
			continue;
		}
		length += (size_t)got;
		text[length] = 0;
		if (length && text[length - 1] == '\n') {
			if (strstr(text, name))
				return;
			length = 0;
		}
	}
	errno = ETIMEDOUT;
	die(name);
}

/* The content of the file, owned by the caller. */
static char *read_whole(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	char *content;

	if (fd < 0 || fstat(fd, &status))
		die(path);
	*size = (size_t)status.st_size;
	content = malloc(*size + 1);
	if (!content || read(fd, content, *size) != status.st_size)
		die(path);
	close(fd);
	return content;
}

static void write_program(const char *path, const char *content, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, content, size) != (ssize_t)size || close(fd))
		die(path);
}

static void do_copies(size_t count, const char *program, const char *prefix)
{
	struct timespec now;
	size_t size;
	char *content = read_whole(program, &size), *tag = memmem(content, size, TAG, strlen(TAG));

	if (!tag) {
		errno = EINVAL;
		die(program);
	}
	clock_gettime(CLOCK_REALTIME, &now);
	for (size_t i = 0; i < count; i++) {
		char *path = NULL;

		/* Never the content of an earlier run, whose digest somebody may still have. */
		snprintf(tag, sizeof(TAG), "%08x%06x", (unsigned)(now.tv_sec ^ now.tv_nsec),
		         (unsigned)i & 0xffffff);
		if (asprintf(&path, "%s%zu-", prefix, i) < 0)
			die("memory");
		write_program(path, content, size);
		free(path);
	}
	free(content);
}

static void do_latency(const char *events_path, char **files, size_t count)
{
	int events = open(events_path, O_RDONLY | O_CLOEXEC);
	int changes = inotify_init1(IN_CLOEXEC);
	double *took = doubles(count);

	if (events < 0 || inotify_add_watch(changes, events_path, IN_MODIFY) < 0)
		die(events_path);
	for (size_t i = 0; i < count; i++) {
		const char *name = strrchr(files[i], '/');
		char *const argv[] = { files[i], NULL };
		double begin;

		lseek(events, 0, SEEK_END);
		begin = now_us();
		(void)execute(argv); /* in enforce it is denied or killed */
		await_line(events, changes, name ? name : files[i], begin);
		took[i] = now_us() - begin;
	}
	qsort(took, count, sizeof(*took), compare);
	printf("%.1f %.1f\n", quantile(took, count, 0.5), quantile(took, count, 0.99));
	free(took);
	close(changes);
	close(events);
}

int main(int argc, char **argv)
{
	const char *work = argc > 2 ? argv[1] : "";

	if (!strcmp(work, "exec") && argc == 4)
		do_exec(strtoul(argv[2], NULL, 10), argv[3]);
	else if (!strcmp(work, "each") && argc == 3)
		do_each(argv[2]);
	else if (!strcmp(work, "opens") && argc == 4)
		do_opens(strtoul(argv[2], NULL, 10), argv[3]);
	else if (!strcmp(work, "time") && argc > 3)
		do_time(strtoul(argv[2], NULL, 10), argv + 3);
	else if (!strcmp(work, "copies") && argc == 5)
		do_copies(strtoul(argv[2], NULL, 10), argv[3], argv[4]);
	else if (!strcmp(work, "latency") && argc > 3)
		do_latency(argv[2], argv + 3, (size_t)argc - 3);
	else
		return 2;
	return 0;
}
