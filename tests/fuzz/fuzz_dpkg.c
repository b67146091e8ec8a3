/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dpkg's database: the input is its status file, the list of the files of a package "a"
 * and the diversions, each behind a byte 0xff.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "package_db.h"

static char directory[] = "/tmp/interdict-fuzz-XXXXXX";
static const char *const names[] = { "status", "info/a.list", "diversions" };
static int files[3] = { -1, -1, -1 };

static void remove_all(void)
{
	int at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < 3; i++)
		unlinkat(at, names[i], 0);
	unlinkat(at, "info", AT_REMOVEDIR);
	close(at);
	rmdir(directory);
}

static void make_all(void)
{
	int at;

	FUZZ_ASSERT(mkdtemp(directory));
	atexit(remove_all);
	at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	FUZZ_ASSERT(at >= 0 && mkdirat(at, "info", 0700) == 0);
	for (size_t i = 0; i < 3; i++) {
		files[i] = openat(at, names[i], O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		FUZZ_ASSERT(files[i] >= 0);
	}
	close(at);
}

static int take(void *cookie, const struct installed_package *package, const char *path)
{
	(void)cookie;
	FUZZ_ASSERT(package->name[0] && package->architecture[0]);
	fuzz_touch(package->version, strlen(package->version));
	fuzz_touch(path, strlen(path));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct package_db_options options = { .dpkg = directory };
	struct problems *problems = problems_new();

	if (files[0] < 0)
		make_all();
	for (size_t i = 0; i < 3; i++) {
		const uint8_t *end = size && i < 2 ? memchr(data, 0xff, size) : NULL;
		size_t part = end ? (size_t)(end - data) : size;

		FUZZ_ASSERT(ftruncate(files[i], 0) == 0);
		FUZZ_ASSERT(pwrite(files[i], data, part, 0) == (ssize_t)part);
		data += part + (end != NULL);
		size -= part + (end != NULL);
	}
	FUZZ_ASSERT(package_db_files(&options, NULL, problems, take, NULL) == 0);
	FUZZ_ASSERT(problems_errors(problems) == 0);
	fuzz_free_problems(problems);
	return 0;
}
