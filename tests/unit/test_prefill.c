/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of pre-fill that need no kernel programs. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claims.h"
#include "digest_maps.h"
#include "file_hash.h"
#include "page_cache.h"
#include "prefill_sources.h"
#include "unit_programs.h"
#include "util.h"

/* --- unit files --- */

static void join(const char *path, void *context)
{
	char *text = context;

	assert_true(strlen(text) + strlen(path) + 2 < 3 * PATH_MAX);
	strcat(strcat(text, path), " ");
}

static void assert_programs(const char *text, const char *wanted)
{
	char got[3 * PATH_MAX] = "";

	unit_programs(text, join, got);
	assert_string_equal(got, wanted);
}

static void test_units(void **state)
{
	(void)state;
	assert_programs("", "");
	assert_programs("\n\n", "");
	assert_programs("[Service]\nExecStart=/usr/sbin/sshd -D $OPTS\n", "/usr/sbin/sshd ");
	assert_programs("ExecStart=/a\nExecStartPre=/b x\nExecStartPost=/c\nExecReload=/d\n"
			"ExecStop=/e\nExecStopPost=/f\nExecCondition=/g",
			"/a /b /c /d /e /f /g ");
	assert_programs("  ExecStart  =  /a\n", "/a ");
	assert_programs("ExecStart=-@:+!!/a arg\n", "/a ");
	assert_programs("ExecStart=|/a\n", "/a ");
	assert_programs("ExecStart=\"/a b/c\" d\nExecStop='/e'\n", "/a b/c /e ");
	assert_programs("ExecStart=\\\n  /a\nExecStop=/b \\\n  ExecReload=/no\nExecStop=/c\n",
			"/a /b /c ");
}

static void test_units_refused(void **state)
{
	static char large[2 * PATH_MAX];

	(void)state;
	assert_programs("ExecStart=\nExecStart=relative\nExecStart=%h/bin/x\nExecStart=/$X/y\n", "");
	assert_programs("ExecStart=/a%i\nExecStart=/a\\x20b\nExecStart=\"/unended\nExecStart='/\n", "");
	assert_programs("#ExecStart=/a\n; ExecStart=/b\nExecStarter=/c\nXExecStart=/d\n", "");
	assert_programs("ExecStart", "");
	assert_programs("ExecStart=", "");
	assert_programs("ExecStart=\\", "");
	assert_programs("ExecStart=\\\n", "");
	memset(large, 'x', sizeof(large) - 1);
	memcpy(large, "ExecStart=/", 11);
	assert_programs(large, "");
	large[10 + PATH_MAX - 1] = '\n';
	large[10 + PATH_MAX] = '\0';
	{
		static char wanted[PATH_MAX + 2];

		memset(wanted, 'x', PATH_MAX - 1);
		wanted[0] = '/';
		wanted[PATH_MAX - 1] = ' ';
		assert_programs(large, wanted);
	}
}

/* --- claims --- */

#define CLAIMS 20000U

static void *claim_all(void *context)
{
	struct claims *claims = context;
	uintptr_t firsts = 0;

	for (uint64_t i = 0; i < CLAIMS; i++)
		firsts += claims_add(claims, i % 3, i / 3);
	return (void *)firsts;
}

/* However many ask, each file is somebody's once. */
static void test_claims(void **state)
{
	struct claims claims;
	pthread_t thread[3];
	uintptr_t sum = 0;

	(void)state;
	claims_init(&claims);
	for (size_t i = 0; i < ARRAY_SIZE(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, claim_all, &claims), 0);
	for (size_t i = 0; i < ARRAY_SIZE(thread); i++) {
		void *firsts;

		pthread_join(thread[i], &firsts);
		sum += (uintptr_t)firsts;
	}
	assert_int_equal(sum, CLAIMS);
	assert_false(claims_add(&claims, 0, 0));
	assert_true(claims_add(&claims, 3, 0));
	claims_release(&claims);
}

/* --- page cache --- */

#define PAGES 200U /* more than one piece, and no whole number of them */

/* Pages of the file that are in memory. */
static size_t resident(int fd)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), count = 0;
	unsigned char vector[PAGES];
	void *map = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED, fd, 0);

	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mincore(map, PAGES * page, vector), 0);
	for (size_t i = 0; i < PAGES; i++)
		count += vector[i] & 1;
	munmap(map, PAGES * page);
	return count;
}

/* A file on a disk, none of it in memory; or skips. */
static int cold_file(void)
{
	static const char name[] = "/var/tmp/interdict-test-XXXXXX";
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char path[sizeof(name)], *bytes = malloc(PAGES * page);
	int fd;

	memcpy(path, name, sizeof(name));
	fd = mkstemp(path);
	assert_true(fd >= 0 && bytes);
	assert_int_equal(unlink(path), 0);
	for (size_t i = 0; i < PAGES * page; i++)
		bytes[i] = (char)(i * 7 + i / page);
	assert_int_equal(write(fd, bytes, PAGES * page), PAGES * page);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	free(bytes);
	if (resident(fd) != 0) { /* no disk is behind it */
		close(fd);
		skip();
	}
	return fd;
}

/* What readahead has begun is there, or is not coming. */
static void wait_until_read(int fd)
{
	size_t before;

	do {
		before = resident(fd);
		usleep(50000);
	} while (resident(fd) != before);
}

static void assert_same_digest(int fd)
{
	const struct file_hash_limits leave = { .leave_cache = true };
	uint8_t left[INTERDICT_DIGEST_SIZE], usual[INTERDICT_DIGEST_SIZE];
	size_t before = resident(fd);

	assert_int_equal(file_hash_limited(fd, &leave, left, NULL), 0);
	assert_int_equal(resident(fd), before);
	assert_int_equal(file_hash(fd, usual, NULL), 0);
	assert_memory_equal(left, usual, sizeof(left));
}

static void test_cold(void **state)
{
	int fd = cold_file();

	(void)state;
	assert_int_equal(resident(fd), 0);
	assert_same_digest(fd);
	/* All of it is there now, by the usual way, and stays. */
	assert_int_equal(resident(fd), PAGES);
	assert_same_digest(fd);
	close(fd);
}

/* What was there stays, and what is read around it goes, readahead's too. */
static void test_partly_cold(void **state)
{
	int fd = cold_file();
	char bytes[1];

	(void)state;
	for (off_t page = 0; page < PAGES; page += 67)
		assert_int_equal(pread(fd, bytes, sizeof(bytes), page * 4096), sizeof(bytes));
	wait_until_read(fd);
	assert_true(resident(fd) >= 3 && resident(fd) < PAGES);
	assert_same_digest(fd);
	close(fd);
}

/* --- walking --- */

struct walked {
	struct claims claims;
	char root[64];
	ino_t inode[8];
	size_t count;
	bool stop;
};

static bool claim(uint64_t device, uint64_t inode, void *context)
{
	struct walked *walked = context;

	return claims_add(&walked->claims, device, inode);
}

static void look(int fd, void *context)
{
	struct walked *walked = context;
	char link[64], path[PATH_MAX] = "";
	struct stat stat;

	assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	assert_true(readlink(link, path, sizeof(path) - 1) > 0);
	if (strncmp(path, walked->root, strlen(walked->root)) != 0)
		return;
	assert_int_equal(fstat(fd, &stat), 0);
	assert_true(walked->count < ARRAY_SIZE(walked->inode));
	walked->inode[walked->count++] = stat.st_ino;
}

static bool stopped(void *context)
{
	return ((struct walked *)context)->stop;
}

static ino_t make(const char *root, const char *name, mode_t mode)
{
	char path[PATH_MAX];
	struct stat stat;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(fstat(fd, &stat), 0);
	close(fd);
	return stat.st_ino;
}

static bool has(const struct walked *walked, ino_t inode)
{
	size_t times = 0;

	for (size_t i = 0; i < walked->count; i++)
		times += walked->inode[i] == inode;
	assert_true(times <= 1);
	return times == 1;
}

static void test_walk(void **state)
{
	struct walked walked = { .root = "/var/tmp/interdict-test-XXXXXX" };
	const struct prefill_calls calls = { claim, look, stopped, &walked };
	char path[PATH_MAX], command[PATH_MAX];
	ino_t program, library, deep, data;

	(void)state;
	claims_init(&walked.claims);
	assert_non_null(mkdtemp(walked.root));
	snprintf(path, sizeof(path), "%s/a", walked.root);
	assert_int_equal(mkdir(path, 0755), 0);
	program = make(walked.root, "program", 0755);
	library = make(walked.root, "libx.so.1", 0644);
	data = make(walked.root, "data", 0644);
	deep = make(path, "deep", 0700);
	snprintf(path, sizeof(path), "%s/a/again", walked.root);
	assert_int_equal(symlink("../program", path), 0);
	snprintf(path, sizeof(path), "%s/a/up", walked.root);
	assert_int_equal(symlink("..", path), 0);
	snprintf(path, sizeof(path), "%s/fifo", walked.root);
	assert_int_equal(mkfifo(path, 0777), 0);

	snprintf(path, sizeof(path), "/nowhere:%s", walked.root);
	prefill_walk(&calls, path);
	assert_true(has(&walked, program) && has(&walked, library) && has(&walked, deep));
	assert_false(has(&walked, data));
	assert_int_equal(walked.count, 3);

	walked.count = 0;
	prefill_walk(&calls, path); /* all claimed */
	assert_int_equal(walked.count, 0);
	claims_release(&walked.claims);
	claims_init(&walked.claims);
	walked.stop = true;
	prefill_walk(&calls, path);
	assert_int_equal(walked.count, 0);
	claims_release(&walked.claims);
	snprintf(command, sizeof(command), "rm -r %s", walked.root);
	assert_int_equal(system(command), 0);
}

static void test_settled(void **state)
{
	const struct file_stamp file = { .ctime_sec = 1000, .ctime_nsec = 5000 };
	uint64_t changed = 1000ULL * 1000000000 + 5000;

	(void)state;
	assert_false(digest_maps_is_settled(&file, changed));
	assert_false(digest_maps_is_settled(&file, changed + 20000000));
	assert_true(digest_maps_is_settled(&file, changed + 20000001));
	/* The clock was set back. */
	assert_false(digest_maps_is_settled(&file, changed - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),	      cmocka_unit_test(test_units_refused),
		cmocka_unit_test(test_claims),	      cmocka_unit_test(test_cold),
		cmocka_unit_test(test_partly_cold),   cmocka_unit_test(test_walk),
		cmocka_unit_test(test_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
