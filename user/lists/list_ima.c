/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's measurement list, ascii_runtime_measurements of IMA:
 *
 *	PCR TEMPLATE-HASH ima	 SHA1 PATH
 *	PCR TEMPLATE-HASH ima-ng ALGORITHM:DIGEST PATH
 *	PCR TEMPLATE-HASH ima-sig ALGORITHM:DIGEST PATH [SIGNATURE]
 *
 * The kernel writes blanks in paths as `_`. Measured boot (boot_aggregate),
 * buffers and violations, whose digest is zeros, are no files: no entries. Files
 * without contents are set aside.
 */
#include "list_format.h"

#include <string.h>

#include "util.h"

static const char expected[] =
	"IMA's PCR TEMPLATE-HASH TEMPLATE ALGORITHM:DIGEST PATH";

enum shape {
	SHAPE_OLD,    /* a digest without its algorithm, and the path */
	SHAPE_NG,     /* algorithm and digest, and the path */
	SHAPE_MORE,   /* algorithm and digest, the path, and more */
	SHAPE_BUFFER, /* not a file */
	SHAPE_COUNT,
};

static const struct {
	const char *name;
	enum shape shape;
} templates[] = {
	{ "ima-ng", SHAPE_NG },	      { "ima-sig", SHAPE_MORE },   { "ima", SHAPE_OLD },
	{ "ima-ngv2", SHAPE_NG },     { "ima-sigv2", SHAPE_MORE }, { "ima-buf", SHAPE_BUFFER },
	{ "ima-modsig", SHAPE_MORE }, { "evm-sig", SHAPE_MORE },
};

/* Takes the fields before the digest off; SHAPE_COUNT if they are not IMA's. */
static enum shape take_head(struct slice *rest)
{
	struct slice pcr, hash, template;

	*rest = slice_trim(*rest);
	pcr = slice_take(rest, ' ');
	hash = slice_take(rest, ' ');
	template = slice_take(rest, ' ');
	if (pcr.size == 0 || pcr.size > 2 || !slice_all(pcr, "0123456789") || hash.size < 32 ||
	    list_hex_run(hash.bytes, hash.size) != hash.size)
		return SHAPE_COUNT;
	for (size_t i = 0; i < ARRAY_SIZE(templates); i++)
		if (slice_is(template, templates[i].name))
			return templates[i].shape;
	return SHAPE_COUNT;
}

static bool detect(const struct list_parser *parser, const struct line *first)
{
	struct slice rest = { first->text, first->size };

	(void)parser;
	return take_head(&rest) != SHAPE_COUNT;
}

/*
 * [KIND:]ALGORITHM:DIGEST. What is not the SHA-256 of a file's bytes is counted; the
 * digest of fs-verity, of kind `verity`, is that of a tree.
 */
static bool read_digest(struct list_parser *parser, const struct line *line, struct slice text,
			struct list_row *row)
{
	struct slice hex, kind = { "ima", 3 };
	enum list_weak weak = LIST_OTHER;

	if (!slice_take_last(&text, ':', &hex))
		return list_line_malformed(parser, line, expected);
	if (slice_all(hex, "0") && hex.size > 0)
		return false;
	if (text.size > 0 && memchr(text.bytes, ':', text.size))
		kind = slice_take(&text, ':');
	if (slice_is(kind, "ima") && slice_is(text, "sha256"))
		return list_digest(parser, line->number, hex, row->digest);
	if (slice_is(text, "sha1"))
		weak = LIST_SHA1;
	else if (slice_is(text, "md5"))
		weak = LIST_MD5;
	list_weak_digest(parser, line->number, hex, weak);
	return false;
}

static bool parse_line(struct list_parser *parser, const struct line *line, struct list_row *row)
{
	struct slice rest = { line->text, line->size }, digest, path;
	enum shape shape = take_head(&rest);

	if (shape == SHAPE_BUFFER)
		return false;
	digest = slice_take(&rest, ' ');
	path = slice_trim(shape == SHAPE_MORE ? slice_take(&rest, ' ') : rest);
	if (shape == SHAPE_COUNT || digest.size == 0 || path.size == 0 || slice_has_nul(path))
		return list_line_malformed(parser, line, expected);
	if (slice_is(path, "boot_aggregate"))
		return false;
	if (shape == SHAPE_OLD) {
		if (!slice_all(digest, "0"))
			list_weak_digest(parser, line->number, digest,
					 digest.size == 32 ? LIST_MD5 : LIST_SHA1);
		return false;
	}
	if (!read_digest(parser, line, digest, row))
		return false;
	if (list_is_empty_file(row->digest)) {
		list_set_aside(parser);
		return false;
	}
	row->text[LIST_PATH] = path;
	return true;
}

static int parse(struct list_parser *parser)
{
	return list_each_line(parser, parse_line);
}

const struct list_format list_format_ima = {
	.name = "ima",
	.description = "IMA's ASCII measurement list",
	.detect = detect,
	.parse = parse,
};
