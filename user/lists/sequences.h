/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which number each signed list had when it was last put in force, on disk, so that an
 * old list with its good old signature cannot come back.
 *
 * STATE/sequences, written by the monitor only. A line for each path and key:
 *
 *	NUMBER KEY-ID CONTENTS PATH
 *
 * Lists that are in no policy any more keep their lines. Another key begins anew:
 * what the old one signed is not accepted any more anyway.
 */
#ifndef INTERDICT_SEQUENCES_H
#define INTERDICT_SEQUENCES_H

#include "policy.h"
#include "problems.h"

/*
 * Checks that no signed list of @policy has a lower number than before, or the same
 * with other contents. @directory is the state's; if it or the file is not there, none
 * was accepted before. A file that cannot be read, or is no such file, is an error; only
 * for who is not root, and cannot be the monitor, it is a warning that nothing could be
 * compared. Returns 0, or a negative errno with the reasons in @problems.
 */
int sequences_check(const char *directory, const struct policy *policy, struct problems *problems);

/*
 * Remembers the numbers of @policy, which is in force now. Makes the directory if it is
 * not there, for root only. Returns 0, or a negative errno with the reason in @problems:
 * then the numbers before stay.
 */
int sequences_accept(const char *directory, const struct policy *policy,
		     struct problems *problems);

/*
 * Whether a file with this in it, which is cut to pieces and has a NUL behind it, is one that
 * the monitor wrote. Returns 0, -EINVAL with the line in @problems, or -ENOMEM.
 */
int sequences_parse(char *text, size_t size, const char *path, struct problems *problems);

#endif
