/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parents of held processes. One that stops itself while its child is held (hold.h says which
 * do) is resumed, for a moment after the hold too.
 */
#ifndef INTERDICT_HOLD_PARENTS_H
#define INTERDICT_HOLD_PARENTS_H

#include <stdint.h>
#include <sys/types.h>

struct hold_parents {
	struct hold_parent *first;
	uint64_t count;
};

/*
 * Start of a parent that is not stopped, in boot time as event.start; 0: it is stopped already, or
 * is not there.
 */
uint64_t hold_parents_start(const struct hold_parents *parents, pid_t pid);

/* Looks after the process with this start from now on; 0: it is none. Without memory it does not. */
void hold_parents_watch(struct hold_parents *parents, pid_t pid, uint64_t start);

/* Resumes those that have stopped; forgets those that do not. */
void hold_parents_tick(struct hold_parents *parents);

/* Forgets all of them. */
void hold_parents_release(struct hold_parents *parents);

#endif
