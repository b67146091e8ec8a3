/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "file_hash.h"
#include "util.h"

#define SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
/* FIPS 180-2, appendix B.3: a million times the letter a */
#define SHA256_MILLION_A "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

/* A file that is unlinked and goes with its descriptor. */
static int temporary_file(const void *data, size_t size)
{
	char name[] = "/tmp/interdict-test-XXXXXX";
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	return fd;
}

static void assert_digest(int fd, const char *expected, uint64_t expected_size)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	char hex[DIGEST_HEX_SIZE];
	uint64_t size = 12345;

	assert_int_equal(file_hash(fd, digest, &size), 0);
	digest_to_hex(digest, hex);
	assert_string_equal(hex, expected);
	assert_int_equal(size, expected_size);
}

static void test_known_digests(void **state)
{
	_cleanup_close_ int empty = temporary_file("", 0);
	_cleanup_close_ int abc = temporary_file("abc", 3);
	_cleanup_free_ char *letters = malloc(1000000);
	_cleanup_close_ int million = -EBADF;

	(void)state;
	assert_non_null(letters);
	memset(letters, 'a', 1000000);
	million = temporary_file(letters, 1000000);
	assert_digest(empty, SHA256_EMPTY, 0);
	assert_digest(abc, SHA256_ABC, 3);
	assert_digest(million, SHA256_MILLION_A, 1000000);
}

static void test_position_stays(void **state)
{
	_cleanup_close_ int fd = temporary_file("abc", 3);

	(void)state;
	assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
	assert_digest(fd, SHA256_ABC, 3);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 2);
}

static void test_not_regular(void **state)
{
	_cleanup_close_ int directory = open("/tmp", O_RDONLY | O_DIRECTORY);
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint64_t size = 12345;
	int pipe_fds[2];

	(void)state;
	assert_int_equal(pipe(pipe_fds), 0);
	assert_int_equal(file_hash(directory, digest, &size), -EINVAL);
	assert_int_equal(file_hash(pipe_fds[0], digest, &size), -EINVAL);
	assert_int_equal(file_hash(-1, digest, &size), -EBADF);
	assert_int_equal(size, 12345);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* A file of procfs claims to be empty and is not. */
static void test_size_is_a_lie(void **state)
{
	_cleanup_close_ int fd = open("/proc/self/status", O_RDONLY);
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	(void)state;
	assert_int_equal(file_hash(fd, digest, NULL), -EOPNOTSUPP);
}

static void test_limits(void **state)
{
	_cleanup_close_ int fd = temporary_file("abc", 3);
	const atomic_bool stop = true;
	const struct {
		struct file_hash_limits limits;
		int expected;
	} cases[] = {
		{ { .size_max = 3 }, 0 },
		{ { .size_max = 2 }, -EFBIG },
		{ { .deadline = clock_boottime() + 60000000000U }, 0 },
		{ { .deadline = 1 }, -ETIMEDOUT },
		{ { .stop = &stop }, -ECANCELED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t digest[INTERDICT_DIGEST_SIZE] = { 7 };
		struct stat stat = { .st_size = 7 };
		int r = file_hash_limited(fd, &cases[i].limits, digest, &stat);

		assert_int_equal(r, cases[i].expected);
		assert_int_equal(stat.st_size, r ? 7 : 3);
		assert_int_equal(digest[0], r ? 7 : 0xba);
	}
}

struct writer {
	int fd;
	off_t size;
	atomic_bool stop;
};

/* Changes one byte in the middle, again and again. */
static void *writer_main(void *argument)
{
	struct writer *writer = argument;
	unsigned char value = 0;

	while (!atomic_load(&writer->stop)) {
		value++;
		assert_int_equal(pwrite(writer->fd, &value, 1, writer->size / 2), 1);
		usleep(1000);
	}
	return NULL;
}

/*
 * While somebody writes, no digest may come out; afterwards it does. The file
 * is large enough to take longer than a tick of the coarsest clock.
 */
static void test_changed_meanwhile(void **state)
{
	_cleanup_close_ int fd = temporary_file("", 0);
	struct writer writer = { .fd = fd, .size = 64 << 20 };
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	pthread_t thread;

	(void)state;
	assert_int_equal(ftruncate(fd, writer.size), 0);
	assert_int_equal(pthread_create(&thread, NULL, writer_main, &writer), 0);
	usleep(20000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(file_hash(fd, digest, NULL), -EAGAIN);
	atomic_store(&writer.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(file_hash(fd, digest, NULL), 0);
}

/* Every way in which a file can become another while it is read, one at a time. */
static void test_one_change(void **state)
{
	_cleanup_close_ int fd = temporary_file("abc", 3);
	struct stat before, after;
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	(void)state;
	usleep(20000);
	assert_int_equal(file_hash_limited(fd, NULL, digest, &before), 0);
	usleep(20000);
	assert_int_equal(pwrite(fd, "abd", 3, 0), 3);
	assert_int_equal(file_hash_limited(fd, NULL, digest, &after), 0);
	assert_true(before.st_ctim.tv_sec != after.st_ctim.tv_sec ||
		    before.st_ctim.tv_nsec != after.st_ctim.tv_nsec);
	assert_int_equal(before.st_ino, after.st_ino);
}

/* A descriptor with only the path is not read. */
static void test_path_descriptor(void **state)
{
	_cleanup_close_ int fd = open("/bin/sh", O_PATH);
	uint8_t digest[INTERDICT_DIGEST_SIZE];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(file_hash(fd, digest, NULL), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_digests), cmocka_unit_test(test_position_stays),
		cmocka_unit_test(test_not_regular),   cmocka_unit_test(test_size_is_a_lie),
		cmocka_unit_test(test_limits),	      cmocka_unit_test(test_changed_meanwhile),
		cmocka_unit_test(test_one_change),    cmocka_unit_test(test_path_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
