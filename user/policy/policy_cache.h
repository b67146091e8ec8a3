/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The compiled lists on disk, STATE/policy.cache, so that a monitor that starts with the
 * lists of last time does not parse them again, and has their entries in a file instead
 * of in memory.
 *
 *	struct head		what follows, and the program that wrote it
 *	lists, warnings		of each list: vendor, path, digest of its bytes, facts
 *	entries, sizes, texts, facts, archives		as in struct policy, aligned to 8
 *	SHA-256 of all before
 *
 * It holds what is made of lists and nothing else. Vendor files, their dates and
 * exemptions, keys and signatures are read each time, and so are all bytes of all lists,
 * to be hashed. The file is used only if it was written by this very program, of the same
 * lists of the same vendors in the same order, and is undamaged; in any other case the
 * lists are parsed. Once it is in use nothing changes it: a new one takes its name.
 */
#ifndef INTERDICT_POLICY_CACHE_H
#define INTERDICT_POLICY_CACHE_H

#include "policy.h"

#define POLICY_CACHE_NAME "policy.cache"

/*
 * Writes the lists of @policy, which policy_load_cached() has parsed, to the state
 * directory @directory, which is made if it is not there; root's, mode 0600, durable, and
 * replaced as a whole. It takes as long as the disk does: not for the monitor's main
 * thread. Returns 0 or a negative errno; then what was there before may be gone.
 */
int policy_cache_save(const struct policy *policy, const char *directory);

/* The rest is for policy_load.c. */

struct policy_cache;

/*
 * Opens the cache of a state directory, by the rules of secure_file.h. Returns 0; -ENOENT
 * if there is none; -ESTALE if another program has written it; or another negative errno
 * with the reason in @problems: -EBADMSG if it is damaged.
 */
int policy_cache_open(const char *directory, struct problems *problems,
		      struct policy_cache **ret_cache);

/*
 * The next list that it is made of. Returns 0 and fills contents, format, rows, weak,
 * set_aside and compression of @list if that is the one, by path, kind, size and the bytes
 * behind @fd, of the vendor @id; else -ESTALE.
 */
int policy_cache_next(struct policy_cache *cache, const char *id, int fd, struct policy_list *list);

/*
 * Gives @policy, whose vendors and lists are those of the cache, its entries and texts,
 * which stay in the file, and adds the warnings there were of its lists to @problems.
 * Returns 0; -ESTALE if the cache has more lists; -EBADMSG, with the reason in @problems,
 * if it is damaged; or -ENOMEM. After a failure the policy is as it was.
 */
int policy_cache_take(struct policy_cache *cache, struct policy *policy,
		      struct problems *problems);

/* Accepts NULL. */
void policy_cache_close(struct policy_cache *cache);

#endif
