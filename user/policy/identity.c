/* SPDX-License-Identifier: BSD-2-Clause */
#include "identity.h"

#include <fnmatch.h>
#include <string.h>

#include "util.h"

#define NAME_SIZE 256U /* a unit or a module with a longer name cannot exist */

static bool names(const struct strings *globs, const char *text)
{
	for (size_t i = 0; i < globs->count; i++)
		if (fnmatch(globs->item[i], text, 0) == 0)
			return true;
	return false;
}

bool identity_names_package(const struct identity *identity, const char *package)
{
	return names(&identity->package, package);
}

bool identity_names_path(const struct identity *identity, const char *path)
{
	return names(&identity->path, path);
}

/* Copies @text up to @end; false if it does not fit. */
static bool copy_part(const char *text, const char *end, char part[NAME_SIZE])
{
	size_t size = (size_t)(end - text);

	if (size >= NAME_SIZE)
		return false;
	memcpy(part, text, size);
	part[size] = '\0';
	return true;
}

static const char *find_or_end(const char *text, const char *what)
{
	const char *found = strstr(text, what);

	return found ? found : text + strlen(text);
}

bool identity_names_unit(const struct identity *identity, const char *unit)
{
	const char *suffix = strrchr(unit, '.');
	const char *at = strchr(unit, '@');
	char part[NAME_SIZE];

	if (names(&identity->unit, unit))
		return true;
	if (at && copy_part(unit, at + 1, part) && names(&identity->unit, part))
		return true;
	return suffix && streq(suffix, ".service") && copy_part(unit, suffix, part) &&
	       names(&identity->unit, part);
}

/* The kernel takes - and _ in the name of a module for the same. */
static void use_underscores(char *name)
{
	for (; *name; name++)
		if (*name == '-')
			*name = '_';
}

bool identity_names_module(const struct identity *identity, const char *module)
{
	const char *slash = strrchr(module, '/');
	const char *name = slash ? slash + 1 : module;
	char part[NAME_SIZE], glob[NAME_SIZE];

	if (!copy_part(name, find_or_end(name, ".ko"), part))
		return false;
	use_underscores(part);
	for (size_t i = 0; i < identity->module.count; i++) {
		const char *item = identity->module.item[i];

		if (!copy_part(item, item + strlen(item), glob))
			continue;
		use_underscores(glob);
		if (fnmatch(glob, part, 0) == 0)
			return true;
	}
	return false;
}
