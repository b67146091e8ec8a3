/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Elastic Common Schema: one JSON document a record, objects nested, keys in
 * the order of the field table.
 */
#include "output_sink.h"

#include <errno.h>

#include <jansson.h>

#include "field_json.h"
#include "json_text.h"

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
			r = json_place(document, field->name,
				       field_json(&scratch, field->type, &value));
	}
	if (r == 0 && json_dump_callback(document, append_chunk, buffer, JSON_COMPACT) < 0)
		r = -ENOMEM;
	buffer_release(&scratch);
	json_decref(document);
	return r;
}
