/* SPDX-License-Identifier: BSD-2-Clause */
#include "sample.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "util.h"

#define LATER UINT64_MAX

static char directory[] = "/tmp/interdict-test-XXXXXX";
static char path[64], other[64];

static int make_directory(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/events", directory);
	snprintf(other, sizeof(other), "%s/other", directory);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static int remove_files(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return 0;
}

static struct output *open_output(const char *name, enum output_format format)
{
	struct output *output = NULL;

	assert_int_equal(output_file_new(name, format, &output), 0);
	assert_non_null(output);
	return output;
}

/* Writes an alert numbered @sequence whose path makes the line about @length bytes longer. */
static int write_alert(struct output *output, uint64_t sequence, size_t length)
{
	struct alert alert = sample_alert();
	int r;

	free(alert.path);
	alert.path = calloc(1, length + 2);
	assert_non_null(alert.path);
	memset(alert.path, 'x', length + 1);
	alert.sequence = sequence;
	r = output_alert(output, &sample_context, &alert);
	alert_release(&alert);
	return r;
}

static void assert_sum(const struct output *output)
{
	struct output_stats stats = output_get_stats(output);

	assert_int_equal(stats.given, stats.written + stats.lost + stats.waiting);
}

static char *read_all(const char *name)
{
	char *text = NULL;

	assert_int_equal(read_small_file(name, 1U << 24, &text, NULL), 0);
	return text;
}

/* Asserts that @text is whole lines numbered @first, @first + 1 ...; returns how many. */
static size_t check_lines(char *text, uint64_t first)
{
	size_t count = 0;
	char *line = text, *end;

	for (; *line; line = end + 1, count++) {
		char number[24];

		end = strchr(line, '\n');
		assert_non_null(end);
		*end = '\0';
		snprintf(number, sizeof(number), "%llu", (unsigned long long)(first + count));
		assert_text(line, 3, "seq", number);
	}
	return count;
}

static size_t check_file(const char *name, uint64_t first)
{
	char *text = read_all(name);
	size_t count = check_lines(text, first);

	free(text);
	return count;
}

static void appends(void **state)
{
	struct output *output = open_output(path, OUTPUT_TEXT);
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(write_alert(output, 1, 1), 0);
	output_free(output);
	output = open_output(path, OUTPUT_TEXT);
	assert_int_equal(write_alert(output, 2, 1), 0);
	assert_int_equal(output_next(output), UINT64_MAX);
	assert_int_equal(output_get_stats(output).written, 1);
	output_free(output);
	output_free(NULL);
	assert_int_equal(check_file(path, 1), 2);
}

static void ecs_and_health(void **state)
{
	struct output *output = open_output(path, OUTPUT_ECS);
	struct health health = sample_health();
	char *text;

	(void)state;
	assert_int_equal(output_health(output, &health), 0);
	assert_int_equal(write_alert(output, 1, 1), 0);
	output_free(output);
	text = read_all(path);
	assert_ptr_equal(strstr(text, "{\"@timestamp\":"), text);
	assert_non_null(strstr(text, "}\n{\"@timestamp\":"));
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
}

static void two_writers_do_not_interleave(void **state)
{
	struct output *one = open_output(path, OUTPUT_TEXT);
	struct output *two = open_output(path, OUTPUT_TEXT);

	(void)state;
	for (uint64_t i = 0; i < 200; i += 2) {
		assert_int_equal(write_alert(one, i, 3000), 0);
		assert_int_equal(write_alert(two, i + 1, 5), 0);
	}
	output_free(one);
	output_free(two);
	assert_int_equal(check_file(path, 0), 200);
}

static void refuses_what_is_no_place_for_events(void **state)
{
	struct output *output = NULL;
	int fd;

	(void)state;
	fd = open(other, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(symlink(other, path), 0);
	assert_int_equal(output_file_new(path, OUTPUT_TEXT, &output), -ELOOP);
	assert_int_equal(output_file_new(directory, OUTPUT_TEXT, &output), -EISDIR);
	unlink(path);
	snprintf(path, sizeof(path), "%s/none/events", directory);
	assert_int_equal(output_file_new(path, OUTPUT_TEXT, &output), -ENOENT);
	snprintf(path, sizeof(path), "%s/events", directory);
	/* Nor is a link followed on the way, nor anything trusted where others may write. */
	assert_int_equal(symlink(directory, path), 0);
	snprintf(path, sizeof(path), "%s/events/new", directory);
	assert_int_equal(output_file_new(path, OUTPUT_TEXT, &output), -ELOOP);
	snprintf(path, sizeof(path), "%s/events", directory);
	unlink(path);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(output_file_new(path, OUTPUT_TEXT, &output), -EPERM);
	assert_int_equal(chmod(directory, 01777), 0);
	assert_int_equal(output_file_new(path, OUTPUT_TEXT, &output), 0);
	output_free(output);
	output = NULL;
	unlink(path);
	assert_int_equal(chmod(directory, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(directory, 65534, 65534), 0);
		assert_int_equal(output_file_new(path, OUTPUT_TEXT, &output), -EPERM);
		assert_int_equal(chown(directory, 0, 0), 0);
		assert_int_equal(chown(other, 65534, 65534), 0);
		assert_int_equal(output_file_new(other, OUTPUT_TEXT, &output), -EPERM);
	}
	assert_null(output);
}

static void full_device(void **state)
{
	struct output *output = open_output("/dev/full", OUTPUT_TEXT);

	(void)state;
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(write_alert(output, i, 1), 0);
	assert_int_equal(output_get_stats(output).written, 0);
	assert_int_equal(output_get_stats(output).waiting, 10);
	assert_int_equal(output_get_stats(output).error, -ENOSPC);
	/* It was not tried ten times over: once a second. */
	assert_int_equal(output_get_stats(output).refused, 1);
	assert_true(output_next(output) > clock_boottime());
	assert_true(output_next(output) <= clock_boottime() + 1000000000U);
	output_poll(output, clock_boottime());
	assert_int_equal(output_get_stats(output).refused, 1);
	output_poll(output, LATER);
	assert_int_equal(output_get_stats(output).refused, 2);
	output_set_queue(output, 1);
	assert_int_equal(write_alert(output, 10, 1), -ENOBUFS);
	assert_int_equal(output_get_stats(output).lost, 1);
	assert_int_equal(output_get_stats(output).waiting, 10);
	assert_sum(output);
	output_free(output);
}

static void set_file_limit(rlim_t bytes)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on the size of the file takes a part of a line, as a full disk does. */
static void no_torn_line_on_a_full_disk(void **state)
{
	(void)state;
	for (rlim_t room = 2000; room < 4000; room += 97) {
		struct output *output = open_output(path, OUTPUT_TEXT);

		for (uint64_t i = 0; i < 3; i++) {
			set_file_limit(i == 0 ? RLIM_INFINITY : room);
			assert_int_equal(write_alert(output, i, 500), 0);
		}
		set_file_limit(RLIM_INFINITY);
		/* While the disk is full, the file is whole lines. */
		assert_int_equal(check_file(path, 0) + output_get_stats(output).waiting, 3);
		output_poll(output, LATER);
		assert_int_equal(output_get_stats(output).waiting, 0);
		assert_int_equal(output_get_stats(output).error, 0);
		assert_int_equal(write_alert(output, 3, 1), 0);
		assert_int_equal(output_get_stats(output).written, 4);
		assert_sum(output);
		output_free(output);
		assert_int_equal(check_file(path, 0), 4);
		unlink(path);
	}
}

/* What a crash left behind does not swallow the next line. */
static void torn_line_is_ended(void **state)
{
	struct output *output;
	char *text;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(write(fd, "half a li", 9), 9);
	close(fd);
	output = open_output(path, OUTPUT_TEXT);
	assert_int_equal(write_alert(output, 1, 1), 0);
	assert_int_equal(write_alert(output, 2, 1), 0);
	output_free(output);
	text = read_all(path);
	assert_ptr_equal(strstr(text, "half a li\n"), text);
	assert_int_equal(check_lines(text + 10, 1), 2);
	free(text);
}

static void reopened_after_rotation(void **state)
{
	struct output *output = open_output(path, OUTPUT_TEXT);

	(void)state;
	assert_int_equal(write_alert(output, 1, 1), 0);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(write_alert(output, 2, 1), 0);
	assert_int_equal(output_reopen(output), 0);
	assert_int_equal(write_alert(output, 3, 1), 0);
	assert_int_equal(check_file(other, 1), 2);
	assert_int_equal(check_file(path, 3), 1);
	/* If it cannot be opened, the old one stays. */
	unlink(other);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(output_reopen(output), -ELOOP);
	assert_int_equal(write_alert(output, 4, 1), 0);
	assert_int_equal(check_file(other, 3), 2);
	output_free(output);
}

static void removed_file_is_made_again(void **state)
{
	struct output *output = open_output(path, OUTPUT_TEXT);

	(void)state;
	assert_int_equal(write_alert(output, 1, 1), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write_alert(output, 2, 1), 0);
	assert_int_equal(check_file(path, 2), 1);
	/* Never through a link; what waits is not lost. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(write_alert(output, 3, 1), 0);
	assert_int_equal(output_get_stats(output).waiting, 1);
	assert_int_equal(output_get_stats(output).error, -ELOOP);
	assert_int_equal(unlink(path), 0);
	output_free(output);
	assert_int_equal(check_file(path, 3), 1);
}

/* Reads what is in the pipe now and appends it to @text. */
static void drain_pipe(int fd, char *text)
{
	size_t used = strlen(text);
	ssize_t n;

	while ((n = read(fd, text + used, 65536)) > 0)
		used += (size_t)n;
	text[used] = '\0';
}

static void full_pipe(void **state)
{
	char *text = calloc(1, 4U << 20);
	struct output *output;
	int reader;

	(void)state;
	assert_non_null(text);
	assert_int_equal(mkfifo(path, 0600), 0);
	output = open_output(path, OUTPUT_TEXT);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(reader >= 0);
	for (uint64_t i = 0; i < 60; i++)
		assert_int_equal(write_alert(output, i, 5000), 0);
	assert_true(output_get_stats(output).waiting > 10);
	assert_int_equal(output_get_stats(output).error, -EAGAIN);
	assert_true(output_next(output) < clock_boottime() + 100000000U);
	for (int i = 0; i < 100 && output_get_stats(output).waiting > 0; i++) {
		drain_pipe(reader, text);
		output_poll(output, LATER);
	}
	drain_pipe(reader, text);
	assert_int_equal(output_get_stats(output).written, 60);
	assert_sum(output);
	output_free(output);
	assert_int_equal(check_lines(text, 0), 60);
	close(reader);
	free(text);
}

/* In a child with @fd as its standard output. */
static void write_to_stdout(int fd)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct output *output = NULL;
		int failed = dup2(fd, STDOUT_FILENO) < 0;

		failed |= output_file_new("-", OUTPUT_TEXT, &output) < 0;
		for (uint64_t i = 0; !failed && i < 100; i++)
			failed |= write_alert(output, i, 3000) < 0;
		failed |= output && output_get_stats(output).written == 0;
		failed |= (fcntl(STDOUT_FILENO, F_GETFL) & O_NONBLOCK) != 0;
		output_free(output);
		_exit(failed);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Nobody reads: it comes back all the same, and leaves the shared descriptor as it was. */
static void standard_output_never_blocks(void **state)
{
	int fds[2], fd;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	write_to_stdout(fds[1]);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	write_to_stdout(fds[1]);
	close(fds[0]);
	close(fds[1]);
	fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	write_to_stdout(fd);
	close(fd);
	assert_int_equal(check_file(path, 0), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(appends, remove_files),
		cmocka_unit_test_teardown(ecs_and_health, remove_files),
		cmocka_unit_test_teardown(two_writers_do_not_interleave, remove_files),
		cmocka_unit_test_teardown(refuses_what_is_no_place_for_events, remove_files),
		cmocka_unit_test_teardown(full_device, remove_files),
		cmocka_unit_test_teardown(no_torn_line_on_a_full_disk, remove_files),
		cmocka_unit_test_teardown(torn_line_is_ended, remove_files),
		cmocka_unit_test_teardown(reopened_after_rotation, remove_files),
		cmocka_unit_test_teardown(removed_file_is_made_again, remove_files),
		cmocka_unit_test_teardown(full_pipe, remove_files),
		cmocka_unit_test_teardown(standard_output_never_blocks, remove_files),
	};

	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
