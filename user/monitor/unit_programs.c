/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit_programs.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "util.h"

/* systemd.service(5): what starts a program. */
static const char *const keys[] = {
	"ExecCondition", "ExecStartPre", "ExecStart",	 "ExecStartPost",
	"ExecReload",	 "ExecStop",	 "ExecStopPost",
};

/* Likewise: what may stand before the path and is no part of it. */
#define PREFIXES "@-:+!|"

/* Blanks, and the end of a line that goes on in the next. */
static const char *skip_blanks(const char *text)
{
	for (;;) {
		if (*text == ' ' || *text == '\t')
			text++;
		else if (text[0] == '\\' && text[1] == '\n')
			text += 2;
		else
			return text;
	}
}

/* What stands behind "Key =", if the line has one of the keys; else NULL. */
static const char *value_of(const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		size_t length = strlen(keys[i]);
		const char *next = line + length;

		if (strncmp(line, keys[i], length) != 0)
			continue;
		next = skip_blanks(next);
		if (*next == '=')
			return skip_blanks(next + 1);
	}
	return NULL;
}

/* The first word of a command, as far as it is a plain absolute path. */
static bool read_path(const char *command, char path[PATH_MAX])
{
	char quote = '\0';
	size_t length;

	command += strspn(command, PREFIXES);
	if (*command == '"' || *command == '\'')
		quote = *command++;
	length = quote ? strcspn(command, quote == '"' ? "\"\n" : "'\n") : strcspn(command, " \t\n");
	if (*command != '/' || length >= PATH_MAX || (quote && command[length] != quote))
		return false;
	memcpy(path, command, length);
	path[length] = '\0';
	return strpbrk(path, "%$\\") == NULL;
}

/* The next line that does not go on an earlier one; NULL behind the last. */
static const char *next_line(const char *line)
{
	bool goes_on;

	do {
		const char *end = strchr(line, '\n');

		if (!end)
			return NULL;
		goes_on = end > line && end[-1] == '\\';
		line = end + 1;
	} while (goes_on);
	return *line ? line : NULL;
}

void unit_programs(const char *text, unit_program_found *found, void *context)
{
	char path[PATH_MAX];

	for (const char *line = *text ? text : NULL; line; line = next_line(line)) {
		const char *command = value_of(skip_blanks(line));

		if (command && read_path(command, path))
			found(path, context);
	}
}
