/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's memory of signed lists. */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "sequences.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems *problems = problems_new();
	char *text = malloc(size + 1);
	int r;

	FUZZ_ASSERT(text);
	memcpy(text, data, size);
	text[size] = '\0';
	r = sequences_parse(text, size, "sequences", problems);
	FUZZ_ASSERT(r == 0 || r == -EINVAL);
	FUZZ_ASSERT((r < 0) == (problems_errors(problems) > 0));
	free(text);
	fuzz_free_problems(problems);
	return 0;
}
