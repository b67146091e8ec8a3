/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "hasher.h"
#include "util.h"

#define SHA256_ABC  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MILLISECOND 1000000ULL
#define JOBS	    300

struct seen {
	struct hasher *hasher;
	unsigned int count;
	int error[JOBS];
	unsigned int times[JOBS];
	char hex[DIGEST_HEX_SIZE];
	bool fd_is_open[JOBS];
	int fd;	      /* that came with the last result */
	int resubmit; /* submit this descriptor once more from within the callback */
};

static void note(const struct hash_result *result, void *context)
{
	struct seen *seen = context;
	size_t i = (size_t)(uintptr_t)result->cookie;

	assert_true(i < JOBS);
	seen->count++;
	seen->times[i]++;
	seen->error[i] = result->error;
	seen->fd = result->fd;
	seen->fd_is_open[i] =
		result->fd >= 0 && (fcntl(result->fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
	if (result->error == 0)
		digest_to_hex(result->digest, seen->hex);
	if (seen->resubmit >= 0) {
		struct hash_job job = { .fd = seen->resubmit, .cookie = (void *)(i + 1) };

		seen->resubmit = -EBADF;
		assert_int_equal(hasher_submit(seen->hasher, &job), 0);
	}
}

static struct hasher *new_hasher(struct seen *seen, struct hasher_options options)
{
	memset(seen, 0, sizeof(*seen));
	seen->resubmit = -EBADF;
	options.done = note;
	options.context = seen;
	assert_int_equal(hasher_new(&options, &seen->hasher), 0);
	return seen->hasher;
}

static int submit(struct hasher *hasher, int fd, size_t cookie, uint64_t size, uint64_t patience)
{
	struct hash_job job = {
		.fd = fd,
		.size = size,
		.deadline = patience ? clock_boottime() + patience : 0,
		.cookie = (void *)(uintptr_t)cookie,
	};

	return hasher_submit(hasher, &job);
}

/* Runs the loop until @count results are there; fails after ten seconds. */
static void wait_for(struct seen *seen, unsigned int count)
{
	uint64_t end = clock_boottime() + 10000 * MILLISECOND;
	struct pollfd poll_fd = { .fd = hasher_fd(seen->hasher), .events = POLLIN };

	while (seen->count < count) {
		assert_true(clock_boottime() < end);
		poll(&poll_fd, 1, 100);
		hasher_dispatch(seen->hasher);
	}
	assert_int_equal(seen->count, count);
}

static int sparse_file(off_t size)
{
	char name[] = "/tmp/interdict-test-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(ftruncate(fd, size), 0);
	return fd;
}

static int abc_file(int flags)
{
	char name[] = "/tmp/interdict-test-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "abc", 3), 3);
	close(fd);
	fd = open(name, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	return fd;
}

static void test_digest(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	int fd = abc_file(O_RDONLY);
	int path_fd = abc_file(O_PATH);

	(void)state;
	assert_int_equal(submit(hasher, fd, 1, 3, 0), 0);
	wait_for(&seen, 1);
	assert_int_equal(seen.error[1], 0);
	assert_string_equal(seen.hex, SHA256_ABC);
	seen.hex[0] = '\0';
	assert_int_equal(submit(hasher, path_fd, 2, 3, 0), 0);
	wait_for(&seen, 2);
	assert_int_equal(seen.error[2], 0);
	assert_string_equal(seen.hex, SHA256_ABC);
	/* both descriptors are closed */
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(fcntl(path_fd, F_GETFD), -1);
	hasher_free(hasher);
}

static void test_errors(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	struct hash_job small = { .fd = abc_file(O_RDONLY), .size_max = 2, .cookie = (void *)3 };

	(void)state;
	assert_int_equal(submit(hasher, open("/tmp", O_PATH), 1, 0, 0), 0);
	assert_int_equal(submit(hasher, open("/dev/zero", O_PATH), 2, 0, 0), 0);
	assert_int_equal(hasher_submit(hasher, &small), 0);
	wait_for(&seen, 3);
	assert_int_equal(seen.error[1], -EINVAL);
	assert_int_equal(seen.error[2], -EINVAL);
	assert_int_equal(seen.error[3], -EFBIG);
	hasher_free(hasher);
}

static int open_abc(const void *data)
{
	const int *flags = data;

	return *flags < 0 ? *flags : abc_file(*flags);
}

/* Opened by the worker, and kept for the caller until it has seen the result. */
static void test_opened_and_kept(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	static const int flags[] = { O_RDONLY, O_PATH, -ESRCH };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct hash_job job = { .open = open_abc, .keep_fd = true, .cookie = (void *)i };
		int *data = malloc(sizeof(*data));

		assert_non_null(data);
		*data = flags[i];
		job.open_data = data;
		assert_int_equal(hasher_submit(hasher, &job), 0);
		wait_for(&seen, (unsigned int)i + 1);
		assert_int_equal(seen.error[i], flags[i] < 0 ? flags[i] : 0);
		assert_int_equal(seen.fd_is_open[i], flags[i] >= 0);
		for (int n = 0; seen.fd >= 0 && n < 1000 && fcntl(seen.fd, F_GETFD) >= 0; n++)
			usleep(1000);
		assert_int_equal(fcntl(seen.fd, F_GETFD), -1);
	}
	/* one that is kept when the pool ends */
	assert_int_equal(hasher_submit(hasher, &(struct hash_job){ .fd = abc_file(O_RDONLY),
								   .keep_fd = true }),
			 0);
	usleep(50000);
	hasher_free(hasher);
	assert_int_equal(seen.count, 4);
	assert_true(seen.fd_is_open[0]);
	assert_int_equal(fcntl(seen.fd, F_GETFD), -1);
}

static void test_many_each_once(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ .workers = 4 });

	(void)state;
	for (size_t i = 0; i < JOBS; i++)
		assert_int_equal(submit(hasher, abc_file(O_RDONLY), i, 3, 0), 0);
	wait_for(&seen, JOBS);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(seen.times[i], 1);
		assert_int_equal(seen.error[i], 0);
	}
	hasher_free(hasher);
}

static void test_submit_from_callback(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });

	(void)state;
	seen.resubmit = abc_file(O_RDONLY);
	assert_int_equal(submit(hasher, abc_file(O_RDONLY), 1, 3, 0), 0);
	wait_for(&seen, 2);
	assert_int_equal(seen.times[2], 1);
	hasher_free(hasher);
}

/* A tebibyte takes an hour: its deadline ends it, and small files do not wait for that. */
static void test_huge_does_not_block(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	uint64_t start = clock_boottime();
	struct hasher_counters counters;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			submit(hasher, sparse_file(1LL << 40), i, 1ULL << 40, 600 * MILLISECOND),
			0);
	assert_int_equal(submit(hasher, abc_file(O_RDONLY), 3, 3, 0), 0);
	wait_for(&seen, 1);
	assert_int_equal(seen.times[3], 1);
	assert_int_equal(seen.error[3], 0);
	assert_true(clock_boottime() - start < 500 * MILLISECOND);
	wait_for(&seen, 4);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(seen.error[i], -ETIMEDOUT);
	assert_true(clock_boottime() - start >= 600 * MILLISECOND);
	hasher_count(hasher, &counters);
	assert_int_equal(counters.timed_out, 3);
	hasher_free(hasher);
}

static void test_queue_full(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ .queue_max = 2 });
	size_t accepted = 0;
	int fd;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		int r;

		fd = sparse_file(1LL << 40);
		r = submit(hasher, fd, i, 1ULL << 40, 100 * MILLISECOND);
		if (r == 0) {
			accepted++;
			continue;
		}
		assert_int_equal(r, -ENOBUFS);
		/* still ours */
		assert_true(fcntl(fd, F_GETFD) >= 0);
		close(fd);
	}
	/* one runs, or will before long, and two wait */
	assert_in_range(accepted, 2, 3);
	wait_for(&seen, (unsigned int)accepted);
	hasher_free(hasher);
}

/* A task that waits is never refused for room, and its file does not wait for the others. */
static void test_urgent(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ .queue_max = 2 });
	struct hash_job urgent = { .size = 3, .urgent = true };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		int fd = sparse_file(1LL << 40);

		if (submit(hasher, fd, 200 + i, 1ULL << 40, 0))
			close(fd);
	}
	for (size_t i = 0; i < 100; i++) {
		urgent.fd = abc_file(O_RDONLY);
		urgent.cookie = (void *)(uintptr_t)i;
		assert_int_equal(hasher_submit(hasher, &urgent), 0);
	}
	wait_for(&seen, 100);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(seen.error[i], 0);
	hasher_free(hasher);
}

/* One user's large files, more than there are workers, do not stop another user's. */
static void test_users_in_turn(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	struct hash_job other = {
		.fd = sparse_file(HASHER_QUICK_MAX + 1),
		.size = HASHER_QUICK_MAX + 1,
		.cookie = (void *)100,
		.owner = 1001,
		.urgent = true,
	};

	(void)state;
	for (size_t i = 0; i < 32; i++) {
		struct hash_job large = {
			.fd = sparse_file(1LL << 40),
			.size = 1ULL << 40,
			.cookie = (void *)i,
			.owner = 1000,
			.urgent = true,
		};

		assert_int_equal(hasher_submit(hasher, &large), 0);
	}
	usleep(20000);
	assert_int_equal(hasher_submit(hasher, &other), 0);
	wait_for(&seen, 1);
	assert_int_equal(seen.times[100], 1);
	assert_int_equal(seen.error[100], 0);
	hasher_free(hasher);
}

/* Whatever is left when the pool ends is reported once, and without waiting for it. */
static void test_free_reports_all(void **state)
{
	struct seen seen;
	struct hasher *hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	uint64_t start = clock_boottime();

	(void)state;
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(submit(hasher, sparse_file(1LL << 40), i, 1ULL << 40, 0), 0);
	hasher_free(hasher);
	assert_int_equal(seen.count, 20);
	for (size_t i = 0; i < 20; i++) {
		assert_int_equal(seen.times[i], 1);
		assert_int_equal(seen.error[i], -ECANCELED);
	}
	assert_true(clock_boottime() - start < 1000 * MILLISECOND);
}

/*
 * A FUSE file system whose process never answers, seen only by us: its root is
 * a regular file. Returns the connection, or a negative errno where that cannot be.
 */
static int mount_stalled(char name[], int *ret_file)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (fd < 0)
		return -errno;
	snprintf(options, sizeof(options), "fd=%d,rootmode=0100000,user_id=0,group_id=0", fd);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("interdict-test", name, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	*ret_file = open(name, O_PATH | O_CLOEXEC);
	assert_true(*ret_file >= 0);
	return fd;
}

static void wait_for_return(struct hasher *hasher)
{
	struct hasher_counters counters = { .abandoned = 1 };

	for (int i = 0; counters.abandoned && i < 1000; i++) {
		usleep(5000);
		hasher_count(hasher, &counters);
	}
	assert_int_equal(counters.abandoned, 0);
}

/*
 * More jobs on a stalled file system than workers may be replaced: each ends at
 * its deadline, other files are hashed all the while, and when the file system
 * comes to an end, so does the shortage.
 */
static void test_stalled_file_system(void **state)
{
	char name[] = "/tmp/interdict-test-XXXXXX";
	struct hasher_counters counters;
	struct hasher *hasher;
	struct seen seen;
	int file = -EBADF;
	int connection;

	(void)state;
	close(mkstemp(name));
	connection = mount_stalled(name, &file);
	if (connection < 0) {
		unlink(name);
		skip();
	}
	hasher = new_hasher(&seen, (struct hasher_options){ .abandoned_max = 2 });
	for (size_t i = 0; i < 5; i++) {
		struct hash_job stalled = {
			.fd = fcntl(file, F_DUPFD_CLOEXEC, 0),
			.unverifiable = true,
			.deadline = clock_boottime() + 50 * MILLISECOND,
			.cookie = (void *)(uintptr_t)i,
			.owner = (uint32_t)i,
		};

		assert_int_equal(hasher_submit(hasher, &stalled), 0);
		wait_for(&seen, (unsigned int)(2 * i + 1));
		assert_int_equal(seen.error[i], -ETIMEDOUT);
		assert_int_equal(submit(hasher, abc_file(O_PATH), 100 + i, 3, 0), 0);
		wait_for(&seen, (unsigned int)(2 * i + 2));
		assert_int_equal(seen.error[100 + i], 0);
	}
	hasher_count(hasher, &counters);
	assert_int_equal(counters.abandoned, 4); /* two were replaced, and the lane has two */
	close(file);
	close(connection);
	wait_for_return(hasher);
	assert_int_equal(submit(hasher, abc_file(O_PATH), 200, HASHER_QUICK_MAX + 1, 0), 0);
	wait_for(&seen, 11);
	assert_int_equal(seen.error[200], 0);
	hasher_free(hasher);
	assert_int_equal(umount2(name, MNT_DETACH), 0);
	unlink(name);
}

/* The end of the pool does not wait for a stalled file system either. */
static void test_free_while_stalled(void **state)
{
	char name[] = "/tmp/interdict-test-XXXXXX";
	struct hasher *hasher;
	struct seen seen;
	int file = -EBADF;
	int connection;
	uint64_t start;

	(void)state;
	close(mkstemp(name));
	connection = mount_stalled(name, &file);
	if (connection < 0) {
		unlink(name);
		skip();
	}
	hasher = new_hasher(&seen, (struct hasher_options){ 0 });
	assert_int_equal(submit(hasher, file, 1, 3, 0), 0);
	assert_int_equal(submit(hasher, abc_file(O_PATH), 2, 1ULL << 40, 0), 0);
	usleep(50000);
	start = clock_boottime();
	hasher_free(hasher);
	assert_true(clock_boottime() - start < 1000 * MILLISECOND);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.error[1], -ECANCELED);
	close(connection);
	/* the worker that was stuck frees what is left, under the eyes of the sanitizer */
	for (int i = 0; i < 1000 && fcntl(file, F_GETFD) >= 0; i++)
		usleep(5000);
	assert_int_equal(fcntl(file, F_GETFD), -1);
	umount2(name, MNT_DETACH);
	unlink(name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_opened_and_kept),
		cmocka_unit_test(test_many_each_once),
		cmocka_unit_test(test_submit_from_callback),
		cmocka_unit_test(test_huge_does_not_block),
		cmocka_unit_test(test_queue_full),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_users_in_turn),
		cmocka_unit_test(test_free_reports_all),
		cmocka_unit_test(test_stalled_file_system),
		cmocka_unit_test(test_free_while_stalled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
