/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Warning lists: digests that get into lists by mistake, such as that of the empty
 * file. MISP's form: {"name": ..., "version": ..., "list": [...]}, of which the
 * items that are a SHA-256 count.
 */
#ifndef INTERDICT_WARNING_LIST_H
#define INTERDICT_WARNING_LIST_H

#include <stddef.h>
#include <stdint.h>

#include <interdict/limits.h>

#include "problems.h"

#define WARNING_LIST_BYTES_MAX (16U << 20) /* of one file */

/* @name is the list's own name: arbitrary text. */
typedef void (*warning_list_fn)(void *cookie, const char *name,
				const uint8_t digest[INTERDICT_DIGEST_SIZE]);

/*
 * Calls @function for each SHA-256 of the list that @text is, which came from the file
 * @path. What is wrong with it was added to @problems as a warning.
 */
void warning_list_parse(const char *text, size_t size, const char *path, struct problems *problems,
			warning_list_fn function, void *cookie);

/*
 * Calls @function for each SHA-256 of each *.json file in @directory, which need
 * not be there. Whatever is wrong with a file was added to @problems as a warning:
 * nothing of what is in force hangs on these lists. They come from a feed, so each is
 * parsed in the sandbox (apart.h). Returns 0 or -ENOMEM.
 */
int warning_lists_read(const char *directory, struct problems *problems, warning_list_fn function,
		       void *cookie);

#endif
