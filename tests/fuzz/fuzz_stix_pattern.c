/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns of STIX indicators. */
#include "fuzz.h"

#include "stix_pattern.h"

static int take_hash(void *cookie, struct slice algorithm, struct slice value)
{
	++*(unsigned int *)cookie;
	fuzz_touch(algorithm.bytes, algorithm.size);
	fuzz_touch(value.bytes, value.size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct stix_pattern pattern, again;
	unsigned int hashes = 0;

	FUZZ_ASSERT(stix_pattern_read(text, NULL, NULL, &pattern) == 0);
	FUZZ_ASSERT(stix_pattern_read(text, take_hash, &hashes, &again) == 0);
	FUZZ_ASSERT(pattern.malformed == again.malformed && pattern.hash == again.hash &&
		    pattern.refused.bytes == again.refused.bytes);
	fuzz_touch(pattern.refused.bytes, pattern.refused.size);
	/* A pattern that is taken for one of digests has one. */
	FUZZ_ASSERT(pattern.malformed || pattern.refused.bytes || pattern.hash == (hashes > 0));
	return 0;
}
