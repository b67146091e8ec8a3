/* SPDX-License-Identifier: BSD-2-Clause */
#include "warning_list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "apart.h"
#include "cleanup.h"
#include "secure_file.h"
#include "util.h"

#define SUFFIX ".json"

#define NAME_MAX_SIZE 256U /* bytes of a list's own name; longer ones are cut */

enum {
	FRAME_NAME = APART_FIRST_KIND, /* text; at most once, and first */
	FRAME_DIGEST,		       /* one of them */
};

/* 16 MiB of JSON, of which each value takes some hundred bytes; the monitor waits for it. */
static const struct apart_limits limits = {
	.memory = 3ULL << 30,
	.cpu_seconds = 20,
	.silence_seconds = 20,
	.total_seconds = 20,
};

struct reader {
	struct problems *problems;
	warning_list_fn function;
	void *cookie;
};

/* One file, on its way through the sandbox. */
struct reading {
	const struct reader *reader;
	int fd;
	const char *path;
	char *name; /* the list's own; NULL: it has none */
};

static void free_problems(struct problems **problems)
{
	problems_free(*problems);
}

static int is_warning_list(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > strlen(SUFFIX) &&
	       streq(entry->d_name + size - strlen(SUFFIX), SUFFIX);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void read_items(const char *name, const json_t *items, warning_list_fn function,
		       void *cookie)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		if (json_string_length(item) == DIGEST_HEX_SIZE - 1 &&
		    digest_from_hex(json_string_value(item), digest) == 0)
			function(cookie, name, digest);
	}
}

void warning_list_parse(const char *text, size_t size, const char *path, struct problems *problems,
			warning_list_fn function, void *cookie)
{
	_cleanup_free_ char *quoted = NULL;
	json_error_t error;
	json_t *document = json_loadb(text, size, 0, &error);
	const json_t *items = json_object_get(document, "list");
	const char *name = json_string_value(json_object_get(document, "name"));

	if (json_is_array(items)) {
		read_items(name ? name : base_name(path), items, function, cookie);
	} else if (document) {
		problems_add(problems, PROBLEM_WARNING, path, 0,
			     "left out: expected a warning list, an object with an array \"list\"");
	} else {
		quoted = problem_quote(error.text, strlen(error.text));
		problems_add(problems, PROBLEM_WARNING, path,
			     error.line > 0 ? (unsigned int)error.line : 0,
			     "left out: expected JSON: %s", quoted ? quoted : "");
	}
	json_decref(document);
}

/* In the child. */
struct sender {
	struct frame_writer *writer;
	bool named;
};

static void send_digest(void *cookie, const char *name, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct sender *sender = cookie;

	if (!sender->named) {
		frame_begin(sender->writer, FRAME_NAME);
		frame_put_bytes(sender->writer, name, strnlen(name, NAME_MAX_SIZE));
		frame_end(sender->writer);
		sender->named = true;
	}
	frame_begin(sender->writer, FRAME_DIGEST);
	frame_put(sender->writer, digest, INTERDICT_DIGEST_SIZE);
	frame_end(sender->writer);
}

static int parse(void *cookie, struct problems *problems, struct frame_writer *writer)
{
	const struct reading *reading = cookie;
	struct sender sender = { writer, false };
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r = read_small_fd(reading->fd, WARNING_LIST_BYTES_MAX, &text, &size);

	if (r == 0)
		warning_list_parse(text, size, reading->path, problems, send_digest, &sender);
	return r;
}

static int take(void *cookie, struct frame *frame)
{
	struct reading *reading = cookie;
	const uint8_t *digest;

	if (frame->kind == FRAME_NAME && !reading->name) {
		reading->name = frame_get_text(frame, NAME_MAX_SIZE);
		return frame_is_done(frame) && reading->name ? 0 : -EPROTO;
	}
	digest = frame_get(frame, INTERDICT_DIGEST_SIZE);
	if (frame->kind != FRAME_DIGEST || !frame_is_done(frame) || !reading->name)
		return -EPROTO;
	reading->reader->function(reading->reader->cookie, reading->name, digest);
	return 0;
}

/* What is wrong is at most a warning, a parser that broke too. */
static int read_file(const struct reader *reader, const char *path)
{
	_cleanup_(free_problems) struct problems *problems = problems_new();
	_cleanup_close_ int fd = -EBADF;
	struct reading reading = { .reader = reader, .path = path };
	struct apart apart = {
		.file = path,
		.problems = problems,
		.limits = limits,
		.parse = parse,
		.take = take,
		.cookie = &reading,
	};
	const struct problem *problem;
	int r = problems ? secure_open_file(path, NULL, problems, &fd) : -ENOMEM;

	apart.fd = reading.fd = fd;
	if (r == 0)
		r = apart_run(&apart);
	free(reading.name);
	if (r < 0 && r != -ENOMEM && problems_errors(problems) == 0)
		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be read: %s", strerror(-r));
	for (size_t i = 0; problems && (problem = problems_get(problems, i)); i++)
		problems_add(reader->problems, PROBLEM_WARNING, problem->file, problem->line, "%s%s",
			     problem->severity == PROBLEM_ERROR ? "left out: " : "", problem->text);
	return r == -ENOMEM ? r : 0;
}

int warning_lists_read(const char *directory, struct problems *problems, warning_list_fn function,
		       void *cookie)
{
	const struct reader reader = { problems, function, cookie };
	struct dirent **names = NULL;
	int count, r = 0;

	json_object_seed(0); /* or jansson opens a file for it, in the sandbox */
	count = scandir(directory, &names, is_warning_list, alphasort);
	if (count < 0 && errno != ENOENT)
		problems_add(problems, PROBLEM_WARNING, directory, 0,
			     "no warning list was read: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *path = format_string("%s/%s", directory, names[i]->d_name);

		if (r == 0)
			r = path ? read_file(&reader, path) : -ENOMEM;
		free(names[i]);
	}
	free(names);
	return r;
}
