/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arbitrary bytes, such as a file name, as text that is safe in a log line, in
 * JSON and on a terminal, and from which the bytes can be had back.
 *
 * The scheme, the same in every format:
 *
 *	\\	a backslash
 *	\"	a quotation mark (only inside the quotes of a text value)
 *	\xHH	one byte, two lower-case hexadecimal digits
 *
 * Everything else stands for itself and is valid UTF-8. Written as \xHH are
 * bytes that are not valid UTF-8, and every byte of a character that controls
 * or deceives: C0 and C1 controls (terminal escapes), DEL, line and paragraph
 * separators, bidirectional overrides, invisible characters, noncharacters.
 *
 * A reader undoes JSON first, where it is JSON, and then this.
 */
#ifndef INTERDICT_ESCAPE_H
#define INTERDICT_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* Appends the @size bytes escaped, quotation marks as they are: for a JSON string. */
void escape_append(struct buffer *buffer, const void *bytes, size_t size);

/*
 * Appends a value of the text format: as it is if it consists of ASCII letters,
 * digits and _./:@%+~^- only, else escaped between quotation marks. So a value
 * holds no blank, comma, bracket or equals sign outside quotation marks.
 *
 * At most @max bytes are appended, quotation marks not counted; a value is cut
 * between characters. Returns true if all of it was appended.
 */
bool escape_append_value(struct buffer *buffer, const void *bytes, size_t size, size_t max);

#endif
