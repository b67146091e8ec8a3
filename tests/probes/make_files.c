/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * make_files DIRECTORY: makes the files that standard input names, a line each: TYPE TAG PATH.
 * For one type they have one size, and TAG, eight characters, gives each its own digest.
 *
 *   program dynamic library   that program of DIRECTORY, where it says RAN-00000000 with the tag
 *   code                      machine code that returns 42, the tag behind it, and zeros
 *
 * They are mode 755. One process for all of them: under emulation each costs tens of milliseconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAG_SIZE  8
#define CODE_SIZE 8014

static const struct type {
	const char *name;
	const char *program; /* NULL: code */
} types[] = {
	{ "program", "target" },
	{ "dynamic", "dynamic" },
	{ "library", "libtarget.so" },
	{ "code", NULL },
};

static void fail(const char *what)
{
	fprintf(stderr, "make_files: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The bytes of a program; the caller frees them. */
static char *read_program(const char *directory, const char *name, size_t *ret_size)
{
	struct stat status;
	char *path, *bytes;
	int fd;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		fail(name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0)
		fail(path);
	bytes = malloc(status.st_size);
	if (!bytes || read(fd, bytes, status.st_size) != status.st_size)
		fail(path);
	close(fd);
	free(path);
	*ret_size = status.st_size;
	return bytes;
}

static void put_tag(char *bytes, size_t size, const char *tag)
{
	static const char mark[] = "RAN-00000000";
	char *at = bytes;
	size_t found = 0;

	while ((at = memmem(at, bytes + size - at, mark, sizeof(mark) - 1))) {
		at += strlen("RAN-");
		memcpy(at, tag, TAG_SIZE);
		found++;
	}
	if (!found) {
		errno = EILSEQ;
		fail("nothing to replace");
	}
}

/* As read_program. */
static char *make_code(const char *tag, size_t *ret_size)
{
	static const char code[] = "\xb8\x2a\0\0\0\xc3"; /* mov $42, %eax; ret */
	char *bytes = calloc(1, CODE_SIZE);

	if (!bytes)
		fail("code");
	memcpy(bytes, code, sizeof(code) - 1);
	memcpy(bytes + sizeof(code) - 1, tag, TAG_SIZE);
	*ret_size = CODE_SIZE;
	return bytes;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || fchmod(fd, 0755) < 0 || close(fd) < 0)
		fail(path);
}

static void make_file(const char *directory, const char *name, const char *tag, const char *path)
{
	const struct type *type = types;
	const struct type *end = types + sizeof(types) / sizeof(*types);
	size_t size;
	char *bytes;

	while (type < end && strcmp(type->name, name) != 0)
		type++;
	if (type == end || strlen(tag) != TAG_SIZE) {
		errno = EINVAL;
		fail(name);
	}
	if (type->program) {
		bytes = read_program(directory, type->program, &size);
		put_tag(bytes, size, tag);
	} else {
		bytes = make_code(tag, &size);
	}
	write_file(path, bytes, size);
	free(bytes);
}

int main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (argc != 2) {
		fprintf(stderr, "usage: make_files DIRECTORY < LINES\n");
		return 2;
	}
	while ((length = getline(&line, &room, stdin)) > 0) {
		char *path = line, *name, *tag;

		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		name = strsep(&path, " ");
		tag = strsep(&path, " ");
		if (!path) {
			errno = EINVAL;
			fail(line);
		}
		make_file(argv[1], name, tag, path);
	}
	free(line);
	return 0;
}
