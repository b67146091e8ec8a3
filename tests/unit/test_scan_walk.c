/* SPDX-License-Identifier: BSD-2-Clause */
/* Trees that are deep, forbidden, moving, mounted over, or do not answer. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "scan_tree.h"

/* None of these is opened: a FIFO would wait for a writer for good. */
static void test_special_files(void **state)
{
	struct policy *policy = load(SHA256_ABC ",\n", "");
	char *path = scratch_path(&scratch, "tree/fifo");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct scan *scan;

	(void)state;
	assert_int_equal(mkfifo(path, 0644), 0);
	free(path);
	path = scratch_path(&scratch, "tree/socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	free(path);
	path = scratch_path(&scratch, "tree/loop");
	assert_int_equal(symlink(".", path), 0);
	free(path);
	scan = scan_tree(policy);
	assert_int_equal(counters_of(scan)->files, 0);
	assert_int_equal(counters_of(scan)->walk.special, 3);
	assert_int_equal(counters_of(scan)->walk.directories, 1);
	scan_free(scan);
	policy_free(policy);
	close(fd);
}

/* Makes @depth directories named @name in each other, each with a second one beside. */
static void make_deep(const char *name, unsigned int depth)
{
	char *path = scratch_path(&scratch, "tree");
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), leaf;

	free(path);
	for (unsigned int i = 0; i < depth; i++) {
		int next;

		assert_int_equal(mkdirat(fd, name, 0755), 0);
		assert_int_equal(mkdirat(fd, "side", 0755), 0);
		next = openat(fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		assert_true(next >= 0);
		close(fd);
		fd = next;
	}
	leaf = openat(fd, "leaf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(write(leaf, "abc", 3), 3);
	close(leaf);
	close(fd);
}

static void assert_deep(const char *name, unsigned int depth)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	struct rlimit old, few = { 64, 64 };
	const struct scan_findings *findings;
	size_t size;
	struct scan *scan;

	make_deep(name, depth);
	/* Open descriptors do not grow with the depth. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few.rlim_max = old.rlim_max;
	few.rlim_cur = 160;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	scan = scan_tree(policy);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	findings = scan_get_findings(scan);
	assert_int_equal(counters_of(scan)->walk.directories, 2 * depth + 1);
	assert_true(scan_is_complete(scan_get_coverage(scan)));
	assert_int_equal(findings->count, 1);
	size = strlen(scratch.path) + strlen("/tree") + depth * (strlen(name) + 1) +
	       strlen("/leaf");
	assert_int_equal(strlen(findings->item[0].path), size);
	assert_string_equal(findings->item[0].path + size - strlen("/leaf"), "/leaf");
	scan_free(scan);
	policy_free(policy);
}

static void test_deep(void **state)
{
	(void)state;
	assert_deep("d", 2100);
}

static void test_deep_and_long(void **state)
{
	char name[201];

	(void)state;
	memset(name, 'n', 200);
	name[200] = '\0';
	assert_deep(name, 150);
}

/* Runs @function as nobody in a child, for root is permitted everything. */
static void as_nobody(void (*function)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 &&
		    (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		function();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static struct policy *nobody_policy;

static void scan_as_nobody(void)
{
	struct scan *scan = scan_tree_with(nobody_policy, "tree", 2, NULL);
	const struct scan_coverage *coverage = scan_get_coverage(scan);

	if (coverage->counters.skipped[SKIP_PERMISSION] != 2 || coverage->skipped_count != 2)
		_exit(1);
	if (scan_is_complete(coverage) || coverage->root)
		_exit(2);
	/* Sorted: the directory, then the file. */
	if (!strstr(coverage->skipped[0].path, "/tree/closed") ||
	    !strstr(coverage->skipped[1].path, "/tree/secret") ||
	    coverage->skipped[1].error != -EACCES)
		_exit(3);
	if (coverage->counters.files != 3 || coverage->counters.hashed != 1)
		_exit(4);
	scan_free(scan);
}

static void test_permission(void **state)
{
	char *path = scratch_path(&scratch, "tree/closed");

	(void)state;
	scratch_write(&scratch, "tree/secret", "abc");
	scratch_write(&scratch, "tree/open", "abc");
	scratch_write(&scratch, "tree/secret-of-other-size", "abcd");
	make_directory("tree/closed");
	assert_int_equal(chmod(path, 0), 0);
	free(path);
	for (int i = 0; i < 2; i++) {
		path = scratch_path(&scratch, i ? "tree/secret" : "tree/secret-of-other-size");
		assert_int_equal(chmod(path, 0), 0);
		free(path);
	}
	nobody_policy = load(SHA256_ABC ",3\n", "");
	as_nobody(scan_as_nobody);
	policy_free(nobody_policy);
}

static unsigned int count_file(const struct walk_file *file, unsigned int thread, void *context)
{
	(void)file, (void)thread;
	atomic_fetch_add((atomic_int *)context, 1);
	return 0;
}

static void note_skip(const struct node *directory, const char *name, int error, void *context)
{
	(void)directory, (void)name;
	atomic_store((atomic_int *)context, error);
}

/* A root that is opened by the walk, as those of file systems that may not answer are. */
static void test_late_root(void **state)
{
	atomic_int result = 0;
	const struct walk_options options = {
		.calls = { .look = count_file, .skip = note_skip },
		.context = &result,
		.threads = 2,
	};
	const char *const roots[] = { "tree", "absent", "tree/b" };
	const int wanted[] = { 2, -ENOENT, -ENOTDIR };

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/b", "abc");
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		char *path = scratch_path(&scratch, roots[i]);
		struct walk *walk = walk_new(&options);

		atomic_store(&result, 0);
		assert_int_equal(walk_add(walk, path, NULL, -EBADF), 0);
		assert_int_equal(walk_run(walk), 0);
		assert_int_equal(atomic_load(&result), wanted[i]);
		walk_free(walk);
		free(path);
	}
}

static unsigned int want_file(const struct walk_file *file, unsigned int thread, void *context)
{
	(void)file, (void)thread, (void)context;
	return 1;
}

/* Waits for good, as for a file system that does not answer. */
static void wait_for_good(const struct walk_file *file, unsigned int what, unsigned int thread,
			  void *context)
{
	(void)file, (void)what, (void)thread, (void)context;
	for (;;)
		pause();
}

static bool give_up(void *context)
{
	(void)context;
	return false;
}

/* A thread that is stuck is left behind, and the walk with it. */
static void test_stuck(void **state)
{
	const struct walk_options options = {
		.calls = { .look = want_file, .examine = wait_for_good, .skip = note_skip },
		.threads = 2,
		.tick = give_up,
	};
	char *path = scratch_path(&scratch, "tree");
	struct walk *walk = walk_new(&options);
	uint64_t begin = clock_monotonic();

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	assert_int_equal(walk_add(walk, path, NULL, -EBADF), 0);
	assert_int_equal(walk_run(walk), -ETIMEDOUT);
	assert_true(clock_monotonic() - begin < 30 * 1000000000ULL);
	free(path);
}

static void test_stopped(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	atomic_bool stop = true;
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scan = scan_tree_with(policy, "tree", 2, &stop);
	assert_true(scan_get_coverage(scan)->interrupted);
	assert_false(scan_is_complete(scan_get_coverage(scan)));
	assert_int_equal(scan_get_findings(scan)->count, 0);
	assert_int_equal(counters_of(scan)->files, 0);
	scan_free(scan);
	policy_free(policy);
}

/* Files that change and go while they are looked at: counted, and the scan ends. */
static void test_moving(void **state)
{
	struct policy *policy = load(SHA256_ABC ",\n", "");
	char *path = scratch_path(&scratch, "tree");
	uint64_t seen = 0, accounted = 0;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 500; i++) {
		char name[32];

		snprintf(name, sizeof(name), "tree/%d", i);
		scratch_write(&scratch, name, "abcd");
	}
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		for (int i = 0;; i = (i + 1) % 500) {
			char name[32];
			int file;

			snprintf(name, sizeof(name), "%d", i);
			unlinkat(fd, name, 0);
			file = openat(fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
			if (file < 0 || write(file, "abcde", 5) != 5)
				_exit(1);
			close(file);
		}
	}
	for (int i = 0; i < 20; i++) {
		struct scan *scan = scan_tree(policy);
		const struct scan_counters *counters = counters_of(scan);

		seen += counters->files;
		accounted += counters->cleared + counters->hashed +
			     counters->skipped[SKIP_CHANGED] + counters->skipped[SKIP_VANISHED];
		assert_int_equal(counters->skipped[SKIP_UNREADABLE], 0);
		scan_free(scan);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_true(seen > 0);
	/* A name may vanish before it was counted as a file. */
	assert_true(accounted >= seen);
	policy_free(policy);
	free(path);
}

/* In a mount namespace of its own: what is mounted in the tree, and what lies beneath. */
static void scan_mounted(void)
{
	char *point = scratch_path(&scratch, "tree/point"), *proc = scratch_path(&scratch, "tree/proc");
	char *file;
	struct scan *scan;
	const struct scan_counters *counters;

	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", point, "tmpfs", 0, NULL) < 0 ||
	    mount(scratch.path, proc, NULL, MS_BIND, NULL) < 0)
		_exit(77);
	file = scratch_path(&scratch, "tree/point/above");
	close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	if (truncate(file, 3) < 0)
		_exit(99);
	free(file);
	scratch_write(&scratch, "tree/point/listed", "abc");
	scan = scan_tree(nobody_policy);
	counters = counters_of(scan);
	/* beneath, above, listed; the bind mount shows what is seen already or was not asked for */
	if (counters->walk.covered != 2 || counters->walk.unreached != 0)
		_exit(1);
	if (scan_get_findings(scan)->count < 2)
		_exit(2);
	for (size_t i = 0; i < 2; i++) {
		const struct scan_finding *finding = &scan_get_findings(scan)->item[i];

		if (finding->covered != (strstr(finding->path, "/point/beneath") != NULL))
			_exit(3);
	}
	scan_free(scan);
	free(point);
	free(proc);
}

static void test_mounted(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	make_directory("tree/point");
	make_directory("tree/proc");
	scratch_write(&scratch, "tree/point/beneath", "abc");
	nobody_policy = load(SHA256_ABC ",3\n", "");
	pid = fork();
	if (pid == 0) {
		scan_mounted();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	policy_free(nobody_policy);
	/* A root who may not mount. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_special_files),
		TEST(test_deep),
		TEST(test_deep_and_long),
		TEST(test_permission),
		TEST(test_late_root),
		TEST(test_stuck),
		TEST(test_stopped),
		TEST(test_moving),
		TEST(test_mounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
