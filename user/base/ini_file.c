/* SPDX-License-Identifier: BSD-2-Clause */
#include "ini_file.h"

#include <ini.h>
#include <stdint.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "util.h"

#define INI_FILE_MAX	(1U << 20) /* bytes */
#define INI_LINE_LENGTH 2000	   /* bytes, where inih lets us choose; else 200 */
#define SECTION_MAX	49U	   /* inih cuts a longer name without a word */

/* Debian's inih has its limits as variables; other builds have them compiled in. */
extern int ini_max_line __attribute__((weak)); /* NOLINT: ini.h has it, not weak */

struct reader {
	const char *text; /* what is left */
	size_t left;
	struct ini_line line;
	char section[SECTION_MAX + 1];
	struct problems *problems;
	ini_line_fn function;
	void *cookie;
};

static void line_error(struct reader *reader, const char *text)
{
	problems_add(reader->problems, PROBLEM_ERROR, reader->line.file, reader->line.number, "%s",
		     text);
}

/* Reports the section that @text begins, which inih does not do. */
static void begin_section(struct reader *reader, const char *text)
{
	size_t size = strcspn(text + 1, "]");
	const char *after;

	if (text[1 + size] != ']')
		return; /* inih will say so */
	after = text + 1 + size + 1;
	after += strspn(after, " \t\r\n");
	if (*after && *after != ';' && *after != '#')
		problems_add_found(reader->problems, reader->line.file, reader->line.number, after,
				   strcspn(after, "\r\n"), "expected nothing after [section]");
	if (size > SECTION_MAX) {
		problems_add(reader->problems, PROBLEM_ERROR, reader->line.file,
			     reader->line.number, "expected a section name of at most %u bytes",
			     SECTION_MAX);
		size = SECTION_MAX;
	}
	memcpy(reader->section, text + 1, size);
	reader->section[size] = '\0';
	reader->line.key = reader->line.value = NULL;
	reader->function(reader->cookie, &reader->line);
}

/*
 * Hands inih one line, as fgets(3) would. Leading blanks are left out, because
 * inih takes an indented line for more of the value before it.
 */
static char *next_line(char *line, int room, void *cookie)
{
	struct reader *reader = cookie;
	const char *text = reader->text;
	const char *newline = memchr(text, '\n', reader->left);
	size_t size = newline ? (size_t)(newline - text) : reader->left;

	if (reader->left == 0)
		return NULL;
	reader->text += size + (newline != NULL);
	reader->left -= size + (newline != NULL);
	reader->line.number++;
	while (size > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		size--;
	}
	/* inih wants room for "\r\n" and the NUL. */
	if (size + 3 > (size_t)room) {
		problems_add(reader->problems, PROBLEM_ERROR, reader->line.file,
			     reader->line.number, "expected a line of at most %d bytes", room - 3);
		size = 0;
	} else if (memchr(text, '\0', size)) {
		line_error(reader, "expected text, found a NUL byte");
		size = 0;
	}
	memcpy(line, text, size);
	line[size] = '\n';
	line[size + 1] = '\0';
	if (*line == '[')
		begin_section(reader, line);
	return line;
}

static int handle_key(void *cookie, const char *section, const char *key, const char *value)
{
	struct reader *reader = cookie;

	(void)section; /* begin_section() has it, uncut */
	reader->line.key = key;
	reader->line.value = value;
	reader->function(reader->cookie, &reader->line);
	return 1;
}

static int read_whole(int fd, struct buffer *ret_text)
{
	char block[4096];

	for (;;) {
		ssize_t n = read(fd, block, sizeof(block));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return ret_text->failed ? -ENOMEM : 0;
		if (ret_text->size + (size_t)n > INI_FILE_MAX)
			return -EFBIG;
		buffer_append(ret_text, block, (size_t)n);
	}
}

static void parse(struct reader *reader)
{
	static const char bom[] = { '\xef', '\xbb', '\xbf' };
	int r;

	if (reader->left >= sizeof(bom) && memcmp(reader->text, bom, sizeof(bom)) == 0) {
		reader->text += sizeof(bom);
		reader->left -= sizeof(bom);
	}
	if (&ini_max_line)
		ini_max_line = INI_LINE_LENGTH;
	r = ini_parse_stream(next_line, reader, handle_key, reader);
	if (r < 0) {
		line_error(reader, "out of memory");
	} else if (r > 0) {
		reader->line.number = (unsigned int)r;
		line_error(reader, "expected [section], key = value or a comment");
	}
}

int ini_read(int fd, const char *file, struct problems *problems, ini_line_fn function,
	     void *cookie)
{
	struct buffer text = { 0 };
	struct reader reader = {
		.line.file = file,
		.problems = problems,
		.function = function,
		.cookie = cookie,
	};
	int r = read_whole(fd, &text);

	reader.line.section = reader.section;
	if (r == -EFBIG) {
		problems_add(problems, PROBLEM_ERROR, file, 0, "expected at most %u bytes",
			     INI_FILE_MAX);
	} else if (r < 0) {
		problems_add(problems, PROBLEM_ERROR, file, 0, "cannot be read: %s", strerror(-r));
	} else if (text.size > 0) {
		reader.text = text.data;
		reader.left = text.size;
		parse(&reader);
	}
	buffer_release(&text);
	return r;
}

static const struct ini_key *table_row(const struct ini_table *table, size_t index)
{
	return (const void *)((const char *)table->rows + index * table->stride);
}

/* Appends the names of the sections, or of the keys of @section, with commas between. */
static void append_known(struct buffer *text, const struct ini_table *table, const char *section)
{
	const char *last = "";

	for (size_t i = 0; i < table->count; i++) {
		const struct ini_key *row = table_row(table, i);
		const char *name = section ? row->key : row->section;

		if ((section && !streq(row->section, section)) || streq(name, last))
			continue;
		buffer_append_string(text, *last ? ", " : "");
		buffer_append_string(text, name);
		last = name;
	}
	buffer_append_char(text, '\0');
}

static void add_unknown(const struct ini_table *table, const struct ini_line *line,
			struct problems *problems)
{
	const char *found = line->key ? line->key : line->section;
	struct buffer known = { 0 };

	append_known(&known, table, line->key ? line->section : NULL);
	problems_add_found(problems, line->file, line->number, found, strlen(found),
			   "unknown %s: expected one of %s", line->key ? "key" : "section",
			   known.failed ? "those in the manual" : known.data);
	buffer_release(&known);
}

static bool section_is_known(const struct ini_table *table, const char *section)
{
	for (size_t i = 0; i < table->count; i++)
		if (streq(table_row(table, i)->section, section))
			return true;
	return false;
}

static const struct ini_key *find_row(const struct ini_table *table, const struct ini_line *line,
				      size_t *ret_index)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct ini_key *row = table_row(table, i);

		if (streq(row->section, line->section) && streq(row->key, line->key)) {
			*ret_index = i;
			return row;
		}
	}
	return NULL;
}

const void *ini_lookup(const struct ini_table *table, const struct ini_line *line,
		       struct problems *problems)
{
	const struct ini_key *row;
	size_t index;

	if (!*line->section && line->key) {
		problems_add_found(problems, line->file, line->number, line->key,
				   strlen(line->key), "expected a [section] before the first key");
		return NULL;
	}
	if (!section_is_known(table, line->section)) {
		if (!line->key)
			add_unknown(table, line, problems);
		return NULL;
	}
	if (!line->key)
		return NULL;
	row = find_row(table, line, &index);
	if (!row) {
		add_unknown(table, line, problems);
		return NULL;
	}
	if (table->seen[index] && !row->repeats) {
		problems_add(problems, PROBLEM_ERROR, line->file, line->number,
			     "%s is given twice: expected one, first given in line %u", row->key,
			     table->seen[index]);
		return NULL;
	}
	if (!*line->value) {
		problems_add(problems, PROBLEM_ERROR, line->file, line->number,
			     "%s has no value: expected %s = ...", row->key, row->key);
		return NULL;
	}
	if (!table->seen[index])
		table->seen[index] = line->number;
	return row;
}
