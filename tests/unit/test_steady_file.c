/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "steady_file.h"

static char path[] = "/tmp/test_steady_file.XXXXXX";
static struct problems *problems;

static int open_file(int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void unchanged(void **state)
{
	struct steady_file file;
	int fd = open_file(O_RDONLY), writer;

	(void)state;
	assert_int_equal(steady_file_begin(fd, path, problems, &file), 0);
	assert_true(file.leased);
	/* Who comes now has to wait. */
	assert_int_equal(open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	assert_int_equal(errno, EWOULDBLOCK);
	assert_int_equal(steady_file_end(&file, fd, path, problems), 0);
	writer = open_file(O_WRONLY | O_NONBLOCK);
	close(writer);
	close(fd);
	assert_int_equal(problems_errors(problems), 0);
}

static void a_writer_is_there(void **state)
{
	struct steady_file file;
	int fd = open_file(O_RDONLY), writer = open_file(O_WRONLY);

	(void)state;
	assert_int_equal(steady_file_begin(fd, path, problems, &file), -ETXTBSY);
	assert_int_equal(problems_errors(problems), 1);
	close(writer);
	close(fd);
}

/* One that is gone within half a second. */
static void a_writer_goes(void **state)
{
	struct steady_file file;
	int fd = open_file(O_RDONLY), writer = open_file(O_WRONLY);
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		usleep(150000);
		_exit(0);
	}
	close(writer);
	assert_int_equal(steady_file_begin(fd, path, problems, &file), 0);
	assert_int_equal(steady_file_end(&file, fd, path, problems), 0);
	close(fd);
	waitpid(child, NULL, 0);
}

/* Where there is no lease to be had, a change is seen at the end. */
static void changed_without_lease(void **state)
{
	struct steady_file file;
	int fd = open_file(O_RDONLY), writer;

	(void)state;
	assert_int_equal(steady_file_begin(fd, path, problems, &file), 0);
	assert_int_equal(fcntl(fd, F_SETLEASE, F_UNLCK), 0);
	usleep(20000); /* more than a tick of the clock that files are stamped by */
	writer = open_file(O_WRONLY);
	assert_int_equal(pwrite(writer, "X", 1, 0), 1);
	close(writer);
	assert_int_equal(steady_file_end(&file, fd, path, problems), -ESTALE);
	assert_int_equal(problems_errors(problems), 1);
	close(fd);
}

static void renamed_over(void **state)
{
	struct steady_file file;
	int fd = open_file(O_RDONLY), other;
	char name[sizeof(path) + 4];

	(void)state;
	snprintf(name, sizeof(name), "%s.new", path);
	other = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(other >= 0);
	close(other);
	assert_int_equal(steady_file_begin(fd, path, problems, &file), 0);
	usleep(20000);
	assert_int_equal(rename(name, path), 0);
	assert_int_equal(steady_file_end(&file, fd, path, problems), 0);
	close(fd);
}

static int make_file(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	(void)state;
	problems = problems_new();
	if (fd < 0 || !problems || write(fd, "0123456789", 10) != 10)
		return -1;
	return close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	problems_free(problems);
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unchanged, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_writer_is_there, make_file, remove_file),
		cmocka_unit_test_setup_teardown(a_writer_goes, make_file, remove_file),
		cmocka_unit_test_setup_teardown(changed_without_lease, make_file, remove_file),
		cmocka_unit_test_setup_teardown(renamed_over, make_file, remove_file),
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
