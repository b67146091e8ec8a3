/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a record back to the file it is about. Looking at a file and reading another
 * process's maps may wait for a process that does not answer, so this belongs into
 * a worker thread.
 */
#ifndef INTERDICT_LOCATE_H
#define INTERDICT_LOCATE_H

#include <stdbool.h>
#include <sys/stat.h>

#include <interdict/event.h>

/* A record and a path (NULL: not known), for a worker. One allocation. NULL: out of memory. */
struct location;
struct location *location_new(const struct event *event, const char *path);

/*
 * For struct hash_job: opens the file of the struct location with O_PATH: by /proc while
 * the task is there, else by the path from the task's root, or ours if that is its mount
 * namespace, if it can be resolved from the kernel's cache. What was opened may be another
 * file: compare with locate_matches() after reading it. Returns a descriptor that the
 * caller owns, or a negative errno; -ESRCH if nothing leads there any more.
 */
int location_open(const void *location);

/*
 * True if @found is the file that @event is about, unchanged since. Where
 * stat(2) shows another device than the file has (EVENT_DEV_PRIVATE) or another
 * inode number (EVENT_OVERLAY), those are not compared: size and change time are.
 */
bool locate_matches(const struct event *event, const struct stat *found);

#endif
