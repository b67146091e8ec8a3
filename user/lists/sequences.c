/* SPDX-License-Identifier: BSD-2-Clause */
#include "sequences.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "atomic_file.h"
#include "cleanup.h"
#include "util.h"

#define NAME	 "sequences"
#define FILE_MAX (16U << 20) /* bytes: 65536 lists with long paths */
#define HEADER	 "interdict sequences 1"

/* What was accepted of a list. */
struct accepted {
	char *path;
	uint64_t number;
	char key_id[MINISIGN_ID_TEXT_SIZE];
	char contents[DIGEST_HEX_SIZE];
};

/* Sorted by path and key. */
struct state {
	struct accepted *items;
	size_t count;
};

static void state_release(struct state *state)
{
	for (size_t i = 0; i < state->count; i++)
		free(state->items[i].path);
	free(state->items);
	*state = (struct state){ 0 };
}

static int compare(const void *left, const void *right)
{
	const struct accepted *a = left, *b = right;
	int order = strcmp(a->path, b->path);

	return order ? order : strcmp(a->key_id, b->key_id);
}

/* Takes over the item's path. */
static int state_append(struct state *state, struct accepted *item)
{
	struct accepted *items =
		reallocarray(state->items, state->count + 1, sizeof(*state->items));

	if (!items)
		return -ENOMEM;
	state->items = items;
	items[state->count++] = *item;
	item->path = NULL;
	return 0;
}

static struct accepted *state_find(const struct state *state, const struct accepted *like)
{
	if (state->count == 0)
		return NULL;
	return bsearch(like, state->items, state->count, sizeof(*state->items), compare);
}

/* What the state would say about a signed list. Its path is borrowed. */
static struct accepted describe(const struct policy_list *list)
{
	struct accepted item = { .path = list->path, .number = list->signature.number };

	minisign_format_id(list->signature.key_id, item.key_id);
	digest_to_hex(list->signature.contents, item.contents);
	return item;
}

static bool is_hex(const char *text, size_t size, const char *digits)
{
	return strlen(text) == size - 1 && strspn(text, digits) == size - 1;
}

/* Reads a line, which is cut to pieces. Returns 0, -EINVAL or -ENOMEM. */
static int parse_line(char *line, struct state *state)
{
	char *rest = line, *number = strsep(&rest, " "), *key_id = strsep(&rest, " ");
	char *contents = strsep(&rest, " ");
	struct accepted item = { .path = rest };
	int r;

	if (!rest || !*rest || parse_u64(number, INT64_MAX, &item.number) < 0 ||
	    !is_hex(key_id, sizeof(item.key_id), "0123456789ABCDEF") ||
	    !is_hex(contents, sizeof(item.contents), "0123456789abcdef"))
		return -EINVAL;
	strcpy(item.key_id, key_id);
	strcpy(item.contents, contents);
	/* Written in order, so a line that is there twice was not written by us. */
	if (state->count > 0 && compare(&state->items[state->count - 1], &item) >= 0)
		return -EINVAL;
	item.path = strdup(rest);
	if (!item.path)
		return -ENOMEM;
	r = state_append(state, &item);
	free(item.path);
	return r;
}

static int damaged(const char *path, struct problems *problems, unsigned int line)
{
	problems_add(problems, PROBLEM_ERROR, path, line,
		     "damaged: expected what the monitor writes. Restore it from a backup; without "
		     "it any older signed list is accepted once, so look at the lists before you "
		     "remove it");
	return -EINVAL;
}

static int parse(char *text, size_t size, const char *path, struct problems *problems,
		 struct state *state)
{
	char *line, *rest = text;
	unsigned int number = 0;

	/* The last line has its end too, or something is missing. */
	if (strlen(text) != size || size == 0 || text[size - 1] != '\n')
		return damaged(path, problems, 0);
	text[size - 1] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		int r;

		if (++number == 1)
			r = streq(line, HEADER) ? 0 : -EINVAL;
		else
			r = parse_line(line, state);
		if (r == -EINVAL)
			return damaged(path, problems, number);
		if (r < 0)
			return r;
	}
	return 0;
}

int sequences_parse(char *text, size_t size, const char *path, struct problems *problems)
{
	_cleanup_(state_release) struct state state = { 0 };

	return parse(text, size, path, problems, &state);
}

/* Returns 0 with an empty state if there is no file; -EACCES was not reported. */
static int read_state(const char *path, struct problems *problems, struct state *state)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *text = NULL;
	size_t size;
	int r;

	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		if (errno == EACCES)
			return -EACCES;
	}
	r = secure_open_file(path, NULL, problems, &fd);
	if (r < 0)
		return r;
	r = read_small_fd(fd, FILE_MAX, &text, &size);
	if (r == 0)
		return parse(text, size, path, problems, state);
	problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be read: %s", strerror(-r));
	return r;
}

static bool has_signed_lists(const struct policy *policy)
{
	for (size_t i = 0; i < policy_list_count(policy); i++)
		if (policy_list(policy, i)->signature.present)
			return true;
	return false;
}

/* Returns 0, or -EINVAL with the reason in @problems. */
static int check_list(const struct state *state, const struct policy_list *list,
		      struct problems *problems)
{
	struct accepted item = describe(list);
	const struct accepted *before = state_find(state, &item);

	if (!before || item.number > before->number)
		return 0;
	if (item.number < before->number)
		problems_add(problems, PROBLEM_ERROR, list->path, 0,
			     "older than before: its sequence (or timestamp) is %" PRIu64
			     ", and %" PRIu64 " was in force already",
			     item.number, before->number);
	else if (!streq(item.contents, before->contents))
		problems_add(problems, PROBLEM_ERROR, list->path, 0,
			     "another list with the sequence (or timestamp) %" PRIu64
			     " was in force already: sign it with a higher one",
			     item.number);
	else
		return 0;
	return -EINVAL;
}

static int check_lists(const struct state *state, const struct policy *policy,
		       struct problems *problems)
{
	int r = 0;

	for (size_t i = 0; i < policy_list_count(policy); i++) {
		const struct policy_list *list = policy_list(policy, i);

		if (list->signature.present && check_list(state, list, problems) < 0)
			r = -EINVAL;
	}
	return r;
}

int sequences_check(const char *directory, const struct policy *policy, struct problems *problems)
{
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_free_ char *path = NULL;
	int r;

	if (!has_signed_lists(policy))
		return 0;
	path = format_string("%s/" NAME, directory);
	if (!path)
		return -ENOMEM;
	r = read_state(path, problems, &state);
	if (r == -EACCES) {
		problems_add(problems, geteuid() == 0 ? PROBLEM_ERROR : PROBLEM_WARNING, path, 0,
			     "cannot be read: run as root to see whether a signed list is older "
			     "than before");
		return geteuid() == 0 ? r : 0;
	}
	return r < 0 ? r : check_lists(&state, policy, problems);
}

/* Brings the state to what is in force. True if that changed it. */
static int merge(struct state *state, const struct policy *policy, bool *ret_changed)
{
	bool changed = false;

	for (size_t i = 0; i < policy_list_count(policy); i++) {
		const struct policy_list *list = policy_list(policy, i);
		struct accepted item, *before;
		int r;

		if (!list->signature.present)
			continue;
		item = describe(list);
		before = state_find(state, &item);
		if (before && item.number <= before->number)
			continue;
		changed = true;
		if (before) {
			item.path = before->path;
			*before = item;
			continue;
		}
		item.path = strdup(item.path);
		r = item.path ? state_append(state, &item) : -ENOMEM;
		free(item.path);
		if (r < 0)
			return r;
		qsort(state->items, state->count, sizeof(*state->items), compare);
	}
	*ret_changed = changed;
	return 0;
}

static int write_state(const char *path, const struct state *state)
{
	_cleanup_(atomic_file_release) struct atomic_file file = { 0 };
	int r = atomic_file_begin(path, 0600, &file);

	if (r < 0)
		return r;
	fputs(HEADER "\n", file.stream);
	for (size_t i = 0; i < state->count; i++) {
		const struct accepted *item = &state->items[i];

		/* It could not be read again. */
		if (strchr(item->path, '\n'))
			return -EINVAL;
		fprintf(file.stream, "%" PRIu64 " %s %s %s\n", item->number, item->key_id,
			item->contents, item->path);
	}
	return atomic_file_commit(&file);
}

int sequences_accept(const char *directory, const struct policy *policy,
		     struct problems *problems)
{
	_cleanup_(state_release) struct state state = { 0 };
	_cleanup_free_ char *path = NULL;
	bool changed = false;
	int r;

	if (!has_signed_lists(policy))
		return 0;
	path = format_string("%s/" NAME, directory);
	r = path ? secure_make_directory(directory, 0700, problems) : -ENOMEM;
	if (r == 0)
		r = read_state(path, problems, &state);
	if (r == 0)
		r = merge(&state, policy, &changed);
	if (r < 0 || !changed)
		return r;
	r = write_state(path, &state);
	if (r < 0)
		problems_add(problems, PROBLEM_ERROR, path, 0, "cannot be written: %s",
			     strerror(-r));
	return r;
}
