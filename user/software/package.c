/* SPDX-License-Identifier: BSD-2-Clause */
#include "package.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "util.h"

#define ANSWERS	      32U
#define LIST_SIZE_MAX (16U << 20) /* bytes of one list; linux-headers has about 1 MiB */
#define SECOND	      1000000000ULL

struct answer {
	char *path;
	char *owner; /* NULL: no package */
};

struct packages {
	char *directory;	 /* that holds NAME.list */
	struct timespec changed; /* its change time when the answers were given */
	struct answer answers[ANSWERS];
	size_t oldest; /* answer to be replaced next */
	uint64_t second;
	unsigned int searches_in_second;
	uint64_t searches;
	bool unbounded;
};

/* What is searched for, and the buffer that the lists are read into. */
struct search {
	const char *path;
	const char *merged; /* `path` without the "/usr" that dpkg may not know of */
	size_t merged_size;
	char *buffer;
	size_t size;
};

struct packages *packages_new(const char *directory)
{
	struct packages *packages = calloc(1, sizeof(*packages));

	if (!packages)
		return NULL;
	packages->directory = format_string("%s/info", directory);
	if (!packages->directory) {
		free(packages);
		return NULL;
	}
	return packages;
}

static void forget_answers(struct packages *packages)
{
	for (size_t i = 0; i < ANSWERS; i++) {
		free(packages->answers[i].path);
		free(packages->answers[i].owner);
		packages->answers[i] = (struct answer){ 0 };
	}
}

void packages_free(struct packages *packages)
{
	if (!packages)
		return;
	forget_answers(packages);
	free(packages->directory);
	free(packages);
}

void packages_set_unbounded(struct packages *packages)
{
	packages->unbounded = true;
}

uint64_t packages_searches(const struct packages *packages)
{
	return packages->searches;
}

/* "/bin/x" of "/usr/bin/x": the directories that merging /usr moved; else all of @path. */
static const char *skip_merged(const char *path)
{
	static const char *const moved[] = { "/bin/",	"/sbin/",  "/lib/",
					     "/lib32/", "/lib64/", "/libx32/" };

	for (size_t i = 0; i < ARRAY_SIZE(moved); i++) {
		if (strncmp(path, "/usr", 4) == 0 &&
		    strncmp(path + 4, moved[i], strlen(moved[i])) == 0)
			return path + 4;
	}
	return path;
}

/* True if the line that ends with search->merged at @found is one that is searched for. */
static bool is_line(const struct search *search, const char *found)
{
	size_t before = (size_t)(found - search->buffer);

	if (before == 0 || found[-1] == '\n')
		return true;
	return search->merged != search->path && before >= 4 && memcmp(found - 4, "/usr", 4) == 0 &&
	       (before == 4 || found[-5] == '\n');
}

static bool list_contains(const struct search *search, size_t size)
{
	const char *next = search->buffer;
	const char *end = search->buffer + size;
	const char *found;

	while ((found = memmem(next, (size_t)(end - next), search->merged, search->merged_size))) {
		const char *after = found + search->merged_size;

		if ((after == end || *after == '\n') && is_line(search, found))
			return true;
		next = found + 1;
	}
	return false;
}

/* Reads @name whole; 0 bytes if that cannot be done. */
static size_t read_list(struct search *search, int directory, const char *name)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat stat;
	ssize_t n;

	if (fd < 0 || fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode) ||
	    stat.st_size > LIST_SIZE_MAX)
		return 0;
	if ((size_t)stat.st_size > search->size) {
		char *grown = realloc(search->buffer, (size_t)stat.st_size);

		if (!grown)
			return 0;
		search->buffer = grown;
		search->size = (size_t)stat.st_size;
	}
	n = read(fd, search->buffer, search->size);
	return n < 0 ? 0 : (size_t)n;
}

/* Name of a package from the name of its list: "libc6:amd64.list" -> "libc6". */
static char *package_name(const char *list)
{
	size_t size = strlen(list) - strlen(".list");
	const char *architecture = memchr(list, ':', size);

	return strndup(list, architecture ? (size_t)(architecture - list) : size);
}

static bool is_list(const char *name)
{
	size_t size = strlen(name);

	return size > 5 && streq(name + size - 5, ".list");
}

static char *search_lists(const char *directory_name, const char *path)
{
	struct search search = { .path = path, .merged = skip_merged(path) };
	_cleanup_closedir_ DIR *directory = opendir(directory_name);
	const struct dirent *item;
	char *owner = NULL;

	search.merged_size = strlen(search.merged);
	while (directory && !owner && (item = readdir(directory))) {
		size_t size;

		if (!is_list(item->d_name))
			continue;
		size = read_list(&search, dirfd(directory), item->d_name);
		if (size > 0 && list_contains(&search, size))
			owner = package_name(item->d_name);
	}
	free(search.buffer);
	return owner;
}

/* dpkg replaces files in the directory whenever it installs or removes something. */
static int check_directory(struct packages *packages)
{
	struct stat stat_buffer;

	if (stat(packages->directory, &stat_buffer) < 0)
		return -errno;
	if (stat_buffer.st_ctim.tv_sec != packages->changed.tv_sec ||
	    stat_buffer.st_ctim.tv_nsec != packages->changed.tv_nsec) {
		forget_answers(packages);
		packages->changed = stat_buffer.st_ctim;
	}
	return 0;
}

static bool may_search(struct packages *packages, uint64_t now)
{
	if (now / SECOND != packages->second) {
		packages->second = now / SECOND;
		packages->searches_in_second = 0;
	}
	return packages->unbounded || packages->searches_in_second++ < PACKAGES_SEARCHES_MAX;
}

/* Places that no package has files in, but people and programs do. */
static bool may_be_owned(const char *path)
{
	static const char *const never[] = { "/tmp/", "/var/tmp/", "/home/", "/run/",
					     "/dev/", "/proc/",	   "/sys/" };

	if (path[0] != '/' || strchr(path, '\n'))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
		if (strncmp(path, never[i], strlen(never[i])) == 0)
			return false;
	}
	return true;
}

const char *packages_owner(struct packages *packages, const char *path, uint64_t now)
{
	struct answer *answer;
	char *copy;

	if (!may_be_owned(path) || check_directory(packages) < 0)
		return NULL;
	for (size_t i = 0; i < ANSWERS; i++) {
		if (packages->answers[i].path && streq(packages->answers[i].path, path))
			return packages->answers[i].owner;
	}
	if (!may_search(packages, now))
		return NULL;
	copy = strdup(path);
	if (!copy)
		return NULL;
	packages->searches++;
	answer = &packages->answers[packages->oldest];
	packages->oldest = (packages->oldest + 1) % ANSWERS;
	free(answer->path);
	free(answer->owner);
	*answer = (struct answer){ .path = copy, .owner = search_lists(packages->directory, path) };
	return answer->owner;
}
