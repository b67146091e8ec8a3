/* SPDX-License-Identifier: BSD-2-Clause */
#include "protect.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file_hash.h"
#include "util.h"

/* What is not there is not needed: one list for all distributions. */
static const struct protected_file host_files[] = {
	{ "PID 1", "/proc/1/exe" },
	{ "the service manager", "/usr/lib/systemd/systemd" },
	{ "the service manager", "/lib/systemd/systemd" },
	{ "the service manager's tool", "/usr/bin/systemctl" },
	{ "the shell", "/bin/sh" },
	{ "a shell", "/bin/bash" },
	{ "a shell", "/bin/dash" },
	{ "a shell", "/bin/busybox" },
	{ "the dynamic loader", "/lib*/ld-linux*.so*" },
	{ "the dynamic loader", "/lib/*/ld-linux*.so*" },
	{ "the dynamic loader", "/lib/ld-musl-*.so*" },
	{ "the C library", "/lib*/libc.so.6" },
	{ "the C library", "/lib/*/libc.so.6" },
	{ "the login service", "/usr/sbin/sshd" },
	{ "the login service", "/usr/lib/openssh/sshd-*" },
	{ "login", "/bin/login" },
	{ "login", "/sbin/agetty" },
	{ "login", "/usr/bin/su" },
	{ "login", "/usr/bin/sudo" },
	{ "the package manager", "/usr/bin/dpkg" },
	{ "the package manager", "/usr/bin/dpkg-deb" },
	{ "the package manager", "/usr/bin/apt" },
	{ "the package manager", "/usr/bin/apt-get" },
	{ "the package manager", "/usr/bin/rpm" },
	{ "the package manager", "/usr/bin/dnf*" },
	{ "the package manager", "/usr/bin/yum" },
	{ "the package manager", "/usr/bin/zypper" },
	{ "the package manager", "/usr/bin/pacman" },
	{ "the package manager", "/sbin/apk" },
	{ "mount", "/bin/mount" },
	{ "the module loader", "/bin/kmod" },
	{ "interdict", "/proc/self/exe" },
};

struct checker {
	const struct policy *policy; /* NULL: one digest is looked for, and nothing reported */
	const uint8_t *digest;
	uint64_t size;
	struct problems *problems;
	protect_hash_fn hash;
	struct inode {
		dev_t dev;
		ino_t ino;
	} *seen;
	size_t seen_count;
	bool listed;
	bool unknown; /* one whose size is listed could not be hashed */
	bool out_of_memory;
};

/* True the first time that this inode comes: many names lead to one file. */
static bool is_new(struct checker *checker, const struct stat *st)
{
	struct inode *seen;

	for (size_t i = 0; i < checker->seen_count; i++)
		if (checker->seen[i].dev == st->st_dev && checker->seen[i].ino == st->st_ino)
			return false;
	seen = reallocarray(checker->seen, checker->seen_count + 1, sizeof(*seen));
	if (!seen) {
		checker->out_of_memory = true;
		return false;
	}
	checker->seen = seen;
	seen[checker->seen_count++] = (struct inode){ st->st_dev, st->st_ino };
	return true;
}

static void report_listed(struct checker *checker, uint32_t number, const char *what,
			  const char *path)
{
	const struct entry *entry = policy_entry(checker->policy, number);
	_cleanup_free_ char *quoted = problem_quote(path, strlen(path));

	problems_add(checker->problems, PROBLEM_ERROR,
		     policy_list_file(checker->policy, entry->list), entry->line,
		     "vendor %s lists %s (%s), which this host needs: take the entry out",
		     policy_vendor(checker->policy, entry->vendor)->id, quoted ? quoted : "a file",
		     what);
}

static void report_unknown(struct checker *checker, int error, const char *what, const char *path)
{
	if (!checker->policy)
		return;
	problems_add(checker->problems, PROBLEM_WARNING, path, 0,
		     "cannot be read to see whether a list holds it (%s): %s", what,
		     strerror(-error));
}

static bool may_be_listed(const struct checker *checker, uint64_t size)
{
	if (!checker->policy)
		return size == checker->size;
	return policy_has_unsized(checker->policy) || policy_size_listed(checker->policy, size);
}

static void check_digest(struct checker *checker, const uint8_t digest[INTERDICT_DIGEST_SIZE],
			 const char *what, const char *path)
{
	uint32_t number;

	if (!checker->policy) {
		checker->listed |= memcmp(digest, checker->digest, INTERDICT_DIGEST_SIZE) == 0;
		return;
	}
	number = policy_find(checker->policy, digest);
	if (!number)
		return;
	checker->listed = true;
	report_listed(checker, number, what, path);
}

static void check_open_file(struct checker *checker, int fd, const char *what, const char *path)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !is_new(checker, &st))
		return;
	if (!may_be_listed(checker, (uint64_t)st.st_size))
		return;
	r = checker->hash(fd, digest, NULL);
	if (r < 0) {
		checker->unknown = true;
		report_unknown(checker, r, what, path);
		return;
	}
	check_digest(checker, digest, what, path);
}

static void check_path(struct checker *checker, const char *what, const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0)
		check_open_file(checker, fd, what, path);
	else if (errno != ENOENT && errno != ENOTDIR)
		report_unknown(checker, -errno, what, path);
}

static void check_pattern(struct checker *checker, const struct protected_file *file)
{
	glob_t found = { 0 };
	int r = glob(file->pattern, GLOB_NOSORT, NULL, &found);

	if (r == GLOB_NOSPACE)
		checker->out_of_memory = true;
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
		check_path(checker, file->what, found.gl_pathv[i]);
	globfree(&found);
}

static int check_library(struct dl_phdr_info *info, size_t size, void *cookie)
{
	(void)size;
	if (info->dlpi_name && *info->dlpi_name == '/')
		check_path(cookie, "a library of interdict", info->dlpi_name);
	return 0;
}

static int finish(struct checker *checker)
{
	free(checker->seen);
	if (checker->out_of_memory)
		return -ENOMEM;
	return checker->listed ? -EINVAL : 0;
}

static void check_files(struct checker *checker, const struct protected_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_pattern(checker, &files[i]);
}

int protect_check_files(const struct policy *policy, const struct protected_file *files,
			size_t count, protect_hash_fn hash, struct problems *problems)
{
	struct checker checker = { .policy = policy, .problems = problems, .hash = hash };

	check_files(&checker, files, count);
	return finish(&checker);
}

int protect_check(const struct policy *policy, struct problems *problems)
{
	struct checker checker = { .policy = policy, .problems = problems, .hash = file_hash };

	check_files(&checker, host_files, ARRAY_SIZE(host_files));
	dl_iterate_phdr(check_library, &checker);
	return finish(&checker);
}

int protect_find(const uint8_t digest[INTERDICT_DIGEST_SIZE], uint64_t size)
{
	struct checker checker = { .digest = digest, .size = size, .hash = file_hash };
	int r;

	check_files(&checker, host_files, ARRAY_SIZE(host_files));
	dl_iterate_phdr(check_library, &checker);
	r = finish(&checker);
	if (r == -ENOMEM)
		return r;
	if (checker.listed)
		return 1;
	return checker.unknown ? -EIO : 0;
}
