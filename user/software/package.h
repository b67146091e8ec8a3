/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which Debian package a file came with: a search through dpkg's lists of files.
 * Nothing is kept in memory but the last answers, for it is asked only about the
 * few paths that matched an entry.
 */
#ifndef INTERDICT_PACKAGE_H
#define INTERDICT_PACKAGE_H

#include <stdint.h>

/* Searches through the lists in any one second; each takes about 10 ms. */
#define PACKAGES_SEARCHES_MAX 5

struct packages;

/* @directory: dpkg's, usually "/var/lib/dpkg". Returns NULL if out of memory. */
struct packages *packages_new(const char *directory);

/*
 * Name of the package that owns @path, which is absolute and free of symbolic
 * links; on systems with merged /usr, dpkg may know it without the "/usr". @now is
 * CLOCK_BOOTTIME in nanoseconds. The string is valid until the next call. NULL
 * if no package owns it, if there is no dpkg, or if PACKAGES_SEARCHES_MAX is
 * reached: somebody who makes up paths must not keep the caller busy.
 */
const char *packages_owner(struct packages *packages, const char *path, uint64_t now);

/* Lifts that bound, for a command whose user waits for the answers. */
void packages_set_unbounded(struct packages *packages);

/* Searches so far. */
uint64_t packages_searches(const struct packages *packages);

/* Accepts NULL. */
void packages_free(struct packages *packages);

#endif
