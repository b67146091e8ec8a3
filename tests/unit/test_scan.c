/* SPDX-License-Identifier: BSD-2-Clause */
/* Scans of made trees: what is found, counted, and left out. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input.h"
#include "scan.h"
#include "scan_gate.h"
#include "scan_inodes.h"
#include "scan_report.h"
#include "util.h"

#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA256_ABD "a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9"

/* A scratch directory with `v`, the vendor files, and `tree`, what is scanned. */
static struct scratch scratch;

static void make_directory(const char *name)
{
	char *path = scratch_path(&scratch, name);

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

static int set_up(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	make_directory("v");
	make_directory("tree");
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	problems_free(scratch.problems);
	/* Some trees are deeper than a path may be long; not every tool takes these. */
	snprintf(command, sizeof(command), "rm -rf '%s'", scratch.path);
	return system(command);
}

/* A policy of one vendor with the list @rows, and more of its vendor file. */
static struct policy *load(const char *rows, const char *more)
{
	struct policy *policy = NULL;
	char *path = scratch_path(&scratch, "v"), *text;

	assert_true(asprintf(&text, "[vendor]\nid = acme\n[lists]\nfile = l.csv\n%s", more) > 0);
	scratch_write(&scratch, "v/acme.vendor", text);
	free(text);
	assert_true(asprintf(&text, "sha256,size\n%s", rows) > 0);
	scratch_write(&scratch, "v/l.csv", text);
	free(text);
	if (policy_load(path, scratch.problems, &policy) < 0)
		problems_print(scratch.problems, 5);
	assert_non_null(policy);
	free(path);
	return policy;
}

static struct scan *scan_tree_with(const struct policy *policy, const char *tree,
				   unsigned int threads, const atomic_bool *stop)
{
	char *path = scratch_path(&scratch, tree);
	const struct scan_options options = {
		.policy = policy,
		.today = schedule_today(time(NULL)),
		.paths = &path,
		.path_count = 1,
		.threads = threads,
		.stop = stop,
		.problems = scratch.problems,
	};
	struct scan *scan = NULL;

	if (scan_run(&options, &scan) < 0)
		problems_print(scratch.problems, 5);
	assert_non_null(scan);
	free(path);
	return scan;
}

static struct scan *scan_tree(const struct policy *policy)
{
	return scan_tree_with(policy, "tree", 3, NULL);
}

static const struct scan_counters *counters_of(const struct scan *scan)
{
	return &scan_get_coverage(scan)->counters;
}

/* Asserts that finding @index is of this kind and at this path, below the scratch directory. */
static void assert_finding(const struct scan *scan, size_t index, enum scan_kind kind,
			   const char *name)
{
	const struct scan_findings *findings = scan_get_findings(scan);
	char *path = scratch_path(&scratch, name);

	assert_true(index < findings->count);
	assert_int_equal(findings->item[index].kind, kind);
	assert_string_equal(findings->item[index].path, path);
	free(path);
}

static void test_size_gate(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	const struct scan_counters *counters;
	struct scan *scan;

	(void)state;
	make_directory("tree/d");
	scratch_write(&scratch, "tree/d/listed", "abc");
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/other", "xyz");
	scratch_write(&scratch, "tree/long", "abcd");
	scratch_write(&scratch, "tree/empty", "");
	scan = scan_tree(policy);
	counters = counters_of(scan);
	assert_int_equal(counters->files, 5);
	assert_int_equal(counters->cleared, 2);
	assert_int_equal(counters->hashed, 3);
	assert_int_equal(counters->bytes, 9);
	assert_int_equal(counters->matched, 2);
	assert_int_equal(counters->walk.directories, 2);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_finding(scan, 0, SCAN_LISTED, "tree/a");
	assert_finding(scan, 1, SCAN_LISTED, "tree/d/listed");
	assert_true(scan_is_complete(scan_get_coverage(scan)));
	scan_free(scan);
	policy_free(policy);
}

/* Without sizes everything is read but what is empty. */
static void test_unsized(void **state)
{
	struct policy *policy = load(SHA256_ABC ",\n", "");
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/long", "abcd");
	scratch_write(&scratch, "tree/empty", "");
	scan = scan_tree(policy);
	assert_true(scan_get_coverage(scan)->gate_open);
	assert_int_equal(counters_of(scan)->hashed, 2);
	assert_int_equal(counters_of(scan)->cleared, 1);
	assert_int_equal(scan_get_findings(scan)->count, 1);
	scan_free(scan);
	policy_free(policy);
}

static void test_retired(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "[schedule]\nretired = 2020-01-01\n");
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 0);
	assert_int_equal(counters_of(scan)->retired, 1);
	scan_free(scan);
	policy_free(policy);
}

/* Each inode is counted and hashed once; each of its names is found. */
static void test_hard_links(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	char *from = scratch_path(&scratch, "tree/m"), *to = scratch_path(&scratch, "tree/a");
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "tree/m", "abc");
	assert_int_equal(link(from, to), 0);
	free(to);
	make_directory("tree/z");
	to = scratch_path(&scratch, "tree/z/n");
	assert_int_equal(link(from, to), 0);
	scan = scan_tree_with(policy, "tree", 1, NULL);
	assert_int_equal(counters_of(scan)->files, 1);
	assert_int_equal(counters_of(scan)->links, 2);
	assert_int_equal(counters_of(scan)->hashed, 1);
	assert_int_equal(counters_of(scan)->matched, 3);
	assert_int_equal(scan_get_findings(scan)->count, 3);
	assert_finding(scan, 0, SCAN_LISTED, "tree/a");
	assert_finding(scan, 1, SCAN_LISTED, "tree/m");
	assert_finding(scan, 2, SCAN_LISTED, "tree/z/n");
	scan_free(scan);
	policy_free(policy);
	free(from);
	free(to);
}

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

static const char identity[] = "[identity]\npath = %s/tree/opt/acme/*\n";

/* By its path, where no list knows it; in a container's layer by the path in there. */
static void test_suspect(void **state)
{
	static const char layer[] = "[identity]\npath = /opt/acme/*\n";
	struct policy *policy;
	struct scan *scan;
	char *more;

	(void)state;
	assert_true(asprintf(&more, identity, scratch.path) > 0);
	policy = load(SHA256_ABC ",3\n", more);
	free(more);
	make_directory("tree/opt");
	make_directory("tree/opt/acme");
	make_directory("tree/opt/acme/deep");
	make_directory("tree/opt/acm");
	scratch_write(&scratch, "tree/opt/acme/listed", "abc");
	scratch_write(&scratch, "tree/opt/acme/deep/same-size", "xyz");
	scratch_write(&scratch, "tree/opt/acme/other", "abcd");
	scratch_write(&scratch, "tree/opt/acm/innocent", "abcd");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 3);
	assert_finding(scan, 0, SCAN_SUSPECT, "tree/opt/acme/deep/same-size");
	assert_finding(scan, 1, SCAN_LISTED, "tree/opt/acme/listed");
	assert_finding(scan, 2, SCAN_SUSPECT, "tree/opt/acme/other");
	assert_true(scan_get_findings(scan)->item[0].has_digest);
	assert_false(scan_get_findings(scan)->item[2].has_digest);
	scan_free(scan);
	policy_free(policy);

	policy = load(SHA256_ABC ",3\n", layer);
	make_directory("tree/overlay2");
	make_directory("tree/overlay2/0a1b");
	make_directory("tree/overlay2/0a1b/diff");
	make_directory("tree/overlay2/0a1b/diff/opt");
	make_directory("tree/overlay2/0a1b/diff/opt/acme");
	scratch_write(&scratch, "tree/overlay2/0a1b/diff/opt/acme/agent", "abcd");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_finding(scan, 1, SCAN_SUSPECT, "tree/overlay2/0a1b/diff/opt/acme/agent");
	scan_free(scan);
	policy_free(policy);
}

static void test_archives(void **state)
{
	struct policy *policy;
	struct scan *scan;

	(void)state;
	scratch_write(&scratch, "v/p.csv", "sha256,size\n" SHA256_ABD ",\n");
	policy = load(SHA256_ABC ",300\n", "archive = p.csv\n");
	scratch_write(&scratch, "tree/x.deb", "abd");
	scratch_write(&scratch, "tree/other.deb", "abe");
	scratch_write(&scratch, "tree/x.renamed", "abd");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 1);
	assert_finding(scan, 0, SCAN_ARCHIVE, "tree/x.deb");
	assert_int_equal(counters_of(scan)->hashed, 2);
	scan_free(scan);
	policy_free(policy);

	/* With its size it is found under any name. */
	scratch_write(&scratch, "v/p.csv", "sha256,size\n" SHA256_ABD ",3\n");
	policy = load(SHA256_ABC ",300\n", "archive = p.csv\n");
	scan = scan_tree(policy);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_int_equal(counters_of(scan)->hashed, 3);
	scan_free(scan);
	policy_free(policy);
}

static void test_archive_names(void **state)
{
	static const char *const yes[] = { "a.deb", "a.RPM", "a.tar.gz", "a.tgz", "a.zip",
					   "a.jar", "a.iso", "a.b.apk",	 "a.tar" };
	static const char *const no[] = { "deb", "a.debug", "a", "ls.1.gz", "a.txt", "", "a." };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(is_archive_name(yes[i]));
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(is_archive_name(no[i]));
}

/* A path may be a file; below another path it is seen once. */
static void test_paths(void **state)
{
	struct policy *policy = load(SHA256_ABC ",3\n", "");
	char *paths[] = { scratch_path(&scratch, "tree/a"), scratch_path(&scratch, "tree"),
			  scratch_path(&scratch, "tree"), scratch_path(&scratch, "absent") };
	struct scan_options options = { .policy = policy,
					.paths = paths,
					.path_count = 1,
					.problems = scratch.problems };
	struct scan *scan = NULL;

	(void)state;
	scratch_write(&scratch, "tree/a", "abc");
	scratch_write(&scratch, "tree/b", "abc");
	assert_int_equal(scan_run(&options, &scan), 0);
	assert_int_equal(counters_of(scan)->files, 1);
	assert_int_equal(scan_get_findings(scan)->count, 1);
	assert_finding(scan, 0, SCAN_LISTED, "tree/a");
	scan_free(scan);
	options.path_count = 3;
	assert_int_equal(scan_run(&options, &scan), 0);
	assert_int_equal(counters_of(scan)->files, 2);
	assert_int_equal(scan_get_findings(scan)->count, 2);
	assert_true(scan_is_complete(scan_get_coverage(scan)));
	scan_free(scan);
	options.path_count = 4;
	assert_int_equal(scan_run(&options, &scan), -ENOENT);
	assert_error(scratch.problems, "absent", 0, "No such file");
	policy_free(policy);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		free(paths[i]);
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
	assert_int_equal(status, 0);
}

static void test_inodes(void **state)
{
	struct inodes *inodes = inodes_new();
	struct inode_state file = { .device = 1, .inode = 7, .size = 3, .ctime = { 5, 6 } };
	uint8_t digest[INTERDICT_DIGEST_SIZE] = { 1, 2, 3 }, got[INTERDICT_DIGEST_SIZE];

	(void)state;
	for (uint64_t i = 0; i < 5000; i++)
		assert_true(inodes_is_first(inodes, i % 3, i));
	for (uint64_t i = 0; i < 5000; i++) {
		assert_false(inodes_is_first(inodes, i % 3, i));
		file.inode = i;
		digest[4] = (uint8_t)i;
		inodes_keep(inodes, &file, digest);
	}
	file.inode = 300;
	assert_true(inodes_get(inodes, &file, got));
	assert_int_equal(got[4], (uint8_t)300);
	file.ctime.tv_nsec++;
	assert_false(inodes_get(inodes, &file, got));
	file.inode = 6000;
	assert_false(inodes_get(inodes, &file, got));
	inodes_free(inodes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_size_gate),
		TEST(test_unsized),
		TEST(test_retired),
		TEST(test_hard_links),
		TEST(test_special_files),
		TEST(test_deep),
		TEST(test_deep_and_long),
		TEST(test_permission),
		TEST(test_suspect),
		TEST(test_archives),
		TEST(test_paths),
		TEST(test_late_root),
		TEST(test_stuck),
		TEST(test_stopped),
		TEST(test_moving),
		TEST(test_mounted),
		cmocka_unit_test(test_archive_names),
		cmocka_unit_test(test_inodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
