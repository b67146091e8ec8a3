/* SPDX-License-Identifier: BSD-2-Clause */
#include "last_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "events.h"
#include "util.h"

#define HEADER "interdict run 1"

/* Always the same length, so that one line replaces another. */
#define LINE_FORMAT HEADER " %s %020" PRIu64 " %-7s %-7s %s\n"
#define LINE_SIZE   (sizeof(HEADER) + 16 + 1 + 20 + 1 + 7 + 1 + 7 + 1 + 64 + 1)

static bool is_hex(const char *text, size_t size)
{
	return strlen(text) == size && strspn(text, "0123456789abcdef") == size;
}

static int parse(const char *line, struct last_run *ret_run)
{
	char id[32], number[32], end[16], mode[16], digest[80];
	struct last_run run = { 0 };
	int used = 0;

	if (sscanf(line, HEADER " %31s %31s %15s %15s %79s\n%n", id, number, end, mode, digest,
		   &used) != 5 ||
	    used != LINE_SIZE || !is_hex(id, RUN_ID_SIZE - 1) ||
	    !is_hex(digest, DIGEST_HEX_SIZE - 1) || digest_from_hex(digest, run.policy_digest) < 0 ||
	    parse_u64(number, INT64_MAX, &run.sequence) < 0)
		return -EINVAL;
	run.clean = streq(end, "clean");
	run.mode = streq(mode, mode_name(MODE_ENFORCE)) ? MODE_ENFORCE : MODE_AUDIT;
	if ((!run.clean && !streq(end, "running")) || !streq(mode, mode_name(run.mode)))
		return -EINVAL;
	strcpy(run.id, id);
	*ret_run = run;
	return 0;
}

/* Returns the descriptor of a regular file or a negative errno. */
static int open_file(const char *directory)
{
	_cleanup_free_ char *path = format_string("%s/%s", directory, LAST_RUN_FILE);
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	if (!path)
		return -ENOMEM;
	if (mkdir(directory, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? TAKE_FD(fd) : -EMEDIUMTYPE;
}

int last_run_open(const char *directory, struct last_run *ret_run, int *ret_fd)
{
	_cleanup_close_ int fd = open_file(directory);
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	int r;

	*ret_fd = -EBADF;
	if (fd < 0)
		return fd;
	r = read_small_fd(fd, LINE_SIZE, &text, &size);
	if (r < 0 && r != -EFBIG)
		return r;
	if (r == 0)
		r = size == 0 ? -ENOENT : parse(text, ret_run);
	if (r == -EFBIG)
		r = -EINVAL;
	if (r == -EINVAL && ftruncate(fd, 0) < 0)
		return -errno;
	*ret_fd = TAKE_FD(fd);
	return r;
}

int last_run_write(int fd, const struct last_run *run)
{
	char line[LINE_SIZE + 1], hex[DIGEST_HEX_SIZE];
	ssize_t n;

	digest_to_hex(run->policy_digest, hex);
	snprintf(line, sizeof(line), LINE_FORMAT, run->id, run->sequence,
		 run->clean ? "clean" : "running", mode_name(run->mode), hex);
	n = pwrite(fd, line, LINE_SIZE, 0);
	return n < 0 ? -errno : (size_t)n == LINE_SIZE ? 0 : -ENOSPC;
}
