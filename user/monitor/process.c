/* SPDX-License-Identifier: BSD-2-Clause */
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

#define PROC_FILE_MAX (64U << 10)

static int read_proc(pid_t pid, const char *name, char **ret_text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return read_small_file(path, PROC_FILE_MAX, ret_text, NULL);
}

/*
 * Field @number of /proc/PID/stat, counted from 1, after the name in brackets,
 * which may hold brackets and blanks itself.
 */
static int stat_field(const char *text, unsigned int number, uint64_t *ret_value)
{
	const char *next = strrchr(text, ')');

	if (!next)
		return -EINVAL;
	for (unsigned int i = 2; i < number; i++) {
		next = strchr(next + 1, ' ');
		if (!next)
			return -EINVAL;
	}
	*ret_value = strtoull(next + 1, NULL, 10);
	return 0;
}

static void take_ids(const char *status, struct event *event)
{
	const char *line = strstr(status, "\nUid:");
	unsigned int real, effective;

	if (line && sscanf(line + 5, "%u %u", &real, &effective) == 2) {
		event->uid = real;
		event->euid = effective;
	}
	line = strstr(status, "\nGid:");
	if (line && sscanf(line + 5, "%u", &real) == 1)
		event->gid = real;
}

static void take_stat(const char *stat, struct event *event)
{
	const char *name = strchr(stat, '(');
	const char *end = strrchr(stat, ')');
	uint64_t value;

	if (name && end && end > name) {
		size_t size = (size_t)(end - name - 1);

		if (size >= sizeof(event->comm))
			size = sizeof(event->comm) - 1;
		memset(event->comm, 0, sizeof(event->comm));
		memcpy(event->comm, name + 1, size);
	}
	if (stat_field(stat, 4, &value) == 0)
		event->ppid = (uint32_t)value;
	if (stat_field(stat, 22, &value) == 0)
		event->start = value * PROCESS_TICK;
}

static void take_number(pid_t pid, const char *name, uint32_t *number)
{
	_cleanup_free_ char *text = NULL;

	if (read_proc(pid, name, &text) == 0 && isdigit((unsigned char)text[0]))
		*number = (uint32_t)strtoul(text, NULL, 10);
}

static void take_namespace(pid_t pid, const char *name, uint32_t *number)
{
	struct stat stat_buffer;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	if (stat(path, &stat_buffer) == 0)
		*number = (uint32_t)stat_buffer.st_ino;
}

static bool is_mount_namespace_of(const char *process, uint32_t mnt_ns)
{
	struct stat namespace;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", process);
	return stat(path, &namespace) == 0 && namespace.st_ino == mnt_ns;
}

bool process_mounts_are_ours(uint32_t mnt_ns)
{
	struct stat ours, theirs;

	if (is_mount_namespace_of("self", mnt_ns))
		return true;
	return is_mount_namespace_of("1", mnt_ns) && stat("/", &ours) == 0 &&
	       stat("/proc/1/root", &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

/* Path in the unified hierarchy ("0::/path"), cut out of @cgroups in place; NULL if none. */
static const char *unified_path(char *cgroups)
{
	char *line = strncmp(cgroups, "0::", 3) == 0 ? cgroups : strstr(cgroups, "\n0::");
	char *path = line ? strchr(line, '/') : NULL;

	if (path)
		path[strcspn(path, "\n")] = '\0';
	return path;
}

static const char *const cgroup_roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

/* The id of a cgroup is the inode number of its directory. */
static void take_cgroup(pid_t pid, struct event *event)
{
	_cleanup_free_ char *cgroups = process_cgroups(pid);
	const char *cgroup = cgroups ? unified_path(cgroups) : NULL;

	/* "/.." leads out of our cgroup namespace, to where we have no path */
	if (!cgroup || strncmp(cgroup, "/..", 3) == 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cgroup_roots); i++) {
		_cleanup_free_ char *path = format_string("%s%s", cgroup_roots[i], cgroup);
		_cleanup_free_ char *mark = format_string("%s/cgroup.controllers", cgroup_roots[i]);
		struct stat stat_buffer;

		if (path && mark && access(mark, F_OK) == 0 && stat(path, &stat_buffer) == 0)
			event->cgroup = stat_buffer.st_ino;
	}
}

int process_describe(pid_t pid, struct event *event)
{
	_cleanup_free_ char *stat = NULL;
	_cleanup_free_ char *status = NULL;

	if (read_proc(pid, "stat", &stat) < 0 || read_proc(pid, "status", &status) < 0)
		return -ESRCH;
	event->pid = event->tgid = (uint32_t)pid;
	take_stat(stat, event);
	take_ids(status, event);
	take_number(pid, "loginuid", &event->loginuid);
	take_number(pid, "sessionid", &event->sessionid);
	take_namespace(pid, "mnt", &event->mnt_ns);
	take_namespace(pid, "pid", &event->pid_ns);
	take_cgroup(pid, event);
	return 0;
}

bool process_is_stopped(pid_t pid, uint64_t *ret_start)
{
	_cleanup_free_ char *stat = NULL;
	const char *end;
	uint64_t ticks;

	if (read_proc(pid, "stat", &stat) < 0 || stat_field(stat, 22, &ticks) < 0)
		return false;
	if (ret_start)
		*ret_start = ticks * PROCESS_TICK;
	end = strrchr(stat, ')');
	return end[1] == ' ' && end[2] == 'T';
}

uint64_t process_start(pid_t pid)
{
	_cleanup_free_ char *stat = NULL;
	uint64_t ticks;

	if (read_proc(pid, "stat", &stat) < 0 || stat_field(stat, 22, &ticks) < 0)
		return 0;
	return ticks * PROCESS_TICK;
}

bool process_is(pid_t pid, uint64_t start)
{
	uint64_t found = process_start(pid);

	return found && (start == 0 || found == start / PROCESS_TICK * PROCESS_TICK);
}

bool process_is_gone(pid_t pid, uint64_t start)
{
	_cleanup_free_ char *stat = NULL;
	uint64_t ticks;
	int r = read_proc(pid, "stat", &stat);

	if (r < 0)
		return r == -ENOENT || r == -ESRCH;
	return stat_field(stat, 22, &ticks) == 0 && ticks != start / PROCESS_TICK;
}

char *process_link(pid_t pid, const char *name)
{
	char target[INTERDICT_PATH_MAX], path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	n = readlink(path, target, sizeof(target));
	return n > 0 ? strndup(target, (size_t)n) : NULL;
}

char *process_cgroups(pid_t pid)
{
	char *text = NULL;

	return read_proc(pid, "cgroup", &text) < 0 ? NULL : text;
}

/* The handle of a directory of cgroups is its id (FILEID_KERNFS, linux/exportfs.h). */
#define CGROUP_HANDLE 0xfe

char *process_cgroup_path(uint64_t id)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} buffer = { .handle = { .handle_bytes = sizeof(id), .handle_type = CGROUP_HANDLE } };

	memcpy(buffer.room + sizeof(struct file_handle), &id, sizeof(id));
	for (size_t i = 0; i < ARRAY_SIZE(cgroup_roots); i++) {
		size_t length = strlen(cgroup_roots[i]);
		_cleanup_close_ int root = open(cgroup_roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		_cleanup_close_ int fd = -EBADF;
		_cleanup_free_ char *path = NULL;
		char link[32];

		if (root >= 0)
			fd = open_by_handle_at(root, &buffer.handle, O_PATH | O_CLOEXEC);
		if (fd < 0)
			continue;
		snprintf(link, sizeof(link), "fd/%d", fd);
		path = process_link(getpid(), link);
		if (path && strncmp(path, cgroup_roots[i], length) == 0 && path[length] == '/')
			return strdup(path + length);
	}
	return NULL;
}
