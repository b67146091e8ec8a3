/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The programs that a systemd service runs: the first words of its Exec...= lines
 * (systemd.service(5), "Command lines"), where they are absolute paths. Specifiers
 * (%i) are not known here, and a path with one is a warning.
 */
#include "harvest_private.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "util.h"

#define UNIT_MAX (1U << 20) /* bytes of a unit file */

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* ExecStart=, ExecStartPre=, ExecStop=, ExecReload=, ExecCondition= ...: what is behind it. */
static const char *command_of(const char *line)
{
	static const char *const keys[] = { "ExecStart",     "ExecStartPre", "ExecStartPost",
					    "ExecCondition", "ExecReload",   "ExecStop",
					    "ExecStopPost" };
	size_t size;

	line = skip_blanks(line);
	size = strcspn(line, "= \t");
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *rest = skip_blanks(line + size);

		if (size == strlen(keys[i]) && memcmp(line, keys[i], size) == 0 && *rest == '=')
			return skip_blanks(rest + 1);
	}
	return NULL;
}

/* What stands for a byte behind a backslash; *@text is left at its last character. */
static char unescape(const char **text)
{
	unsigned int byte;
	int used = 0;

	if (**text == 'x' && sscanf(*text, "x%2x%n", &byte, &used) == 1 && used == 3 && byte > 0) {
		*text += 2;
		return (char)byte;
	}
	return **text == 's' ? ' ' : **text;
}

/* Copies the first word, without the signs that say how to run it, and its quotes. */
static bool take_word(const char *command, char word[PATH_MAX])
{
	size_t used = 0;
	char quote = '\0';

	command += strspn(command, "@-:+!|");
	for (; *command; command++) {
		if (quote ? *command == quote : *command == '"' || *command == '\'') {
			quote = quote ? '\0' : *command;
			continue;
		}
		if (!quote && (*command == ' ' || *command == '\t'))
			break;
		if (used + 1 == PATH_MAX)
			return false;
		if (*command == '\\' && command[1]) {
			command++;
			word[used++] = unescape(&command);
		} else {
			word[used++] = *command;
		}
	}
	word[used] = '\0';
	return word[0] == '/';
}

/* Joins lines that end in a backslash, in place: it and the line's end become blanks. */
static void join_lines(char *text)
{
	for (char *at = text; (at = strstr(at, "\\\n")); at += 2)
		at[0] = at[1] = ' ';
}

int harvest_unit_programs(const char *file, struct problems *problems,
			  int (*function)(void *cookie, const char *path), void *cookie)
{
	_cleanup_free_ char *text = NULL;
	char word[PATH_MAX];
	struct stat stat_buffer;
	char *save = NULL;
	int r;

	/* Directories (kesl.service.d) and links to /dev/null (masked units) have no programs. */
	if (stat(file, &stat_buffer) < 0 || !S_ISREG(stat_buffer.st_mode))
		return 0;
	r = read_small_file(file, UNIT_MAX, &text, NULL);
	if (r < 0) {
		problems_add(problems, PROBLEM_ERROR, file, 0, "%s", strerror(-r));
		return 0;
	}
	join_lines(text);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *command = command_of(line);

		if (!command || !take_word(command, word))
			continue;
		if (strchr(word, '%') || strchr(word, '$'))
			problems_add(problems, PROBLEM_WARNING, file, 0,
				     "the path of a program depends on the unit's instance or "
				     "environment, and is not known");
		else if ((r = function(cookie, word)) != 0)
			return r;
	}
	return 0;
}
