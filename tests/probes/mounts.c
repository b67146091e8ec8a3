/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mounts TECHNIQUE FILE: reaches FILE through another root, a mount or a namespace, and executes
 * it. See steps.h for what it tells. Where a technique needs an allowed file it is `clean` beside
 * FILE, and mounts are made on directories beside FILE. "user:" before the technique: as nobody.
 */
#include <limits.h>
#include <linux/mount.h>
#include <sys/mount.h>

#include "steps.h"

/* A private mount namespace; nothing that is mounted in it is seen outside. */
static void leave_mounts(void)
{
	CHECK(unshare(CLONE_NEWNS));
	CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static const char *directory(const char *path, const char *name)
{
	const char *made = beside(path, name);

	if (mkdir(made, 0755) && errno != EEXIST)
		broken("mkdir");
	return made;
}

static void exec_root(const char *path)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/%s", strrchr(path, '/') + 1);
	CHECK(chroot(beside(path, ".")));
	CHECK(chdir("/"));
	run_path(name);
}

static void go_away(const char *path)
{
	CHECK(chroot(beside(path, ".")));
}

/* The same bytes, by the root directory of another process. */
static void exec_other_root(const char *path)
{
	pid_t pid = companion(go_away, path);
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/proc/%d/root/%s", pid, strrchr(path, '/') + 1);
	run_path(name);
}

static void bind_file(const char *path)
{
	const char *to = beside(path, "bound");

	leave_mounts();
	close((int)CHECK(open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)));
	CHECK(mount(path, to, NULL, MS_BIND, NULL));
	run_path(to);
}

static void bind_directory(const char *path)
{
	const char *to = directory(path, "view");

	leave_mounts();
	CHECK(mount(beside(path, "."), to, NULL, MS_BIND, NULL));
	CHECK(mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL));
	run_path(beside(to, "view/file"));
}

static void mount_tmpfs(const char *path)
{
	CHECK(mount("tmpfs", directory(path, "view"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"));
}

static void copy_to_tmpfs(const char *path)
{
	leave_mounts();
	mount_tmpfs(path);
	copy_file(path, beside(path, "view/file"));
}

static void private_tmpfs(const char *path)
{
	copy_to_tmpfs(path);
	run_path(beside(path, "view/file"));
}

static void user_tmpfs(const char *path)
{
	become_root_of_own(0);
	private_tmpfs(path);
}

static void user_bind(const char *path)
{
	become_root_of_own(0);
	bind_directory(path);
}

/* Everything of the overlay but its lower directory lies on a tmpfs in view/. */
static void mount_overlay(const char *path, const char *lower, const char *options)
{
	char text[3 * PATH_MAX];

	CHECK(mkdir(beside(path, "view/upper"), 0755));
	CHECK(mkdir(beside(path, "view/work"), 0755));
	CHECK(mkdir(beside(path, "view/over"), 0755));
	snprintf(text, sizeof(text), "lowerdir=%s,upperdir=%s,workdir=%s%s", lower,
	         beside(path, "view/upper"), beside(path, "view/work"), options);
	CHECK(mount("overlay", beside(path, "view/over"), "overlay", 0, text));
}

static void overlay_lower(const char *path)
{
	mount_tmpfs(path);
	mount_overlay(path, beside(path, "."), "");
	run_path(beside(path, "view/over/file"));
}

static void overlay_upper(const char *path)
{
	mount_tmpfs(path);
	mount_overlay(path, beside(path, "."), "");
	copy_file(path, beside(path, "view/over/new"));
	run_path(beside(path, "view/over/new"));
}

static void user_overlay_lower(const char *path)
{
	become_root_of_own(CLONE_NEWNS);
	overlay_lower(path);
}

static void user_overlay_upper(const char *path)
{
	become_root_of_own(CLONE_NEWNS);
	overlay_upper(path);
}

/* An overlay whose lower directory is another overlay. */
static void overlay_nested(const char *path)
{
	char text[3 * PATH_MAX];

	leave_mounts();
	mount_tmpfs(path);
	mount_overlay(path, beside(path, "."), "");
	CHECK(mkdir(beside(path, "view/empty"), 0755));
	CHECK(mkdir(beside(path, "view/second"), 0755));
	snprintf(text, sizeof(text), "lowerdir=%s:%s", beside(path, "view/over"),
	         beside(path, "view/empty"));
	CHECK(mount("overlay", beside(path, "view/second"), "overlay", 0, text));
	run_path(beside(path, "view/second/file"));
}

/* Copied up without its data: name and mode lie in the upper directory, the bytes in the lower. */
static void overlay_metacopy(const char *path)
{
	const char *over;

	leave_mounts();
	mount_tmpfs(path);
	mount_overlay(path, beside(path, "."), ",metacopy=on,redirect_dir=on");
	over = beside(path, "view/over/file");
	CHECK(chmod(over, 0711));
	CHECK(rename(over, beside(path, "view/over/renamed")));
	run_path(beside(path, "view/over/renamed"));
}

/* The allowed file, by the overlay; its upper file is then replaced by FILE's bytes in place. */
static void overlay_rewritten(const char *path)
{
	const char *over, *upper;
	int status;
	pid_t pid;

	leave_mounts();
	mount_tmpfs(path);
	mount_overlay(path, directory(path, "empty"), "");
	over = strdup(beside(path, "view/over/new"));
	upper = strdup(beside(path, "view/upper/new"));
	copy_file(beside(path, "clean"), over);
	pid = (pid_t)CHECK(fork());
	if (pid == 0) {
		CHECK(dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO));
		run_path(over);
	}
	CHECK(waitpid(pid, &status, 0));
	errno = 0;
	if (status)
		broken("the allowed bytes");
	copy_file(path, upper);
	run_path(over);
}

#define TICKS 4

/* The upper file is rewritten as soon as it has run, again and again: within one tick of ctime. */
static void overlay_tick(const char *path)
{
	const char *over, *upper, *lower = strdup(beside(path, "clean"));
	int status = 0;
	pid_t pid;

	leave_mounts();
	mount_tmpfs(path);
	mount_overlay(path, directory(path, "empty"), "");
	over = strdup(beside(path, "view/over/new"));
	upper = strdup(beside(path, "view/upper/new"));
	copy_file(lower, over);
	for (int i = 0; i < 2 * TICKS; i++) {
		copy_file(i & 1 ? path : lower, upper);
		pid = (pid_t)CHECK(fork());
		if (pid == 0) {
			char *argv[] = {(char *)over, NULL};

			if (i & 1)
				run_path(over);
			CHECK(dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO));
			execve(over, argv, environ);
			refused("execve");
		}
		CHECK(waitpid(pid, &status, 0));
		errno = 0;
		if (!(i & 1) && status)
			broken("the allowed bytes");
	}
	pass_on(status);
}

/* The overlay keeps the size that it knew; the upper file has another. */
static void overlay_resized(const char *path)
{
	const char *over, *upper;
	struct stat seen;

	leave_mounts();
	mount_tmpfs(path);
	mount_overlay(path, directory(path, "empty"), "");
	over = strdup(beside(path, "view/over/new"));
	upper = strdup(beside(path, "view/upper/new"));
	close((int)CHECK(open(over, O_WRONLY | O_CREAT | O_CLOEXEC, 0755)));
	CHECK(truncate(over, 1));
	CHECK(stat(over, &seen));
	copy_file(path, upper);
	run_path(over);
}

/*
 * A descriptor from before the copy-up goes on showing the lower file to mmap(2), and the upper
 * file to read(2): to be hashed are FILE's bytes, not the allowed ones.
 */
static void overlay_stale(const char *path)
{
	const char *over;
	int fd;

	leave_mounts();
	mount_tmpfs(path);
	mount_overlay(path, beside(path, "."), "");
	over = strdup(beside(path, "view/over/file"));
	fd = (int)CHECK(open(over, O_RDONLY | O_CLOEXEC));
	copy_file(beside(path, "clean"), over);
	run_mapped(fd, 4096);
}

/* A file system that is mounted nowhere any more. */
static void detached(const char *path)
{
	int fd;

	copy_to_tmpfs(path);
	fd = (int)CHECK(open(beside(path, "view/file"), O_PATH | O_CLOEXEC));
	CHECK(umount2(beside(path, "view"), MNT_DETACH));
	run_fd(fd);
}

/* A root of its own, with a static program in it, as a container has. */
static void container(const char *path)
{
	pid_t pid;

	become_root_of_own(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	pid = (pid_t)CHECK(fork());
	if (pid)
		follow(pid);
	mount_tmpfs(path);
	CHECK(mkdir(beside(path, "view/proc"), 0755));
	CHECK(mkdir(beside(path, "view/bin"), 0755));
	CHECK(mount("proc", beside(path, "view/proc"), "proc", 0, NULL));
	copy_file(path, beside(path, "view/bin/tool"));
	CHECK(chdir(beside(path, "view")));
	CHECK(syscall(SYS_pivot_root, ".", "."));
	CHECK(umount2(".", MNT_DETACH));
	CHECK(chdir("/"));
	/* PID 1 of a namespace ignores signals from inside; what comes from outside counts. */
	pid = (pid_t)CHECK(fork());
	if (pid == 0)
		run_path("/bin/tool");
	follow(pid);
}

/* PID 1 of the container is the file itself. */
static void container_init(const char *path)
{
	pid_t pid;

	become_root_of_own(CLONE_NEWNS | CLONE_NEWPID);
	pid = (pid_t)CHECK(fork());
	if (pid)
		follow(pid);
	copy_to_tmpfs(path);
	run_path(beside(path, "view/file"));
}

/* Into the mount namespace of another process, which alone has the file there. */
static void join_namespace(const char *path)
{
	pid_t pid = companion(copy_to_tmpfs, path);
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/ns/mnt", pid);
	fd = (int)CHECK(open(name, O_RDONLY | O_CLOEXEC));
	CHECK(setns(fd, CLONE_NEWNS));
	run_path(beside(path, "view/file"));
}

static void own_namespace(const char *path)
{
	(void)path;
	become_root_of_own(0);
}

/* The owner of the file seems to be another there. */
static void idmapped(const char *path)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP};
	pid_t pid = companion(own_namespace, path);
	char name[64];
	int tree;

	leave_mounts();
	snprintf(name, sizeof(name), "/proc/%d/ns/user", pid);
	attributes.userns_fd = (unsigned int)CHECK(open(name, O_RDONLY | O_CLOEXEC));
	tree = (int)CHECK(syscall(SYS_open_tree, AT_FDCWD, beside(path, "."),
	                          OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
	CHECK(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof(attributes)));
	CHECK(syscall(SYS_move_mount, tree, "", AT_FDCWD, directory(path, "view"),
	              MOVE_MOUNT_F_EMPTY_PATH));
	run_path(beside(path, "view/file"));
}

#define SHUFFLES 10
#define SHUFFLES_MAX 100
#define MOVES_AT_ONCE 20

/*
 * Its name moves between two directories, and it gets and loses others, while it is executed. Each
 * of that moves its change time, so that a file the monitor looks at meanwhile is unhashable: of
 * what is listed no execution gets through, of what is not, one at least, as the mover rests.
 */
static void shuffled(const char *path)
{
	const char *one = strdup(beside(directory(path, "one"), "one/file"));
	const char *two = strdup(beside(directory(path, "two"), "two/file"));
	pid_t mover, pid;
	int status = 0, worst = 0, ran = 0;

	if (link(path, one) && errno != EEXIST)
		broken("link");
	mover = (pid_t)CHECK(fork());
	for (int i = 1; mover == 0; i++) {
		if (getppid() == 1 || rename(one, two) || link(two, one) || unlink(two) ||
		    rename(one, two) || rename(two, one))
			_exit(0);
		if (i % MOVES_AT_ONCE == 0)
			usleep(2000);
	}
	for (int i = 0; i < SHUFFLES || (!ran && i < SHUFFLES_MAX); i++) {
		pid = (pid_t)CHECK(fork());
		while (pid == 0) {
			char *argv[] = {(char *)one, NULL};

			execve(i & 1 ? one : two, argv, environ);
			if (errno != ENOENT)
				refused("execve");
		}
		CHECK(waitpid(pid, &status, 0));
		if (status)
			worst = status;
		else
			ran++;
	}
	kill(mover, SIGKILL);
	pass_on(ran ? 0 : worst);
}

static const struct technique techniques[] = {
        {"chroot", exec_root},
        {"other-root", exec_other_root},
        {"bind-file", bind_file},
        {"bind-directory", bind_directory},
        {"tmpfs", private_tmpfs},
        {"user-tmpfs", user_tmpfs},
        {"user-bind", user_bind},
        {"user-overlay-lower", user_overlay_lower},
        {"user-overlay-upper", user_overlay_upper},
        {"overlay-nested", overlay_nested},
        {"overlay-metacopy", overlay_metacopy},
        {"overlay-rewritten", overlay_rewritten},
        {"overlay-tick", overlay_tick},
        {"overlay-resized", overlay_resized},
        {"overlay-stale", overlay_stale},
        {"detached", detached},
        {"container", container},
        {"container-init", container_init},
        {"join-namespace", join_namespace},
        {"idmapped", idmapped},
        {"shuffled", shuffled},
        {NULL, NULL},
};

int main(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "user:", 5) == 0) {
		argv[1] += 5;
		become_nobody();
	}
	return steps_main(argc, argv, techniques);
}
