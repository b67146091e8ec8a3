/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists: compiled once with the format found from the contents, and once for each
 * format that is insisted upon (FUZZ_FORMAT).
 */
#include "fuzz.h"

#include "list.h"

#ifndef FUZZ_FORMAT
#define FUZZ_FORMAT NULL
#endif

static int take_row(void *cookie, const struct list_row *row)
{
	uint32_t *rows = cookie;

	++*rows;
	FUZZ_ASSERT(row->size != 0);
	fuzz_touch(row->digest, sizeof(row->digest));
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		fuzz_touch(row->text[i].bytes, row->text[i].size);
		for (size_t j = 0; j < row->text[i].size; j++)
			FUZZ_ASSERT(row->text[i].bytes[j]);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct problems *problems = problems_new();
	struct list_facts facts = { 0 };
	uint32_t rows = 0;
	int r = list_read(fuzz_fd(data, size), "list", FUZZ_FORMAT, problems, take_row, &rows,
			  &facts);

	FUZZ_ASSERT(r == 0 || problems_errors(problems) > 0);
	FUZZ_ASSERT(r < 0 || facts.rows == rows);
	fuzz_free_problems(problems);
	return 0;
}
