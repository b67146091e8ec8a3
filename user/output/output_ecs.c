/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Elastic Common Schema: one JSON document a record, objects nested, keys in
 * the order of the field table.
 */
#include "output_sink.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "json_text.h"

static json_t *json_list(struct buffer *scratch, const struct value *value)
{
	json_t *list = json_array();

	for (size_t i = 0; i < value->count; i++) {
		const char *text = value->list[i];

		/* Takes the reference, and fails on NULL. */
		if (json_array_append_new(list, json_escaped(scratch, text, strlen(text))) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *json_value(struct buffer *scratch, const struct field *field,
                          const struct value *value)
{
	switch (field->type) {
	case FIELD_KEYWORD:
		return json_escaped(scratch, value->bytes, value->size);
	case FIELD_KEYWORDS:
		return json_list(scratch, value);
	case FIELD_LONG:
		return json_integer(value->number);
	case FIELD_BOOLEAN:
		return json_boolean(value->number);
	case FIELD_DATE:
		return json_date((uint64_t)value->number);
	}
	return NULL;
}

static int append_chunk(const char *bytes, size_t size, void *buffer)
{
	buffer_append(buffer, bytes, size);
	return ((struct buffer *)buffer)->failed ? -1 : 0;
}

int ecs_append(struct buffer *buffer, const struct record *record)
{
	json_t *document = json_object();
	struct buffer scratch = { 0 };
	int r = 0;

	for (size_t i = 0; i < field_count() && r == 0; i++) {
		const struct field *field = field_at(i);
		struct value value;

		if (field_get(field, record, &value))
			r = json_place(document, field->name, json_value(&scratch, field, &value));
	}
	if (r == 0 && json_dump_callback(document, append_chunk, buffer, JSON_COMPACT) < 0)
		r = -ENOMEM;
	buffer_release(&scratch);
	json_decref(document);
	return r;
}
