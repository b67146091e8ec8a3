/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software bill of materials in CycloneDX JSON: a row for each SHA-256 of a
 * component, those inside components and the one that the BOM describes included.
 *
 *	{ "bomFormat": "CycloneDX", "components": [ { "name", "version", "purl",
 *	  "hashes": [ { "alg": "SHA-256", "content": "..." } ], "components": [...] } ] }
 *
 * Every other SHA-256 in the document is of something that the software is not
 * made of: the tool that wrote the BOM, what a component was derived from, what a
 * link leads to. They are counted as set aside, like files without contents.
 */
#include "list_json.h"

static bool detect(const json_t *document)
{
	return list_json_is_text(document, "bomFormat", "CycloneDX");
}

/* SHA-256 digests in @value, wherever they stand. jansson bounds the depth. */
static uint32_t count_digests(const json_t *value)
{
	enum list_weak weak;
	const char *key;
	json_t *inner;
	uint32_t count = 0;
	size_t i;

	if (json_is_object(value)) {
		count += json_object_get(value, "content") &&
			 list_json_is_sha256(list_json_text(value, "alg"), &weak);
		json_object_foreach((json_t *)value, key, inner)
			count += count_digests(inner);
	} else if (json_is_array(value)) {
		json_array_foreach(value, i, inner)
			count += count_digests(inner);
	}
	return count;
}

/* Takes the digests of one component; *taken counts those that are SHA-256. */
static int parse_hashes(struct list_parser *parser, const json_t *component, uint32_t *taken)
{
	struct slice name = list_json_text(component, "name");
	struct list_json_hashes hashes = { .where = name, .empty_aside = true };
	const json_t *array = list_json_array(parser, name, component, "hashes");
	json_t *hash;
	size_t i;
	int r = 0;

	hashes.row.size = ENTRY_SIZE_UNKNOWN;
	hashes.row.text[LIST_PRODUCT] = name;
	hashes.row.text[LIST_VERSION] = list_json_text(component, "version");
	hashes.row.text[LIST_PACKAGE] = list_json_text(component, "purl");
	if (list_json_is_text(component, "type", "file"))
		hashes.row.text[LIST_PATH] = name;
	json_array_foreach(array, i, hash) {
		if (!json_is_string(json_object_get(hash, "alg"))) {
			list_json_malformed(parser, name, json_object_get(hash, "alg"),
					    "the name of an algorithm as \"alg\"");
			continue;
		}
		r = list_json_hash(parser, &hashes, list_json_text(hash, "alg"),
				   json_object_get(hash, "content"));
		if (r < 0)
			return r;
	}
	list_json_hashes_end(parser, &hashes);
	*taken += count_digests(array);
	return 0;
}

static int parse_component(struct list_parser *parser, const json_t *component, uint32_t *taken)
{
	const json_t *array;
	json_t *inner;
	size_t i;
	int r;

	if (!json_is_object(component)) {
		list_json_malformed(parser, (struct slice){ "components", 10 }, component,
				    "an object for each component");
		return 0;
	}
	r = parse_hashes(parser, component, taken);
	array = list_json_array(parser, list_json_text(component, "name"), component, "components");
	json_array_foreach(array, i, inner) {
		if (r < 0)
			return r;
		r = parse_component(parser, inner, taken); /* jansson bounds the depth */
	}
	return r;
}

static int parse(struct list_parser *parser, const json_t *document)
{
	const json_t *metadata = json_object_get(document, "metadata");
	const json_t *described = json_object_get(metadata, "component");
	const json_t *array =
		list_json_array(parser, (struct slice){ "BOM", 3 }, document, "components");
	uint32_t taken = 0;
	json_t *component;
	size_t i;
	int r = described ? parse_component(parser, described, &taken) : 0;

	json_array_foreach(array, i, component) {
		if (r < 0)
			return r;
		r = parse_component(parser, component, &taken);
	}
	if (r < 0)
		return r;
	for (uint32_t all = count_digests(document); taken < all; taken++)
		list_set_aside(parser);
	return 0;
}

const struct list_format list_format_cyclonedx = {
	.name = "cyclonedx",
	.description = "a CycloneDX BOM in JSON",
	.detect_document = detect,
	.parse_document = parse,
};
