/* SPDX-License-Identifier: BSD-2-Clause */
#include "json_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "escape.h"

size_t json_format_date(uint64_t nanoseconds, char ret_text[JSON_DATE_SIZE])
{
	time_t seconds = (time_t)(nanoseconds / 1000000000U);
	struct tm utc;

	gmtime_r(&seconds, &utc);
	return (size_t)snprintf(
		     ret_text, JSON_DATE_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%09uZ", utc.tm_year + 1900,
	             utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
	             (unsigned int)(nanoseconds % 1000000000U));
}

json_t *json_date(uint64_t nanoseconds)
{
	char text[JSON_DATE_SIZE];

	return json_stringn_nocheck(text, json_format_date(nanoseconds, text));
}

json_t *json_escaped(struct buffer *scratch, const char *bytes, size_t size)
{
	buffer_clear(scratch);
	escape_append(scratch, bytes, size);
	if (scratch->failed)
		return NULL;
	/* Escaped text is valid UTF-8, so jansson need not look again. */
	return json_stringn_nocheck(scratch->size ? scratch->data : "", scratch->size);
}

int json_place(json_t *object, const char *name, json_t *value)
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
