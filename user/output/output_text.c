/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The text format: three words, then key=value pairs, one line a record.
 *
 *	2026-11-21T03:12:45.123456+01:00 deny exec level=alert path=/opt/x/bin/y ...
 *
 * A value is bare or in quotation marks, a list is [a,"b c"]; escape.h says how
 * values are escaped.
 */
#include "output_sink.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "escape.h"

/* Bytes kept free for the list of what was cut. */
#define CUT_RESERVE 200U

struct text_writer {
	struct buffer *buffer;
	size_t start; /* of the line in the buffer */
	struct text_limit limit;
	struct buffer cut; /* keys of what was cut or left out */
};

/* Local time with the offset from UTC: 2026-11-21T03:12:45.123456+01:00. */
static void append_local_time(struct buffer *buffer, uint64_t nanoseconds)
{
	time_t seconds = (time_t)(nanoseconds / 1000000000U);
	unsigned int offset;
	struct tm local;
	char text[64];
	int n;

	localtime_r(&seconds, &local);
	offset = (unsigned int)(local.tm_gmtoff < 0 ? -local.tm_gmtoff : local.tm_gmtoff) / 60;
	n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%06u%c%02u:%02u",
	             local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour,
	             local.tm_min, local.tm_sec, (unsigned int)(nanoseconds / 1000 % 1000000),
	             local.tm_gmtoff < 0 ? '-' : '+', offset / 60, offset % 60);
	buffer_append(buffer, text, (size_t)n);
}

/* Returns true if all elements were appended whole. */
static bool append_list(struct buffer *buffer, const struct value *value, size_t max)
{
	size_t start = buffer->size;
	bool whole = true;

	buffer_append_char(buffer, '[');
	for (size_t i = 0; i < value->count && whole; i++) {
		size_t used = buffer->size - start;

		whole = used < max;
		if (!whole)
			break;
		if (i > 0)
			buffer_append_char(buffer, ',');
		whole = escape_append_value(buffer, value->list[i], strlen(value->list[i]),
		                            max - used);
	}
	buffer_append_char(buffer, ']');
	return whole;
}

static bool append_value(struct text_writer *writer, const struct field *field,
                         const struct value *value)
{
	switch (field->type) {
	case FIELD_KEYWORD:
		return escape_append_value(writer->buffer, value->bytes, value->size,
		                           writer->limit.value);
	case FIELD_KEYWORDS:
		return append_list(writer->buffer, value, writer->limit.value);
	case FIELD_LONG:
		buffer_append_s64(writer->buffer, value->number);
		return true;
	case FIELD_BOOLEAN:
		buffer_append_string(writer->buffer, value->number ? "true" : "false");
		return true;
	case FIELD_DATE:
		append_local_time(writer->buffer, (uint64_t)value->number);
		return true;
	}
	return true;
}

static void note_cut(struct text_writer *writer, const char *key)
{
	if (writer->cut.size + strlen(key) + sizeof(" cut=[,]") > CUT_RESERVE)
		return;
	if (writer->cut.size > 0)
		buffer_append_char(&writer->cut, ',');
	buffer_append_string(&writer->cut, key);
}

static void append_field(struct text_writer *writer, const struct field *field,
                         const struct value *value)
{
	struct buffer *buffer = writer->buffer;
	size_t before = buffer->size;
	bool whole;

	if (before > writer->start)
		buffer_append_char(buffer, ' ');
	if (!(field->flags & FIELD_WORD)) {
		buffer_append_string(buffer, field->text);
		buffer_append_char(buffer, '=');
	}
	whole = append_value(writer, field, value);
	if (buffer->size - writer->start > writer->limit.line - CUT_RESERVE) {
		buffer->size = before;
		whole = false;
	}
	if (!whole)
		note_cut(writer, field->text);
}

static bool is_wanted(const struct field *field, const struct record *record,
                      const struct value *value)
{
	if (field->flags & FIELD_NONZERO && value->number == 0)
		return false;
	if (field->flags & FIELD_DISTINCT && record->alert->path)
		return strlen(record->alert->path) != value->size ||
		       memcmp(record->alert->path, value->bytes, value->size) != 0;
	return true;
}

int text_append(struct buffer *buffer, const struct record *record, bool with_time,
                struct text_limit limit)
{
	struct text_writer writer = { buffer, buffer->size, limit, { 0 } };
	int r;

	for (size_t i = 0; i < field_count(); i++) {
		const struct field *field = field_at(i);
		struct value value;

		if (!field->text || (field->type == FIELD_DATE && !with_time))
			continue;
		if (field_get(field, record, &value) && is_wanted(field, record, &value))
			append_field(&writer, field, &value);
	}
	if (writer.cut.size > 0) {
		buffer_append_string(buffer, " cut=[");
		buffer_append(buffer, writer.cut.data, writer.cut.size);
		buffer_append_char(buffer, ']');
	}
	r = buffer->failed || writer.cut.failed ? -ENOMEM : 0;
	buffer_release(&writer.cut);
	return r;
}
