/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * STIX 2 bundles and TAXII envelopes: a row for each SHA-256 that an indicator's
 * pattern compares with (see stix_pattern.h), and that a `file` object has.
 *
 *	{ "type": "bundle", "objects": [
 *	  { "type": "indicator", "id": "indicator--...", "name", "pattern_type": "stix",
 *	    "pattern": "[file:hashes.'SHA-256' = '...']" },
 *	  { "type": "file", "id": "file--...", "name", "size", "hashes": { "SHA-256": "..." } } ] }
 *
 * Set aside are indicators of anything else than the digest of a file, those in
 * another language than STIX's, revoked ones, those of what is benign, and files
 * that were merely observed. A pattern with a digest in a comparison that cannot
 * be decided from the digest alone is an error. `valid_until` is not looked at: a
 * digest does not come to mean another file, and dates are for the vendor file.
 */
#include "list_json.h"

#include <errno.h>
#include <string.h>

#include "stix_pattern.h"
#include "util.h"

/* What parse_indicator() does for each comparison. */
struct indicator {
	struct list_parser *parser;
	struct list_row row;
};

static bool detect(const json_t *document)
{
	const json_t *objects = json_object_get(document, "objects");
	const json_t *first = json_array_get(objects, 0);

	if (list_json_is_text(document, "type", "bundle"))
		return true;
	return json_is_string(json_object_get(first, "type")) &&
	       json_is_string(json_object_get(first, "id"));
}

static bool has_text(const json_t *array, const char *text)
{
	json_t *value;
	size_t i;

	json_array_foreach(array, i, value) {
		const char *found = json_string_value(value);

		if (found && streq(found, text))
			return true;
	}
	return false;
}

/* Benign ones are said in `indicator_types`, in STIX 2.0 in `labels`. */
static bool is_set_aside(const json_t *object)
{
	return json_is_true(json_object_get(object, "revoked")) ||
	       has_text(json_object_get(object, "indicator_types"), "benign") ||
	       has_text(json_object_get(object, "labels"), "benign");
}

static int take_hash(void *cookie, struct slice algorithm, struct slice value)
{
	struct indicator *indicator = cookie;
	enum list_weak weak;

	if (!list_json_is_sha256(algorithm, &weak)) {
		list_weak(indicator->parser, weak);
		return 0;
	}
	if (list_json_digest(indicator->parser, indicator->row.text[LIST_SOURCE], value,
			     indicator->row.digest))
		return list_emit(indicator->parser, &indicator->row);
	return 0;
}

/* Takes a pattern of STIX's own language. */
static int parse_pattern(struct list_parser *parser, const json_t *object, struct slice text)
{
	struct indicator indicator = { .parser = parser, .row.size = ENTRY_SIZE_UNKNOWN };
	struct slice id = list_json_text(object, "id");
	struct stix_pattern pattern;

	stix_pattern_read(text, NULL, NULL, &pattern);
	if (pattern.malformed) {
		list_json_malformed(parser, id, json_object_get(object, "pattern"),
				    "a STIX pattern");
		return 0;
	}
	if (!pattern.hash || pattern.other)
		list_set_aside(parser);
	if (!pattern.hash)
		return 0;
	if (pattern.refused.bytes) {
		list_json_found(parser, id, pattern.refused,
				"nothing but file:hashes.'SHA-256' = '...', with OR between");
		return 0;
	}
	indicator.row.text[LIST_PRODUCT] = list_json_text(object, "name");
	indicator.row.text[LIST_SOURCE] = id;
	return stix_pattern_read(text, take_hash, &indicator, &pattern);
}

static int parse_indicator(struct list_parser *parser, const json_t *object)
{
	const json_t *pattern = json_object_get(object, "pattern");
	const json_t *type = json_object_get(object, "pattern_type");

	if (is_set_aside(object) || (type && !list_json_is_text(object, "pattern_type", "stix"))) {
		list_set_aside(parser);
		return 0;
	}
	if (!json_is_string(pattern)) {
		list_json_malformed(parser, list_json_text(object, "id"), pattern,
				    "a text as \"pattern\"");
		return 0;
	}
	return parse_pattern(parser, object, list_json_text(object, "pattern"));
}

/* Takes a file object, unless it was merely observed. */
static int parse_file(struct list_parser *parser, const json_t *object, const json_t *observed)
{
	const json_t *algorithms = json_object_get(object, "hashes");
	const json_t *size = json_object_get(object, "size");
	struct list_json_hashes hashes = {
		.row.size = ENTRY_SIZE_UNKNOWN,
		.where = list_json_text(object, "id"),
	};
	const char *algorithm;
	json_t *value;

	if (!algorithms || is_set_aside(object) || json_object_get(observed, hashes.where.bytes)) {
		list_set_aside(parser);
		return 0;
	}
	if (!json_is_object(algorithms)) {
		list_json_malformed(parser, hashes.where, algorithms, "an object as \"hashes\"");
		return 0;
	}
	if (json_is_integer(size) && json_integer_value(size) >= 0)
		hashes.row.size = (uint64_t)json_integer_value(size);
	hashes.row.text[LIST_PATH] = list_json_text(object, "name");
	hashes.row.text[LIST_SOURCE] = hashes.where;
	json_object_foreach((json_t *)algorithms, algorithm, value) {
		int r = list_json_hash(parser, &hashes,
				       (struct slice){ algorithm, strlen(algorithm) }, value);

		if (r < 0)
			return r;
	}
	list_json_hashes_end(parser, &hashes);
	return 0;
}

/* The ids of everything that an `observed-data` object refers to; NULL: out of memory. */
static json_t *find_observed(const json_t *objects)
{
	json_t *observed = json_object(), *object, *id;
	size_t i, j;

	json_array_foreach(objects, i, object) {
		const json_t *ids = json_object_get(object, "object_refs");

		if (!observed || !list_json_is_text(object, "type", "observed-data"))
			continue;
		json_array_foreach(ids, j, id)
			if (json_is_string(id) &&
			    json_object_set_new(observed, json_string_value(id), json_true()) < 0) {
				json_decref(observed);
				return NULL;
			}
	}
	return observed;
}

static int parse_object(struct list_parser *parser, const json_t *object, const json_t *observed)
{
	if (list_json_is_text(object, "type", "indicator"))
		return parse_indicator(parser, object);
	if (list_json_is_text(object, "type", "file"))
		return parse_file(parser, object, observed);
	/* STIX 2.0 has the observed files inside. */
	if (list_json_is_text(object, "type", "observed-data") &&
	    json_object_get(object, "objects"))
		list_set_aside(parser);
	if (!json_is_string(json_object_get(object, "type")))
		list_json_malformed(parser, list_json_text(object, "id"), object,
				    "an object with \"type\"");
	return 0;
}

static int parse(struct list_parser *parser, const json_t *document)
{
	const json_t *objects =
		list_json_array(parser, list_json_text(document, "id"), document, "objects");
	json_t *observed = find_observed(objects), *object;
	size_t i;
	int r = observed ? 0 : -ENOMEM;

	json_array_foreach(objects, i, object) {
		if (r < 0)
			break;
		r = parse_object(parser, object, observed);
	}
	json_decref(observed);
	return r;
}

const struct list_format list_format_stix = {
	.name = "stix",
	.description = "a STIX 2 bundle",
	.detect_document = detect,
	.parse_document = parse,
};
