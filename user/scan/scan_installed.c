/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is installed or loaded, by its name: packages, systemd units, kernel modules.
 * These are known by [identity] whether or not a file of theirs is listed.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "identity.h"
#include "package_db.h"
#include "scan_private.h"
#include "util.h"

#define MODULES	    "/proc/modules"
#define MODULES_MAX (4U << 20) /* bytes: some ten thousand modules */

typedef bool identity_names(const struct identity *identity, const char *name);

/* Each vendor that knows the name has its finding. */
static void add_named(struct scan *scan, enum scan_kind kind, identity_names *names,
		      const char *name, const char *version, const char *path)
{
	const struct vendor *vendor;

	for (size_t i = 0; (vendor = policy_vendor(scan->options.policy, i)); i++) {
		struct scan_finding finding = { .kind = kind, .vendor = vendor };

		if (!names(&vendor->identity, name) || scan_is_retired(scan, vendor))
			continue;
		finding.name = strdup(name);
		finding.version = version ? strdup(version) : NULL;
		finding.path = path ? strdup(path) : NULL;
		if (!finding.name || (version && !finding.version) || (path && !finding.path))
			scan->findings.failed = true;
		findings_add(&scan->findings, &finding);
	}
}

static bool stopped(const struct scan *scan)
{
	return scan->options.stop && atomic_load(scan->options.stop);
}

static int take_package(void *cookie, const struct installed_package *package)
{
	struct scan *scan = cookie;

	scan->coverage.packages++;
	add_named(scan, SCAN_PACKAGE, identity_names_package, package->name, package->version,
		  NULL);
	return stopped(scan);
}

static void look_at_packages(struct scan *scan)
{
	const struct package_db_options options = { .rpm = true };
	size_t warnings = problems_warnings(scan->options.problems);
	int r = package_db_each(&options, NULL, scan->options.problems, take_package, scan);

	scan->coverage.packages_incomplete =
		r != 0 || problems_warnings(scan->options.problems) > warnings;
}

static bool is_unit_name(const char *name)
{
	static const char *const types[] = { ".service", ".socket", ".timer", ".path",
					     ".target",	 ".mount",  ".automount" };
	const char *type = strrchr(name, '.');

	for (size_t i = 0; type && i < ARRAY_SIZE(types); i++)
		if (streq(types[i], type))
			return true;
	return false;
}

/* A name that leads to /dev/null is a unit that may not be started, installed or not. */
static bool is_masked(int directory, const char *name)
{
	char target[16];
	ssize_t n = readlinkat(directory, name, target, sizeof(target));

	return n == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", (size_t)n) == 0;
}

static void look_at_units(struct scan *scan, const char *directory, bool scripts)
{
	_cleanup_closedir_ DIR *dir = opendir(directory);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)) && !stopped(scan)) {
		_cleanup_free_ char *path = NULL;

		if (entry->d_name[0] == '.' || is_unit_name(entry->d_name) == scripts ||
		    is_masked(dirfd(dir), entry->d_name))
			continue;
		path = format_string("%s/%s", directory, entry->d_name);
		scan->coverage.units++;
		if (path)
			add_named(scan, SCAN_UNIT, identity_names_unit, entry->d_name, NULL, path);
	}
}

static void look_at_all_units(struct scan *scan)
{
	static const char *const directories[] = {
		"/etc/systemd/system",	      "/etc/systemd/user",	"/run/systemd/system",
		"/run/systemd/generator",     "/run/systemd/user",	"/lib/systemd/system",
		"/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/usr/lib/systemd/user",
	};
	_cleanup_free_ char *merged = realpath("/lib", NULL);

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		/* Where /lib is /usr/lib each would be seen twice. */
		if (strncmp(directories[i], "/lib/", 5) == 0 && merged && !streq(merged, "/lib"))
			continue;
		look_at_units(scan, directories[i], false);
	}
	look_at_units(scan, "/etc/init.d", true);
}

static void look_at_modules(struct scan *scan)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = read_small_file(MODULES, MODULES_MAX, &text, NULL);

	/* A kernel without modules has no such file. */
	scan->coverage.modules_incomplete = r < 0 && r != -ENOENT;
	for (rest = text; r == 0 && (line = strsep(&rest, "\n"));) {
		const char *name = strsep(&line, " ");

		if (!*name)
			continue;
		scan->coverage.modules++;
		add_named(scan, SCAN_MODULE, identity_names_module, name, NULL, NULL);
	}
}

void scan_installed(struct scan *scan)
{
	look_at_packages(scan);
	look_at_all_units(scan);
	look_at_modules(scan);
}
