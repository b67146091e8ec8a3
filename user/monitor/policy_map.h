/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries a compiled policy into the kernel: a fresh map, filled through mmap,
 * put in force by one update. Mapped only while it is written: a mapping counts
 * as the daemon's memory.
 */
#ifndef INTERDICT_POLICY_MAP_H
#define INTERDICT_POLICY_MAP_H

#include <stdint.h>

#include "kernel.h"
#include "policy.h"

/* The image in force, kept to change phases in place. */
struct policy_map;

/*
 * Compiles @policy for @today into a new map and swaps it in. Until the swap the
 * old policy is in force, and on any failure it stays. Returns 0 or a negative
 * errno; *@map is the old image, or NULL, and is replaced on success only.
 */
int policy_map_install(struct kernel *kernel, const struct policy *policy, int32_t today,
		       uint64_t generation, struct policy_map **map);

/* Changes the actions in place for a new day: no swap, no gap. 0 or a negative errno. */
int policy_map_update_phases(struct policy_map *map, const struct policy *policy, int32_t today);

/* Header of the image in force, as of its last change. */
const struct policy_header *policy_map_header(const struct policy_map *map);

/* Accepts NULL. The kernel keeps its own reference to the map. */
void policy_map_free(struct policy_map *map);

#endif
