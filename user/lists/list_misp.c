/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MISP events and attributes in JSON, as a feed or an export has them (MISP core
 * format, draft-dulaunoy-misp-core-format): a row for each SHA-256 that is
 * meant for detection.
 *
 *	{ "Event": { "info", "Attribute": [...], "Object": [ { "Attribute": [...] } ] } }
 *	{ "response": [ { "Event": ... } ] }, { "response": { "Attribute": [...] } }, [...]
 *	attribute: { "type": "filename|sha256", "value": "a.exe|...", "to_ids": true, "comment" }
 *
 * The format wants `to_ids` in each attribute. Where it is missing, MISP's own
 * default for the type counts, which is true for every digest of a file. Set
 * aside are attributes that are not for detection or were deleted, and those that
 * are no digest of a file. An object named "file" also says the name and the size
 * that belong to its digests.
 */
#include "list_json.h"

#include <errno.h>
#include <string.h>

#include "buffer.h"
#include "misp_type.h"
#include "util.h"

/* What is said beside an attribute. */
struct context {
	struct slice event; /* what it is about */
	struct slice path;
	uint64_t size;
};

static bool is_attribute(const json_t *value)
{
	return json_is_string(json_object_get(value, "type")) && json_object_get(value, "value");
}

static bool is_event(const json_t *value)
{
	return json_is_object(json_object_get(value, "Event")) ||
	       json_is_array(json_object_get(value, "Attribute"));
}

static bool detect(const json_t *document)
{
	const json_t *response = json_object_get(document, "response");
	const json_t *first = json_array_get(response ? response : document, 0);
	struct misp_digest digest;

	if (response && json_is_array(response) && json_array_size(response) == 0)
		return true;
	return is_event(document) || is_event(response) || is_event(first) ||
	       (is_attribute(first) &&
		(json_object_get(first, "category") ||
		 misp_type_digest(list_json_text(first, "type"), &digest)));
}

/* A truth value as MISP has written it over the years: true, 1 or "1". False if it is none. */
static bool read_flag(const json_t *value, bool missing, bool *ret_flag)
{
	const char *text = json_string_value(value);

	*ret_flag = missing;
	if (!value || json_is_null(value))
		return true;
	if (json_is_integer(value))
		*ret_flag = json_integer_value(value) == 1;
	else
		*ret_flag = json_is_true(value) || (text && streq(text, "1"));
	return *ret_flag || json_is_false(value) || (text && streq(text, "0")) ||
	       (json_is_integer(value) && json_integer_value(value) == 0);
}

/* Whether the attribute is to be acted on; what is not was counted or reported. */
static bool is_wanted(struct list_parser *parser, const json_t *attribute, struct slice where)
{
	bool to_ids, deleted;

	if (!read_flag(json_object_get(attribute, "to_ids"), true, &to_ids) ||
	    !read_flag(json_object_get(attribute, "deleted"), false, &deleted)) {
		list_json_malformed(parser, where, NULL,
				    "true or false as \"to_ids\" and as \"deleted\"");
		return false;
	}
	if (to_ids && !deleted)
		return true;
	list_set_aside(parser);
	return false;
}

/* "EVENT: COMMENT", or the one of them that there is. */
static void describe(struct slice event, struct slice comment, struct buffer *text)
{
	buffer_append(text, event.bytes, event.size);
	if (event.size && comment.size)
		buffer_append_string(text, ": ");
	buffer_append(text, comment.bytes, comment.size);
}

/* Takes the SHA-256 of an attribute, with the file name before it in a composite. */
static int parse_sha256(struct list_parser *parser, const json_t *attribute,
			const struct context *context, bool composite)
{
	struct slice value = list_json_text(attribute, "value");
	struct slice where = list_json_text(attribute, "uuid");
	const char *bar = composite ? memrchr(value.bytes, '|', value.size) : NULL;
	struct list_row row = { .size = context->size };
	struct buffer source = { 0 };
	struct slice hex = value;
	int r;

	row.text[LIST_PATH] = context->path;
	if (bar) {
		row.text[LIST_PATH] = (struct slice){ value.bytes, (size_t)(bar - value.bytes) };
		hex = (struct slice){ bar + 1, value.size - row.text[LIST_PATH].size - 1 };
	}
	if ((composite && !bar) || hex.size != DIGEST_HEX_SIZE - 1 ||
	    digest_from_hex(hex.bytes, row.digest) < 0) {
		list_json_malformed(parser, where, json_object_get(attribute, "value"),
				    composite ? "a file name, | and 64 hexadecimal digits" :
						"a SHA-256: 64 hexadecimal digits");
		return 0;
	}
	describe(context->event, list_json_text(attribute, "comment"), &source);
	row.text[LIST_SOURCE] = (struct slice){ source.data, source.size };
	r = source.failed ? -ENOMEM : list_emit(parser, &row);
	buffer_release(&source);
	return r;
}

static int parse_attribute(struct list_parser *parser, const json_t *attribute,
			   const struct context *context)
{
	struct slice where = list_json_text(attribute, "uuid");
	struct misp_digest digest;

	if (!is_attribute(attribute)) {
		list_json_malformed(parser, where, attribute,
				    "an attribute with \"type\" and \"value\"");
		return 0;
	}
	if (!misp_type_digest(list_json_text(attribute, "type"), &digest)) {
		list_set_aside(parser);
		return 0;
	}
	if (!is_wanted(parser, attribute, where))
		return 0;
	if (digest.weak == LIST_WEAK_COUNT)
		return parse_sha256(parser, attribute, context, digest.named);
	list_weak(parser, digest.weak);
	return 0;
}

/* Takes the array "Attribute" of an event, of an object or of an answer. */
static int parse_attributes(struct list_parser *parser, const json_t *holder,
			    const struct context *context)
{
	const json_t *array = list_json_array(parser, list_json_text(holder, "uuid"), holder,
					      "Attribute");
	json_t *attribute;
	size_t i;

	json_array_foreach(array, i, attribute) {
		int r = parse_attribute(parser, attribute, context);

		if (r < 0)
			return r;
	}
	return 0;
}

/* The value of an object's attribute, if there is exactly one of that relation. */
static struct slice find_relation(const json_t *object, const char *relation)
{
	struct slice found = { "", 0 };
	json_t *attribute;
	bool any = false;
	size_t i;

	json_array_foreach(json_object_get(object, "Attribute"), i, attribute) {
		if (!list_json_is_text(attribute, "object_relation", relation))
			continue;
		found = any ? (struct slice){ "", 0 } : list_json_text(attribute, "value");
		any = true;
	}
	return found;
}

static int parse_object(struct list_parser *parser, const json_t *object, struct slice event)
{
	struct context context = { .event = event, .size = ENTRY_SIZE_UNKNOWN };

	if (!json_is_object(object)) {
		list_json_malformed(parser, event, object, "an object in \"Object\"");
		return 0;
	}
	if (json_is_true(json_object_get(object, "deleted"))) {
		list_set_aside(parser);
		return 0;
	}
	if (list_json_is_text(object, "name", "file")) {
		context.path = find_relation(object, "filename");
		if (parse_u64(find_relation(object, "size-in-bytes").bytes, INT64_MAX,
			      &context.size) < 0)
			context.size = ENTRY_SIZE_UNKNOWN;
	}
	return parse_attributes(parser, object, &context);
}

static int parse_event(struct list_parser *parser, const json_t *event)
{
	struct context context = { list_json_text(event, "info"), { "", 0 }, ENTRY_SIZE_UNKNOWN };
	const json_t *objects =
		list_json_array(parser, list_json_text(event, "uuid"), event, "Object");
	json_t *object;
	size_t i;
	int r = parse_attributes(parser, event, &context);

	json_array_foreach(objects, i, object) {
		if (r < 0)
			return r;
		r = parse_object(parser, object, context.event);
	}
	return r;
}

/* One of those that a document holds: an event, an answer or an attribute. */
static int parse_one(struct list_parser *parser, const json_t *value)
{
	const json_t *event = json_object_get(value, "Event");
	/* An attribute by itself may say what its event is. */
	struct context context = { list_json_text(event, "info"), { "", 0 }, ENTRY_SIZE_UNKNOWN };

	if (is_attribute(value))
		return parse_attribute(parser, value, &context);
	if (!is_event(value)) {
		list_json_malformed(parser, (struct slice){ "MISP", 4 }, value,
				    "an object with \"Event\" or \"Attribute\"");
		return 0;
	}
	return parse_event(parser, json_is_object(event) ? event : value);
}

static int parse(struct list_parser *parser, const json_t *document)
{
	const json_t *response = json_object_get(document, "response");
	const json_t *all = response ? response : document;
	json_t *value;
	size_t i;

	if (!json_is_array(all))
		return parse_one(parser, all);
	json_array_foreach(all, i, value) {
		int r = parse_one(parser, value);

		if (r < 0)
			return r;
	}
	return 0;
}

const struct list_format list_format_misp = {
	.name = "misp",
	.description = "a MISP event in JSON",
	.detect_document = detect,
	.parse_document = parse,
};
