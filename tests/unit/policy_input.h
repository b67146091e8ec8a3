/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of policies need: a directory of vendor files, and the policy that is
 * made of them.
 */
#ifndef INTERDICT_TEST_POLICY_INPUT_H
#define INTERDICT_TEST_POLICY_INPUT_H

#include "day.h"
#include "input.h"
#include "policy.h"
#include "util.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

static struct scratch scratch;
static struct policy *policy;

static inline int begin_policy(void **state)
{
	(void)state;
	scratch_begin(&scratch);
	policy = NULL;
	return 0;
}

static inline int end_policy(void **state)
{
	(void)state;
	policy_free(policy);
	scratch_end(&scratch);
	return 0;
}

static inline void write_vendor(const char *id, const char *more)
{
	char *name = format_string("%s.vendor", id);
	char *text = format_string("[vendor]\nid = %s\n%s", id, more);

	scratch_write(&scratch, name, text);
	free(name);
	free(text);
}

/* A vendor that lists A and B. */
static inline void write_lister(const char *id, const char *more)
{
	char *text = format_string("%s\n[lists]\nfile = l\n", more);

	scratch_write(&scratch, "l", A "\n" B "\n");
	write_vendor(id, text);
	free(text);
}

/* Replaces the policy, by none if it is refused. Returns what policy_load() does. */
static inline int load_policy(void)
{
	policy_free(policy);
	policy = NULL;
	return policy_load(scratch.path, scratch.problems, &policy);
}

static inline void assert_loads(void)
{
	assert_int_equal(load_policy(), 0);
	assert_no_errors(scratch.problems);
	assert_non_null(policy);
}

#endif
