/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What there is to harvest: goes through directories, package databases, unit files
 * and modules, and adds files. Symbolic links are not followed, but for one that the
 * user named: what they lead to is found where it is.
 */
#include "harvest_private.h"

#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cleanup.h"
#include "identity.h"
#include "util.h"

/* Which files of a directory are wanted. */
typedef bool (*wanted_fn)(const void *cookie, const char *path);

struct walk {
	struct harvest *harvest;
	wanted_fn wanted; /* NULL: all */
	const void *cookie;
	bool named;
};

static void fail(struct harvest *harvest, const char *path, int error)
{
	problems_add(harvest->problems, PROBLEM_ERROR, path, 0, "%s", strerror(-error));
}

/* Made of the kernel's answers, some without end: nothing there is software that lies there. */
static bool is_kernels(const char *path)
{
	static const long kinds[] = { PROC_SUPER_MAGIC,	      SYSFS_MAGIC,
				      DEBUGFS_MAGIC,	      TRACEFS_MAGIC,
				      CGROUP_SUPER_MAGIC,     CGROUP2_SUPER_MAGIC,
				      DEVPTS_SUPER_MAGIC,     SECURITYFS_MAGIC,
				      BPF_FS_MAGIC,	      PSTOREFS_MAGIC,
				      EFIVARFS_MAGIC,	      SELINUX_MAGIC };
	struct statfs file_system;

	if (statfs(path, &file_system) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if ((long)file_system.f_type == kinds[i])
			return true;
	return false;
}

static int add_found(const struct walk *walk, const FTSENT *item)
{
	uint64_t size = (uint64_t)item->fts_statp->st_size;

	if (!S_ISREG(item->fts_statp->st_mode) || size == 0)
		return 0;
	if (walk->wanted && !walk->wanted(walk->cookie, item->fts_path))
		return 0;
	return harvest_add_file(walk->harvest, item->fts_path, size, walk->harvest->here,
				walk->named && item->fts_level == 0);
}

static int visit(const struct walk *walk, FTS *tree, FTSENT *item)
{
	struct harvest *harvest = walk->harvest;

	switch (item->fts_info) {
	case FTS_D:
		if ((item->fts_level == 0 || item->fts_statp->st_dev != item->fts_parent->fts_dev) &&
		    is_kernels(item->fts_path))
			fts_set(tree, item, FTS_SKIP);
		return 0;
	case FTS_F:
		return add_found(walk, item);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		/* Gone between being named and being looked at is what files do. */
		if (item->fts_errno != ENOENT || item->fts_level == 0)
			fail(harvest, item->fts_path, -item->fts_errno);
		return 0;
	default:
		return 0;
	}
}

/* @path: real. */
static int walk_tree(const struct walk *walk, const char *path)
{
	int options = FTS_PHYSICAL | FTS_NOCHDIR;
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	FTSENT *item;
	FTS *tree;
	int r = 0;

	if (!walk->harvest->options->cross)
		options |= FTS_XDEV;
	tree = fts_open(roots, options, NULL);
	if (!tree)
		return -errno;
	while (r == 0 && (item = fts_read(tree)))
		r = harvest_stopped(walk->harvest) ? -ECANCELED : visit(walk, tree, item);
	fts_close(tree);
	return r;
}

int harvest_add_path(struct harvest *harvest, const char *path)
{
	const struct walk walk = { .harvest = harvest, .named = true };
	_cleanup_free_ char *real = realpath(path, NULL);
	struct stat stat_buffer;

	if (!real || stat(real, &stat_buffer) < 0) {
		fail(harvest, path, -errno);
		return 0;
	}
	if (!S_ISREG(stat_buffer.st_mode) && !S_ISDIR(stat_buffer.st_mode)) {
		problems_add(harvest->problems, PROBLEM_ERROR, path, 0,
			     "neither a file nor a directory");
		return 0;
	}
	return walk_tree(&walk, real);
}

/* What package_db_files() leads to. */
struct packages {
	struct harvest *harvest;
	const struct strings *globs;
	bool *found; /* for each glob: some package has such a name */
	const struct harvest_origin *origin;
	char name[256], version[256]; /* whose it is */
};

static int note_package(struct packages *packages, const struct installed_package *package)
{
	struct harvest *harvest = packages->harvest;
	const char *host = harvest->options->host;
	_cleanup_free_ char *source = NULL;

	for (size_t i = 0; packages->found && i < packages->globs->count; i++)
		packages->found[i] |= fnmatch(packages->globs->item[i], package->name, 0) == 0;
	if (packages->origin && streq(packages->name, package->name) &&
	    streq(packages->version, package->version))
		return 0;
	source = format_string("%s%s%s", package->database, host ? " on " : "", host ? host : "");
	if (!source)
		return -ENOMEM;
	packages->origin = harvest_origin(harvest, package->name, package->version, source);
	if (!packages->origin)
		return -ENOMEM;
	snprintf(packages->name, sizeof(packages->name), "%s", package->name);
	snprintf(packages->version, sizeof(packages->version), "%s", package->version);
	return 0;
}

static int add_package_file(void *cookie, const struct installed_package *package,
			    const char *path)
{
	struct packages *packages = cookie;
	struct harvest *harvest = packages->harvest;
	_cleanup_free_ char *real = NULL;
	struct stat stat_buffer;
	int r = harvest_stopped(harvest) ? -ECANCELED : note_package(packages, package);

	if (r < 0)
		return r;
	if (lstat(path, &stat_buffer) < 0) {
		/* Documentation that was left out, files made at run time. */
		if (errno == ENOENT || errno == ENOTDIR)
			harvest->missing++;
		else
			fail(harvest, path, -errno);
		return 0;
	}
	if (!S_ISREG(stat_buffer.st_mode) || stat_buffer.st_size == 0)
		return 0;
	/* The directories on the way may be links, as /bin is. */
	real = realpath(path, NULL);
	if (!real) {
		fail(harvest, path, -errno);
		return 0;
	}
	return harvest_add_file(harvest, real, (uint64_t)stat_buffer.st_size, packages->origin,
				false);
}

static int add_packages(struct harvest *harvest, const struct strings *globs, bool *found)
{
	struct packages packages = { .harvest = harvest, .globs = globs, .found = found };

	return package_db_files(&harvest->options->database, globs, harvest->problems,
				add_package_file, &packages);
}

int harvest_add_packages(struct harvest *harvest, const struct strings *globs)
{
	_cleanup_free_ bool *found = calloc(globs->count + 1, sizeof(*found));
	int r;

	if (!found)
		return -ENOMEM;
	r = add_packages(harvest, globs, found);
	for (size_t i = 0; r == 0 && i < globs->count; i++) {
		const char *glob = globs->item[i];
		_cleanup_free_ char *quoted = problem_quote(glob, strlen(glob));

		if (!found[i])
			problems_add(harvest->problems, PROBLEM_ERROR, NULL, 0,
				     "no installed package has a name like %s",
				     quoted ? quoted : "that");
	}
	return r;
}

static bool is_identity_path(const void *cookie, const char *path)
{
	return identity_names_path(cookie, path);
}

/* The directory below which all paths are that @glob can match. */
static char *root_of(const char *glob)
{
	size_t size = strcspn(glob, "*?[\\");

	while (size > 0 && glob[size - 1] != '/')
		size--;
	while (size > 1 && glob[size - 1] == '/')
		size--;
	return size > 0 ? strndup(glob, size) : strdup("/");
}

/* True if another of the globs begins at a directory above, or at the same one before. */
static bool is_covered(const struct strings *globs, size_t index, const char *root)
{
	for (size_t i = 0; i < globs->count; i++) {
		_cleanup_free_ char *other = i == index ? NULL : root_of(globs->item[i]);
		size_t size = other ? strlen(other) : 0;

		if (!other || strncmp(other, root, size) != 0)
			continue;
		if (root[size] == '\0' ? i < index : root[size] == '/' || size == 1)
			return true;
	}
	return false;
}

static int add_identity_paths(struct harvest *harvest, const struct identity *identity)
{
	const struct walk walk = {
		.harvest = harvest,
		.wanted = is_identity_path,
		.cookie = identity,
	};
	const struct strings *globs = &identity->path;
	int r = 0;

	for (size_t i = 0; i < globs->count && r == 0; i++) {
		_cleanup_free_ char *root = root_of(globs->item[i]);
		_cleanup_free_ char *real = root ? realpath(root, NULL) : NULL;

		if (!root)
			return -ENOMEM;
		/* Paths are matched as the kernel has them, so a root behind a link is none. */
		if (!real || !streq(real, root) || is_covered(globs, i, root))
			continue;
		r = walk_tree(&walk, root);
	}
	return r;
}

static bool is_identity_module(const void *cookie, const char *path)
{
	const char *slash = strrchr(path, '/');

	return strstr(slash ? slash : path, ".ko") && identity_names_module(cookie, path);
}

static int add_identity_modules(struct harvest *harvest, const struct identity *identity)
{
	const struct walk walk = {
		.harvest = harvest,
		.wanted = is_identity_module,
		.cookie = identity,
	};
	_cleanup_free_ char *real = NULL;

	if (identity->module.count == 0)
		return 0;
	real = realpath(harvest->options->module_directory, NULL);
	return real ? walk_tree(&walk, real) : 0;
}

static int add_program(void *cookie, const char *path)
{
	struct harvest *harvest = cookie;
	_cleanup_free_ char *real = realpath(path, NULL);
	struct stat stat_buffer;

	if (!real || stat(real, &stat_buffer) < 0) {
		harvest->missing++;
		return 0;
	}
	if (!S_ISREG(stat_buffer.st_mode) || stat_buffer.st_size == 0)
		return 0;
	return harvest_add_file(harvest, real, (uint64_t)stat_buffer.st_size, harvest->here, false);
}

static int add_identity_units(struct harvest *harvest, const struct identity *identity)
{
	const char *const *directories = harvest->options->unit_directories;
	int r = 0;

	for (; *directories && identity->unit.count > 0; directories++) {
		_cleanup_closedir_ DIR *directory = opendir(*directories);
		const struct dirent *item;

		while (directory && r == 0 && (item = readdir(directory))) {
			_cleanup_free_ char *file = NULL;

			if (!identity_names_unit(identity, item->d_name))
				continue;
			file = format_string("%s/%s", *directories, item->d_name);
			r = file ? harvest_unit_programs(file, harvest->problems, add_program,
							 harvest)
				 : -ENOMEM;
		}
	}
	return r;
}

int harvest_add_identity(struct harvest *harvest, const struct vendor *vendor)
{
	const struct identity *identity = &vendor->identity;
	int r = 0;

	if (identity->package.count > 0)
		r = add_packages(harvest, &identity->package, NULL);
	if (r == 0)
		r = add_identity_paths(harvest, identity);
	if (r == 0)
		r = add_identity_units(harvest, identity);
	if (r == 0)
		r = add_identity_modules(harvest, identity);
	return r;
}
