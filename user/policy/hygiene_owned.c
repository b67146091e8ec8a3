/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries that are files of an installed package which is not the vendor's: a list
 * that was made from a directory with bundled libraries holds the distribution's.
 */
#include "hygiene.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file_hash.h"
#include "identity.h"

struct owned_check {
	const struct policy *policy;
	struct hygiene_owned *owned;
	struct problems *problems;
	const char **paths; /* of the entries that have no size, sorted */
	size_t path_count;
	size_t found;
};

/*
 * "./usr/bin/x", "/usr/bin/x" and, where /bin is a link into /usr, "/bin/x" are one
 * path. That another file has the same name here costs a hash.
 */
static const char *relative(const char *path)
{
	for (;;) {
		if (path[0] == '/')
			path++;
		else if (path[0] == '.' && path[1] == '/')
			path += 2;
		else
			return strncmp(path, "usr/", 4) == 0 ? path + 4 : path;
	}
}

static int compare_paths(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

/* Gathers where the entries without a size say that they are. */
static int collect_paths(struct owned_check *check)
{
	const struct policy *policy = check->policy;
	const struct entry *entry;

	if (!policy_has_unsized(policy))
		return 0;
	check->paths = calloc(policy_entry_count(policy), sizeof(*check->paths));
	if (!check->paths)
		return -ENOMEM;
	for (uint32_t number = 1; (entry = policy_entry(policy, number)); number++) {
		const char *path = relative(policy_entry_path(policy, entry));

		if (entry->size != ENTRY_SIZE_UNKNOWN)
			continue;
		if (*path)
			check->paths[check->path_count++] = path;
		else
			check->owned->blind++;
	}
	qsort(check->paths, check->path_count, sizeof(*check->paths), compare_paths);
	return 0;
}

static bool is_code(const char *path, const struct stat *st)
{
	return (st->st_mode & 0111) || strstr(path, ".so") || strstr(path, ".ko");
}

/* Whether some entry could be this file: by its size, else by its path. */
static bool may_be_listed(const struct owned_check *check, const char *path, const struct stat *st)
{
	const char *key = relative(path);

	if (policy_size_listed(check->policy, (uint64_t)st->st_size))
		return true;
	if (!policy_has_unsized(check->policy))
		return false;
	if (check->owned->deep && is_code(path, st))
		return true;
	return bsearch(&key, check->paths, check->path_count, sizeof(*check->paths),
		       compare_paths);
}

static void report(struct owned_check *check, const struct entry *entry,
		   const struct installed_package *package, const char *path)
{
	_cleanup_free_ char *quoted = NULL, *name = NULL;

	if (check->found++ >= HYGIENE_NAMED_MAX)
		return;
	quoted = problem_quote(path, strlen(path));
	name = problem_quote(package->name, strlen(package->name));
	problems_add(check->problems, PROBLEM_WARNING, policy_list_file(check->policy, entry->list),
		     entry->line,
		     "vendor %s lists %s, which belongs to the installed package %s, "
		     "and no package glob of the vendor names that",
		     policy_vendor(check->policy, entry->vendor)->id, quoted ? quoted : "a file",
		     name ? name : "");
}

/* Looks at every vendor's entry of this digest. */
static void check_digest(struct owned_check *check, const struct installed_package *package,
			 const char *path, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	uint32_t number = policy_find(check->policy, digest);
	const struct entry *entry;

	for (; (entry = policy_entry(check->policy, number)); number++) {
		const struct vendor *vendor = policy_vendor(check->policy, entry->vendor);

		if (memcmp(entry->digest, digest, sizeof(entry->digest)) != 0)
			return;
		if (!identity_names_package(&vendor->identity, package->name))
			report(check, entry, package, path);
	}
}

static bool stopped(const struct owned_check *check)
{
	return check->owned->stop && atomic_load(check->owned->stop);
}

static int check_path(void *cookie, const struct installed_package *package, const char *path)
{
	struct owned_check *check = cookie;
	const struct file_hash_limits limits = { .stop = check->owned->stop };
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	if (stopped(check))
		return -ECANCELED;
	check->owned->paths++;
	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || !may_be_listed(check, path, &st))
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	check->owned->hashed++;
	if (fd >= 0 && file_hash_limited(fd, &limits, digest, NULL) == 0)
		check_digest(check, package, path, digest);
	else if (!stopped(check))
		check->owned->unreadable++;
	return 0;
}

int hygiene_check_owned(const struct policy *policy, struct hygiene_owned *owned,
			struct problems *problems)
{
	struct owned_check check = { .policy = policy, .owned = owned, .problems = problems };
	int r;

	owned->paths = owned->hashed = owned->unreadable = owned->blind = 0;
	r = collect_paths(&check);
	if (r == 0 && policy_entry_count(policy) > 0)
		r = package_db_files(owned->database, NULL, problems, check_path, &check);
	free(check.paths);
	if (check.found > HYGIENE_NAMED_MAX)
		problems_add(problems, PROBLEM_WARNING, NULL, 0,
			     "and %zu more entries that are files of installed packages",
			     check.found - HYGIENE_NAMED_MAX);
	if (owned->unreadable > 0)
		problems_add(problems, PROBLEM_WARNING, NULL, 0,
			     "%zu files of installed packages could not be read to see whether a "
			     "list holds them: run as root",
			     owned->unreadable);
	return r;
}
