/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a file at rest has to be read at all, from its size and its name: by the
 * entries of the policy, and by its archive entries, which may name any package file.
 */
#ifndef INTERDICT_SCAN_GATE_H
#define INTERDICT_SCAN_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

struct gate;

/* The policy has to live as long as the gate. Returns NULL if out of memory. */
struct gate *gate_new(const struct policy *policy);

const struct policy *gate_policy(const struct gate *gate);

/* True if an entry may name a file of this size; never one of no bytes. */
bool gate_passes(const struct gate *gate, uint64_t size);

/*
 * True if an archive entry may: one of this size, or one that has none if the file's
 * name ends as that of a package or an archive.
 */
bool gate_passes_archive(const struct gate *gate, uint64_t size, const char *name);

/* True if no file is cleared by its size. */
bool gate_is_open(const struct gate *gate);

/* True if @name ends as the name of a package or an archive: .deb, .tar.gz, .iso ... */
bool is_archive_name(const char *name);

/* Accepts NULL. */
void gate_free(struct gate *gate);

#endif
