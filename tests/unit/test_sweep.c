/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "file_hash.h"
#include "sweep.h"
#include "util.h"

#define ENTRY 42U

/* A policy of one file. */
struct one_file {
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint64_t size;
	unsigned int finds;
};

static bool one_may_be_listed(const void *policy, uint64_t size)
{
	return ((const struct one_file *)policy)->size == size;
}

static uint32_t one_find(const void *policy, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct one_file *one = (struct one_file *)policy;

	one->finds++;
	return memcmp(one->digest, digest, INTERDICT_DIGEST_SIZE) == 0 ? ENTRY : 0;
}

static const char *name;

/*
 * Copies /bin/sleep, with a tail that makes digest and size its own, to a file
 * whose name holds all that a file name may. No other run of this test has a file
 * of that size at the same time: a sweep sees the processes of the whole machine.
 */
static void make_program(struct one_file *one)
{
	_cleanup_close_ int from = open("/bin/sleep", O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int to = -EBADF;
	struct stat stat;
	uint64_t salt = clock_boottime();

	to = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	assert_true(from >= 0 && to >= 0);
	assert_int_equal(fstat(from, &stat), 0);
	assert_int_equal(sendfile(to, from, NULL, (size_t)stat.st_size), stat.st_size);
	assert_int_equal(lseek(to, 0, SEEK_END), stat.st_size);
	assert_int_equal(write(to, &salt, sizeof(salt)), sizeof(salt));
	assert_int_equal(ftruncate(to, stat.st_size + 77777 + getpid()), 0);
	memset(one, 0, sizeof(*one));
	assert_int_equal(file_hash(to, one->digest, &one->size), 0);
}

static pid_t start_program(void)
{
	char exe[64], target[4096];
	pid_t pid = fork();

	if (pid == 0) {
		execl(name, "sleep", "60", NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	/* until the exec is through */
	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	for (int i = 0; i < 1000; i++) {
		ssize_t n = readlink(exe, target, sizeof(target) - 1);

		if (n > 0 && (size_t)n >= strlen(name) && !memcmp(target, name, strlen(name)))
			return pid;
		usleep(1000);
	}
	fail_msg("the program did not start");
	return -1;
}

static void end_program(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

struct seen {
	unsigned int count;
	struct sweep_finding last;
	char path[4096];
};

static void note(const struct sweep_finding *finding, void *context)
{
	struct seen *seen = context;

	if (finding->event.entry != ENTRY)
		return;
	seen->count++;
	seen->last = *finding;
	snprintf(seen->path, sizeof(seen->path), "%s", finding->path);
}

static struct sweep_options options_for(struct one_file *one)
{
	return (struct sweep_options){
		.policy = { .may_be_listed = one_may_be_listed, .find = one_find, .policy = one },
	};
}

static void assert_found(const struct seen *seen, const struct one_file *one, pid_t pid)
{
	const struct event *event = &seen->last.event;

	assert_int_equal(seen->count, 1);
	assert_int_equal(event->tgid, pid);
	assert_int_equal(event->ppid, getpid());
	assert_int_equal(event->uid, getuid());
	assert_int_equal(event->kind, EVENT_RUNNING);
	assert_int_equal(event->reason, REASON_LISTED);
	assert_int_equal(event->hash_source, HASH_SOURCE_USER);
	assert_int_equal(event->file.size, one->size);
	assert_memory_equal(event->digest, one->digest, INTERDICT_DIGEST_SIZE);
	assert_string_equal(seen->path, name);
	assert_true(event->start > 0 && event->start <= clock_boottime());
}

static void test_running(void **state)
{
	struct sweep_counters counters;
	struct seen seen = { 0 };
	struct one_file one;
	pid_t pid;

	(void)state;
	make_program(&one);
	pid = start_program();
	assert_int_equal(sweep_run(&(struct sweep_options){ .policy = options_for(&one).policy },
				   note, &seen, &counters),
			 0);
	assert_found(&seen, &one, pid);
	assert_false(seen.last.deleted);
	assert_false(seen.last.mapped);
	assert_true(counters.processes >= 2);
	assert_true(counters.size_cleared > 0);
	assert_int_equal(counters.matched, 1);
	/* everything else was cleared without being read */
	assert_int_equal(counters.hashed, one.finds);
	assert_int_equal(counters.hashed, counters.files - counters.size_cleared);
	end_program(pid);
	unlink(name);
}

static void test_deleted_and_two_processes(void **state)
{
	struct sweep_options options;
	struct seen seen = { 0 };
	struct one_file one;
	pid_t first, second;

	(void)state;
	make_program(&one);
	first = start_program();
	second = start_program();
	unlink(name);
	options = options_for(&one);
	assert_int_equal(sweep_run(&options, note, &seen, NULL), 0);
	assert_int_equal(seen.count, 2);
	assert_true(seen.last.deleted);
	assert_string_equal(seen.path, name);
	/* hashed once for both */
	assert_int_equal(one.finds, 1);
	end_program(second);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(sweep_run(&options, note, &seen, NULL), 0);
	assert_found(&seen, &one, first);
	end_program(first);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(sweep_run(&options, note, &seen, NULL), 0);
	assert_int_equal(seen.count, 0);
}

/* The same size, but one other byte: no finding. */
static void test_other_contents(void **state)
{
	struct sweep_options options;
	struct seen seen = { 0 };
	struct one_file one;
	pid_t pid;

	(void)state;
	make_program(&one);
	pid = start_program();
	one.digest[31] ^= 1;
	options = options_for(&one);
	assert_int_equal(sweep_run(&options, note, &seen, NULL), 0);
	assert_int_equal(seen.count, 0);
	assert_true(one.finds >= 1);
	end_program(pid);
	unlink(name);
}

static void test_mapping(void **state)
{
	struct sweep_counters counters;
	struct sweep_options options;
	struct seen seen = { 0 };
	struct one_file one;
	void *address;
	int fd;

	(void)state;
	make_program(&one);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	options = options_for(&one);
	/* mapped, but not executable: not our business */
	address = mmap(NULL, one.size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(address, MAP_FAILED);
	assert_int_equal(sweep_run(&options, note, &seen, &counters), 0);
	assert_int_equal(seen.count, 0);
	assert_int_equal(munmap(address, one.size), 0);

	address = mmap(NULL, one.size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	assert_ptr_not_equal(address, MAP_FAILED);
	close(fd);
	unlink(name);
	assert_int_equal(sweep_run(&options, note, &seen, &counters), 0);
	munmap(address, one.size);
	if (counters.unreadable && geteuid() != 0)
		skip(); /* /proc/PID/map_files is for root */
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.event.tgid, getpid());
	assert_true(seen.last.mapped);
	assert_true(seen.last.deleted);
	assert_string_equal(seen.path, name);
}

static void test_too_large_is_unhashable(void **state)
{
	struct sweep_counters counters;
	struct sweep_options options;
	struct one_file one;
	pid_t pid;

	(void)state;
	make_program(&one);
	pid = start_program();
	options = options_for(&one);
	options.size_max = one.size - 1;
	assert_int_equal(sweep_run(&options, note, &(struct seen){ 0 }, &counters), 0);
	assert_int_equal(counters.matched, 0);
	assert_int_equal(counters.unhashable, 1);
	end_program(pid);
	unlink(name);
}

static void test_stop(void **state)
{
	const atomic_bool stop = true;
	struct sweep_options options;
	struct seen seen = { 0 };
	struct one_file one;

	(void)state;
	make_program(&one);
	options = options_for(&one);
	options.stop = &stop;
	assert_int_equal(sweep_run(&options, note, &seen, NULL), -ECANCELED);
	assert_int_equal(seen.count, 0);
	unlink(name);
}

static void test_in_background(void **state)
{
	struct sweep_counters counters = { 0 };
	struct sweep_options options;
	struct seen seen = { 0 };
	struct one_file one;
	struct sweep *sweep;
	struct pollfd poll_fd = { .events = POLLIN };
	int error = 1;
	pid_t pid;

	(void)state;
	make_program(&one);
	pid = start_program();
	options = options_for(&one);
	assert_int_equal(sweep_start(&options, &sweep), 0);
	poll_fd.fd = sweep_fd(sweep);
	do {
		assert_int_equal(poll(&poll_fd, 1, 10000), 1);
	} while (!sweep_dispatch(sweep, note, &seen, &counters, &error));
	assert_found(&seen, &one, pid);
	assert_int_equal(error, 0);
	assert_int_equal(counters.matched, 1);
	sweep_free(sweep);

	/* and one that is given up at once, with its policy */
	assert_int_equal(sweep_start(&options, &sweep), 0);
	sweep_free(sweep);
	memset(&one, 0xff, sizeof(one));
	end_program(pid);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_deleted_and_two_processes),
		cmocka_unit_test(test_other_contents),
		cmocka_unit_test(test_mapping),
		cmocka_unit_test(test_too_large_is_unhashable),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_in_background),
	};
	char file[64];

	/* d_path() escapes a newline in maps, but not in the links that we read */
	snprintf(file, sizeof(file), "/tmp/interdict sweep\n%d \"\\\xff", (int)getpid());
	name = file;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
