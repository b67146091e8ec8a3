/* SPDX-License-Identifier: BSD-2-Clause */
#include "problems.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "escape.h"
#include "log.h"

#define QUOTE_MAX     80U	/* bytes of input shown */
#define SEVERITIES    2U

struct problems {
	struct problem *kept;
	size_t kept_count;
	size_t kept_capacity;
	size_t kept_of[SEVERITIES];
	size_t added[SEVERITIES];
};

struct problems *problems_new(void)
{
	return calloc(1, sizeof(struct problems));
}

void problems_free(struct problems *problems)
{
	if (!problems)
		return;
	for (size_t i = 0; i < problems->kept_count; i++) {
		free(problems->kept[i].file);
		free(problems->kept[i].text);
	}
	free(problems->kept);
	free(problems);
}

/* Counts one more; true if there is room to keep it. */
static bool count_problem(struct problems *problems, enum problem_severity severity)
{
	problems->added[severity]++;
	return problems->kept_of[severity] < PROBLEMS_KEPT_MAX;
}

/* Takes @text. */
static void keep_problem(struct problems *problems, enum problem_severity severity,
			 const char *file, unsigned int line, char *text)
{
	_cleanup_free_ char *owned = text;
	_cleanup_free_ char *file_copy = file ? strdup(file) : NULL;

	if (!owned || (file && !file_copy))
		return;
	if (problems->kept_count == problems->kept_capacity) {
		size_t capacity = problems->kept_capacity ? 2 * problems->kept_capacity : 8;
		struct problem *kept = reallocarray(problems->kept, capacity, sizeof(*kept));

		if (!kept)
			return;
		problems->kept = kept;
		problems->kept_capacity = capacity;
	}
	problems->kept[problems->kept_count++] = (struct problem){
		.severity = severity,
		.line = line,
		.file = TAKE_PTR(file_copy),
		.text = TAKE_PTR(owned),
	};
	problems->kept_of[severity]++;
}

void problems_add(struct problems *problems, enum problem_severity severity, const char *file,
		  unsigned int line, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	if (!count_problem(problems, severity))
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	keep_problem(problems, severity, file, line, text);
}

void problems_add_found(struct problems *problems, const char *file, unsigned int line,
			const void *found, size_t found_size, const char *format, ...)
{
	_cleanup_free_ char *quoted = NULL, *expected = NULL;
	char *text = NULL;
	va_list args;

	if (!count_problem(problems, PROBLEM_ERROR))
		return;
	va_start(args, format);
	if (vasprintf(&expected, format, args) < 0)
		expected = NULL;
	va_end(args);
	quoted = problem_quote(found, found_size);
	if (!expected || !quoted || asprintf(&text, "%s, found %s", expected, quoted) < 0)
		text = NULL;
	keep_problem(problems, PROBLEM_ERROR, file, line, text);
}

void problems_add_untold(struct problems *problems, enum problem_severity severity, size_t count)
{
	problems->added[severity] += count;
}

void problems_add_all(struct problems *problems, const struct problems *from)
{
	size_t told[SEVERITIES] = { 0 };
	const struct problem *problem;

	for (size_t i = 0; (problem = problems_get(from, i)); i++) {
		told[problem->severity]++;
		problems_add(problems, problem->severity, problem->file, problem->line, "%s",
			     problem->text);
	}
	for (unsigned int severity = 0; severity < SEVERITIES; severity++)
		problems_add_untold(problems, severity, from->added[severity] - told[severity]);
}

size_t problems_errors(const struct problems *problems)
{
	return problems->added[PROBLEM_ERROR];
}

size_t problems_warnings(const struct problems *problems)
{
	return problems->added[PROBLEM_WARNING];
}

const struct problem *problems_get(const struct problems *problems, size_t index)
{
	return index < problems->kept_count ? &problems->kept[index] : NULL;
}

const struct problem *problems_first_error(const struct problems *problems)
{
	for (size_t i = 0; i < problems->kept_count; i++)
		if (problems->kept[i].severity == PROBLEM_ERROR)
			return &problems->kept[i];
	return NULL;
}

static char *format(const struct problem *problem, const char *severity)
{
	struct buffer line = { 0 };
	char *text = NULL;

	if (problem->file) {
		escape_append(&line, problem->file, strlen(problem->file));
		buffer_append_char(&line, ':');
		if (problem->line > 0) {
			buffer_append_u64(&line, problem->line);
			buffer_append_char(&line, ':');
		}
		buffer_append_char(&line, ' ');
	}
	buffer_append_string(&line, severity);
	buffer_append_string(&line, problem->text);
	if (!line.failed)
		text = strndup(line.data, line.size);
	buffer_release(&line);
	return text;
}

char *problem_format(const struct problem *problem)
{
	return format(problem, problem->severity == PROBLEM_ERROR ? "error: " : "warning: ");
}

/* The log says itself what is an error. */
static void print(const struct problem *problem)
{
	_cleanup_free_ char *line = format(problem, "");
	const char *text = line ? line : "out of memory while reporting a problem";

	if (problem->severity == PROBLEM_ERROR)
		log_error("%s", text);
	else
		log_warning("%s", text);
}

void problems_print(const struct problems *problems, size_t max)
{
	size_t errors = problems_errors(problems), warnings = problems_warnings(problems);
	size_t shown = 0;

	for (; shown < problems->kept_count && shown < max; shown++) {
		print(&problems->kept[shown]);
		if (problems->kept[shown].severity == PROBLEM_ERROR)
			errors--;
		else
			warnings--;
	}
	if (errors > 0)
		log_error("and %zu more errors", errors);
	if (warnings > 0)
		log_warning("and %zu more warnings", warnings);
}

char *problem_quote(const void *bytes, size_t size)
{
	struct buffer quoted = { 0 };
	char *text = NULL;

	if (!escape_append_value(&quoted, bytes, size, QUOTE_MAX))
		buffer_append_string(&quoted, "...");
	if (!quoted.failed)
		text = strndup(quoted.data, quoted.size);
	buffer_release(&quoted);
	return text;
}
