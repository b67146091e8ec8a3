/* SPDX-License-Identifier: BSD-2-Clause */
#include "list_json.h"

#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "escape.h"
#include "util.h"

#define KEYS_SHOWN 6U /* of a document that is of no known format */

/* Hands the list to jansson piece by piece, so that its text is never held whole. */
struct reader {
	struct line_reader *lines;
	uint64_t bytes;
	uint64_t values;
	int error;
};

static const char *skip_blanks(const char *bytes, const char *end)
{
	while (bytes < end && (*bytes == ' ' || *bytes == '\t' || *bytes == '\r' || *bytes == '\n'))
		bytes++;
	return bytes;
}

/* [ also begins a table of TOML, [[rules]], so what follows it decides. */
bool list_json_begins(const char *bytes, size_t size)
{
	const char *end = bytes + size;
	const char *at = skip_blanks(bytes, end);

	if (at == end || (*at != '{' && *at != '['))
		return false;
	if (*at == '{')
		return true;
	at = skip_blanks(at + 1, end);
	return at < end && (*at == '{' || *at == ']' || *at == '"');
}

static size_t read_piece(void *buffer, size_t size, void *cookie)
{
	struct reader *reader = cookie;
	const char *bytes = buffer;
	ssize_t n = line_reader_read(reader->lines, buffer, size);

	if (n < 0) {
		reader->error = (int)n;
		return (size_t)-1;
	}
	reader->bytes += (uint64_t)n;
	for (ssize_t i = 0; i < n; i++)
		reader->values += bytes[i] == ',' || bytes[i] == '{' || bytes[i] == '[';
	if (reader->bytes > LIST_JSON_BYTES_MAX || reader->values > LIST_JSON_VALUES_MAX) {
		reader->error = -EOVERFLOW;
		return (size_t)-1;
	}
	return (size_t)n;
}

/* jansson's text quotes the input. */
static void report_syntax(struct list_parser *parser, const json_error_t *error)
{
	struct buffer text = { 0 };

	escape_append(&text, error->text, strnlen(error->text, sizeof(error->text)));
	buffer_append_char(&text, '\0');
	problems_add(parser->problems, PROBLEM_ERROR, parser->file,
		     error->line > 0 ? (unsigned int)error->line : 0,
		     "column %d: expected JSON: %s", error->column,
		     text.failed ? "malformed" : text.data);
	buffer_release(&text);
}

/* Returns 0 with *ret_document NULL if the document was reported as malformed. */
static int load(struct list_parser *parser, json_t **ret_document)
{
	struct reader reader = { .lines = parser->lines };
	json_error_t error;

	*ret_document = json_load_callback(read_piece, &reader, JSON_REJECT_DUPLICATES, &error);
	if (reader.error == -EOVERFLOW) {
		json_decref(*ret_document);
		*ret_document = NULL;
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "expected JSON of at most %u bytes and %u values", LIST_JSON_BYTES_MAX,
			     LIST_JSON_VALUES_MAX);
		return 0;
	}
	if (reader.error < 0) {
		json_decref(*ret_document);
		*ret_document = NULL;
		return reader.error;
	}
	if (!*ret_document && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!*ret_document)
		report_syntax(parser, &error);
	return 0;
}

/* What the document looks like, in a few words. */
static void describe(const json_t *document, struct buffer *text)
{
	const char *key;
	json_t *value;
	unsigned int shown = 0;

	if (json_is_array(document)) {
		buffer_append_string(text, "an array, first of it: ");
		document = json_array_get(document, 0);
	}
	if (!json_is_object(document)) {
		buffer_append_string(text, "no object");
		return;
	}
	buffer_append_string(text, "an object with");
	json_object_foreach((json_t *)document, key, value) {
		buffer_append_string(text, shown ? ", " : " ");
		if (shown++ == KEYS_SHOWN) {
			buffer_append_string(text, "...");
			return;
		}
		escape_append_value(text, key, strlen(key), 32);
	}
	if (!shown)
		buffer_append_string(text, " nothing in it");
}

static void report_unknown(struct list_parser *parser, const struct list_format *const *formats,
			   size_t count, const json_t *document)
{
	struct buffer known = { 0 }, found = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (!formats[i]->detect_document)
			continue;
		buffer_append_string(&known, known.size ? ", or " : "");
		buffer_append_string(&known, formats[i]->description);
	}
	buffer_append_char(&known, '\0');
	describe(document, &found);
	buffer_append_char(&found, '\0');
	problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0, "expected %s, found %s",
		     known.failed ? "a list" : known.data, found.failed ? "another" : found.data);
	buffer_release(&known);
	buffer_release(&found);
}

static void document_release(json_t **document)
{
	json_decref(*document);
}

int list_json_parse(struct list_parser *parser, const struct list_format *const *formats,
		    size_t count)
{
	_cleanup_(document_release) json_t *document = NULL;
	int r = load(parser, &document);

	if (r < 0 || !document)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (!formats[i]->detect_document || !formats[i]->detect_document(document))
			continue;
		parser->facts.format = formats[i]->name;
		return formats[i]->parse_document(parser, document);
	}
	report_unknown(parser, formats, count, document);
	return 0;
}

struct slice list_json_text(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return (struct slice){ json_is_string(value) ? json_string_value(value) : "",
			       json_string_length(value) };
}

bool list_json_is_text(const json_t *object, const char *key, const char *text)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value && streq(value, text);
}

const json_t *list_json_array(struct list_parser *parser, struct slice where,
			      const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	char expected[64];

	if (!value || json_is_null(value) || json_is_array(value))
		return json_is_array(value) ? value : NULL;
	snprintf(expected, sizeof(expected), "an array as \"%s\"", key);
	list_json_malformed(parser, where, value, expected);
	return NULL;
}

static const char *type_name(const json_t *value)
{
	if (!value)
		return "nothing";
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a truth value";
	case JSON_NULL:
		return "null";
	case JSON_STRING:
		break;
	}
	return "a text";
}

void list_json_found(struct list_parser *parser, struct slice where, struct slice found,
		     const char *expected)
{
	_cleanup_free_ char *place = problem_quote(where.bytes ? where.bytes : "", where.size);

	if (found.size > 0)
		problems_add_found(parser->problems, parser->file, 0, found.bytes, found.size,
				   "%s: expected %s", place ? place : "?", expected);
	else
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "%s: expected %s, found nothing more", place ? place : "?", expected);
}

void list_json_malformed(struct list_parser *parser, struct slice where, const json_t *found,
			 const char *expected)
{
	_cleanup_free_ char *place = problem_quote(where.bytes ? where.bytes : "", where.size);

	if (json_is_string(found))
		problems_add_found(parser->problems, parser->file, 0, json_string_value(found),
				   json_string_length(found), "%s: expected %s",
				   place ? place : "?", expected);
	else
		problems_add(parser->problems, PROBLEM_ERROR, parser->file, 0,
			     "%s: expected %s, found %s", place ? place : "?", expected,
			     type_name(found));
}

static const char digest_expected[] = "a SHA-256: 64 hexadecimal digits";

bool list_json_digest(struct list_parser *parser, struct slice where, struct slice hex,
		      uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	if (hex.size == DIGEST_HEX_SIZE - 1 && digest_from_hex(hex.bytes, ret_digest) == 0)
		return true;
	list_json_found(parser, where, hex, digest_expected);
	return false;
}

bool list_json_is_sha256(struct slice algorithm, enum list_weak *ret_weak)
{
	static const struct {
		const char *name;
		enum list_weak weak;
	} known[] = { { "SHA256", LIST_WEAK_COUNT }, { "MD5", LIST_MD5 }, { "SHA1", LIST_SHA1 } };
	char name[16];
	size_t used = 0;

	*ret_weak = LIST_OTHER;
	for (size_t i = 0; i < algorithm.size; i++) {
		char c = algorithm.bytes[i];

		if (c == '-' || c == '_')
			continue;
		if (used == sizeof(name) - 1)
			return false;
		name[used++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	name[used] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (streq(known[i].name, name))
			*ret_weak = known[i].weak;
	return *ret_weak == LIST_WEAK_COUNT;
}

int list_json_hash(struct list_parser *parser, struct list_json_hashes *hashes,
		   struct slice algorithm, const json_t *value)
{
	enum list_weak weak;
	struct slice hex;

	if (!list_json_is_sha256(algorithm, &weak)) {
		hashes->weak[weak]++;
		return 0;
	}
	hashes->strong = true;
	if (!json_is_string(value)) {
		list_json_malformed(parser, hashes->where, value, digest_expected);
		return 0;
	}
	hex = (struct slice){ json_string_value(value), json_string_length(value) };
	if (!list_json_digest(parser, hashes->where, hex, hashes->row.digest))
		return 0;
	if (!hashes->empty_aside || !list_is_empty_file(hashes->row.digest))
		return list_emit(parser, &hashes->row);
	list_set_aside(parser);
	return 0;
}

void list_json_hashes_end(struct list_parser *parser, const struct list_json_hashes *hashes)
{
	if (hashes->strong)
		return;
	for (enum list_weak weak = 0; weak < LIST_WEAK_COUNT; weak++)
		for (uint32_t i = 0; i < hashes->weak[weak]; i++)
			list_weak(parser, weak);
}
