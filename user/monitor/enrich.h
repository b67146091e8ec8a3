/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who and what a record is about, beyond what the kernel put into it. Best effort,
 * from places that do not keep the caller waiting: links in /proc, /etc/passwd (no
 * NSS, which may ask a network), dpkg's lists. No path of a record is opened.
 */
#ifndef INTERDICT_ENRICH_H
#define INTERDICT_ENRICH_H

#include <stdint.h>

#include "events.h"

struct enrich;

/* Returns NULL if out of memory. */
struct enrich *enrich_new(void);

/*
 * Fills user, executable, cwd, parent_executable, container and package of the
 * alert, each if it is NULL and can be known. What is taken from /proc is dropped
 * if the process is not the one of the record any more. Costs about 50 us, and
 * 10 ms where a package is searched for, which happens PACKAGES_SEARCHES_MAX times
 * a second at most: so collapse repeated alerts first. @now is CLOCK_BOOTTIME in
 * nanoseconds.
 */
void enrich_alert(struct enrich *enrich, struct alert *alert, uint64_t now);

/*
 * Reads build_id, soname and elf_package from the file behind @fd, which blocks as
 * its file system does. Returns 0 or a negative errno as elf_facts_read().
 */
int enrich_from_file(struct alert *alert, int fd);

/* Id of the container in the text of /proc/PID/cgroup. The caller frees it. NULL: in none. */
char *enrich_container(const char *cgroups);

/* Accepts NULL. */
void enrich_free(struct enrich *enrich);

#endif
