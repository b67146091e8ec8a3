/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The protected set: files without which nobody could repair the machine. A
 * policy that lists one of them, whatever its phase, is not put in force.
 */
#ifndef INTERDICT_PROTECT_H
#define INTERDICT_PROTECT_H

#include <stddef.h>
#include <stdint.h>

#include "policy.h"
#include "problems.h"

struct protected_file {
	const char *what;    /* for the message: "the shell" */
	const char *pattern; /* glob(7), absolute */
};

/* As file_hash(). */
typedef int (*protect_hash_fn)(int fd, uint8_t ret_digest[INTERDICT_DIGEST_SIZE],
			       uint64_t *ret_size);

/*
 * Looks whether the policy lists what this host needs: PID 1, shells, ld.so and
 * libc, sshd, package managers, interdict and the libraries that it uses. Only
 * files whose size is listed are hashed, all of them if some entry has no size.
 *
 * Each that is listed was added to @problems as an error with the list's file and
 * line; each that could not be looked at as a warning. Returns 0, -EINVAL if one
 * is listed, or -ENOMEM.
 */
int protect_check(const struct policy *policy, struct problems *problems);

/*
 * Whether the file with this digest and size is one that this host needs. Waits for
 * the disk. Returns 1 or 0, -ENOMEM, or -EIO if one of them has the size and could
 * not be hashed.
 */
int protect_find(const uint8_t digest[INTERDICT_DIGEST_SIZE], uint64_t size);

/* The same for other files, and with another way to hash them. */
int protect_check_files(const struct policy *policy, const struct protected_file *files,
			size_t count, protect_hash_fn hash, struct problems *problems);

#endif
