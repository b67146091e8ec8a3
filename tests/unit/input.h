/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of everything that users write need: a directory of files, and
 * a look at what was said about them.
 */
#ifndef INTERDICT_TEST_INPUT_H
#define INTERDICT_TEST_INPUT_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "problems.h"
#include "unit.h"

/* A directory of its own for a test, and the problems found in it. */
struct scratch {
	char path[64];
	struct problems *problems;
};

static inline void scratch_begin(struct scratch *scratch)
{
	strcpy(scratch->path, "/tmp/interdict-unit-XXXXXX");
	assert_non_null(mkdtemp(scratch->path));
	assert_int_equal(chmod(scratch->path, 0755), 0);
	scratch->problems = problems_new();
	assert_non_null(scratch->problems);
}

static inline int scratch_remove(const char *path, const struct stat *st, int type,
				 struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

static inline void scratch_end(struct scratch *scratch)
{
	problems_free(scratch->problems);
	assert_int_equal(nftw(scratch->path, scratch_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Begins anew with what was said. */
static inline void scratch_forget(struct scratch *scratch)
{
	problems_free(scratch->problems);
	scratch->problems = problems_new();
	assert_non_null(scratch->problems);
}

/* Path of a file in it; the caller frees it. */
static inline char *scratch_path(const struct scratch *scratch, const char *name)
{
	char *path = NULL;

	assert_true(asprintf(&path, "%s/%s", scratch->path, name) > 0);
	return path;
}

static inline void scratch_write_bytes(const struct scratch *scratch, const char *name,
				       const void *bytes, size_t size)
{
	char *path = scratch_path(scratch, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
	free(path);
}

static inline void scratch_write(const struct scratch *scratch, const char *name, const char *text)
{
	scratch_write_bytes(scratch, name, text, strlen(text));
}

static inline bool problem_is(const struct problem *problem, enum problem_severity severity,
			      const char *file, unsigned int line, const char *text)
{
	size_t size = problem->file ? strlen(problem->file) : 0;

	if (problem->severity != severity || problem->line != line || !strstr(problem->text, text))
		return false;
	if (!file)
		return !problem->file;
	return size >= strlen(file) && strcmp(problem->file + size - strlen(file), file) == 0;
}

/* Asserts that this was said: about a file whose path ends in @file, in these words. */
static inline void assert_problem(const struct problems *problems, enum problem_severity severity,
				  const char *file, unsigned int line, const char *text)
{
	const struct problem *problem;

	for (size_t i = 0; (problem = problems_get(problems, i)); i++)
		if (problem_is(problem, severity, file, line, text))
			return;
	problems_print(problems, SIZE_MAX);
	fail_msg("not said: %s:%u: %s", file ? file : "-", line, text);
}

static inline void assert_error(const struct problems *problems, const char *file,
				unsigned int line, const char *text)
{
	assert_problem(problems, PROBLEM_ERROR, file, line, text);
}

/* Asserts that this is the only error. */
static inline void assert_only_error(const struct problems *problems, const char *file,
				     unsigned int line, const char *text)
{
	assert_error(problems, file, line, text);
	if (problems_errors(problems) != 1) {
		problems_print(problems, SIZE_MAX);
		fail_msg("%zu errors instead of one", problems_errors(problems));
	}
}

static inline void assert_no_errors(const struct problems *problems)
{
	if (problems_errors(problems) == 0)
		return;
	problems_print(problems, SIZE_MAX);
	fail_msg("%zu errors", problems_errors(problems));
}

#endif
