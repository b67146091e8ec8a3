/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protect = yes: tells the programs of bpf/protect.bpf.c whom and what they guard. Who
 * runs the same executable is not kept out, so the next daemon and `interdict stop` can
 * do what they are for.
 */
#ifndef INTERDICT_PROTECTION_USER_H
#define INTERDICT_PROTECTION_USER_H

#include "kernel.h"

/*
 * Guards this process, the maps and programs of @kernel, which are attached, and the
 * directory of the pins, if there is one: a descriptor keeps its file system for as long
 * as this process lives. Returns 0 or a negative errno, and then nothing is refused.
 */
int protection_begin(struct kernel *kernel);

/* The policy in force is a map that is new each time: for after each load. */
int protection_policy(struct kernel *kernel);

/* Nothing is refused any more. */
void protection_end(struct kernel *kernel);

#endif
