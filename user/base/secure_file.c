/* SPDX-License-Identifier: BSD-2-Clause */
#include "secure_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "util.h"

#define LINKS_MAX 16 /* symbolic links on one way */

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
	if (slash) {
		slash[slash == copy] = '\0';
	} else {
		/* Not in place: an empty path has no room for a dot. */
		free(copy);
		copy = strdup(".");
		if (!copy)
			return -ENOMEM;
	}
	*ret_directory = TAKE_PTR(copy);
	*ret_name = TAKE_PTR(name);
	return 0;
}

/* Said once, though every file of a configuration has the same directories above it. */
static void warn_once(const struct target *target, const char *directory, unsigned int uid)
{
	const struct problem *problem;

	for (size_t i = 0; (problem = problems_get(target->problems, i)); i++) {
		if (problem->severity == PROBLEM_WARNING && problem->file && problem->text &&
		    streq(problem->file, directory) && strstr(problem->text, "can exchange"))
			return;
	}
	problems_add(target->problems, PROBLEM_WARNING, directory, 0,
		     "belongs to uid %u, who can exchange all that lies below it", uid);
}

/* A directory on the way to the one that holds the target, or a link there. */
static int check_above(const struct target *target, const char *directory, const struct stat *st)
{
	/* Whom a user lets write to a directory of his is as he is: see below. */
	mode_t forbidden = st->st_uid == 0 ? S_IWGRP | S_IWOTH : S_IWOTH;
	char text[PATH_MAX + 128];

	/* The mode of a link means nothing. */
	if (S_ISDIR(st->st_mode) && (st->st_mode & forbidden) && !(st->st_mode & S_ISVTX)) {
		_cleanup_free_ char *quoted = problem_quote(directory, strlen(directory));

		snprintf(text, sizeof(text),
			 "%s, which is above it, is writable by others (mode %04o): chmod go-w it",
			 quoted ? quoted : "a directory", (unsigned int)st->st_mode & 07777);
		return target_fail(target, -EPERM, text);
	}
	if (st->st_uid != 0 && st->st_uid != geteuid())
		warn_once(target, directory, (unsigned int)st->st_uid);
	return 0;
}

static int check_way(const struct target *target, const char *directory, unsigned int depth);

/* Goes on where the link @link leads to; @rest comes after it. */
static int check_link(const struct target *target, const char *link, const char *rest,
		      unsigned int depth)
{
	_cleanup_free_ char *next = NULL;
	char leads_to[PATH_MAX];
	ssize_t size = readlink(link, leads_to, sizeof(leads_to) - 1);
	const char *slash = strrchr(link, '/');

	if (size < 0 || depth == 0)
		return open_failed(target, size < 0 ? errno : ELOOP);
	leads_to[size] = '\0';
	next = leads_to[0] == '/' ? format_string("%s%s", leads_to, rest)
				  : format_string("%.*s/%s%s", (int)(slash - link), link, leads_to,
						  rest);
	return next ? check_way(target, next, depth - 1) : -ENOMEM;
}

/*
 * Looks at each component of an absolute path, from / on. Where all are root's, nobody
 * else can change afterwards what was seen; where they are not, that was said.
 */
static int check_way(const struct target *target, const char *directory, unsigned int depth)
{
	_cleanup_free_ char *path = strdup(directory);
	struct stat st;
	int r;

	if (!path || lstat("/", &st) < 0)
		return -ENOMEM;
	r = check_above(target, "/", &st);
	for (char *end = path; r == 0 && *end;) {
		char after;

		end += strspn(end, "/");
		if (!*end)
			break;
		end += strcspn(end, "/");
		after = *end;
		*end = '\0';
		if (lstat(path, &st) < 0)
			return open_failed(target, errno);
		r = check_above(target, path, &st);
		if (r == 0 && S_ISLNK(st.st_mode))
			return check_link(target, path, directory + (end - path), depth);
		*end = after;
	}
	return r;
}

static int check_directories(const struct target *target, const char *directory)
{
	_cleanup_free_ char *here = NULL, *absolute = NULL;

	if (directory[0] == '/')
		return check_way(target, directory, LINKS_MAX);
	here = getcwd(NULL, 0);
	if (!here)
		return open_failed(target, errno);
	absolute = format_string("%s/%s", here, directory);
	return absolute ? check_way(target, absolute, LINKS_MAX) : -ENOMEM;
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
	if (r == 0)
		r = check_directories(target, directory);
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

int secure_make_directory(const char *path, mode_t mode, struct problems *problems)
{
	struct target target = { path, NULL, problems };
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	if (mkdir(path, mode) < 0 && errno != EEXIST) {
		int error = errno;

		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be made: %s", strerror(error));
		return -error;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return open_failed(&target, errno);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return check_owner_and_mode(&target, &st, "the directory", false);
	if (!(st.st_mode & 07777 & ~mode))
		return 0;
	/* Nobody but us lives in one of that name; /var/lib would be another matter. */
	if (!strstr(strrchr(path, '/') ? strrchr(path, '/') : path, "interdict"))
		return check_owner_and_mode(&target, &st, "the directory", false);
	if (fchmod(fd, st.st_mode & mode) < 0)
		return open_failed(&target, errno);
	problems_add(problems, PROBLEM_WARNING, path, 0,
		     "was open to others (mode %04o); now it is %04o",
		     (unsigned int)st.st_mode & 07777, (unsigned int)(st.st_mode & mode));
	return 0;
}
