/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every fuzz target needs: the input as a file, and a look at what was said
 * about it. An assertion that does not hold is a finding, like a sanitizer's.
 */
#ifndef INTERDICT_FUZZ_H
#define INTERDICT_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "problems.h"

#define FUZZ_ASSERT(condition)                                                                     \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__,          \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A descriptor, always the same, of a file in memory with this in it, at its beginning. */
int fuzz_fd(const uint8_t *data, size_t size);

/* Path, always the same, of a file with this in it, in a directory that only we can write to. */
const char *fuzz_path(const uint8_t *data, size_t size);

/* Asserts that every message is one printable line, and frees the problems. */
void fuzz_free_problems(struct problems *problems);

/* Asserts that the text has no control characters. */
void fuzz_assert_printable(const char *text, size_t size);

/* Reads every byte, so that the sanitizers see whether it may be read. */
void fuzz_touch(const void *bytes, size_t size);

#endif
