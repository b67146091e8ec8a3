/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vendors by the paths of their files. The directories that no glob can match in are
 * told by the beginnings of the globs, so that hardly any path is ever built.
 */
#include <string.h>

#include "identity.h"
#include "scan_private.h"
#include "util.h"

bool scan_is_retired(const struct scan *scan, const struct vendor *vendor)
{
	return schedule_phase(&vendor->schedule, scan->options.today) == PHASE_RETIRED;
}

bool scan_has_globs(const struct scan *scan)
{
	const struct vendor *vendor;

	for (size_t i = 0; (vendor = policy_vendor(scan->options.policy, i)); i++)
		if (vendor->identity.path.count > 0 && !scan_is_retired(scan, vendor))
			return true;
	return false;
}

/* "/LAYERS/ID/ROOT/..." of a container: the path as the container has it, or NULL. */
static const char *path_in_layer(const char *path)
{
	static const struct {
		const char *layers, *root;
	} stores[] = {
		{ "/overlay2/", "/diff/" },	     /* Docker */
		{ "/overlay/", "/diff/" },	     /* Podman, CRI-O */
		{ "/snapshots/", "/fs/" },	     /* containerd */
		{ "/lib/lxc/", "/rootfs/" },	     /* LXC */
		{ "/lib/machines/", "/" },	     /* systemd-nspawn */
	};

	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		const char *id = strstr(path, stores[i].layers);
		const char *end = id ? strchr(id + strlen(stores[i].layers), '/') : NULL;

		if (end && strncmp(end, stores[i].root, strlen(stores[i].root)) == 0)
			return end + strlen(stores[i].root) - 1;
	}
	return NULL;
}

/* True if the glob may match below @directory, which ends in a slash. */
static bool may_match(const char *glob, const char *directory)
{
	size_t fixed = strcspn(glob, "*?[\\");
	size_t size = strlen(directory);

	return strncmp(glob, directory, fixed < size ? fixed : size) == 0;
}

static bool any_may_match(const struct scan *scan, const char *directory)
{
	const struct vendor *vendor;

	for (size_t i = 0; (vendor = policy_vendor(scan->options.policy, i)); i++) {
		if (scan_is_retired(scan, vendor))
			continue;
		for (size_t j = 0; j < vendor->identity.path.count; j++)
			if (may_match(vendor->identity.path.item[j], directory))
				return true;
	}
	return false;
}

bool scan_globs_may_match(const struct scan *scan, const char *directory)
{
	const char *inside = path_in_layer(directory);

	return any_may_match(scan, directory) || (inside && any_may_match(scan, inside));
}

static const struct vendor *vendor_of(const struct scan *scan, const char *path)
{
	const struct vendor *vendor;

	for (size_t i = 0; (vendor = policy_vendor(scan->options.policy, i)); i++)
		if (identity_names_path(&vendor->identity, path) && !scan_is_retired(scan, vendor))
			return vendor;
	return NULL;
}

const struct vendor *scan_vendor_of_path(const struct scan *scan, const char *path)
{
	const struct vendor *vendor = vendor_of(scan, path);
	const char *inside = vendor ? NULL : path_in_layer(path);

	return inside ? vendor_of(scan, inside) : vendor;
}
