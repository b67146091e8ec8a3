/* SPDX-License-Identifier: BSD-2-Clause */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>

#include "archive_walk.h"
#include "buffer.h"
#include "input.h"
#include "util.h"

/* Bytes of an archive that a test makes. */
struct made {
	uint8_t bytes[1U << 20];
	size_t size;
};

/* What a walk came by: a line "chain!path mode:contents" for each member; at most 32 bytes of it. */
struct seen {
	struct buffer text;
	size_t begun, ended;
	size_t fail_at; /* the visit that fails, from 1; 0: none */
	atomic_bool stop;
	size_t stop_at;
	void *outermost;
};

struct contents {
	struct buffer bytes;
};

static int begin(void *cookie, struct archive_member *member, bool *ret_wanted)
{
	const struct archive_member *outermost = member;
	struct seen *seen = cookie;

	assert_false(*ret_wanted);
	while (outermost->outer)
		outermost = outermost->outer;
	assert_int_equal(outermost->depth, 0);
	assert_ptr_equal(outermost->state, seen);
	assert_true(member->head_size > 0 && member->head_size <= ARCHIVE_HEAD_SIZE);
	member->state = calloc(1, sizeof(struct contents));
	assert_non_null(member->state);
	*ret_wanted = true;
	if (++seen->begun == seen->stop_at)
		atomic_store(&seen->stop, true);
	return seen->begun == seen->fail_at ? -EXDEV : 0;
}

static int data(void *cookie, struct archive_member *member, const void *bytes, size_t size)
{
	struct contents *contents = member->state;

	(void)cookie;
	assert_true(size > 0);
	buffer_append(&contents->bytes, bytes, size);
	return 0;
}

static int end(void *cookie, struct archive_member *member, bool complete)
{
	struct contents *contents = member->state;
	struct seen *seen = cookie;
	char *chain = archive_chain(member), text[64];
	size_t size = contents->bytes.size;

	seen->ended++;
	assert_non_null(chain);
	buffer_append_string(&seen->text, chain);
	buffer_append_char(&seen->text, '!');
	buffer_append_string(&seen->text, member->path);
	if (complete && member->archive == ARCHIVE_NONE && size <= 32)
		snprintf(text, sizeof(text), " %o:%.*s\n", member->mode, (int)size,
			 contents->bytes.data);
	else
		snprintf(text, sizeof(text), " %s%zu\n", complete ? "" : "not complete, ", size);
	buffer_append_string(&seen->text, text);
	free(chain);
	buffer_release(&contents->bytes);
	free(contents);
	member->state = NULL;
	return 0;
}

static int walk(const void *bytes, size_t size, const char *name,
		const struct archive_limits *limits, struct problems *problems, struct seen *seen)
{
	const struct archive_visitor visitor = {
		.begin = begin,
		.data = data,
		.end = end,
		.cookie = seen,
		.stop = &seen->stop,
	};
	int r = archive_walk_memory(bytes, size, name, limits, problems, &visitor, seen);

	assert_int_equal(seen->begun, seen->ended);
	buffer_append_char(&seen->text, '\0');
	return r;
}

static const struct archive_limits limits = ARCHIVE_LIMITS_DEFAULT;

static struct archive *begin_archive(struct made *made, int format, int filter)
{
	struct archive *archive = archive_write_new();

	assert_non_null(archive);
	assert_int_equal(archive_write_set_format(archive, format), ARCHIVE_OK);
	if (filter)
		assert_int_equal(archive_write_add_filter(archive, filter), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(archive, 1);
	assert_int_equal(archive_write_open_memory(archive, made->bytes, sizeof(made->bytes),
						   &made->size), ARCHIVE_OK);
	return archive;
}

static void add(struct archive *archive, const char *path, mode_t mode, const void *bytes,
		size_t size)
{
	struct archive_entry *entry = archive_entry_new();

	assert_non_null(entry);
	archive_entry_set_pathname(entry, path);
	archive_entry_set_mode(entry, mode);
	if (S_ISLNK(mode))
		archive_entry_set_symlink(entry, "/etc/passwd");
	archive_entry_set_size(entry, (la_int64_t)size);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	if (size > 0)
		assert_int_equal(archive_write_data(archive, bytes, size), size);
	archive_entry_free(entry);
}

static void end_archive(struct archive *archive)
{
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
}

/* A directory, a file, a link, an empty file, a pipe, a file. */
static void make(struct made *made, int format, int filter)
{
	struct archive *archive = begin_archive(made, format, filter);

	add(archive, "d", S_IFDIR | 0755, NULL, 0);
	add(archive, "d/one", S_IFREG | 0755, "first", 5);
	add(archive, "d/link", S_IFLNK | 0777, NULL, 0);
	add(archive, "d/empty", S_IFREG | 0644, NULL, 0);
	if (format == ARCHIVE_FORMAT_TAR)
		add(archive, "d/pipe", S_IFIFO | 0644, NULL, 0);
	add(archive, "d/two", S_IFREG | 0640, "second", 6);
	end_archive(archive);
}

static void test_members(void **state)
{
	static const struct {
		const char *name;
		int format, filter;
	} cases[] = {
		{ "x.tar", ARCHIVE_FORMAT_TAR, 0 },
		{ "x.tar.gz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP },
		{ "x.tar.xz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_XZ },
		{ "x.tar.zst", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_ZSTD },
		{ "x.tar.bz2", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_BZIP2 },
		{ "x.zip", ARCHIVE_FORMAT_ZIP, 0 },
		{ "x.cpio", ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, 0 },
	};
	static struct made made;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct problems *problems = problems_new();
		struct seen seen = { .begun = 0 };
		char expected[128];

		make(&made, cases[i].format, cases[i].filter);
		snprintf(expected, sizeof(expected), "%s!d/one 755:first\n%s!d/two 640:second\n",
			 cases[i].name, cases[i].name);
		assert_int_equal(walk(made.bytes, made.size, cases[i].name, &limits, problems,
				      &seen), 0);
		assert_no_errors(problems);
		assert_string_equal(seen.text.data, expected);
		buffer_release(&seen.text);
		problems_free(problems);
	}
}

/* The same, behind a descriptor, whose position stays where it is. */
static void test_descriptor(void **state)
{
	static struct made made;
	const struct archive_visitor visitor = { .begin = begin, .data = data, .end = end };
	struct archive_visitor with_cookie = visitor;
	struct seen seen = { .begun = 0 };
	struct scratch scratch;
	char *path;
	int fd;

	(void)state;
	scratch_begin(&scratch);
	make(&made, ARCHIVE_FORMAT_ZIP, 0);
	scratch_write_bytes(&scratch, "x", made.bytes, made.size);
	path = scratch_path(&scratch, "x");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	with_cookie.cookie = &seen;
	assert_int_equal(archive_walk_fd(fd, "x", &limits, scratch.problems, &with_cookie, &seen),
			 0);
	assert_int_equal(seen.begun, 2);
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
	assert_no_errors(scratch.problems);
	close(fd);
	fd = open(scratch.path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(archive_walk_fd(fd, "x", &limits, scratch.problems, &with_cookie, &seen),
			 -EINVAL);
	close(fd);
	assert_int_equal(archive_walk_memory("text", 4, "x", &limits, scratch.problems,
					     &with_cookie, &seen), -EINVAL);
	buffer_release(&seen.text);
	free(path);
	scratch_end(&scratch);
}

/* Makes outer.zip of a text, middle.tar.gz of inner.tar, and another text. */
static void make_nested(struct made *outer)
{
	static struct made inner, middle;
	struct archive *archive;

	make(&inner, ARCHIVE_FORMAT_TAR, 0);
	archive = begin_archive(&middle, ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP);
	add(archive, "./inner.tar", S_IFREG | 0644, inner.bytes, inner.size);
	add(archive, "three", S_IFREG | 0600, "third", 5);
	end_archive(archive);
	archive = begin_archive(outer, ARCHIVE_FORMAT_ZIP, 0);
	add(archive, "before", S_IFREG | 0644, "0", 1);
	add(archive, "middle.tar.gz", S_IFREG | 0644, middle.bytes, middle.size);
	add(archive, "after", S_IFREG | 0644, "4", 1);
	end_archive(archive);
}

static void test_nested(void **state)
{
	struct problems *problems = problems_new();
	struct archive_limits shallow = limits;
	struct seen seen = { .begun = 0 };
	static struct made made;

	(void)state;
	make_nested(&made);
	assert_int_equal(walk(made.bytes, made.size, "o.zip", &limits, problems, &seen), 0);
	assert_no_errors(problems);
	assert_non_null(strstr(seen.text.data, "o.zip!before 644:0\n"
		"o.zip!middle.tar.gz!./inner.tar!d/one 755:first\n"
		"o.zip!middle.tar.gz!./inner.tar!d/two 640:second\n"
		"o.zip!middle.tar.gz!./inner.tar "));
	assert_non_null(strstr(seen.text.data, "\no.zip!middle.tar.gz!three 600:third\n"
					       "o.zip!middle.tar.gz "));
	assert_non_null(strstr(seen.text.data, "\no.zip!after 644:4\n"));
	assert_null(strstr(seen.text.data, "not complete"));
	buffer_release(&seen.text);

	/* What is too deep is one file, and all others are seen. */
	shallow.depth = 2;
	seen = (struct seen){ .begun = 0 };
	assert_int_equal(walk(made.bytes, made.size, "o.zip", &shallow, problems, &seen), 0);
	assert_only_error(problems, "o.zip!middle.tar.gz!./inner.tar", 0, "limit of 2");
	assert_int_equal(seen.begun, 5);
	assert_non_null(strstr(seen.text.data, "\no.zip!after 644:4\n"));
	buffer_release(&seen.text);
	problems_free(problems);
}

static void expect_limit(const struct archive_limits *tight, const char *file, const char *text,
			 size_t complete)
{
	struct problems *problems = problems_new();
	struct seen seen = { .begun = 0 };
	static struct made made;
	size_t count = 0;

	make(&made, ARCHIVE_FORMAT_TAR, 0);
	assert_int_equal(walk(made.bytes, made.size, "x.tar", tight, problems, &seen), 0);
	assert_only_error(problems, file, 0, text);
	for (const char *at = seen.text.data; (at = strchr(at, ':')); at++)
		count++;
	assert_int_equal(count, complete);
	buffer_release(&seen.text);
	problems_free(problems);
}

static void test_limits(void **state)
{
	struct archive_limits tight = limits;

	(void)state;
	tight.members = 5;
	expect_limit(&tight, "x.tar", "more members in all than the limit of 5", 1);
	tight = limits;
	tight.member_size = 5;
	expect_limit(&tight, "x.tar!d/two", "above the limit in bytes of 5", 1);
	tight.member_size = 4;
	expect_limit(&tight, "x.tar!d/one", "above the limit in bytes of 4", 0);
	tight = limits;
	tight.total_size = 10;
	expect_limit(&tight, "x.tar", "together are above the limit in bytes of 10", 0);
}

/* More than the base, of nothing. */
static void test_bomb(void **state)
{
	static const uint8_t zeros[1U << 16];
	struct problems *problems = problems_new();
	struct archive_entry *entry = archive_entry_new();
	struct seen seen = { .begun = 0 };
	static struct made made;
	struct archive *archive = begin_archive(&made, ARCHIVE_FORMAT_ZIP, 0);

	(void)state;
	archive_entry_set_pathname(entry, "zeros");
	archive_entry_set_mode(entry, S_IFREG | 0644);
	archive_entry_set_size(entry, 4 * (la_int64_t)ARCHIVE_RATIO_BASE);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	for (size_t i = 0; i < 4 * ARCHIVE_RATIO_BASE / sizeof(zeros); i++)
		assert_int_equal(archive_write_data(archive, zeros, sizeof(zeros)), sizeof(zeros));
	archive_entry_free(entry);
	end_archive(archive);
	assert_int_equal(walk(made.bytes, made.size, "x.zip", &limits, problems, &seen), 0);
	assert_only_error(problems, "x.zip!zeros", 0, "unpacks like a bomb");
	assert_non_null(strstr(seen.text.data, "not complete"));
	buffer_release(&seen.text);
	problems_free(problems);
}

static void test_visitor_ends_it(void **state)
{
	struct problems *problems = problems_new();
	static struct made made;

	(void)state;
	make_nested(&made);
	for (size_t at = 1; at <= 7; at++) {
		struct seen failing = { .fail_at = at }, stopping = { .stop_at = at };

		assert_int_equal(walk(made.bytes, made.size, "o.zip", &limits, problems, &failing),
				 -EXDEV);
		assert_int_equal(failing.begun, at);
		assert_int_equal(walk(made.bytes, made.size, "o.zip", &limits, problems,
				      &stopping), -ECANCELED);
		assert_int_equal(stopping.begun, at);
		buffer_release(&failing.text);
		buffer_release(&stopping.text);
	}
	assert_no_errors(problems);
	problems_free(problems);
}

/* Cut anywhere: what is complete is what it was, and something is said unless all is there. */
static void test_cut(void **state)
{
	static const struct {
		const char *name;
		int format, filter;
		size_t padding; /* bytes at the end that mean nothing to the contents */
	} cases[] = {
		{ "x.tar.gz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP, 0 },
		{ "x.tar.xz", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_XZ, 0 },
		{ "x.tar.zst", ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_ZSTD, 0 },
		{ "x.zip", ARCHIVE_FORMAT_ZIP, 0, 0 },
	};
	static struct made made;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make(&made, cases[i].format, cases[i].filter);
		for (size_t size = 8; size < made.size; size++) {
			struct problems *problems = problems_new();
			struct seen seen = { .begun = 0 };
			uint8_t *exact = malloc(size);
			bool all;

			assert_non_null(exact);
			memcpy(exact, made.bytes, size);
			assert_int_equal(walk(exact, size, cases[i].name, &limits, problems,
					      &seen), 0);
			all = strstr(seen.text.data, "d/one 755:first\n") &&
			      strstr(seen.text.data, "d/two 640:second\n");
			if (!all && problems_errors(problems) == 0)
				fail_msg("%s cut at %zu of %zu: nothing was said", cases[i].name,
					 size, made.size);
			buffer_release(&seen.text);
			problems_free(problems);
			free(exact);
		}
	}
}

/* Damaged in any way: no crash, no endless loop; a checksummed content is right or reported. */
static void test_damage(void **state)
{
	static struct made made, damaged;
	uint64_t random = 7;

	(void)state;
	make_nested(&made);
	for (int i = 0; i < 3000; i++) {
		struct problems *problems = problems_new();
		struct seen seen = { .begun = 0 };

		damaged = made;
		for (uint64_t j = random_u64(&random) % 4 + 1; j > 0; j--)
			damaged.bytes[4 + random_u64(&random) % (made.size - 4)] ^=
				(uint8_t)(1U << random_u64(&random) % 8);
		walk(damaged.bytes, damaged.size, "o.zip", &limits, problems, &seen);
		buffer_release(&seen.text);
		problems_free(problems);
	}
}

/* A flipped bit in what gzip packed shows in its checksum, even where it unpacks. */
static void test_gzip_checksum(void **state)
{
	static struct made made;

	(void)state;
	make(&made, ARCHIVE_FORMAT_TAR, ARCHIVE_FILTER_GZIP);
	for (size_t at = 10; at < made.size; at++) {
		struct problems *problems = problems_new();
		struct seen seen = { .begun = 0 };

		made.bytes[at] ^= 0x10;
		assert_int_equal(walk(made.bytes, made.size, "x.tgz", &limits, problems, &seen), 0);
		if (problems_errors(problems) == 0 &&
		    !(strstr(seen.text.data, "d/one 755:first\n") &&
		      strstr(seen.text.data, "d/two 640:second\n")))
			fail_msg("byte %zu of %zu: nothing was said", at, made.size);
		made.bytes[at] ^= 0x10;
		buffer_release(&seen.text);
		problems_free(problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_visitor_ends_it),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_gzip_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
