/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefill_sources.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "scan_mounts.h"
#include "unit_programs.h"
#include "util.h"

/* Not the daemon's own PATH: systemd gives it one, and a shell another. */
static const char *const path_directories[] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
};

/* systemd.unit(5), of the system manager. */
static const char *const unit_directories[] = {
	"/etc/systemd/system",
	"/run/systemd/system",
	"/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",
	"/lib/systemd/system",
};

#define UNIT_MAX  (1U << 20) /* bytes of a unit file */
#define DEPTH_MAX 32	     /* directories inside of one another: each takes a descriptor */

struct walk {
	const struct prefill_calls *calls;
	struct mounts mounts;
};

/* What a walk of directories does with what it finds. */
struct tree {
	struct walk *walk;
	unsigned int depth; /* directories that may still be entered inside of one another */
	void (*file)(struct walk *walk, int directory, const char *name);
};

static bool stopped(const struct walk *walk)
{
	return walk->calls->stopped(walk->calls->context);
}

/* Asks nobody: what is known of a network file's inode may be old. */
static bool get_state(int directory, const char *name, int flags, struct statx *ret)
{
	return statx(directory, name, flags | AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		     STATX_BASIC_STATS | STATX_MNT_ID, ret) == 0;
}

static bool claim(struct walk *walk, const struct statx *state)
{
	return walk->calls->claim(makedev(state->stx_dev_major, state->stx_dev_minor),
				  state->stx_ino, walk->calls->context);
}

/* Mounts of other namespaces are not known; the kernel's stamp says what they are. */
static bool is_remote(const struct walk *walk, const struct statx *state)
{
	const struct mount *mount = mounts_find(&walk->mounts, state->stx_mnt_id);

	return mount && mount->kind != MOUNT_LOCAL && mount->kind != MOUNT_OVERLAY;
}

/* Looks at a file, unless somebody did. @fd: O_PATH. */
static void look_once(struct walk *walk, int fd)
{
	struct statx state;

	if (get_state(fd, "", AT_EMPTY_PATH, &state) && S_ISREG(state.stx_mode) &&
	    !is_remote(walk, &state) && claim(walk, &state))
		walk->calls->look(fd, walk->calls->context);
}

static void look_at(struct walk *walk, int directory, const char *name, int flags)
{
	_cleanup_close_ int fd = openat(directory, name, O_PATH | O_CLOEXEC | flags);

	if (fd >= 0)
		look_once(walk, fd);
}

/* Programs, and what has the name of a shared object: those need no x bit. */
static void look_at_program(struct walk *walk, int directory, const char *name)
{
	struct statx state;

	if (!get_state(directory, name, AT_SYMLINK_NOFOLLOW, &state))
		return;
	if (S_ISLNK(state.stx_mode))
		look_at(walk, directory, name, 0); /* of an alternative, of a package's own tree */
	else if (S_ISREG(state.stx_mode) && ((state.stx_mode & 0111) || strstr(name, ".so")))
		look_at(walk, directory, name, O_NOFOLLOW);
}

static void look_at_path(const char *path, void *context)
{
	look_at(context, AT_FDCWD, path, 0);
}

static void look_at_unit(struct walk *walk, int directory, const char *name)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *text = NULL;
	const char *dot = strrchr(name, '.');

	if (!dot || (!streq(dot, ".service") && !streq(dot, ".conf")))
		return;
	fd = openat(directory, name, flags);
	if (fd >= 0 && read_small_fd(fd, UNIT_MAX, &text, NULL) == 0)
		unit_programs(text, look_at_path, walk);
}

/* On the same mount, without links: nobody leads the walk somewhere else. */
static int open_beneath(int directory, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		.resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, directory, name, &how, sizeof(how));
}

/* Takes the descriptor. */
static void walk_directory(const struct tree *tree, int fd)
{
	DIR *directory = fdopendir(fd);
	const struct dirent *entry;

	if (!directory) {
		close(fd);
		return;
	}
	while (!stopped(tree->walk) && (entry = readdir(directory))) {
		struct tree beneath = *tree;
		int below;

		if (streq(entry->d_name, ".") || streq(entry->d_name, ".."))
			continue;
		below = tree->depth && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) ?
				open_beneath(fd, entry->d_name) :
				-EBADF;
		beneath.depth--;
		if (below >= 0)
			walk_directory(&beneath, below);
		else if (entry->d_type != DT_DIR)
			tree->file(tree->walk, fd, entry->d_name);
	}
	closedir(directory);
}

/* A directory that is named here or in the configuration, if it is a local one. */
static void walk_tree(const struct tree *tree, const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct statx state;
	int readable;

	if (fd < 0 || !get_state(fd, "", AT_EMPTY_PATH, &state) || is_remote(tree->walk, &state))
		return;
	readable = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (readable >= 0)
		walk_directory(tree, readable);
}

static void walk_units(struct walk *walk)
{
	/* Drop-ins lie one deeper. */
	const struct tree tree = { walk, 1, look_at_unit };

	for (size_t i = 0; i < ARRAY_SIZE(unit_directories); i++)
		walk_tree(&tree, unit_directories[i]);
}

static void walk_path(struct walk *walk)
{
	const struct tree tree = { walk, 0, look_at_program };

	for (size_t i = 0; i < ARRAY_SIZE(path_directories); i++)
		walk_tree(&tree, path_directories[i]);
}

static void walk_configured(struct walk *walk, const char *directories)
{
	const struct tree tree = { walk, DEPTH_MAX, look_at_program };
	_cleanup_free_ char *copy = strdup(directories);
	char *rest, *path;

	if (!copy)
		return;
	for (path = strtok_r(copy, ":", &rest); path; path = strtok_r(NULL, ":", &rest))
		walk_tree(&tree, path);
}

/*
 * The name in map_files of the executable mapping on @line of maps, if its file is new:
 * "start-end perms offset major:minor inode path". The device is another one than stat(2) has
 * on btrfs and overlayfs; then the file is met twice, and known the second time.
 */
static bool is_new_mapping(struct walk *walk, const char *line, char name[64])
{
	unsigned int major, minor;
	uint64_t start, end, inode;
	char permissions[5];

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %x:%x %" SCNu64, &start, &end,
		   permissions, &major, &minor, &inode) != 6 ||
	    permissions[2] != 'x' || inode == 0)
		return false;
	snprintf(name, 64, "map_files/%" PRIx64 "-%" PRIx64, start, end);
	return walk->calls->claim(makedev(major, minor), inode, walk->calls->context);
}

static void walk_process(struct walk *walk, const char *pid)
{
	_cleanup_close_ int directory = -EBADF;
	_cleanup_fclose_ FILE *maps = NULL;
	_cleanup_free_ char *line = NULL;
	char path[64], name[64];
	size_t size = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s", pid);
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = directory < 0 ? -1 : openat(directory, "maps", O_RDONLY | O_CLOEXEC);
	maps = fd < 0 ? NULL : fdopen(fd, "r");
	if (!maps) {
		cleanup_close(&fd);
		return;
	}
	while (!stopped(walk) && getline(&line, &size, maps) > 0) {
		_cleanup_close_ int file = is_new_mapping(walk, line, name) ?
						   openat(directory, name, O_PATH | O_CLOEXEC) :
						   -EBADF;

		if (file >= 0)
			walk->calls->look(file, walk->calls->context);
	}
}

static void walk_processes(struct walk *walk)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	const struct dirent *entry;
	uint64_t pid;

	while (proc && !stopped(walk) && (entry = readdir(proc))) {
		if (parse_u64(entry->d_name, INT32_MAX, &pid) == 0)
			walk_process(walk, entry->d_name);
	}
}

void prefill_walk(const struct prefill_calls *calls, const char *directories)
{
	struct walk walk = { .calls = calls };

	/* Without it what is remote is known by its stamp alone. */
	(void)mounts_read("/proc/self/mountinfo", &walk.mounts);
	walk_processes(&walk);
	walk_units(&walk);
	walk_path(&walk);
	walk_configured(&walk, directories);
	mounts_release(&walk.mounts);
}
