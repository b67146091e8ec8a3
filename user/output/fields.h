/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every field of a record, in one table: the writers of text and ECS go through
 * it, and `interdict run --schema` prints it.
 */
#ifndef INTERDICT_FIELDS_H
#define INTERDICT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "context.h"
#include "events.h"

/* What is being written: an alert or a health record, and where it came from. */
struct record {
	const struct context *context;
	const struct alert *alert;   /* NULL in a health record */
	const struct health *health; /* NULL in an alert */
	const struct entry *entry;   /* that matched; NULL if none */
	const struct vendor *vendor; /* of the entry; NULL if none */
	uint64_t time;
	uint64_t sequence;
	int severity;
};

void record_from_alert(struct record *ret_record, const struct context *context,
                       const struct alert *alert);
void record_from_health(struct record *ret_record, const struct health *health);

enum field_type {
	FIELD_KEYWORD,  /* one string: bytes, size */
	FIELD_KEYWORDS, /* array of strings: list, count */
	FIELD_LONG,     /* number */
	FIELD_BOOLEAN,  /* number, 0 or 1 */
	FIELD_DATE,     /* number: CLOCK_REALTIME, nanoseconds */
};

/* field.flags */
#define FIELD_ALERT    0x1U  /* may stand in alerts */
#define FIELD_HEALTH   0x2U  /* may stand in health records */
#define FIELD_WORD     0x4U  /* text: the value alone, without its key */
#define FIELD_NONZERO  0x8U  /* text: left out if it is 0 */
#define FIELD_DISTINCT 0x10U /* text: left out if it is the path */

/* A value, valid until the record changes or the next one is had. */
struct value {
	int64_t number;
	const char *bytes; /* arbitrary bytes */
	size_t size;
	const char *const *list; /* each of arbitrary bytes */
	size_t count;
	const char *names[EVENT_FLAG_MAX];  /* room for a list */
	char text[INTERDICT_PATH_MAX + 64]; /* room for a string */
};

struct field {
	const char *name; /* in ECS, dots between the objects */
	const char *text; /* key in the text format; NULL: not there */
	enum field_type type;
	unsigned int flags;
	bool (*get)(const struct record *record, struct value *ret_value);
	unsigned int counter; /* enum counter + 1, for the fields that have no getter */
	const char *meaning;
};

size_t field_count(void);
const struct field *field_at(size_t i);

/* Gets the value of @field. Returns false if this record has none. */
bool field_get(const struct field *field, const struct record *record, struct value *ret_value);

/*
 * Prints the table: name, type, records, key in the text format, meaning. A key
 * in angle brackets is a word that stands at the beginning of the line alone.
 */
void fields_print(FILE *file);

#endif
