/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns of STIX indicators, as far as they can be enforced: comparisons of a
 * file's digest for equality, with OR between them.
 *
 *	[file:hashes.'SHA-256' = '...' OR file:hashes.MD5 = '...'] OR [file:hashes.sha256='...']
 *
 * Digests are file:hashes.ALGORITHM, artifact:hashes.ALGORITHM and those of a
 * process's program, process:image_ref.hashes.ALGORITHM (binary_ref in STIX 2.0).
 * Quotation marks around a name may be of either kind, or missing.
 */
#ifndef INTERDICT_STIX_PATTERN_H
#define INTERDICT_STIX_PATTERN_H

#include <stdbool.h>

#include "list.h"

struct stix_pattern {
	bool malformed; /* no pattern at all; the rest is not to be relied upon */
	bool hash;	/* compares the digest of a file */
	bool other;	/* compares anything else */
	/* Where it first says more than equality and OR: a part of the pattern; NULL: nowhere. */
	struct slice refused;
};

/* A comparison with a digest. Returns 0 or a negative errno, which ends the reading. */
typedef int (*stix_hash_fn)(void *cookie, struct slice algorithm, struct slice value);

/*
 * Reads @pattern. @function, unless NULL, is called for each digest before the
 * first thing that is refused: so read once without one, to see whether there is
 * any. Returns 0 or what @function returned. Needs no memory.
 */
int stix_pattern_read(struct slice pattern, stix_hash_fn function, void *cookie,
		      struct stix_pattern *ret_pattern);

#endif
