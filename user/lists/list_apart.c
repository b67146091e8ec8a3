/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>

#include "apart.h"
#include "byte_source.h"
#include "list.h"
#include "list_frames.h"

/*
 * The worst that can be made of a document takes 2.5 GB (list_json.h). The time is for
 * 64 million rows on a slow machine, and a document as large as can be is read in 5 s before
 * its first row comes. The monitor waits for it, and has to be back before its service's
 * WatchdogSec of 30. A list that comes through a pipe takes what it takes.
 */
static const struct apart_limits limits = {
	.memory = 3ULL << 30,
	.cpu_seconds = 600,
	.silence_seconds = 20,
	.total_seconds = 900,
};

struct reading {
	int fd;
	const char *file;
	const char *format;
	struct list_intake intake;
};

/* A row on its way out. */
struct sender {
	struct frame_writer *writer;
	const char *file;
	struct problems *problems;
};

static int send_row(void *cookie, const struct list_row *row)
{
	const struct sender *sender = cookie;
	int r = list_put_row(sender->writer, row);

	if (r == -EMSGSIZE)
		problems_add(sender->problems, PROBLEM_ERROR, sender->file, row->line,
			     "expected no text above %u bytes", LIST_LINE_MAX);
	return r;
}

/* In the child. */
static int parse(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	const struct reading *reading = cookie;
	struct sender sender = { writer, reading->file, problems };
	struct list_facts facts = { 0 };
	int r = list_read(reading->fd, reading->file, reading->format, problems, send_row, &sender,
			  &facts);

	return r < 0 ? r : list_put_facts(writer, &facts);
}

static int take(void *cookie, struct frame *frame)
{
	struct reading *reading = cookie;

	return list_take_frame(&reading->intake, frame);
}

int list_read_apart(int fd, const char *file, const char *format, struct problems *problems,
		    list_row_fn function, void *cookie, struct list_facts *ret_facts)
{
	struct reading reading = { fd, file, format, { .function = function, .cookie = cookie } };
	struct apart apart = {
		.fd = fd,
		.file = file,
		.problems = problems,
		.limits = limits,
		.parse = parse,
		.take = take,
		.cookie = &reading,
	};
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		apart.limits.silence_seconds = apart.limits.total_seconds = 0;
	/* jansson opens a file of random numbers at first use. */
	json_object_seed(0);
	byte_source_prepare(fd);
	r = apart_run(&apart);
	if (r == 0 && !reading.intake.has_facts) {
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "cannot be read: the parser ended early");
		r = -EPROTO;
	}
	if (r == 0)
		*ret_facts = reading.intake.facts;
	return r;
}
