/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every writer of JSON needs: arbitrary bytes as strings, dates, and values in
 * nested objects.
 */
#ifndef INTERDICT_JSON_TEXT_H
#define INTERDICT_JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "buffer.h"

#define JSON_DATE_SIZE 64

/* CLOCK_REALTIME in nanoseconds as "2026-11-21T02:12:45.123456789Z". Returns its length. */
size_t json_format_date(uint64_t nanoseconds, char ret_text[JSON_DATE_SIZE]);

/* The same as a value. NULL: out of memory. */
json_t *json_date(uint64_t nanoseconds);

/* The bytes, escaped (escape.h). @scratch is used and keeps its memory. NULL: out of memory. */
json_t *json_escaped(struct buffer *scratch, const char *bytes, size_t size);

/*
 * Sets "a.b.c" to the value, which it takes over, in nested objects. Returns 0 or
 * -ENOMEM, as for a @value of NULL.
 */
int json_place(json_t *object, const char *name, json_t *value);

#endif
