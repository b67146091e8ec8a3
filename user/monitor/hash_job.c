/* SPDX-License-Identifier: BSD-2-Clause */
#include "hasher_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_hash.h"

void job_close(struct job *job)
{
	cleanup_close(&job->want.fd);
	cleanup_close(&job->readable);
	job->want.fd = job->readable = job->result.fd = -EBADF;
}

void job_free(struct job *job)
{
	job_close(job);
	free(job->want.open_data);
	free(job);
}

/* Gives a descriptor that can be read, of the file behind an O_PATH one. */
static int reopen(int path_fd)
{
	char path[32];
	struct stat stat;
	int fd;

	if (fstat(path_fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* Makes job->want.fd, if it has to be opened, and returns what can be read. */
static int job_open(struct job *job)
{
	int flags;

	if (job->want.open) {
		job->want.fd = job->want.open(job->want.open_data);
		if (job->want.fd < 0)
			return job->want.fd;
	}
	flags = fcntl(job->want.fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if (!(flags & O_PATH))
		return job->want.fd;
	job->readable = reopen(job->want.fd);
	return job->readable;
}

void job_run(struct job *job)
{
	const struct file_hash_limits limits = {
		.size_max = job->want.size_max,
		.deadline = job->want.deadline,
		.stop = &job->stop,
	};
	struct hash_result *result = &job->result;
	int fd = job_open(job);

	result->error = fd;
	if (fd >= 0)
		result->error = file_hash_limited(fd, &limits, result->digest, &result->stat);
	if (result->error == 0 && job->want.keep_fd)
		result->fd = fd;
	else
		job_close(job);
}
