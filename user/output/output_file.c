/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event file, or standard output. A line is appended with one write(2). When
 * the disk is full and a part of it was taken, that part is cut off again, so
 * that the file always ends with a whole line; where that cannot be done, as in
 * a pipe, the rest follows later. A torn line that a crash left behind is ended
 * before the next one.
 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "output_sink.h"
#include "util.h"

struct output_file {
	struct output base;
	enum output_format format;
	char *path; /* NULL: standard output */
	int fd;
	mode_t type;         /* S_IFMT bits of the file */
	bool torn;           /* the last line in it has no end */
};

static int file_format(struct output *output, const struct record *record, struct buffer *buffer)
{
	const struct output_file *file = (const struct output_file *)output;
	int r;

	if (file->format == OUTPUT_ECS)
		r = ecs_append(buffer, record);
	else
		r = text_append(buffer, record, true, TEXT_UNLIMITED);
	buffer_append_char(buffer, '\n');
	return r < 0 ? r : buffer->failed ? -ENOMEM : 0;
}

/* Takes back the @size bytes just appended. Only if nobody appended after us. */
static bool file_take_back(const struct output_file *file, size_t size)
{
	off_t end = lseek(file->fd, 0, SEEK_CUR);
	struct stat st;

	if (file->type != S_IFREG || end < (off_t)size || fstat(file->fd, &st) < 0)
		return false;
	return st.st_size == end && ftruncate(file->fd, end - (off_t)size) == 0;
}

/* Returns the bytes taken or a negative errno. */
static ssize_t file_write(const struct output_file *file, const char *bytes, size_t size)
{
	ssize_t n;

	do {
		if (file->type == S_IFSOCK)
			n = send(file->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		else
			n = write(file->fd, bytes, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/*
 * The directory that holds @path, without following a link anywhere on the way. A group
 * may write to it, as to some systems' /var/log; others only where it is sticky.
 */
static int open_directory_of(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory =
		slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	if (!directory)
		return -ENOMEM;
	fd = (int)syscall(SYS_openat2, AT_FDCWD, directory, &how, sizeof(how));
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return -EPERM;
	return TAKE_FD(fd);
}

static int file_open_path(const char *path)
{
	_cleanup_close_ int directory = open_directory_of(path), fd = -EBADF;
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (directory < 0)
		return directory;
	fd = openat(directory, slash ? slash + 1 : path,
		    O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		    0640);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return -EINVAL;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	return TAKE_FD(fd);
}

/*
 * Standard output is shared with others, so O_NONBLOCK may not be set on it. A
 * pipe or a terminal is opened a second time, where that is allowed.
 */
static int file_open_stdout(void)
{
	struct stat st;
	int fd;

	if (fstat(STDOUT_FILENO, &st) < 0)
		return -errno;
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
		fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd >= 0)
			return fd;
	}
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? -errno : fd;
}

static bool file_ends_torn(int fd, const struct stat *st)
{
	char last = '\n';

	if (!S_ISREG(st->st_mode) || st->st_size == 0)
		return false;
	return pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n';
}

static int file_open(struct output_file *file)
{
	_cleanup_close_ int fd = file->path ? file_open_path(file->path) : file_open_stdout();
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (file->fd >= 0)
		close(file->fd);
	file->type = st.st_mode & S_IFMT;
	file->torn = file_ends_torn(fd, &st);
	file->fd = TAKE_FD(fd);
	file->base.sent = 0; /* of a line that was sent in part, all of it goes to the new file */
	return 0;
}

static int file_reopen(struct output *output)
{
	struct output_file *file = (struct output_file *)output;

	return file->path ? file_open(file) : 0;
}

/*
 * Writing into a file that was removed would lose every line without a word. While it
 * cannot be made anew (its directory is gone, a link is in its place), records wait.
 */
static int file_check(struct output_file *file)
{
	struct stat st;

	if (file->type != S_IFREG || !file->path || fstat(file->fd, &st) < 0 || st.st_nlink > 0)
		return 0;
	return file_open(file);
}

static int file_end_torn_line(struct output_file *file)
{
	ssize_t n;

	if (!file->torn || file->base.sent > 0)
		return 0;
	n = file_write(file, "\n", 1);
	if (n < 0)
		return (int)n;
	file->torn = false;
	return 0;
}

static int file_send(struct output *output, const char *bytes, size_t size)
{
	struct output_file *file = (struct output_file *)output;
	ssize_t n;
	int r;

	r = file_check(file);
	if (r == 0)
		r = file_end_torn_line(file);
	if (r < 0)
		return r;
	n = file_write(file, bytes + output->sent, size - output->sent);
	if (n < 0)
		return (int)n;
	if ((size_t)n == size - output->sent) {
		file->torn = false;
		return 0;
	}
	if (n > 0 && file_take_back(file, (size_t)n))
		return -ENOSPC;
	output->sent += (size_t)n;
	file->torn = file->torn || n > 0;
	return -EAGAIN;
}

static void file_free(struct output *output)
{
	struct output_file *file = (struct output_file *)output;

	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

static const struct output_ops file_ops = {
	.format = file_format,
	.send = file_send,
	.reopen = file_reopen,
	.free = file_free,
};

int output_file_new(const char *path, enum output_format format, struct output **ret_output)
{
	struct output_file *file = calloc(1, sizeof(*file));
	int r;

	if (!file)
		return -ENOMEM;
	output_init(&file->base, &file_ops);
	file->format = format;
	file->fd = -EBADF;
	if (!streq(path, "-")) {
		file->path = strdup(path);
		if (!file->path) {
			file_free(&file->base);
			return -ENOMEM;
		}
	}
	r = file_open(file);
	if (r < 0) {
		file_free(&file->base);
		return r;
	}
	*ret_output = &file->base;
	return 0;
}
