/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes out of the sandbox: frames of lists and of archives, as the parent takes
 * them. The first byte of the input chooses whose they are.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "apart.h"
#include "harvest_private.h"
#include "list_frames.h"

static int take_row(void *cookie, const struct list_row *row)
{
	uint32_t *rows = cookie;

	++*rows;
	FUZZ_ASSERT(row->size != 0);
	for (size_t i = 0; i < LIST_TEXT_COUNT; i++) {
		FUZZ_ASSERT(row->text[i].size <= LIST_LINE_MAX);
		for (size_t j = 0; j < row->text[i].size; j++)
			FUZZ_ASSERT(row->text[i].bytes[j]);
	}
	return 0;
}

/* What is taken of an archive, and what was said; both are the harvest's. */
struct taker {
	struct list_intake list;
	struct harvest_intake archive;
	struct apart apart;
	struct apart_end end;
	bool is_list;
};

static int take(struct taker *taker, struct frame *frame)
{
	if (frame->kind < APART_FIRST_KIND)
		return apart_take_common(&taker->apart, frame, &taker->end);
	return taker->is_list ? list_take_frame(&taker->list, frame) :
				harvest_take_frame(&taker->archive, frame);
}

static void take_all(struct taker *taker, const uint8_t *data, size_t size)
{
	int r = 0;

	while (r == 0) {
		struct frame frame;
		ssize_t n = frame_decode(data, size, &frame);

		if (n <= 0)
			return;
		FUZZ_ASSERT((size_t)n <= size);
		r = take(taker, &frame);
		FUZZ_ASSERT(r == 0 || r == -EPROTO);
		data += n;
		size -= (size_t)n;
	}
}

static void free_rows(struct harvest_job *job)
{
	for (size_t i = 0; i < job->row_count; i++) {
		fuzz_touch(job->rows[i].path, strlen(job->rows[i].path));
		free(job->rows[i].path);
		free(job->rows[i].package);
		free(job->rows[i].version);
		free(job->rows[i].source);
	}
	free(job->rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct harvest harvest = { .options = &harvest_options_default };
	struct harvest_job job = { 0 };
	const struct harvest_archive archive = { .harvest = &harvest, .job = &job };
	uint32_t rows = 0;
	struct taker taker = {
		.list = { .function = take_row, .cookie = &rows },
		.archive = { .archive = &archive },
		.apart = { .file = "f", .problems = problems_new() },
		.is_list = size > 0 && (*data & 1),
	};
	/* Just as large, so that a byte too many is seen. */
	uint8_t *copy = malloc(size);

	FUZZ_ASSERT(taker.apart.problems && (copy || size == 0));
	if (size > 0) {
		memcpy(copy, data, size);
		take_all(&taker, copy + 1, size - 1);
	}
	FUZZ_ASSERT(taker.list.rows == rows);
	FUZZ_ASSERT(taker.archive.rows >= job.row_count);
	free_rows(&job);
	free(copy);
	fuzz_free_problems(taker.apart.problems);
	return 0;
}
