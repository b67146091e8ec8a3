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

#include "escape.h"

/* 2026-11-21T02:12:45.123456789Z */
static json_t *json_date(uint64_t nanoseconds)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000U);
	struct tm utc;
	char text[64];
	int n;

	gmtime_r(&seconds, &utc);
	n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", utc.tm_year + 1900,
	             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
	             (unsigned int)(nanoseconds % 1000000000U));
	return json_stringn_nocheck(text, (size_t)n);
}

/* Escaped text is valid UTF-8, so jansson need not look again. */
static json_t *json_escaped(struct buffer *scratch, const char *bytes, size_t size)
{
	buffer_clear(scratch);
	escape_append(scratch, bytes, size);
	if (scratch->failed)
		return NULL;
	return json_stringn_nocheck(scratch->size ? scratch->data : "", scratch->size);
}

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

/* Sets "a.b.c" to the value, which it takes over, in nested objects. */
static int json_place(json_t *object, const char *name, json_t *value)
{
	const char *dot;

	for (; (dot = strchr(name, '.')); name = dot + 1) {
		size_t length = (size_t)(dot - name);
		json_t *inner = json_object_getn(object, name, length);

		if (!inner) {
			inner = json_object();
			if (json_object_setn_new_nocheck(object, name, length, inner) < 0) {
				json_decref(value);
				return -ENOMEM;
			}
		}
		object = inner;
	}
	return json_object_set_new_nocheck(object, name, value) < 0 ? -ENOMEM : 0;
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
