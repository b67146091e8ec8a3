/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file `md5sums` of a Debian package, as in /var/lib/dpkg/info: MD5, two blanks,
 * and a path without its first slash. None of it can be enforced, so all of it is
 * counted. md5sum's output looks the same but for where the paths begin.
 */
#include "list_format.h"

#include "util.h"

static const char *const directories[] = { "usr/", "etc/",  "bin/", "sbin/", "lib",
					   "opt/", "var/", "boot/", "srv/" };

static bool split(const struct line *line, struct slice *ret_hex, struct slice *ret_path)
{
	struct slice rest = { line->text, line->size };

	*ret_hex = slice_take(&rest, ' ');
	if (rest.size < 2 || *rest.bytes != ' ' || slice_has_nul(rest))
		return false;
	*ret_path = (struct slice){ rest.bytes + 1, rest.size - 1 };
	return true;
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice hex, path;

	(void)parser;
	if (!split(first, &hex, &path) || hex.size != 32 || list_hex_run(hex.bytes, hex.size) != 32)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (slice_begins(path, directories[i]))
			return true;
	return false;
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice hex, path;

	if (!split(line, &hex, &path))
		return list_line_malformed(parser, line, "dpkg's MD5  PATH");
	row->text[LIST_PATH] = path;
	return list_digest(parser, line->number, hex, row->digest);
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_dpkg_md5sums = {
	.name = "dpkg-md5sums",
	.description = "the md5sums of a Debian package: counted, since MD5 is not enforceable",
	.detect = detect,
	.parse = parse,
};
