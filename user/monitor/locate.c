/* SPDX-License-Identifier: BSD-2-Clause */
#include "locate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"
#include "util.h"

#define PROC_PATH_MAX 128
#define MAPS_MAX      (8u << 20)

static int open_magic_link(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The file of the first mapping of the process that @event is about: by address, or by inode. */
static int open_mapped(const struct event *event, bool by_inode)
{
	_cleanup_free_ char *maps = NULL;
	char path[PROC_PATH_MAX];
	char *line, *rest;
	int error;

	snprintf(path, sizeof(path), "/proc/%u/maps", event->tgid);
	error = read_small_file(path, MAPS_MAX, &maps, NULL);
	if (error)
		return error;
	for (line = strtok_r(maps, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long start, end, inode;

		if (sscanf(line, "%lx-%lx %*s %*s %*s %lu", &start, &end, &inode) != 3)
			continue;
		if (by_inode ? inode != event->file.inode
			     : event->address < start || event->address >= end)
			continue;
		snprintf(path, sizeof(path), "/proc/%u/map_files/%lx-%lx", event->tgid, start, end);
		return open_magic_link(path);
	}
	return -ESRCH;
}

/* The inode number behind a descriptor, by fdinfo(5) ("ino:", since 5.14). */
static bool fd_shows_inode(const char *fdinfo, uint64_t inode)
{
	_cleanup_free_ char *text = NULL;
	const char *line;

	if (read_small_file(fdinfo, 65536, &text, NULL))
		return false;
	line = strstr(text, "ino:");
	return line && strtoull(line + 4, NULL, 10) == inode;
}

static int open_descriptor_of_inode(const struct event *event)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char path[PROC_PATH_MAX];
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%u/task/%u/fdinfo", event->tgid, event->pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%u/task/%u/fdinfo/%.10s", event->tgid,
			 event->pid, entry->d_name);
		if (!fd_shows_inode(path, event->file.inode))
			continue;
		snprintf(path, sizeof(path), "/proc/%u/task/%u/fd/%.10s", event->tgid, event->pid,
			 entry->d_name);
		return open_magic_link(path);
	}
	return -ESRCH;
}

static int open_in_process(const struct event *event)
{
	char path[PROC_PATH_MAX];

	if (event->fd != ~0U) {
		snprintf(path, sizeof(path), "/proc/%u/task/%u/fd/%u", event->tgid, event->pid,
			 event->fd);
		return open_magic_link(path);
	}
	switch (event->kind) {
	case EVENT_EXEC:
	case EVENT_RUNNING:
		snprintf(path, sizeof(path), "/proc/%u/exe", event->tgid);
		return open_magic_link(path);
	case EVENT_MAP:
		return open_mapped(event, false);
	case EVENT_OPEN:
		return open_descriptor_of_inode(event);
	}
	return -ESRCH;
}

static bool is_our_mount_namespace(uint32_t inode)
{
	struct stat ours;

	return stat("/proc/self/ns/mnt", &ours) == 0 && ours.st_ino == inode;
}

/*
 * The root of a task in another mount namespace, while it is there. Where ours is a copy of
 * PID 1's the task may be gone, and what is hidden from us is there all the same.
 */
static int open_root(const struct event *event)
{
	char path[PROC_PATH_MAX];
	int fd;

	if (process_mounts_are_ours(event->mnt_ns))
		return open("/proc/1/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%u/root", event->tgid);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !process_is((pid_t)event->tgid, event->start)) {
		close(fd);
		return -ESRCH;
	}
	return fd;
}

static int open_by_path(const struct event *event, const char *path)
{
	/* CACHED: fails instead of waiting for a file system. */
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_CACHED | RESOLVE_NO_MAGICLINKS,
	};
	_cleanup_close_ int root = -EBADF;
	long fd;

	if (!path || path[0] != '/')
		return -ESRCH;
	if (!is_our_mount_namespace(event->mnt_ns)) {
		root = open_root(event);
		if (root < 0)
			return -ESRCH;
		how.resolve |= RESOLVE_IN_ROOT;
	}
	fd = syscall(SYS_openat2, root < 0 ? AT_FDCWD : root, path, &how, sizeof(how));
	return fd < 0 ? -ESRCH : (int)fd;
}

static bool shows_file(int fd, const struct event *event)
{
	struct stat found;

	return fstat(fd, &found) == 0 && locate_matches(event, &found);
}

/*
 * Where inode and device are compared (locate_matches()) a file that matches is the one, whosever
 * it is. Elsewhere it takes the process, whose number may be another's by now.
 */
static bool may_look_into(const struct event *event)
{
	return !(event->flags & (EVENT_OVERLAY | EVENT_DEV_PRIVATE)) ||
	       process_is((pid_t)event->tgid, event->start);
}

static int locate_file(const struct event *event, const char *path)
{
	int fd = -ESRCH, by_path;

	if (may_look_into(event))
		fd = open_in_process(event);
	if (fd >= 0 && shows_file(fd, event))
		return fd;
	/* The descriptor is closed once the file is mapped: without a name only that is left. */
	if (event->kind == EVENT_MAP && process_is((pid_t)event->tgid, event->start)) {
		if (fd >= 0)
			close(fd);
		fd = open_mapped(event, true);
		if (fd >= 0 && shows_file(fd, event))
			return fd;
	}
	/* The task is gone, or its descriptor names something else by now. */
	by_path = open_by_path(event, path);
	if (by_path < 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return by_path;
}

struct location {
	struct event event;
	char path[]; /* "": not known */
};

struct location *location_new(const struct event *event, const char *path)
{
	size_t size = path ? strlen(path) + 1 : 1;
	struct location *location = malloc(sizeof(*location) + size);

	if (!location)
		return NULL;
	location->event = *event;
	memcpy(location->path, path ? path : "", size);
	return location;
}

int location_open(const void *data)
{
	const struct location *location = data;

	return locate_file(&location->event, *location->path ? location->path : NULL);
}

bool locate_matches(const struct event *event, const struct stat *found)
{
	const struct file_stamp *file = &event->file;
	const struct timespec *changed = &found->st_ctim;

	if ((uint64_t)found->st_size != file->size)
		return false;
	/* What is mapped from overlayfs may be found as the file beneath, or as overlayfs shows it. */
	if ((changed->tv_sec != file->ctime_sec || changed->tv_nsec != (long)file->ctime_nsec) &&
	    (changed->tv_sec != event->view_ctime_sec ||
	     changed->tv_nsec != (long)event->view_ctime_nsec))
		return false;
	/* After a copy-up overlayfs goes on showing the number of the lower inode. */
	if (!(event->flags & EVENT_OVERLAY) && found->st_ino != file->inode)
		return false;
	return (event->flags & EVENT_DEV_PRIVATE) || kernel_dev(found->st_dev) == file->dev;
}
