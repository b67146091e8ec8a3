/* SPDX-License-Identifier: BSD-2-Clause */
#include "warning_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "cleanup.h"
#include "util.h"

#define SUFFIX ".json"

struct reader {
	struct problems *problems;
	warning_list_fn function;
	void *cookie;
};

static int is_warning_list(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > strlen(SUFFIX) &&
	       streq(entry->d_name + size - strlen(SUFFIX), SUFFIX);
}

static void read_items(const struct reader *reader, const char *name, const json_t *items)
{
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item) {
		if (json_string_length(item) == DIGEST_HEX_SIZE - 1 &&
		    digest_from_hex(json_string_value(item), digest) == 0)
			reader->function(reader->cookie, name, digest);
	}
}

static void read_document(const struct reader *reader, const char *path, const json_t *document)
{
	const json_t *items = json_object_get(document, "list");
	const char *name = json_string_value(json_object_get(document, "name"));
	const char *slash = strrchr(path, '/');

	if (json_is_array(items))
		read_items(reader, name ? name : slash + 1, items);
	else
		problems_add(reader->problems, PROBLEM_WARNING, path, 0,
			     "left out: expected a warning list, an object with an array \"list\"");
}

/* Returns 0 or a negative errno; -EINVAL for what is no regular file. */
static int read_text(const char *path, char **ret_text, size_t *ret_size)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return read_small_file(path, WARNING_LIST_BYTES_MAX, ret_text, ret_size);
}

static void read_file(const struct reader *reader, const char *path)
{
	_cleanup_free_ char *text = NULL, *quoted = NULL;
	json_error_t error;
	json_t *document;
	size_t size = 0;
	int r = read_text(path, &text, &size);

	if (r < 0) {
		problems_add(reader->problems, PROBLEM_WARNING, path, 0,
			     "left out: cannot be read: %s", strerror(-r));
		return;
	}
	document = json_loadb(text, size, 0, &error);
	if (document) {
		read_document(reader, path, document);
		json_decref(document);
		return;
	}
	quoted = problem_quote(error.text, strlen(error.text));
	problems_add(reader->problems, PROBLEM_WARNING, path,
		     error.line > 0 ? (unsigned int)error.line : 0, "left out: expected JSON: %s",
		     quoted ? quoted : "");
}

int warning_lists_read(const char *directory, struct problems *problems, warning_list_fn function,
		       void *cookie)
{
	const struct reader reader = { problems, function, cookie };
	struct dirent **names = NULL;
	int count = scandir(directory, &names, is_warning_list, alphasort), r = 0;

	if (count < 0 && errno != ENOENT)
		problems_add(problems, PROBLEM_WARNING, directory, 0,
			     "no warning list was read: %s", strerror(errno));
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *path = format_string("%s/%s", directory, names[i]->d_name);

		if (path)
			read_file(&reader, path);
		else
			r = -ENOMEM;
		free(names[i]);
	}
	free(names);
	return r;
}
