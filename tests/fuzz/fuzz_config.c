/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration. */
#include "fuzz.h"

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems *problems = problems_new();
	struct config config;
	int r;

	FUZZ_ASSERT(config_init(&config) == 0);
	r = config_load(fuzz_path(data, size), false, problems, &config);
	FUZZ_ASSERT(r == 0 || problems_errors(problems) > 0);
	config_release(&config);
	fuzz_free_problems(problems);
	return 0;
}
