/* SPDX-License-Identifier: BSD-2-Clause */
#include "list.h"

#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "list_format.h"
#include "list_json.h"
#include "util.h"

/* The first that recognises the list reads it. */
static const struct list_format *const formats[] = {
	&list_format_misp_csv,
	&list_format_malwarebazaar,
	&list_format_csv,
	&list_format_dpkg_md5sums,
	&list_format_sha256sum,
	&list_format_plain,
	&list_format_semicolon,
	&list_format_clamav,
	&list_format_wazuh_cdb,
	&list_format_ima,
	&list_format_rpm_dump,
	&list_format_fapolicyd,
	&list_format_santa,
	&list_format_misp,
	&list_format_stix,
	&list_format_cyclonedx,
	&list_format_spdx,
};

static void reader_free_pointer(struct line_reader **reader)
{
	line_reader_free(*reader);
}

static bool says_nothing(const struct line *line)
{
	struct slice text = slice_trim((struct slice){ line->text, line->size });

	return text.size == 0 || line->text[0] == '#';
}

/* Keeps a comment that stands before everything else. */
static void keep_comment(struct list_parser *parser, const struct line *line)
{
	if (parser->begun || line->size >= LIST_COMMENTS_MAX - parser->comments_size)
		return;
	memcpy(parser->comments + parser->comments_size, line->text, line->size);
	parser->comments_size += line->size;
	parser->comments[parser->comments_size++] = '\n';
}

int list_next_line(struct list_parser *parser, struct line *ret_line)
{
	for (;;) {
		int r = line_reader_next(parser->lines, ret_line);

		if (r <= 0)
			return r;
		if (ret_line->cut)
			problems_add_found(parser->problems, parser->file, ret_line->number,
					   ret_line->text, ret_line->size,
					   "expected a line of at most %u bytes", LIST_LINE_MAX);
		else if (says_nothing(ret_line))
			keep_comment(parser, ret_line);
		else
			break;
	}
	parser->begun = true;
	return 1;
}

void list_malformed(struct list_parser *parser, uint32_t line, const void *found,
		    size_t found_size, const char *expected)
{
	problems_add_found(parser->problems, parser->file, line, found, found_size, "expected %s",
			   expected);
}

/* What a run of that many hexadecimal digits is, if it is no SHA-256; LIST_WEAK_COUNT: nothing. */
static enum list_weak weak_by_length(size_t digits)
{
	switch (digits) {
	case 32:
		return LIST_MD5;
	case 40:
		return LIST_SHA1;
	case 56: /* SHA-224 */
	case 96: /* SHA-384 */
	case 128: /* SHA-512 */
		return LIST_OTHER;
	}
	return LIST_WEAK_COUNT;
}

const char *list_weak_name(enum list_weak weak)
{
	static const char *const names[LIST_WEAK_COUNT] = { "MD5", "SHA-1", "other" };

	return names[weak];
}

void list_weak(struct list_parser *parser, enum list_weak weak)
{
	parser->facts.weak[weak]++;
}

void list_set_aside(struct list_parser *parser)
{
	parser->facts.set_aside++;
}

bool list_digest(struct list_parser *parser, uint32_t line, struct slice hex,
		 uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	enum list_weak weak = LIST_WEAK_COUNT;

	if (hex.size == DIGEST_HEX_SIZE - 1 && digest_from_hex(hex.bytes, ret_digest) == 0)
		return true;
	if (list_hex_run(hex.bytes, hex.size) == hex.size)
		weak = weak_by_length(hex.size);
	if (weak < LIST_WEAK_COUNT)
		list_weak(parser, weak);
	else
		list_malformed(parser, line, hex.bytes, hex.size,
			       "a SHA-256: 64 hexadecimal digits");
	return false;
}

bool list_is_empty_file(const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	/* SHA-256 of no bytes (FIPS 180-4). */
	static const uint8_t empty[INTERDICT_DIGEST_SIZE] = {
		0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
		0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
		0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
	};

	return memcmp(digest, empty, sizeof(empty)) == 0;
}

int list_emit(struct list_parser *parser, const struct list_row *row)
{
	if (list_is_empty_file(row->digest) || row->size == 0) {
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, row->line,
			     "expected the digest of a file that holds something, found the %s",
			     row->size == 0 ? "size 0" : "digest of the empty file");
		return 0;
	}
	if (parser->facts.rows == LIST_ROWS_MAX) {
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, row->line,
			     "expected at most %u entries", LIST_ROWS_MAX);
		return -E2BIG;
	}
	parser->facts.rows++;
	return parser->function(parser->cookie, row);
}

static void report_unknown(struct list_parser *parser, const struct line *line)
{
	struct buffer known = { 0 };

	buffer_append_string(&known, "a list in one of the formats");
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		buffer_append_string(&known, i ? ", " : " ");
		buffer_append_string(&known, formats[i]->name);
	}
	buffer_append_char(&known, '\0');
	list_malformed(parser, line->number, line->text, line->size,
		       known.failed ? "a list" : known.data);
	buffer_release(&known);
}

/* Whether the list is a document, not lines: by the format, if that is said, or by its beginning. */
static int is_document(struct list_parser *parser, const struct list_format *format)
{
	const char *bytes;
	size_t size;
	int r;

	if (format)
		return format->parse_document != NULL;
	r = line_reader_peek(parser->lines, &bytes, &size);
	return r < 0 ? r : list_json_begins(bytes, size);
}

/* Finds the format, unless @format says it, and reads the list. */
static int parse(struct list_parser *parser, const struct list_format *format)
{
	struct line line;
	int r = is_document(parser, format);

	if (r > 0)
		return format ? list_json_parse(parser, &format, 1) :
				list_json_parse(parser, formats, ARRAY_SIZE(formats));
	if (r == 0)
		r = list_next_line(parser, &line);
	if (r <= 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		if (!formats[i]->parse)
			continue;
		if (format ? formats[i] != format : !formats[i]->detect(parser, &line))
			continue;
		parser->facts.format = formats[i]->name;
		line_reader_again(parser->lines);
		return formats[i]->parse(parser);
	}
	report_unknown(parser, &line);
	return 0;
}

bool list_format_at(size_t index, struct list_format_name *ret_format)
{
	if (index >= ARRAY_SIZE(formats))
		return false;
	*ret_format = (struct list_format_name){ formats[index]->name, formats[index]->description };
	return true;
}

/* Returns 0, or -EINVAL if there is no such format, which was reported. */
static int find_format(const char *name, const char *file, struct problems *problems,
		       const struct list_format **ret_format)
{
	*ret_format = NULL;
	if (!name)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (streq(formats[i]->name, name))
			*ret_format = formats[i];
	if (*ret_format)
		return 0;
	problems_add_found(problems, file, 0, name, strlen(name),
			   "expected the name of a list format (`interdict list import --format ?`)");
	return -EINVAL;
}

/* Reports why the reading of @parser's list ended early. */
static void report_read_error(const struct list_parser *parser, int error)
{
	switch (error) {
	case -EBADMSG:
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "expected %s data, whole and undamaged",
			     line_reader_compression(parser->lines));
		break;
	case -E2BIG:
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "unpacks to more than %u times its size: expected a list",
			     LIST_RATIO_MAX);
		break;
	case -EFBIG:
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "expected at most %u bytes, unpacked", LIST_BYTES_MAX);
		break;
	default:
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "cannot be read: %s", strerror(-error));
		break;
	}
}

/* Remembers an error of the caller's function, which is not one of the list. */
struct row_guard {
	list_row_fn function;
	void *cookie;
	int error;
};

static int guard_row(void *cookie, const struct list_row *row)
{
	struct row_guard *guard = cookie;

	guard->error = guard->function(guard->cookie, row);
	return guard->error;
}

int list_read(int fd, const char *file, const char *format_name, struct problems *problems,
	      list_row_fn function, void *cookie, struct list_facts *ret_facts)
{
	_cleanup_(reader_free_pointer) struct line_reader *lines = NULL;
	const struct list_format *format;
	struct row_guard guard = { function, cookie, 0 };
	struct list_parser parser = {
		.file = file,
		.problems = problems,
		.function = guard_row,
		.cookie = &guard,
	};
	int r = find_format(format_name, file, problems, &format);

	if (r < 0)
		return r;
	r = line_reader_new(fd, &lines);
	parser.lines = lines;
	if (r == 0)
		r = parse(&parser, format);
	if (r < 0) {
		if (!guard.error && parser.facts.rows < LIST_ROWS_MAX)
			report_read_error(&parser, r);
		return r;
	}
	parser.facts.compression = line_reader_compression(lines);
	*ret_facts = parser.facts;
	return 0;
}
