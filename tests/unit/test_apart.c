/* SPDX-License-Identifier: BSD-2-Clause */
/* What a parser in the sandbox answers, and what becomes of it when it answers rubbish. */
#include <errno.h>
#include <sys/mman.h>

#include "apart.h"
#include "input.h"

#define OWN_KIND (APART_FIRST_KIND + 3)

struct fixture {
	struct apart apart;
	struct problems *problems;
	unsigned int taken;
	int answer; /* of take() */
};

static int take(void *cookie, struct frame *frame)
{
	struct fixture *fixture = cookie;

	assert_int_equal(frame->kind, OWN_KIND);
	fixture->taken += frame_get_u32(frame);
	return frame_is_done(frame) ? fixture->answer : -EPROTO;
}

static void put(struct frame_writer *writer, uint32_t number)
{
	frame_begin(writer, OWN_KIND);
	frame_put_u32(writer, number);
	frame_end(writer);
}

static int good(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie;
	for (uint32_t i = 0; i < 100000; i++)
		put(writer, 1);
	problems_add(problems, PROBLEM_WARNING, "file", 3, "a %s", "warning");
	problems_add(problems, PROBLEM_ERROR, "file!member", 0, "an error");
	problems_add_untold(problems, PROBLEM_WARNING, 7);
	return -EXDEV;
}

static int rubbish(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	static const uint32_t large[] = { OWN_KIND, UINT32_MAX };

	(void)cookie, (void)problems;
	put(writer, 5);
	frame_put(writer, large, sizeof(large));
	return 0;
}

static int ends_early(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)problems;
	put(writer, 5);
	frame_flush(writer);
	_exit(0);
}

static int ends_in_frame(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)problems;
	put(writer, 5);
	writer->buffer.size--;
	frame_flush(writer);
	_exit(0);
}

static int says_end_twice(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)problems;
	frame_begin(writer, 2); /* the end */
	frame_put_u32(writer, 0);
	frame_end(writer);
	return 0;
}

static int breaks_line(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)writer;
	problems_add(problems, PROBLEM_ERROR, "file", 0, "%s", "two\nlines");
	return 0;
}

static int other_file(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)writer;
	problems_add(problems, PROBLEM_ERROR, "another", 0, "an error");
	return 0;
}

static int odd_kind(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)problems;
	frame_begin(writer, 3);
	frame_end(writer);
	return 0;
}

static int no_memory(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)problems, (void)writer;
	return -ENOMEM;
}

static int crashes(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	(void)cookie, (void)problems;
	put(writer, 5);
	frame_flush(writer);
	__builtin_trap();
}

static int run(struct fixture *fixture,
	       int (*parse)(void *cookie, struct problems *problems, struct frame_writer *writer))
{
	int fd = memfd_create("input", MFD_CLOEXEC), r;

	assert_true(fd >= 0);
	fixture->problems = problems_new();
	fixture->taken = 0;
	fixture->apart = (struct apart){
		.fd = fd,
		.file = "file",
		.problems = fixture->problems,
		.limits = { 64U << 20, 10, 10, 20 },
		.parse = parse,
		.take = take,
		.cookie = fixture,
	};
	r = apart_run(&fixture->apart);
	close(fd);
	return r;
}

static void test_good(void **state)
{
	struct fixture fixture = { 0 };

	(void)state;
	assert_int_equal(run(&fixture, good), -EXDEV);
	assert_int_equal(fixture.taken, 100000);
	assert_problem(fixture.problems, PROBLEM_WARNING, "file", 3, "a warning");
	assert_only_error(fixture.problems, "file!member", 0, "an error");
	assert_int_equal(problems_warnings(fixture.problems), 8);
	problems_free(fixture.problems);
}

static void test_refused(void **state)
{
	struct fixture fixture = { .answer = -E2BIG };

	(void)state;
	assert_int_equal(run(&fixture, good), -E2BIG);
	assert_int_equal(fixture.taken, 1);
	assert_int_equal(problems_errors(fixture.problems), 0);
	problems_free(fixture.problems);
}

static void test_bad(void **state)
{
	static const struct {
		int (*parse)(void *cookie, struct problems *problems, struct frame_writer *writer);
		const char *said;
		unsigned int taken;
	} bad[] = {
		{ rubbish, "the parser answered what cannot be understood", 5 },
		{ ends_early, "the parser ended early", 5 },
		{ ends_in_frame, "the parser ended within its answer", 0 },
		{ says_end_twice, "the parser answered what cannot be understood", 0 },
		{ breaks_line, "the parser answered what cannot be understood", 0 },
		{ other_file, "the parser answered what cannot be understood", 0 },
		{ odd_kind, "the parser answered what cannot be understood", 0 },
		{ no_memory, "the parser needs more memory than it may have", 0 },
		{ crashes, "the parser was ended by signal ", 5 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fixture fixture = { 0 };

		assert_int_equal(run(&fixture, bad[i].parse), -EPROTO);
		assert_only_error(fixture.problems, "file", 0, bad[i].said);
		assert_int_equal(fixture.taken, bad[i].taken);
		problems_free(fixture.problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("apart", tests, NULL, NULL);
}
