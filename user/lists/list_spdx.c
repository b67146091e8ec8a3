/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A software bill of materials in SPDX 2 JSON: a row for each SHA-256 of a file
 * and of a package.
 *
 *	{ "spdxVersion": "SPDX-2.3", "name": "...",
 *	  "packages": [ { "name", "versionInfo", "packageFileName", "checksums": [...] } ],
 *	  "files": [ { "fileName", "checksums":
 *		[ { "algorithm": "SHA256", "checksumValue": "..." } ] } ] }
 *
 * A package's checksum is that of the file it came in: an archive in one BOM, a
 * jar or the program itself in another. Nothing tells them apart, and a listed
 * archive does no harm, so both are rows. Files without contents, of which a
 * product has many, are set aside.
 */
#include "list_json.h"

#include <string.h>

static bool detect(const json_t *document)
{
	static const char version[] = "SPDX-2.";
	struct slice text = list_json_text(document, "spdxVersion");

	return text.size >= sizeof(version) - 1 &&
	       memcmp(text.bytes, version, sizeof(version) - 1) == 0;
}

/* Takes one of the checksums. */
static int parse_checksum(struct list_parser *parser, struct list_json_hashes *hashes,
			  const json_t *checksum)
{
	const json_t *algorithm = json_object_get(checksum, "algorithm");

	if (!json_is_string(algorithm)) {
		list_json_malformed(parser, hashes->where, algorithm,
				    "the name of an algorithm as \"algorithm\"");
		return 0;
	}
	return list_json_hash(parser, hashes, list_json_text(checksum, "algorithm"),
			      json_object_get(checksum, "checksumValue"));
}

static int parse_checksums(struct list_parser *parser, struct list_json_hashes *hashes,
			   const json_t *object)
{
	const json_t *array = list_json_array(parser, hashes->where, object, "checksums");
	json_t *checksum;
	size_t i;

	json_array_foreach(array, i, checksum) {
		int r = parse_checksum(parser, hashes, checksum);

		if (r < 0)
			return r;
	}
	list_json_hashes_end(parser, hashes);
	return 0;
}

static int parse_package(struct list_parser *parser, const json_t *package, struct slice document)
{
	struct list_json_hashes hashes = {
		.row.size = ENTRY_SIZE_UNKNOWN,
		.where = list_json_text(package, "SPDXID"),
	};

	hashes.row.text[LIST_PRODUCT] = list_json_text(package, "name");
	hashes.row.text[LIST_VERSION] = list_json_text(package, "versionInfo");
	hashes.row.text[LIST_PATH] = list_json_text(package, "packageFileName");
	hashes.row.text[LIST_SOURCE] = document;
	return parse_checksums(parser, &hashes, package);
}

static int parse_file(struct list_parser *parser, const json_t *file, struct slice document)
{
	struct list_json_hashes hashes = {
		.row.size = ENTRY_SIZE_UNKNOWN,
		.where = list_json_text(file, "fileName"),
		.empty_aside = true,
	};

	hashes.row.text[LIST_PATH] = hashes.where;
	hashes.row.text[LIST_SOURCE] = document;
	return parse_checksums(parser, &hashes, file);
}

typedef int (*object_fn)(struct list_parser *parser, const json_t *object, struct slice document);

static int parse_objects(struct list_parser *parser, const json_t *document, const char *key,
			 object_fn function)
{
	struct slice name = list_json_text(document, "name");
	const json_t *array = list_json_array(parser, name, document, key);
	json_t *object;
	size_t i;

	json_array_foreach(array, i, object) {
		int r = 0;

		if (json_is_object(object))
			r = function(parser, object, name);
		else
			list_json_malformed(parser, (struct slice){ key, strlen(key) }, object,
					    "an object for each of them");
		if (r < 0)
			return r;
	}
	return 0;
}

static int parse(struct list_parser *parser, const json_t *document)
{
	int r = parse_objects(parser, document, "packages", parse_package);

	return r < 0 ? r : parse_objects(parser, document, "files", parse_file);
}

const struct list_format list_format_spdx = {
	.name = "spdx",
	.description = "an SPDX 2 document in JSON",
	.detect_document = detect,
	.parse_document = parse,
};
