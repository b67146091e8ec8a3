/* SPDX-License-Identifier: BSD-2-Clause */
/* systemd's unit files. */
#include "fuzz.h"

#include <limits.h>
#include <string.h>

#include "unit_programs.h"

static void take(const char *path, void *context)
{
	(void)context;
	FUZZ_ASSERT(path[0] == '/' && strlen(path) < PATH_MAX);
	FUZZ_ASSERT(!strpbrk(path, "%$\\\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_ASSERT(text);
	memcpy(text, data, size);
	text[size] = '\0';
	unit_programs(text, take, NULL);
	free(text);
	return 0;
}
