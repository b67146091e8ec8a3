/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What would happen to a file, and why: the monitor's decision without the
 * monitor. Looks at the file and the policy only; needs no privilege.
 */
#ifndef INTERDICT_CHECK_H
#define INTERDICT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "package.h"
#include "policy.h"

struct checker {
	const struct policy *policy;
	struct packages *packages; /* of files that are listed; NULL: not looked up */
	enum mode mode;
	enum backend backend;
	int32_t today;
	uint32_t uid; /* the real user who would execute it */
};

struct check_result {
	/*
	 * As the record of an execution: path, file, digest, hash_source, decision, reason,
	 * error, entry, phase, days_left, package, and the ELF facts.
	 */
	struct alert alert;
	/* Of an archive list, that names the file; nothing is decided by it. NULL: none. */
	const struct entry *archive;
	enum decision open; /* decision for opening it */
	int error;	    /* why it could not be hashed, a negative errno, or 0 */
	bool has_digest;
	bool size_cleared; /* no entry has its size: the monitor does not hash it */
};

/*
 * Checks the file that @path leads to. Returns 0; -EISDIR; -EINVAL if it is no
 * regular file otherwise; or another negative errno if it cannot be found. A file
 * that cannot be read or hashed is a result with an error: it is unhashable, unless
 * its size clears it. The caller releases the result.
 */
int check_file(const struct checker *checker, const char *path, struct check_result *ret_result);

void check_release(struct check_result *result);

#endif
