/* SPDX-License-Identifier: BSD-2-Clause */
#include "line_reader.h"

#include <string.h>

#include "byte_source.h"
#include "cleanup.h"
#include "list.h"

#define BUFFER_SIZE (4 * LIST_LINE_MAX) /* bytes; at least two lines and their ends */

/*
 *	buffer: | done | line | rest, not looked at | free |
 *	              first  next                  end
 */
struct line_reader {
	struct byte_source *source;
	size_t first;	 /* of the last line given */
	size_t next;	 /* behind it and its line end */
	size_t end;	 /* of what was read */
	uint32_t number; /* of the last line given, by its last physical line */
	bool ended;
	bool again;
	struct line last;
	char buffer[BUFFER_SIZE];
};

static void reader_free_pointer(struct line_reader **reader)
{
	line_reader_free(*reader);
}

int line_reader_new(int fd, struct line_reader **ret_reader)
{
	_cleanup_(reader_free_pointer) struct line_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	r = byte_source_new(fd, &reader->source);
	if (r < 0)
		return r;
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

void line_reader_free(struct line_reader *reader)
{
	if (!reader)
		return;
	byte_source_free(reader->source);
	free(reader);
}

/* Reads more behind the end, after moving the current line to the front. */
static int read_more(struct line_reader *reader)
{
	ssize_t n;

	if (reader->first > 0) {
		memmove(reader->buffer, reader->buffer + reader->first,
			reader->end - reader->first);
		reader->next -= reader->first;
		reader->end -= reader->first;
		reader->first = 0;
	}
	n = byte_source_read(reader->source, reader->buffer + reader->end,
			     BUFFER_SIZE - reader->end);
	if (n < 0)
		return (int)n;
	reader->ended = n == 0;
	reader->end += (size_t)n;
	return 0;
}

/*
 * Offset from `first` of the line end that follows `next`, or of the end of the
 * file; at most LIST_LINE_MAX + 2 bytes are looked at. Returns 1 with the line
 * end in sight, 0 at the end of the file, -EMSGSIZE if the line is too long.
 */
static int find_end(struct line_reader *reader, size_t *ret_offset)
{
	size_t looked = reader->next - reader->first;

	for (;;) {
		size_t have = reader->end - reader->first;
		const char *from = reader->buffer + reader->first + looked;
		const char *newline = memchr(from, '\n', have - looked);
		int r;

		if (newline) {
			*ret_offset = (size_t)(newline - reader->buffer) - reader->first;
			return 1;
		}
		if (reader->ended) {
			*ret_offset = have;
			return 0;
		}
		if (have > LIST_LINE_MAX + 2)
			return -EMSGSIZE;
		looked = have;
		r = read_more(reader);
		if (r < 0)
			return r;
	}
}

/* Drops the rest of a line that is too long. */
static int skip_line(struct line_reader *reader)
{
	for (;;) {
		const char *from = reader->buffer + LIST_LINE_MAX;
		const char *newline = memchr(from, '\n', reader->end - LIST_LINE_MAX);
		int r;

		if (newline) {
			reader->next = (size_t)(newline - reader->buffer) + 1;
			return 0;
		}
		reader->next = reader->end = LIST_LINE_MAX;
		if (reader->ended)
			return 0;
		r = read_more(reader);
		if (r < 0)
			return r;
	}
}

static int skip_byte_order_mark(struct line_reader *reader)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };

	while (!reader->ended && reader->end < sizeof(mark)) {
		int r = read_more(reader);

		if (r < 0)
			return r;
	}
	if (reader->end >= sizeof(mark) && memcmp(reader->buffer, mark, sizeof(mark)) == 0)
		reader->first = reader->next = sizeof(mark);
	return 0;
}

int line_reader_peek(struct line_reader *reader, const char **ret_bytes, size_t *ret_size)
{
	int r = skip_byte_order_mark(reader);

	while (r == 0 && !reader->ended && reader->end - reader->next < LIST_LINE_MAX)
		r = read_more(reader);
	if (r < 0)
		return r;
	*ret_bytes = reader->buffer + reader->next;
	*ret_size = reader->end - reader->next;
	return 0;
}

ssize_t line_reader_read(struct line_reader *reader, void *bytes, size_t size)
{
	size_t have = reader->end - reader->next;

	if (have == 0)
		return byte_source_read(reader->source, bytes, size);
	if (size > have)
		size = have;
	memcpy(bytes, reader->buffer + reader->next, size);
	reader->next += size;
	return (ssize_t)size;
}

static bool ends_in_cr(const struct line_reader *reader, size_t offset)
{
	return offset > 0 && reader->buffer[reader->first + offset - 1] == '\r';
}

/* Gives what lies between `first` and @offset behind it, without a CR at its end. */
static void set_line(struct line_reader *reader, size_t offset, struct line *line)
{
	line->text = reader->buffer + reader->first;
	line->size = offset - ends_in_cr(reader, offset);
	line->cut = line->size > LIST_LINE_MAX;
	if (line->cut)
		line->size = LIST_LINE_MAX;
	reader->last = *line;
}

/* A line whose end is not in sight: gives its beginning, skips the rest. */
static int give_cut(struct line_reader *reader, struct line *ret_line)
{
	int r;

	if (reader->first > 0) {
		memmove(reader->buffer, reader->buffer + reader->first,
			reader->end - reader->first);
		reader->end -= reader->first;
		reader->first = reader->next = 0;
	}
	r = skip_line(reader);
	if (r < 0)
		return r;
	ret_line->number = ++reader->number;
	set_line(reader, LIST_LINE_MAX + 1, ret_line);
	ret_line->cut = reader->last.cut = true;
	return 1;
}

int line_reader_next(struct line_reader *reader, struct line *ret_line)
{
	size_t offset;
	int r;

	if (reader->again) {
		reader->again = false;
		*ret_line = reader->last;
		return 1;
	}
	reader->first = reader->next;
	if (reader->number == 0) {
		r = skip_byte_order_mark(reader);
		if (r < 0)
			return r;
	}
	r = find_end(reader, &offset);
	if (r == -EMSGSIZE)
		return give_cut(reader, ret_line);
	if (r < 0)
		return r;
	if (r == 0 && offset == 0)
		return 0;
	reader->next = reader->first + offset + (r > 0);
	ret_line->number = ++reader->number;
	set_line(reader, offset, ret_line);
	return 1;
}

void line_reader_again(struct line_reader *reader)
{
	reader->again = true;
}

int line_reader_extend(struct line_reader *reader, struct line *line)
{
	size_t offset;
	int r = find_end(reader, &offset);

	if (r < 0)
		return r;
	if (r == 0 && reader->first + offset == reader->next)
		return 0;
	if (offset - ends_in_cr(reader, offset) > LIST_LINE_MAX)
		return -EMSGSIZE;
	reader->next = reader->first + offset + (r > 0);
	reader->number++;
	set_line(reader, offset, line);
	return 1;
}

const char *line_reader_compression(const struct line_reader *reader)
{
	return byte_source_compression(reader->source);
}
