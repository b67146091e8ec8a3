/* SPDX-License-Identifier: BSD-2-Clause */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/interdict-fuzz-XXXXXX", path[sizeof(directory) + 16];

static void write_all(int fd, const uint8_t *data, size_t size)
{
	FUZZ_ASSERT(ftruncate(fd, 0) == 0);
	FUZZ_ASSERT(pwrite(fd, data, size, 0) == (ssize_t)size);
	FUZZ_ASSERT(lseek(fd, 0, SEEK_SET) == 0);
}

int fuzz_fd(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	write_all(fd, data, size);
	return fd;
}

static void remove_directory(void)
{
	unlink(path);
	rmdir(directory);
}

const char *fuzz_path(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0) {
		FUZZ_ASSERT(mkdtemp(directory));
		snprintf(path, sizeof(path), "%s/input.json", directory);
		atexit(remove_directory);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		FUZZ_ASSERT(fd >= 0);
	}
	write_all(fd, data, size);
	return path;
}

void fuzz_assert_printable(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		FUZZ_ASSERT((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
}

void fuzz_free_problems(struct problems *problems)
{
	const struct problem *problem;

	for (size_t i = 0; (problem = problems_get(problems, i)); i++) {
		char *text = problem_format(problem);

		FUZZ_ASSERT(text);
		fuzz_assert_printable(text, strlen(text));
		free(text);
	}
	problems_free(problems);
}

void fuzz_touch(const void *bytes, size_t size)
{
	static volatile unsigned char sum;

	for (size_t i = 0; i < size; i++)
		sum = (unsigned char)(sum + ((const unsigned char *)bytes)[i]);
}
