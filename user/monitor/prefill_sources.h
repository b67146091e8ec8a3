/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files that pre-fill looks at: what processes execute and map as code, the programs of
 * systemd's units, of the directories of a PATH and of those that the configuration names.
 *
 * Several threads may walk at once, each over everything: a file is claimed by whoever
 * comes first (`claim`). Only local file systems are walked; what waits nevertheless keeps its
 * thread waiting and nobody else.
 */
#ifndef INTERDICT_PREFILL_SOURCES_H
#define INTERDICT_PREFILL_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

struct prefill_calls {
	/* True for the first who asks about this file. */
	bool (*claim)(uint64_t device, uint64_t inode, void *context);
	/* @fd: O_PATH, of a regular file; closed by the caller. */
	void (*look)(int fd, void *context);
	/* True when the walk is to end. */
	bool (*stopped)(void *context);
	void *context;
};

/* @directories: absolute paths separated by colons, with all beneath them; may be "". */
void prefill_walk(const struct prefill_calls *calls, const char *directories);

#endif
