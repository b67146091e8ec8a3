/* SPDX-License-Identifier: BSD-2-Clause */
/* Vendor files. */
#include "fuzz.h"

#include "vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems *problems = problems_new();
	struct vendor *vendor = NULL;
	int r = vendor_load(fuzz_path(data, size), problems, &vendor);

	FUZZ_ASSERT(r == 0 ? vendor && vendor->id && vendor->name :
			     !vendor && problems_errors(problems) > 0);
	vendor_free(vendor);
	fuzz_free_problems(problems);
	return 0;
}
