/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One line on a terminal that says how far a long command is, how fast it goes and
 * how long it will take. On anything but a terminal nothing is written.
 */
#ifndef INTERDICT_PROGRESS_H
#define INTERDICT_PROGRESS_H

#include <stdatomic.h>
#include <stdint.h>

struct progress;

/*
 * @verb: what is done, such as "hashing". Totals of 0 are not known (yet). Returns
 * NULL if out of memory or if standard error is no terminal: all functions accept
 * NULL. They may be called by several threads at once.
 */
struct progress *progress_new(const char *verb, uint64_t total_files, uint64_t total_bytes);

/* So many bytes of the total turn out to be no work, or to be more of it. */
void progress_skip(struct progress *progress, uint64_t bytes);
void progress_expect(struct progress *progress, uint64_t bytes);

void progress_add(struct progress *progress, uint64_t files, uint64_t bytes);

/* For one who counts them himself: how much is done by now. */
void progress_set(struct progress *progress, uint64_t files, uint64_t bytes);

/* What may be counted up directly, for struct file_hash_limits; NULL if @progress is. */
_Atomic uint64_t *progress_bytes(struct progress *progress);

/* Removes the line, and frees it. To be called before anything else is written. */
void progress_end(struct progress *progress);

#endif
