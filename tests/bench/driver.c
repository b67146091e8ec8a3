/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does the work that the benchmark times, and prints microseconds:
 *
 *   driver exec COUNT FILE       an execution and its end; the median of batches of 50
 *   driver each DIRECTORY        the same, each file of the directory once; their mean
 *   driver opens PASSES DIRECTORY
 *                                an open and a close; the median of passes over the directory
 *   driver time COMMAND...       the command, once
 *   driver latency EVENTS FILE...
 *                                from before the execution of a listed file to its line in the
 *                                event file, each FILE once: "MEDIAN P99"; a FILE has to have a
 *                                name that no other line contains
 *
 * The median of batches because a machine has other things to do now and then; a monitor's own
 * work on the way of a call is in each batch.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH            50
#define LATENCY_LIMIT_US 5e6
#define MAX_FILES        100000

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

/* Runs it to its end; the wait status. posix_spawn does not copy the address space. */
static int execute(char *const *argv)
{
	static char path[] = "PATH=/usr/bin:/usr/sbin:/bin:/sbin", language[] = "LC_ALL=C";
	char *const environment[] = { path, language, NULL };
	int status;
	pid_t child;

	errno = posix_spawnp(&child, argv[0], NULL, NULL, argv, environment);
	if (errno)
		die(argv[0]);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	return status;
}

static void execute_well(char *file)
{
	char *const argv[] = { file, NULL };

	if (execute(argv)) {
		errno = ECHILD;
		die(file);
	}
}

static void do_exec(size_t count, char *file)
{
	size_t batches = (count + BATCH - 1) / BATCH;
	double *took = doubles(batches);

	for (size_t i = 0; i < batches; i++) {
		double begin = now_us();

		for (int j = 0; j < BATCH; j++)
			execute_well(file);
		took[i] = (now_us() - begin) / BATCH;
	}
	qsort(took, batches, sizeof(*took), compare);
	printf("%.3f\n", quantile(took, batches, 0.5));
	free(took);
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

static void do_each(const char *directory)
{
	size_t count;
	char **files = list_files(directory, &count);
	double begin = now_us();

	for (size_t i = 0; i < count; i++)
		execute_well(files[i]);
	printf("%.3f\n", (now_us() - begin) / (double)count);
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
	qsort(took, passes, sizeof(*took), compare);
	printf("%.4f\n", quantile(took, passes, 0.5));
	free(took);
	free_files(files, count);
}

static void do_time(char *const *command)
{
	double begin = now_us();

	if (execute(command)) {
		errno = ECHILD;
		die(command[0]);
	}
	printf("%.1f\n", now_us() - begin);
}

/* Reads what was appended to the event file until a line of it names the file. */
static void await_line(int events, const char *name, double begin)
{
	static char text[1 << 16];
	size_t length = 0;

	while (now_us() - begin < LATENCY_LIMIT_US) {
		ssize_t got = read(events, text + length, sizeof(text) - 1 - length);

		if (got < 0)
			die("event file");
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

static void do_latency(const char *events_path, char **files, size_t count)
{
	int events = open(events_path, O_RDONLY | O_CLOEXEC);
	double *took = doubles(count);

	if (events < 0)
		die(events_path);
	for (size_t i = 0; i < count; i++) {
		const char *name = strrchr(files[i], '/');
		char *const argv[] = { files[i], NULL };
		double begin;

		lseek(events, 0, SEEK_END);
		begin = now_us();
		execute(argv);
		await_line(events, name ? name : files[i], begin);
		took[i] = now_us() - begin;
	}
	qsort(took, count, sizeof(*took), compare);
	printf("%.1f %.1f\n", quantile(took, count, 0.5), quantile(took, count, 0.99));
	free(took);
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
	else if (!strcmp(work, "time"))
		do_time(argv + 2);
	else if (!strcmp(work, "latency") && argc > 3)
		do_latency(argv[2], argv + 3, (size_t)argc - 3);
	else
		return 2;
	return 0;
}
