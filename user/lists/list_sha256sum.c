/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sha256sum(1) and its relatives (md5sum, sha1sum ...) write, in either style:
 *
 *	DIGEST  name		text mark
 *	DIGEST *name		binary mark
 *	SHA256 (name) = DIGEST	--tag
 *
 * A backslash before the line says that \\, \n and \r in the name are escapes.
 * What is not SHA-256 is counted as weak; a tag says it where the length would not.
 */
#include "list_format.h"

#include <string.h>

#include "util.h"

#define TAG_END	     ") = "
#define TAG_END_SIZE (sizeof(TAG_END) - 1)

static const char expected[] = "sha256sum's DIGEST  NAME or SHA256 (NAME) = DIGEST";

struct tag {
	const char *text;
	enum list_weak weak; /* LIST_WEAK_COUNT: SHA-256 */
};

static const struct tag tags[] = {
	{ "SHA256 (", LIST_WEAK_COUNT }, { "MD5 (", LIST_MD5 },	       { "SHA1 (", LIST_SHA1 },
	{ "SHA224 (", LIST_OTHER },	 { "SHA384 (", LIST_OTHER },   { "SHA512 (", LIST_OTHER },
	{ "SHA3-256 (", LIST_OTHER },	 { "SHA3-512 (", LIST_OTHER }, { "BLAKE2b (", LIST_OTHER },
	{ "BLAKE2b-256 (", LIST_OTHER }, { "RMD160 (", LIST_OTHER },   { "SM3 (", LIST_OTHER },
};

/* NULL: there is none. */
static const struct tag *find_tag(struct slice text)
{
	if (text.size < 5 || list_hex_run(text.bytes, 5) == 5) /* as nearly every line begins */
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		if (slice_begins(text, tags[i].text))
			return &tags[i];
	return NULL;
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice text = { first->text, first->size };
	size_t digits;

	(void)parser;
	if (text.size > 0 && *text.bytes == '\\') {
		text.bytes++;
		text.size--;
	}
	if (find_tag(text))
		return true;
	if (!list_begins_with_digest(text, &digits) || digits + 2 > text.size ||
	    text.bytes[digits] != ' ')
		return false;
	/* Blanks alone after a bare digest are no name. */
	return slice_trim((struct slice){ text.bytes + digits, text.size - digits }).size > 0;
}

/* DIGEST, a blank, a blank or the binary mark, and the name. */
static bool split_untagged(struct slice text, struct slice *ret_hex, struct slice *ret_name)
{
	const char *blank = memchr(text.bytes, ' ', text.size);
	size_t digits = blank ? (size_t)(blank - text.bytes) : text.size;

	*ret_hex = (struct slice){ text.bytes, digits };
	if (text.size < digits + 3 || (text.bytes[digits + 1] != ' ' &&
				       text.bytes[digits + 1] != '*'))
		return false;
	*ret_name = (struct slice){ text.bytes + digits + 2, text.size - digits - 2 };
	return true;
}

/* The name may hold ") = " itself, so the last one counts. */
static bool split_tagged(struct slice text, size_t tag_size, struct slice *ret_hex,
			 struct slice *ret_name)
{
	text = slice_trim(text);
	if (text.size < tag_size + TAG_END_SIZE)
		return false;
	for (size_t at = text.size - TAG_END_SIZE; at > tag_size; at--) {
		if (memcmp(text.bytes + at, TAG_END, TAG_END_SIZE) != 0)
			continue;
		*ret_name = (struct slice){ text.bytes + tag_size, at - tag_size };
		*ret_hex = (struct slice){ text.bytes + at + TAG_END_SIZE,
					   text.size - at - TAG_END_SIZE };
		return true;
	}
	return false;
}

/* Undoes the escapes in place. False if there is one that sha256sum does not write. */
static bool unescape(struct slice *name)
{
	char *out = (char *)name->bytes;
	size_t used = 0;

	for (size_t i = 0; i < name->size; i++) {
		char c = name->bytes[i];

		if (c == '\\') {
			if (++i == name->size || !strchr("\\nr", name->bytes[i]) ||
			    !name->bytes[i])
				return false;
			c = name->bytes[i] == 'n' ? '\n' : name->bytes[i] == 'r' ? '\r' : '\\';
		}
		out[used++] = c;
	}
	name->size = used;
	return true;
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice text = { line->text, line->size }, hex, name;
	bool escaped = *text.bytes == '\\', split;
	const struct tag *tag;

	if (escaped) {
		text.bytes++;
		text.size--;
	}
	tag = find_tag(text);
	split = tag ? split_tagged(text, strlen(tag->text), &hex, &name) :
		      split_untagged(text, &hex, &name);
	if (!split || slice_has_nul(name))
		return list_line_malformed(parser, line, expected);
	if (tag && tag->weak < LIST_WEAK_COUNT) {
		list_weak_digest(parser, line->number, hex, tag->weak);
		return false;
	}
	if (!list_digest(parser, line->number, hex, row->digest))
		return false;
	if (escaped && !unescape(&name)) {
		list_malformed(parser, line->number, name.bytes, name.size,
			       "only \\\\, \\n and \\r as escapes in a name");
		return false;
	}
	row->text[LIST_PATH] = name;
	return true;
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_sha256sum = {
	.name = "sha256sum",
	.description = "the output of sha256sum, GNU or BSD style; md5sum and others are counted",
	.detect = detect,
	.parse = parse,
};
