/* SPDX-License-Identifier: BSD-2-Clause */
/* What an ELF file says about itself. */
#include "fuzz.h"

#include <string.h>

#include "elf_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_facts facts = { 0 };

	if (elf_facts_read(fuzz_fd(data, size), &facts) == 0) {
		const char *const texts[] = { facts.build_id, facts.soname, facts.package };

		for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
			fuzz_touch(texts[i], texts[i] ? strlen(texts[i]) : 0);
	}
	elf_facts_release(&facts);
	return 0;
}
