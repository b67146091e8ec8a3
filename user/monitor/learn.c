/* SPDX-License-Identifier: BSD-2-Clause */
#include "learn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_hash.h"
#include "identity.h"
#include "listing.h"
#include "package_db.h"
#include "protect.h"
#include "secure_file.h"

#define OTHERS (S_IWGRP | S_IWOTH)

const char *learn_refusal(const struct learn_file *file)
{
	const struct stat *st = &file->stat;

	if (!file->path || *file->path != '/')
		return "its path is not known";
	if (file->elsewhere)
		return "it was executed in another mount namespace";
	if (file->unverifiable)
		return "its file system cannot be verified";
	if (!S_ISREG(st->st_mode) || st->st_size == 0)
		return "it is empty";
	if (st->st_uid != 0)
		return "it does not belong to root";
	if (st->st_mode & OTHERS)
		return "others than root may write to it";
	if (st->st_nlink == 0)
		return "it has no name any more";
	if (file->foreign)
		return "a package that the vendor does not name owns it";
	if (file->twin)
		return "a package that the vendor does not name has the same file";
	return NULL;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* True if nobody but root can exchange what the path leads to, and it is no link. */
static bool path_is_roots(const char *path)
{
	_cleanup_free_ char *part = strdup(path);
	struct stat st;

	if (!part)
		return false;
	/* "/" first, then each directory, with its slash taken away for the moment. */
	for (char *slash = part; slash; slash = strchr(slash + 1, '/')) {
		const char *directory = slash == part ? "/" : part;

		if (slash != part)
			*slash = '\0';
		if (lstat(directory, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != 0 ||
		    (st.st_mode & OTHERS))
			return false;
		*slash = '/';
	}
	return true;
}

const char *learn_refusal_on_disk(const struct learn_file *file)
{
	struct stat st;
	int r;

	if (!path_is_roots(file->path))
		return "others than root may change what its path leads to";
	if (lstat(file->path, &st) < 0 || !same_file(&st, &file->stat))
		return "its path leads to another file";
	r = protect_find(file->digest, (uint64_t)file->stat.st_size);
	if (r < 0)
		return "cannot find out whether this host needs it";
	return r ? "this host needs it" : NULL;
}

struct twin_search {
	struct learn_file *const *files;
	size_t count;
};

static bool may_be_twin(const struct learn_file *file, const char *package, const struct stat *st)
{
	const struct identity names = { .package = file->packages };

	return !file->twin && st->st_size == file->stat.st_size &&
	       !identity_names_package(&names, package);
}

/* Compares a packaged file of the right size with those that look for it. */
static int look_for_twin(void *cookie, const struct installed_package *package, const char *path)
{
	const struct twin_search *search = cookie;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	_cleanup_close_ int fd = -EBADF;
	struct stat st;
	int hashed = 1; /* not yet */

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	for (size_t i = 0; i < search->count; i++) {
		struct learn_file *file = search->files[i];

		if (!may_be_twin(file, package->name, &st))
			continue;
		if (st.st_dev == file->stat.st_dev && st.st_ino == file->stat.st_ino) {
			file->foreign = true;
			continue;
		}
		if (hashed == 1) {
			fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
			hashed = fd < 0 ? -errno : file_hash(fd, digest, NULL);
		}
		file->twin = hashed < 0 ||
			     memcmp(digest, file->digest, INTERDICT_DIGEST_SIZE) == 0;
	}
	return 0;
}

static void problems_freep(struct problems **problems)
{
	problems_free(*problems);
}

void learn_find_twins(struct learn_file *const *files, size_t count, const char *dpkg)
{
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	const struct package_db_options options = { .dpkg = dpkg };
	struct twin_search search = { files, count };
	int r = -ENOMEM;

	if (problems)
		r = package_db_files(&options, NULL, problems, look_for_twin, &search);
	for (size_t i = 0; r < 0 && i < count; i++)
		files[i]->twin = true;
}

static void listing_freep(struct listing **listing)
{
	listing_free(*listing);
}

/* The rows that the list has already; none if it is not there. */
static int read_rows(const char *path, struct listing *listing, struct problems *problems)
{
	size_t errors = problems_errors(problems);
	struct list_facts facts = { 0 };
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = secure_open_file(path, NULL, problems, &fd);
	if (r < 0)
		return r;
	r = list_read(fd, path, "csv", problems, listing_add, listing, &facts);
	if (r < 0)
		return r;
	return problems_errors(problems) > errors ? -EINVAL : 0;
}

int learn_add(const char *path, const struct list_row *rows, size_t count,
	      struct problems *problems)
{
	_cleanup_(listing_freep) struct listing *listing = NULL;
	size_t errors = problems_errors(problems);
	int r = listing_new(&listing);

	if (r == 0)
		r = read_rows(path, listing, problems);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = listing_add(listing, &rows[i]);
	if (r < 0)
		return r;
	listing_merge(listing, path, problems);
	if (problems_errors(problems) > errors)
		return -EINVAL;
	if (listing_count(listing) > LEARN_TOTAL_MAX)
		return -EDQUOT;
	r = listing_sort(listing);
	return r < 0 ? r : listing_write_file(listing, path);
}
