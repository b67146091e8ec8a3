/* SPDX-License-Identifier: BSD-2-Clause */
#include "steady_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define TRIES 10

/* Half a second in all. */
static const struct timespec pause_between = { .tv_nsec = 50 * 1000 * 1000 };

/*
 * EAGAIN means that somebody has it open for writing (check_conflicting_open() in
 * fs/locks.c). Who opens it so later waits for the end of the lease, and we are told by a
 * signal that is ignored unless somebody wants it.
 */
static int take_lease(int fd)
{
	if (fcntl(fd, F_SETSIG, SIGURG) < 0 || fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return -errno;
	return 0;
}

int steady_file_begin(int fd, const char *path, struct problems *problems,
		      struct steady_file *ret_file)
{
	int r = take_lease(fd);

	for (int i = 1; i < TRIES && r == -EAGAIN; i++) {
		nanosleep(&pause_between, NULL);
		r = take_lease(fd);
	}
	if (r == -EAGAIN) {
		problems_add(problems, PROBLEM_ERROR, path, 0,
			     "open for writing, so it may be half of itself: expected a file that "
			     "is written elsewhere and then renamed");
		return -ETXTBSY;
	}
	ret_file->leased = r == 0;
	if (fstat(fd, &ret_file->before) < 0) {
		problems_add(problems, PROBLEM_ERROR, path, 0, "%s", strerror(errno));
		return -errno;
	}
	return 0;
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

int steady_file_end(const struct steady_file *file, int fd, const char *path,
		    struct problems *problems)
{
	const struct stat *before = &file->before;
	struct stat after;
	bool same = fstat(fd, &after) == 0 && after.st_size == before->st_size &&
		    same_time(&after.st_mtim, &before->st_mtim) &&
		    /* A rename over it moves the ctime of what is open: it loses its name. */
		    (same_time(&after.st_ctim, &before->st_ctim) ||
		     after.st_nlink != before->st_nlink);

	if (file->leased)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	if (same)
		return 0;
	problems_add(problems, PROBLEM_ERROR, path, 0,
		     "changed while it was read: expected a file that is written elsewhere and then "
		     "renamed");
	return -ESTALE;
}
