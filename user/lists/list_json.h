/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists that are one JSON document: reads the document, and holds what the
 * formats of such lists (list_misp.c, list_stix.c ...) share. Private to them
 * and list.c.
 *
 * A document has no lines to speak of once it is read, so messages name an
 * object of it by its id: @where below. A syntax error has line and column.
 */
#ifndef INTERDICT_LIST_JSON_H
#define INTERDICT_LIST_JSON_H

#include "list_format.h"

/*
 * Bounds for hostile input; values are counted by their brackets and commas. The
 * document is in memory as a whole while it is read, at six times the size of the
 * file for a BOM: 1.6 GB for one as large as can be, 2.5 GB for the worst that can
 * be made (objects in objects, 300 bytes each).
 */
#define LIST_JSON_BYTES_MAX  (256U << 20) /* uncompressed */
#define LIST_JSON_VALUES_MAX (8U << 20)

extern const struct list_format list_format_misp;
extern const struct list_format list_format_stix;
extern const struct list_format list_format_cyclonedx;
extern const struct list_format list_format_spdx;

/* Whether a list that begins with these bytes is a document, not lines. */
bool list_json_begins(const char *bytes, size_t size);

/*
 * Reads the list by the first of @formats that recognises the document; those
 * that are formats of lines are passed over. Returns 0 or a negative errno.
 */
int list_json_parse(struct list_parser *parser, const struct list_format *const *formats,
		    size_t count);

/* The text of a member; empty if there is none, or if it is no text. */
struct slice list_json_text(const json_t *object, const char *key);

bool list_json_is_text(const json_t *object, const char *key, const char *text);

/*
 * The array that @object has under @key, or NULL; anything else under it, null
 * excepted, is reported.
 */
const json_t *list_json_array(struct list_parser *parser, struct slice where,
			      const json_t *object, const char *key);

/* Reports that @found, which may be NULL, is not what was expected at @where, and counts no row. */
void list_json_malformed(struct list_parser *parser, struct slice where, const json_t *found,
			 const char *expected);

/* The same, about a part of a text. */
void list_json_found(struct list_parser *parser, struct slice where, struct slice found,
		     const char *expected);

/* Reads the SHA-256 that is all of @hex; false if it is none, which was reported. */
bool list_json_digest(struct list_parser *parser, struct slice where, struct slice hex,
		      uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

/*
 * Whether this names SHA-256 ("SHA-256", "sha256", "SHA_256"); *ret_weak is what
 * else it is, LIST_OTHER for a name that is not known.
 */
bool list_json_is_sha256(struct slice algorithm, enum list_weak *ret_weak);

/*
 * The digests of one file, in several algorithms: where there is a SHA-256 the
 * others are no loss, so they are counted as weak only if there was none.
 */
struct list_json_hashes {
	struct list_row row; /* all but the digest */
	struct slice where;
	bool empty_aside; /* set the digest of the empty file aside, instead of refusing it */
	bool strong;
	uint32_t weak[LIST_WEAK_COUNT];
};

/* Takes one of them. Returns 0 or a negative errno. */
int list_json_hash(struct list_parser *parser, struct list_json_hashes *hashes,
		   struct slice algorithm, const json_t *value);

/* After the last of them. */
void list_json_hashes_end(struct list_parser *parser, const struct list_json_hashes *hashes);

#endif
