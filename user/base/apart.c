/* SPDX-License-Identifier: BSD-2-Clause */
#include "apart.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "sandbox.h"
#include "util.h"

#define ERRNO_MAX 4095 /* include/linux/err.h */

enum {
	FRAME_PROBLEM, /* severity, line, file, text */
	FRAME_MORE,    /* how many errors and warnings there were that are not told */
	FRAME_END,     /* status */
};

struct run {
	const struct apart *apart;
	struct apart_end end;
	bool refused; /* by take() */
};

static void put_problem(struct frame_writer *writer, const struct problem *problem)
{
	const char *file = problem->file ? problem->file : "";

	frame_begin(writer, FRAME_PROBLEM);
	frame_put_u32(writer, problem->severity);
	frame_put_u32(writer, problem->line);
	frame_put_bytes(writer, file, strnlen(file, APART_FILE_MAX));
	frame_put_bytes(writer, problem->text, strnlen(problem->text, APART_TEXT_MAX));
	frame_end(writer);
}

static void put_problems(struct frame_writer *writer, const struct problems *problems)
{
	size_t told[] = { [PROBLEM_ERROR] = 0, [PROBLEM_WARNING] = 0 };
	const struct problem *problem;

	for (size_t i = 0; (problem = problems_get(problems, i)); i++) {
		told[problem->severity]++;
		put_problem(writer, problem);
	}
	frame_begin(writer, FRAME_MORE);
	frame_put_u64(writer, problems_errors(problems) - told[PROBLEM_ERROR]);
	frame_put_u64(writer, problems_warnings(problems) - told[PROBLEM_WARNING]);
	frame_end(writer);
}

/* In the child. */
static void inside(void *cookie, int output)
{
	const struct run *run = cookie;
	struct frame_writer writer = { .fd = output };
	struct problems *problems = problems_new();
	int r = problems ? run->apart->parse(run->apart->cookie, problems, &writer) : -ENOMEM;

	if (problems)
		put_problems(&writer, problems);
	frame_begin(&writer, FRAME_END);
	frame_put_u32(&writer, (uint32_t)-r);
	frame_end(&writer);
	frame_flush(&writer);
	/* The process ends: nothing is freed. Where memory ran out the answer ends early. */
}

/* Messages are printed: what could break a line or a terminal is no message of ours. */
static bool is_printable(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static int take_problem(const struct apart *apart, struct frame *frame)
{
	uint32_t severity = frame_get_u32(frame), line = frame_get_u32(frame);
	_cleanup_free_ char *file = frame_get_text(frame, APART_FILE_MAX);
	_cleanup_free_ char *text = frame_get_text(frame, APART_TEXT_MAX);

	if (!frame_is_done(frame) || severity > PROBLEM_WARNING)
		return -EPROTO;
	if (!file || !text)
		return -ENOMEM;
	if (strncmp(file, apart->file, strlen(apart->file)) != 0 || !is_printable(text))
		return -EPROTO;
	problems_add(apart->problems, (enum problem_severity)severity, file, line, "%s", text);
	return 0;
}

static int take_more(const struct apart *apart, struct frame *frame)
{
	uint64_t errors = frame_get_u64(frame), warnings = frame_get_u64(frame);

	if (!frame_is_done(frame) || errors > UINT32_MAX || warnings > UINT32_MAX)
		return -EPROTO;
	problems_add_untold(apart->problems, PROBLEM_ERROR, errors);
	problems_add_untold(apart->problems, PROBLEM_WARNING, warnings);
	return 0;
}

int apart_take_common(const struct apart *apart, struct frame *frame, struct apart_end *end)
{
	uint32_t status;

	switch (frame->kind) {
	case FRAME_PROBLEM:
		return take_problem(apart, frame);
	case FRAME_MORE:
		return take_more(apart, frame);
	case FRAME_END:
		status = frame_get_u32(frame);
		if (!frame_is_done(frame) || status > ERRNO_MAX)
			return -EPROTO;
		*end = (struct apart_end){ true, -(int)status };
		return 0;
	}
	return -EPROTO;
}

static int take_frame(struct run *run, struct frame *frame)
{
	int r;

	if (run->end.ended)
		return -EPROTO;
	if (frame->kind < APART_FIRST_KIND)
		return apart_take_common(run->apart, frame, &run->end);
	r = run->apart->take(run->apart->cookie, frame);
	run->refused = r < 0 && r != -EPROTO;
	return r;
}

static ssize_t take(void *cookie, const uint8_t *bytes, size_t size)
{
	struct run *run = cookie;
	size_t taken = 0;

	for (;;) {
		struct frame frame;
		ssize_t n = frame_decode(bytes + taken, size - taken, &frame);
		int r = n > 0 ? take_frame(run, &frame) : (int)n;

		if (r < 0)
			return r;
		if (n == 0)
			return (ssize_t)taken;
		taken += (size_t)n;
	}
}

int apart_run(const struct apart *apart)
{
	struct run run = { .apart = apart };
	const struct sandbox_job job = {
		.input = apart->fd,
		.before = apart->before,
		.inside = inside,
		.take = take,
		.cookie = &run,
		.memory = apart->limits.memory,
		.cpu_seconds = apart->limits.cpu_seconds,
		.silence_seconds = apart->limits.silence_seconds,
		.total_seconds = apart->limits.total_seconds,
		.stop = apart->stop,
	};
	size_t errors = problems_errors(apart->problems);
	char why[SANDBOX_WHY_SIZE];
	int r = sandbox_run(&job, why);

	if (run.refused || r == -ECANCELED || r == -ENOMEM)
		return r;
	if (r == 0 && run.end.ended) {
		/* The memory is that of the parser, not ours. */
		if (run.end.status == -ENOMEM && problems_errors(apart->problems) == errors)
			problems_add(apart->problems, PROBLEM_ERROR, apart->file, 0,
				     "cannot be read: the parser needs more memory than it may have");
		return run.end.status == -ENOMEM ? -EPROTO : run.end.status;
	}
	if (!why[0])
		(void)snprintf(why, sizeof(why), "the parser %s",
			       r < 0 ? "answered what cannot be understood" : "ended early");
	problems_add(apart->problems, PROBLEM_ERROR, apart->file, 0, "cannot be read: %s", why);
	return -EPROTO;
}
