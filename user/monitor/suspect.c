/* SPDX-License-Identifier: BSD-2-Clause */
#include "suspect.h"

#include <stdlib.h>
#include <string.h>

#include <interdict/event.h>

#include "cleanup.h"
#include "identity.h"
#include "util.h"

/* Characters that mean nothing to a shell. */
#define PLAIN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,-"

/* The first of @globs that, as the only one of an identity, names @text. */
#define FIRST_GLOB(part, text, ret_glob)                                                           \
	({                                                                                         \
		const struct strings *_globs = &identity->part;                                    \
		bool _found = false;                                                               \
		for (size_t _i = 0; !_found && _i < _globs->count; _i++) {                         \
			const struct identity _one = { .part = { &_globs->item[_i], 1 } };         \
			_found = identity_names_##part(&_one, text);                               \
			if (_found)                                                                \
				*(ret_glob) = _globs->item[_i];                                    \
		}                                                                                  \
		_found;                                                                            \
	})

/* Looks at all packages that own the path: one that is named, and one that is not. */
static const char *package_glob(const struct identity *identity, const struct suspect_facts *facts,
				struct suspect_match *match)
{
	const char *named = NULL, *glob;
	struct owner owner;

	if (facts->elsewhere || !facts->path)
		return NULL;
	for (size_t i = 0; owners_find(facts->owners, facts->path, i, &owner); i++) {
		if (FIRST_GLOB(package, owner.package, &glob)) {
			if (!named)
				match->owner = owner;
			named = glob;
			continue;
		}
		match->foreign = true;
		if (!match->owner.package)
			match->owner = owner;
	}
	return named;
}

bool suspect_names(const struct vendor *vendor, const struct suspect_facts *facts,
		   struct suspect_match *ret_match)
{
	const struct identity *identity = &vendor->identity;
	struct suspect_match match = { 0 };
	const char *package = package_glob(identity, facts, &match);

	if (facts->path && FIRST_GLOB(path, facts->path, &match.glob)) {
		match.kind = "path";
	} else if (package) {
		match.kind = "package";
		match.glob = package;
	} else if (facts->kind == EVENT_MODULE && facts->path &&
		   FIRST_GLOB(module, facts->path, &match.glob)) {
		match.kind = "module";
	} else if (facts->kind == EVENT_EXEC && facts->unit && !match.foreign &&
		   FIRST_GLOB(unit, facts->unit, &match.glob)) {
		match.kind = "unit";
	} else {
		return false;
	}
	*ret_match = match;
	return true;
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size > length && memcmp(text + size - length, end, length) == 0;
}

/* The first part of a path of cgroups that is not a slice. */
static char *unit_of_path(const char *path, size_t size)
{
	size_t start = 0;

	while (start < size) {
		const char *part = path + start;
		const char *slash = memchr(part, '/', size - start);
		size_t length = slash ? (size_t)(slash - part) : size - start;

		start += length + 1;
		if (length == 0 || ends_with(part, length, ".slice"))
			continue;
		if (!ends_with(part, length, ".service") && !ends_with(part, length, ".scope"))
			return NULL;
		return strndup(part, length);
	}
	return NULL;
}

/* Where the path begins in a line of @size bytes, if it is systemd's hierarchy; else NULL. */
static const char *systemd_path(const char *line, size_t size)
{
	const char *path = memchr(line, '/', size);
	size_t head = path ? (size_t)(path - line) : 0;

	if (head == 0 || (head == 3 && memcmp(line, "0::", 3) == 0) ||
	    memmem(line, head, ":name=systemd:", strlen(":name=systemd:")))
		return path;
	return NULL;
}

char *suspect_unit(const char *cgroups)
{
	while (*cgroups) {
		size_t size = strcspn(cgroups, "\n");
		const char *path = systemd_path(cgroups, size);
		char *unit = path ? unit_of_path(path, size - (size_t)(path - cgroups)) : NULL;

		if (unit)
			return unit;
		cgroups += size + (cgroups[size] == '\n');
	}
	return NULL;
}

char *shell_quote(const char *text)
{
	char *quoted, *out;

	if (*text && text[strspn(text, PLAIN_CHARACTERS)] == '\0')
		return strdup(text);
	quoted = malloc(4 * strlen(text) + 3);
	if (!quoted)
		return NULL;
	out = quoted;
	*out++ = '\'';
	for (; *text; text++) {
		if (*text == '\'')
			out = stpcpy(out, "'\\''");
		else
			*out++ = *text;
	}
	*out++ = '\'';
	*out = '\0';
	return quoted;
}

char *suspect_command(const struct vendor *vendor, const char *path)
{
	const char *dot = strrchr(vendor->file, '.');
	size_t stem = dot ? (size_t)(dot - vendor->file) : strlen(vendor->file);
	_cleanup_free_ char *list = format_string("%.*s.built.csv", (int)stem, vendor->file);
	_cleanup_free_ char *quoted_list = list ? shell_quote(list) : NULL;
	_cleanup_free_ char *quoted_vendor = shell_quote(vendor->file);
	_cleanup_free_ char *quoted_path = shell_quote(path);

	if (!quoted_list || !quoted_vendor || !quoted_path)
		return NULL;
	return format_string("interdict list build --vendor-file %s --output %s %s", quoted_vendor,
			     quoted_list, quoted_path);
}
