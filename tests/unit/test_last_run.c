/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "last_run.h"
#include "util.h"

static char directory[] = "/tmp/test_last_run.XXXXXX";

static const struct last_run sample = {
	.id = "0123456789abcdef",
	.sequence = 41,
	.mode = MODE_ENFORCE,
	.policy_digest = { 0xab, 0xcd },
};

static int open_run(struct last_run *run)
{
	int fd, r = last_run_open(directory, run, &fd);

	if (fd >= 0)
		close(fd);
	return r;
}

static void write_run(const struct last_run *run)
{
	struct last_run before;
	int fd;

	last_run_open(directory, &before, &fd);
	assert_true(fd >= 0);
	assert_int_equal(last_run_write(fd, run), 0);
	close(fd);
}

static char *file_path(void)
{
	char *path = format_string("%s/%s", directory, LAST_RUN_FILE);

	assert_non_null(path);
	return path;
}

static void write_text(const char *text)
{
	char *path = file_path();
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	free(path);
}

static void what_is_written_is_read(void **state)
{
	struct last_run run = sample, read = { 0 };

	(void)state;
	write_run(&run);
	assert_int_equal(open_run(&read), 0);
	assert_string_equal(read.id, run.id);
	assert_int_equal(read.sequence, 41);
	assert_int_equal(read.mode, MODE_ENFORCE);
	assert_false(read.clean);
	assert_memory_equal(read.policy_digest, run.policy_digest, sizeof(run.policy_digest));
	run.clean = true;
	run.mode = MODE_AUDIT;
	run.sequence = INT64_MAX;
	write_run(&run);
	assert_int_equal(open_run(&read), 0);
	assert_true(read.clean);
	assert_int_equal(read.mode, MODE_AUDIT);
	assert_int_equal(read.sequence, INT64_MAX);
}

static void none_before(void **state)
{
	struct last_run run;

	(void)state;
	write_text("");
	assert_int_equal(open_run(&run), -ENOENT);
}

/* Anything else than a whole line of ours; it is gone then, and a new one can be written. */
static void damage(void **state)
{
	struct last_run run = sample;
	char *path = file_path();
	char *text;

	(void)state;
	write_run(&run);
	assert_int_equal(read_small_file(path, 4096, &text, NULL), 0);
	for (size_t i = 0; i < strlen(text); i++) {
		char *copy = strdup(text);

		copy[i] = '~';
		write_text(copy);
		if (open_run(&run) != -EINVAL)
			fail_msg("taken: %s", copy);
		memcpy(copy, text, strlen(text));
		copy[i] = '\0';
		write_text(copy);
		assert_int_equal(open_run(&run), i ? -EINVAL : -ENOENT);
		free(copy);
	}
	write_text("0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
		   "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789\n");
	assert_int_equal(open_run(&run), -EINVAL);
	run = sample;
	write_run(&run);
	assert_int_equal(open_run(&run), 0);
	free(text);
	free(path);
}

static void links_are_not_followed(void **state)
{
	char *path = file_path(), *elsewhere = format_string("%s/elsewhere", directory);
	struct last_run run;
	struct stat st;

	(void)state;
	unlink(path);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(open_run(&run), -ELOOP);
	assert_int_equal(lstat(elsewhere, &st), -1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(open_run(&run) < 0);
	unlink(path);
	free(elsewhere);
	free(path);
}

/* Closed, and off by one in each number. */
static void account_closes(void **state)
{
	const struct account closed = {
		.sent = 100, .found = 5,
		.lost_alerts = 7, .lost_telemetry = 3, .undecodable = 1, .dismissed = 20, .waiting = 4,
		.reported = 70, .collapsed = 6,
		.has_events = true, .has_syslog = true,
		.events = { .written = 10, .repeated = 50, .lost = 3, .waiting = 1 },
		.syslog = { .written = 9, .repeated = 40, .lost = 13, .waiting = 2 },
	};
	static const size_t places[] = {
		offsetof(struct account, sent), offsetof(struct account, found),
		offsetof(struct account, lost_alerts), offsetof(struct account, lost_telemetry),
		offsetof(struct account, undecodable), offsetof(struct account, dismissed),
		offsetof(struct account, waiting), offsetof(struct account, reported),
		offsetof(struct account, collapsed), offsetof(struct account, events.written),
		offsetof(struct account, events.repeated), offsetof(struct account, events.lost),
		offsetof(struct account, syslog.waiting),
	};

	(void)state;
	assert_int_equal(account_difference(&closed, 0), 0);
	assert_int_equal(account_difference(&closed, 2), 2);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		for (int more = -1; more <= 1; more += 2) {
			struct account account = closed;

			*(uint64_t *)((char *)&account + places[i]) += (uint64_t)(int64_t)more;
			assert_true(account_difference(&account, 0) > 0);
		}
	}
	/* Two wrongs in opposite directions do not make a right. */
	{
		struct account account = closed;

		account.events.lost++;
		account.syslog.lost--;
		assert_int_equal(account_difference(&account, 0), 2);
	}
}

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	char *path = file_path();

	(void)state;
	unlink(path);
	free(path);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(none_before),
		cmocka_unit_test(damage),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(account_closes),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
