/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a scan begins: the roots of the file systems of this machine, or the paths that
 * were asked for with the file systems that are mounted below them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "scan_private.h"
#include "util.h"

#define MOUNTINFO "/proc/self/mountinfo"

/* Something to add to the walk. */
struct start {
	char *path; /* absolute */
	const struct mount *mount;
	char *inside; /* the path in its file system; NULL if the mount is not known */
	int fd;	      /* O_PATH; negative: to be opened by the walk */
	mode_t type;
	bool asked; /* a path of the user's, which is not left for another one of the same files */
};

struct starts {
	struct start *item;
	size_t count, size;
};

static void cleanup_starts(struct starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		free(starts->item[i].path);
		free(starts->item[i].inside);
		if (starts->item[i].fd >= 0)
			close(starts->item[i].fd);
	}
	free(starts->item);
}

/* Pins @path, and says which mount it is on. */
static int pin(const char *path, unsigned long *ret_mount, mode_t *ret_type)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statx st;

	if (fd < 0 ||
	    statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &st) < 0)
		return -errno;
	*ret_mount = st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0;
	*ret_type = st.stx_mode & S_IFMT;
	return TAKE_FD(fd);
}

/* Path in the file system: the mounted directory, and what follows behind the mount point. */
static char *path_inside(const struct mount *mount, const char *path)
{
	size_t size = strlen(mount->point);
	const char *rest = size == 1 ? path : path + size;
	const char *root = streq(mount->root, "/") ? "" : mount->root;

	rest = streq(rest, "/") ? "" : rest;
	return format_string("%s%s", *root || *rest ? root : "/", rest);
}

/* Takes the descriptor, if there is one. */
static int add_start(struct starts *starts, const char *path, const struct mount *mount, int fd,
		     mode_t type)
{
	struct start *start;

	if (starts->count == starts->size) {
		size_t size = starts->size ? 2 * starts->size : 16;
		struct start *item = reallocarray(starts->item, size, sizeof(*item));

		if (!item) {
			if (fd >= 0)
				close(fd);
			return -ENOMEM;
		}
		starts->item = item;
		starts->size = size;
	}
	start = &starts->item[starts->count++];
	*start = (struct start){ .path = strdup(path), .mount = mount, .fd = fd, .type = type };
	if (mount && path_is_below(path, mount->point))
		start->inside = path_inside(mount, path);
	return start->path ? 0 : -ENOMEM;
}

/* True if a scan of @other sees all that a scan of @start does. */
static bool includes(const struct start *other, const struct start *start)
{
	return other->inside && start->inside && other->mount->major == start->mount->major &&
	       other->mount->minor == start->mount->minor &&
	       path_is_below(start->inside, other->inside);
}

static bool is_included(const struct starts *starts, size_t index)
{
	const struct start *start = &starts->item[index];

	for (size_t i = 0; i < starts->count; i++) {
		const struct start *other = &starts->item[i];

		if (i == index || !includes(other, start) || (start->asked && !other->asked))
			continue;
		if (i < index || !includes(start, other))
			return true;
	}
	return false;
}

/* A tree that is a file, or at least no directory, is walked as one name in a directory. */
static int add_file(struct scan *scan, const struct start *start)
{
	const char *slash = strrchr(start->path, '/');
	_cleanup_free_ char *directory =
		slash == start->path ? strdup("/") : strndup(start->path, (size_t)(slash - start->path));
	int fd = directory ? open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	if (!directory || fd < 0)
		return -errno;
	return walk_add(scan->walk, directory, slash + 1, fd);
}

static int add_to_walk(struct scan *scan, struct starts *starts)
{
	int r = 0;

	for (size_t i = 0; i < starts->count && r == 0; i++) {
		struct start *start = &starts->item[i];

		if (is_included(starts, i))
			continue;
		if (S_ISDIR(start->type))
			r = walk_add(scan->walk, start->path, NULL, TAKE_FD(start->fd));
		else
			r = add_file(scan, start);
	}
	return r;
}

static bool was_asked_for(const struct scan_coverage *coverage, const char *path)
{
	for (size_t i = 0; i < coverage->path_count; i++)
		if (path_is_below(path, coverage->paths[i]))
			return true;
	return coverage->whole;
}

/* A directory of an overlay that is seen where it lies; the mount of a path is outside of it. */
static bool layer_is_seen(const char *path, void *cookie)
{
	const struct scan_coverage *coverage = cookie;
	const struct mount *mount;
	unsigned long id;
	mode_t type;
	_cleanup_close_ int fd = path[0] == '/' ? pin(path, &id, &type) : -EBADF;

	mount = fd < 0 ? NULL : mounts_find(&coverage->mounts, id);
	return mount && S_ISDIR(type) && was_asked_for(coverage, path) &&
	       (mount->choice == MOUNT_SEEN || mount->choice == MOUNT_TWICE ||
		mount->choice == MOUNT_OUTSIDE);
}

static int add_mount(struct starts *starts, struct mount *mount)
{
	unsigned long id = 0;
	mode_t type = 0;
	int fd;

	/* Opened by the walk, which can do without a thread that waits for good. */
	if (mount->kind == MOUNT_REMOTE)
		return add_start(starts, mount->point, mount, -EBADF, S_IFDIR);
	fd = pin(mount->point, &id, &type);
	if (fd < 0) {
		mount->choice = MOUNT_UNREADABLE;
		return 0;
	}
	if (id != mount->id) {
		close(fd);
		mount->choice = MOUNT_HIDDEN;
		return 0;
	}
	return add_start(starts, mount->point, mount, fd, type);
}

static bool is_path(const struct scan *scan, const char *point)
{
	for (size_t i = 0; i < scan->coverage.path_count; i++)
		if (streq(scan->coverage.paths[i], point))
			return true;
	return false;
}

static int add_mounts(struct scan *scan, struct starts *starts)
{
	struct mounts *mounts = &scan->coverage.mounts;
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++) {
		struct mount *mount = &mounts->item[i];

		if (mount->choice != MOUNT_SEEN)
			continue;
		if (mount->kind == MOUNT_OVERLAY && !is_path(scan, mount->point) &&
		    mount_each_layer(mount, layer_is_seen, &scan->coverage))
			mount->choice = MOUNT_LAYERS;
		else
			r = add_mount(starts, mount);
	}
	return r;
}

static void complain(struct scan *scan, const char *path, int error)
{
	problems_add(scan->options.problems, PROBLEM_ERROR, path, 0, "%s", strerror(-error));
}

/* The paths as they are without symbolic links. */
static int resolve_paths(struct scan *scan)
{
	const struct scan_options *options = &scan->options;
	struct scan_coverage *coverage = &scan->coverage;
	int worst = 0;

	coverage->paths = calloc(options->path_count + 1, sizeof(char *));
	if (!coverage->paths)
		return -ENOMEM;
	for (size_t i = 0; i < options->path_count; i++) {
		char *path = realpath(options->paths[i], NULL);

		if (path) {
			coverage->paths[coverage->path_count++] = path;
			continue;
		}
		worst = -errno;
		complain(scan, options->paths[i], worst);
	}
	return worst;
}

static int add_paths(struct scan *scan, struct starts *starts)
{
	struct scan_coverage *coverage = &scan->coverage;

	for (size_t i = 0; i < coverage->path_count; i++) {
		const char *path = coverage->paths[i];
		const struct mount *mount;
		unsigned long id = 0;
		mode_t type = 0;
		int fd = pin(path, &id, &type), r;

		if (fd < 0) {
			complain(scan, path, fd);
			return fd;
		}
		mount = mounts_find(&coverage->mounts, id);
		r = add_start(starts, path, mount, fd, type);
		if (r < 0)
			return r;
		starts->item[starts->count - 1].asked = true;
	}
	return 0;
}

/* The mounts of the paths: seen, as far as they were asked for. */
static void mark_mounts(struct scan *scan, const struct starts *starts)
{
	for (size_t i = 0; i < starts->count; i++) {
		const struct mount *mount = starts->item[i].mount;

		if (mount)
			mounts_find(&scan->coverage.mounts, mount->id)->choice = MOUNT_SEEN;
	}
}

int scan_add_trees(struct scan *scan)
{
	_cleanup_(cleanup_starts) struct starts starts = { 0 };
	struct scan_coverage *coverage = &scan->coverage;
	struct strings paths;
	int r = resolve_paths(scan);

	if (r < 0)
		return r;
	paths = (struct strings){ coverage->paths, coverage->path_count };
	coverage->whole = coverage->path_count == 0;
	r = mounts_read(MOUNTINFO, &coverage->mounts);
	if (r < 0) {
		problems_add(scan->options.problems, PROBLEM_ERROR, MOUNTINFO, 0, "%s",
			     strerror(-r));
		return r;
	}
	mounts_choose(&coverage->mounts, &paths, scan->options.remote);
	r = add_paths(scan, &starts);
	if (r == 0)
		r = add_mounts(scan, &starts);
	mark_mounts(scan, &starts);
	return r < 0 ? r : add_to_walk(scan, &starts);
}
