/* SPDX-License-Identifier: BSD-2-Clause */
#include "listing_read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "util.h"

#define STANDARD_INPUT "standard input"

struct adder {
	struct listing *listing;
	struct slice texts[LIST_TEXT_COUNT]; /* for rows that have none */
};

static int add_row(void *cookie, const struct list_row *row)
{
	const struct adder *adder = cookie;
	struct list_row filled = *row;

	for (size_t i = 0; i < LIST_TEXT_COUNT; i++)
		if (filled.text[i].size == 0)
			filled.text[i] = adder->texts[i];
	return listing_add(adder->listing, &filled);
}

const char *listing_read_name(const char *path)
{
	return streq(path, "-") ? STANDARD_INPUT : path;
}

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, text ? strlen(text) : 0 };
}

static void set_defaults(struct adder *adder, const char *path,
			 const struct listing_defaults *defaults)
{
	const char *name = listing_read_name(path), *slash = strrchr(name, '/');

	adder->texts[LIST_SOURCE] = slice_of(slash ? slash + 1 : name);
	if (!defaults)
		return;
	adder->texts[LIST_PRODUCT] = slice_of(defaults->product);
	adder->texts[LIST_VERSION] = slice_of(defaults->version);
	if (defaults->source)
		adder->texts[LIST_SOURCE] = slice_of(defaults->source);
}

/* Pipes are fine: `interdict list import <(curl ...)`. */
static int open_list(const char *path, int *ret_fd)
{
	_cleanup_close_ int fd = streq(path, "-") ? dup(STDIN_FILENO) :
						    open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int listing_open(const char *path, struct problems *problems, int *ret_fd)
{
	int r = open_list(path, ret_fd);

	if (r < 0)
		problems_add(problems, PROBLEM_ERROR, listing_read_name(path), 0,
			     "cannot be opened: %s", strerror(-r));
	return r;
}

int listing_read(struct listing *listing, const char *path, const char *format,
		 const struct listing_defaults *defaults, struct problems *problems,
		 struct list_facts *ret_facts)
{
	const char *name = listing_read_name(path);
	struct adder adder = { .listing = listing };
	_cleanup_close_ int fd = -EBADF;
	size_t errors;
	int r = listing_open(path, problems, &fd);

	if (r < 0)
		return r;
	r = listing_begin_file(listing, name);
	errors = problems_errors(problems);
	set_defaults(&adder, path, defaults);
	if (r == 0)
		r = list_read_apart(fd, name, format, problems, add_row, &adder, ret_facts);
	if (r == -E2BIG && problems_errors(problems) == errors)
		problems_add(problems, PROBLEM_ERROR, name, 0,
			     "expected at most %u entries and 4 GiB of text in all lists",
			     LIST_ROWS_MAX);
	else if (r < 0 && problems_errors(problems) == errors)
		problems_add(problems, PROBLEM_ERROR, name, 0, "%s", strerror(-r));
	return r;
}
