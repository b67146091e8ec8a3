/* SPDX-License-Identifier: BSD-2-Clause */
#include "atomic_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "util.h"

#define BUFFER_SIZE (1U << 17) /* a list is megabytes: fewer, larger writes */

/* The place itself, behind links; as it was given if nothing is there yet. */
static int find_place(const char *path, char **ret_place)
{
	char *place = realpath(path, NULL);
	struct stat st;

	if (!place && errno == ENOENT)
		place = strdup(path);
	if (!place)
		return -errno;
	if (stat(place, &st) == 0 && !S_ISREG(st.st_mode)) {
		free(place);
		return -EINVAL;
	}
	*ret_place = place;
	return 0;
}

/* "directory/.name.XXXXXX" */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	return format_string("%.*s.%s.XXXXXX", (int)(name - path), path, name);
}

static int open_temporary(struct atomic_file *file, mode_t mode)
{
	_cleanup_free_ char *name = temporary_name(file->path);
	_cleanup_close_ int fd = -EBADF;

	if (!name)
		return -ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	file->temporary = TAKE_PTR(name);
	if (fchmod(fd, mode) < 0)
		return -errno;
	file->stream = fdopen(fd, "w");
	if (!file->stream)
		return -errno;
	TAKE_FD(fd);
	return setvbuf(file->stream, NULL, _IOFBF, BUFFER_SIZE) == 0 ? 0 : -ENOMEM;
}

int atomic_file_begin(const char *path, mode_t mode, struct atomic_file *ret_file)
{
	struct atomic_file file = { 0 };
	int r = find_place(path, &file.path);

	if (r == 0)
		r = open_temporary(&file, mode);
	if (r < 0) {
		atomic_file_release(&file);
		return r;
	}
	*ret_file = file;
	return 0;
}

/* So that the name, too, is there after a loss of power. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *directory =
		slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	_cleanup_close_ int fd = -EBADF;

	if (!directory)
		return -ENOMEM;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int atomic_file_commit(struct atomic_file *file)
{
	bool failed = ferror(file->stream);
	int r;

	errno = 0;
	if (fflush(file->stream) != 0 || failed || fsync(fileno(file->stream)) < 0)
		return errno ? -errno : -EIO;
	if (rename(file->temporary, file->path) < 0)
		return -errno;
	free(TAKE_PTR(file->temporary));
	r = sync_directory(file->path);
	/* Some file systems cannot do that; the file is in its place all the same. */
	return r == -EINVAL ? 0 : r;
}

void atomic_file_release(struct atomic_file *file)
{
	if (file->stream)
		fclose(file->stream);
	if (file->temporary)
		unlink(file->temporary);
	free(file->temporary);
	free(file->path);
	*file = (struct atomic_file){ 0 };
}
