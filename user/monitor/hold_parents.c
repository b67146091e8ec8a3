/* SPDX-License-Identifier: BSD-2-Clause */
#include "hold_parents.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "process.h"

/* So many are looked at. */
#define PARENTS_MAX 256

/* For so many ticks a parent is looked at after its child's hold: half a second. */
#define PARENT_LOOKS 5

struct hold_parent {
	struct hold_parent *next;
	pid_t pid;
	uint64_t start;
	unsigned int looks; /* ticks for which it is still looked at */
};

/*
 * One that is looked after was not stopped when it was last looked at, and most held processes
 * have the same parent.
 */
uint64_t hold_parents_start(const struct hold_parents *parents, pid_t pid)
{
	uint64_t start = 0;

	if (pid <= 1)
		return 0;
	for (const struct hold_parent *parent = parents->first; parent; parent = parent->next) {
		if (parent->pid == pid)
			return parent->start;
	}
	return process_is_stopped(pid, &start) ? 0 : start;
}

void hold_parents_watch(struct hold_parents *parents, pid_t pid, uint64_t start)
{
	struct hold_parent *parent;

	if (!start || parents->count >= PARENTS_MAX)
		return;
	for (parent = parents->first; parent; parent = parent->next) {
		if (parent->pid != pid || parent->start != start)
			continue;
		parent->looks = PARENT_LOOKS;
		return;
	}
	parent = calloc(1, sizeof(*parent));
	if (!parent)
		return;
	parent->pid = pid;
	parent->start = start;
	parent->looks = PARENT_LOOKS;
	parent->next = parents->first;
	parents->first = parent;
	parents->count++;
}

void hold_parents_tick(struct hold_parents *parents)
{
	struct hold_parent **link = &parents->first;

	while (*link) {
		struct hold_parent *parent = *link;
		uint64_t start = 0;
		bool stopped = process_is_stopped(parent->pid, &start);

		if (stopped && start == parent->start)
			kill(parent->pid, SIGCONT);
		if (stopped || start != parent->start || --parent->looks == 0) {
			*link = parent->next;
			free(parent);
			parents->count--;
		} else {
			link = &parent->next;
		}
	}
}

void hold_parents_release(struct hold_parents *parents)
{
	while (parents->first) {
		struct hold_parent *parent = parents->first;

		parents->first = parent->next;
		free(parent);
	}
	parents->count = 0;
}
