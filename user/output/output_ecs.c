/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Elastic Common Schema: one JSON document a record, objects nested, in the order in which
 * the field table names them first. The document is written as it goes: a tree that is built and
 * taken down again for each record takes longer than all else that is done for it.
 */
#include "output_sink.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "escape.h"
#include "json_text.h"

#define DEPTH_MAX 8U   /* objects one in the other */
#define STEPS_MAX 512U /* fields, and two for each object */

enum step_kind {
	STEP_OPEN,  /* an object begins, if anything is in it */
	STEP_FIELD, /* a value */
	STEP_CLOSE,
};

struct step {
	enum step_kind kind;
	const char *key;
	size_t key_size;
	const struct field *field;
};

/* How a document is written, made once of the field table. */
static struct step steps[STEPS_MAX];
static size_t step_count;
static pthread_once_t steps_once = PTHREAD_ONCE_INIT;

/* A document on its way. */
struct document {
	struct buffer *buffer;
	struct buffer *scratch;
	const struct step *opened[DEPTH_MAX]; /* objects that the next value lies in */
	size_t depth;			      /* of these */
	size_t begun;			      /* so many of them have their brace */
	bool comma;			      /* the next member needs one before it */
};

static void add_step(struct step step)
{
	if (step_count < STEPS_MAX)
		steps[step_count++] = step;
}

/* Whether a field before @index lies in the object whose name is @size bytes long. */
static bool is_planned(size_t index, size_t size)
{
	for (size_t i = 0; i < index; i++)
		if (strncmp(field_at(i)->name, field_at(index)->name, size) == 0)
			return true;
	return false;
}

/* Adds what lies in the object with this prefix, its last dot included, @depth objects deep. */
static void plan(const char *prefix, size_t prefix_size, size_t depth)
{
	for (size_t i = 0; i < field_count(); i++) {
		const char *name = field_at(i)->name, *key = name + prefix_size, *dot;
		size_t size;

		if (strncmp(name, prefix, prefix_size) != 0)
			continue;
		dot = depth < DEPTH_MAX ? strchr(key, '.') : NULL;
		if (!dot) {
			add_step((struct step){ STEP_FIELD, key, strlen(key), field_at(i) });
			continue;
		}
		size = (size_t)(dot - name) + 1;
		if (is_planned(i, size))
			continue;
		add_step((struct step){ STEP_OPEN, key, (size_t)(dot - key), NULL });
		plan(name, size, depth + 1);
		add_step((struct step){ .kind = STEP_CLOSE });
	}
}

static void make_plan(void)
{
	plan("", 0, 0);
}

static void put_key(struct document *document, const struct step *step)
{
	if (document->comma)
		buffer_append_char(document->buffer, ',');
	buffer_append_char(document->buffer, '"');
	buffer_append(document->buffer, step->key, step->key_size);
	buffer_append(document->buffer, "\":", 2);
	document->comma = true;
}

/* Objects are begun once there is something to put into them. */
static void begin_objects(struct document *document)
{
	for (; document->begun < document->depth; document->begun++) {
		put_key(document, document->opened[document->begun]);
		buffer_append_char(document->buffer, '{');
		document->comma = false;
	}
}

static void close_object(struct document *document)
{
	bool has_brace = document->begun == document->depth;

	if (document->depth == 0) /* each one was opened before: the plan is made so */
		return;
	document->depth--;
	if (!has_brace)
		return;
	document->begun--;
	buffer_append_char(document->buffer, '}');
	document->comma = true;
}

/* Escaped text is valid UTF-8 without controls: JSON minds only two of its characters. */
static void put_string(struct document *document, const char *bytes, size_t size)
{
	struct buffer *scratch = document->scratch, *buffer = document->buffer;
	size_t done = 0;

	buffer_clear(scratch);
	escape_append(scratch, bytes, size);
	buffer->failed |= scratch->failed;
	buffer_append_char(buffer, '"');
	for (size_t i = 0; i < scratch->size; i++) {
		if (scratch->data[i] != '"' && scratch->data[i] != '\\')
			continue;
		buffer_append(buffer, scratch->data + done, i - done);
		buffer_append_char(buffer, '\\');
		done = i;
	}
	if (done < scratch->size)
		buffer_append(buffer, scratch->data + done, scratch->size - done);
	buffer_append_char(buffer, '"');
}

static void put_list(struct document *document, const struct value *value)
{
	buffer_append_char(document->buffer, '[');
	for (size_t i = 0; i < value->count; i++) {
		if (i > 0)
			buffer_append_char(document->buffer, ',');
		put_string(document, value->list[i], strlen(value->list[i]));
	}
	buffer_append_char(document->buffer, ']');
}

static void put_value(struct document *document, enum field_type type, const struct value *value)
{
	char date[JSON_DATE_SIZE];

	switch (type) {
	case FIELD_KEYWORD:
		put_string(document, value->bytes, value->size);
		break;
	case FIELD_KEYWORDS:
		put_list(document, value);
		break;
	case FIELD_LONG:
		buffer_append_s64(document->buffer, value->number);
		break;
	case FIELD_BOOLEAN:
		buffer_append_string(document->buffer, value->number ? "true" : "false");
		break;
	case FIELD_DATE:
		put_string(document, date, json_format_date((uint64_t)value->number, date));
		break;
	}
}

static void put_field(struct document *document, const struct step *step,
		      const struct record *record)
{
	struct value value;

	if (!field_get(step->field, record, &value))
		return;
	begin_objects(document);
	put_key(document, step);
	put_value(document, step->field->type, &value);
}

int ecs_append(struct buffer *buffer, const struct record *record)
{
	struct buffer scratch = { 0 };
	struct document document = { .buffer = buffer, .scratch = &scratch };

	pthread_once(&steps_once, make_plan);
	buffer_append_char(buffer, '{');
	for (size_t i = 0; i < step_count; i++) {
		const struct step *step = &steps[i];

		if (step->kind == STEP_FIELD)
			put_field(&document, step, record);
		else if (step->kind == STEP_CLOSE)
			close_object(&document);
		else
			document.opened[document.depth++] = step;
	}
	buffer_append_char(buffer, '}');
	buffer_release(&scratch);
	return buffer->failed ? -ENOMEM : 0;
}
