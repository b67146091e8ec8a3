/* SPDX-License-Identifier: BSD-2-Clause */
#include "field_json.h"

#include <string.h>

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

json_t *field_json(struct buffer *scratch, enum field_type type, const struct value *value)
{
	switch (type) {
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
