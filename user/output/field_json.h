/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values of fields (fields.h) as JSON, the same in records and in findings.
 */
#ifndef INTERDICT_FIELD_JSON_H
#define INTERDICT_FIELD_JSON_H

#include <jansson.h>

#include "buffer.h"
#include "fields.h"

/*
 * A value of this type, its bytes escaped; the caller owns it. @scratch is used and keeps
 * its memory. NULL: out of memory.
 */
json_t *field_json(struct buffer *scratch, enum field_type type, const struct value *value);

#endif
