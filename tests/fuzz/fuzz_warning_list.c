/* SPDX-License-Identifier: BSD-2-Clause */
/* Warning lists, which are JSON. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "warning_list.h"

static void take_digest(void *cookie, const char *name, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	(void)cookie;
	fuzz_touch(name, strlen(name));
	fuzz_touch(digest, INTERDICT_DIGEST_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems *problems = problems_new();

	warning_list_parse((const char *)data, size, "/lists/list.json", problems, take_digest, NULL);
	FUZZ_ASSERT(problems_errors(problems) == 0);
	fuzz_free_problems(problems);
	return 0;
}
