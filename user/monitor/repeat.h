/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Collapses alerts that say the same: of one digest (one file by one path,
 * where there is no digest), user, decision and kind, the first is written at once, and from then
 * on at most one in each interval, with `repeat` set to how many further ones it
 * stands for. Nothing is lost: the alerts written and their repeats add up to
 * the alerts given, less those that still wait.
 */
#ifndef INTERDICT_REPEAT_H
#define INTERDICT_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"

struct repeat;

/* Writes an alert; numbers it first, so that the numbers have no gaps. Does not keep it. */
typedef void (*repeat_write)(struct alert *alert, void *userdata);

/*
 * Remembers up to @capacity different alerts; for one more, the one that was
 * written longest ago is forgotten, and written first if it waits. @interval is
 * in nanoseconds. Returns NULL if out of memory.
 */
struct repeat *repeat_new(size_t capacity, uint64_t interval, repeat_write write, void *userdata);

/* Frees it; what waits is not written: repeat_flush() does that. Accepts NULL. */
void repeat_free(struct repeat *repeat);

/*
 * Takes over the contents of @alert, which is empty afterwards, and writes it or
 * lets it wait. @now is of a clock that does not go back, in nanoseconds.
 */
void repeat_add(struct repeat *repeat, struct alert *alert, uint64_t now);

/*
 * Of a storm: if an alert like this one waits already, and is not due, counts one more for it
 * to stand for and returns true. It stays the caller's; of it only what is compared is looked at.
 */
bool repeat_count(struct repeat *repeat, const struct alert *alert, uint64_t now);

/* Writes what has waited for its interval; repeat_next() says when, UINT64_MAX: never. */
void repeat_expire(struct repeat *repeat, uint64_t now);
uint64_t repeat_next(const struct repeat *repeat);

/* Writes all that waits: at the end, and before the policy that alerts point to is freed. */
void repeat_flush(struct repeat *repeat, uint64_t now);

/* Alerts that wait, counted singly. */
uint64_t repeat_waiting(const struct repeat *repeat);

#endif
