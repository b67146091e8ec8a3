/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `rpm -q --dump` writes:
 *
 *	path size mtime digest mode owner group isconfig isdoc rdev symlink
 *
 * Paths and what links point to may hold blanks: the path ends at the first blank
 * behind which everything else fits. Directories, links, devices and files that
 * are not in the package (%ghost) are no entries; files without contents are set
 * aside, since packages are full of them.
 */
#include "list_format.h"

#define TYPE_MASK    0170000U
#define TYPE_REGULAR 0100000U
#define TYPE_LINK    0120000U

static const char expected[] =
	"rpm's path size mtime digest mode owner group isconfig isdoc rdev symlink";

struct fields {
	struct slice path;
	struct slice digest;
	uint64_t size;
	unsigned int mode;
};

static bool read_mode(struct slice text, unsigned int *ret_mode)
{
	unsigned int mode = 0;

	if (text.size < 2 || text.size > 8 || *text.bytes != '0' || !slice_all(text, "01234567"))
		return false;
	for (size_t i = 0; i < text.size; i++)
		mode = mode << 3 | (unsigned int)(text.bytes[i] - '0');
	*ret_mode = mode;
	return true;
}

static bool is_number(struct slice text)
{
	return text.size > 0 && slice_all(text, "0123456789");
}

static bool is_flag(struct slice text)
{
	return text.size == 1 && (*text.bytes == '0' || *text.bytes == '1');
}

/* Whether this is all that stands behind a path. */
static bool match(struct slice rest, struct fields *fields)
{
	if (!list_parse_size(slice_take(&rest, ' '), &fields->size) ||
	    !is_number(slice_take(&rest, ' ')))
		return false;
	fields->digest = slice_take(&rest, ' ');
	if (list_hex_run(fields->digest.bytes, fields->digest.size) != fields->digest.size ||
	    !read_mode(slice_take(&rest, ' '), &fields->mode))
		return false;
	if (slice_take(&rest, ' ').size == 0 || slice_take(&rest, ' ').size == 0 ||
	    !is_flag(slice_take(&rest, ' ')) || !is_flag(slice_take(&rest, ' ')) ||
	    !is_number(slice_take(&rest, ' ')))
		return false;
	return (fields->mode & TYPE_MASK) == TYPE_LINK ? rest.size > 0 : slice_is(rest, "X");
}

static bool split(const struct line *line, struct fields *fields)
{
	struct slice text = slice_trim((struct slice){ line->text, line->size }), rest = text;

	if (text.size == 0 || *text.bytes != '/' || slice_has_nul(text))
		return false;
	while (rest.size > 0) {
		slice_take(&rest, ' ');
		if (rest.size > 0 && match(rest, fields)) {
			fields->path = (struct slice){
				text.bytes, (size_t)(rest.bytes - text.bytes) - 1
			};
			return true;
		}
	}
	return false;
}

/* Of a package that has none, among others in `rpm -qa --dump`. */
static bool is_no_files(const struct line *line)
{
	return slice_is(slice_trim((struct slice){ line->text, line->size }),
			"(contains no files)");
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct fields fields;

	(void)parser;
	return split(first, &fields) || is_no_files(first);
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct fields fields;

	if (is_no_files(line))
		return false;
	if (!split(line, &fields))
		return list_line_malformed(parser, line, expected);
	if ((fields.mode & TYPE_MASK) != TYPE_REGULAR || slice_all(fields.digest, "0"))
		return false;
	if (!list_digest(parser, line->number, fields.digest, row->digest))
		return false;
	if (fields.size == 0) {
		list_set_aside(parser);
		return false;
	}
	row->size = fields.size;
	row->text[LIST_PATH] = fields.path;
	return true;
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_rpm_dump = {
	.name = "rpm-dump",
	.description = "the output of rpm -q --dump",
	.detect = detect,
	.parse = parse,
};
