/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Package files and other archives. The first byte of the input chooses a name,
 * which the kind of archive may depend on. libarchive itself is not instrumented.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "archive_walk.h"

struct visit {
	unsigned int depth;
	uint64_t bytes;
};

static int begin(void *cookie, struct archive_member *member, bool *ret_wanted)
{
	struct visit *visit = cookie;
	char *chain = archive_chain(member);

	FUZZ_ASSERT(chain && member->depth == visit->depth + 1);
	FUZZ_ASSERT(member->head_size <= ARCHIVE_HEAD_SIZE);
	fuzz_touch(member->head, member->head_size);
	fuzz_touch(member->path, strlen(member->path));
	free(chain);
	visit->depth++;
	*ret_wanted = true;
	return 0;
}

static int data(void *cookie, struct archive_member *member, const void *bytes, size_t size)
{
	struct visit *visit = cookie;

	(void)member;
	fuzz_touch(bytes, size);
	visit->bytes += size;
	return 0;
}

static int end(void *cookie, struct archive_member *member, bool complete)
{
	struct visit *visit = cookie;

	(void)complete;
	FUZZ_ASSERT(visit->depth > 0 && member->depth == visit->depth);
	visit->depth--;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	static const char *const names[] = { "a.deb",    "a.rpm",  "a.apk",   "a.tar.gz",  "a.zip",
					     "a.cpio.xz", "a.iso", "a.ko.zst", "a.ko.gz", "a" };
	static const struct archive_limits limits = {
		.depth = 4,
		.members = 1000,
		.member_size = 1U << 20,
		.total_size = 4U << 20,
		.ratio = 20,
	};
	struct problems *problems = problems_new();
	struct visit visit = { 0 };
	const struct archive_visitor visitor = { begin, data, end, &visit, NULL, NULL };
	int r;

	if (size == 0)
		r = -EINVAL;
	else
		r = archive_walk_memory(input + 1, size - 1, names[*input % 10], &limits, problems,
					&visitor, NULL);
	FUZZ_ASSERT(r == 0 || r == -EINVAL || r == -ENOMEM);
	FUZZ_ASSERT(visit.depth == 0);
	/* The outermost bytes are not a member's, and what begins a member may be read twice. */
	FUZZ_ASSERT(visit.bytes <= size + limits.total_size + limits.member_size);
	fuzz_free_problems(problems);
	return 0;
}
