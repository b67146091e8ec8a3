/* SPDX-License-Identifier: BSD-2-Clause */
#include "secure_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"

/* What is opened, and where to report about it. */
struct target {
	const char *path;
	const struct secure_origin *origin; /* may be NULL */
	struct problems *problems;
};

/* Reports about the path itself, or about the line that names it. */
static int target_fail(const struct target *target, int error, const char *text)
{
	_cleanup_free_ char *quoted = NULL;

	if (!target->origin) {
		problems_add(target->problems, PROBLEM_ERROR, target->path, 0, "%s", text);
		return error;
	}
	quoted = problem_quote(target->path, strlen(target->path));
	problems_add(target->problems, PROBLEM_ERROR, target->origin->file, target->origin->line,
		     "%s: %s", quoted ? quoted : "file", text);
	return error;
}

static const char *advice(int error)
{
	switch (error) {
	case EACCES:
		return ": run as root, or make it readable for whom this runs as";
	case ENOTDIR:
		return ": expected a directory; symbolic links are not followed here";
	case ELOOP:
		return ": symbolic links are not followed here; name the file itself";
	default:
		return "";
	}
}

static int open_failed(const struct target *target, int error)
{
	char text[256];

	snprintf(text, sizeof(text), "cannot be opened: %s%s", strerror(error), advice(error));
	return target_fail(target, -error, text);
}

/* @what: "file" or "directory". */
static int check_owner_and_mode(const struct target *target, const struct stat *st,
				const char *what, bool sticky_is_fine)
{
	unsigned int mode = st->st_mode & 07777;
	char text[256];

	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		snprintf(text, sizeof(text),
			 "%s belongs to uid %u; expected root or uid %u: chown it", what,
			 (unsigned int)st->st_uid, (unsigned int)geteuid());
		return target_fail(target, -EPERM, text);
	}
	if (sticky_is_fine && (mode & S_ISVTX))
		return 0;
	if (mode & (S_IWGRP | S_IWOTH)) {
		snprintf(text, sizeof(text),
			 "%s is writable by %s (mode %04o); expected nobody but its owner: "
			 "chmod go-w it",
			 what, mode & S_IWOTH ? "everybody" : "its group", mode);
		return target_fail(target, -EPERM, text);
	}
	return 0;
}

/* Splits @path at its last component; the caller frees both. */
static int split_path(const char *path, char **ret_directory, char **ret_name)
{
	_cleanup_free_ char *copy = strdup(path), *name = NULL;
	size_t size = strlen(path);
	char *slash;

	if (!copy)
		return -ENOMEM;
	while (size > 1 && copy[size - 1] == '/')
		copy[--size] = '\0';
	slash = strrchr(copy, '/');
	name = strdup(slash && slash[1] ? slash + 1 : slash ? "." : copy);
	if (!name)
		return -ENOMEM;
	if (!slash)
		memcpy(copy, ".", size > 0 ? 2 : 1);
	else
		slash[slash == copy] = '\0';
	*ret_directory = TAKE_PTR(copy);
	*ret_name = TAKE_PTR(name);
	return 0;
}

/* Opens the directory that holds the target, checks it, and opens the target in it. */
static int open_target(const struct target *target, int flags, int *ret_fd, struct stat *ret_stat)
{
	_cleanup_free_ char *directory = NULL, *name = NULL;
	_cleanup_close_ int parent = -EBADF, fd = -EBADF;
	int r;

	r = split_path(target->path, &directory, &name);
	if (r < 0)
		return target_fail(target, r, "out of memory");
	parent = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || fstat(parent, ret_stat) < 0)
		return open_failed(target, errno);
	r = check_owner_and_mode(target, ret_stat, "the directory that holds it", true);
	if (r < 0)
		return r;
	fd = openat(parent, name, flags | O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return open_failed(target, errno);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int secure_open_file(const char *path, const struct secure_origin *origin,
		     struct problems *problems, int *ret_fd)
{
	struct target target = { path, origin, problems };
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r;

	/* O_NONBLOCK: a FIFO would wait for its writer. */
	r = open_target(&target, O_NONBLOCK | O_NOCTTY, &fd, &st);
	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode))
		return target_fail(&target, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL,
				   "expected a regular file");
	r = check_owner_and_mode(&target, &st, "the file", false);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int secure_open_directory(const char *path, struct problems *problems, int *ret_fd)
{
	struct target target = { path, NULL, problems };
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int r;

	r = open_target(&target, O_DIRECTORY, &fd, &st);
	if (r < 0)
		return r;
	r = check_owner_and_mode(&target, &st, "the directory", false);
	if (r < 0)
		return r;
	*ret_fd = TAKE_FD(fd);
	return 0;
}
