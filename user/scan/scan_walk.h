/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks trees of directories in several threads and shows each file to its caller:
 * no symbolic link is followed, no other mount entered, nothing but directories is
 * opened, and paths are not built unless they are asked for.
 */
#ifndef INTERDICT_SCAN_WALK_H
#define INTERDICT_SCAN_WALK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "scan_inodes.h"
#include "scan_node.h"

/* A regular file, as it was when its directory was read. */
struct walk_file {
	const struct node *directory;
	int directory_fd;
	const char *name;
	struct inode_state state;
	uint32_t links;
};

struct walk_counters {
	uint64_t directories; /* read */
	uint64_t special;     /* symbolic links, devices, sockets, FIFOs */
	uint64_t covered;     /* mount points */
	uint64_t unreached;   /* of these: what is beneath could not be looked at */
	uint64_t waiting;     /* directories found and not read, when it was stopped */
};

/* All are called in the threads of the walk, with the number of the thread. */
struct walk_calls {
	/* The tag of a directory, which its files find in file->directory->tag. NULL: 0. */
	unsigned int (*enter)(const struct node *directory, unsigned int thread, void *context);
	/* What is to be done with a file; 0: nothing. Must be quick. */
	unsigned int (*look)(const struct walk_file *file, unsigned int thread, void *context);
	/* Does it; later and in another thread if that is faster. */
	void (*examine)(const struct walk_file *file, unsigned int what, unsigned int thread,
			void *context);
	/* A directory, or @name in it, could not be looked at; @error: a negative errno. */
	void (*skip)(const struct node *directory, const char *name, int error, void *context);
};

struct walk_options {
	struct walk_calls calls;
	void *context;
	unsigned int threads;	 /* 1 or more */
	const atomic_bool *stop; /* looked at before each file */
	/*
	 * Called in the caller's thread five times a second; false gives up, as one that
	 * waits for a file system that does not answer has to. NULL: never.
	 */
	bool (*tick)(void *context);
};

struct walk;

/* Returns NULL if out of memory. */
struct walk *walk_new(const struct walk_options *options);

/*
 * Adds a tree: the directory behind @fd, which is at @path, or the file @name in it
 * alone (NULL: all of it). Takes the descriptor; without one (negative) the directory is
 * opened in a thread of the walk. Returns 0 or -ENOMEM.
 */
int walk_add(struct walk *walk, const char *path, const char *name, int fd);

/*
 * Walks all trees. Returns 0; -ECANCELED if it was stopped; -ETIMEDOUT if it was
 * stopped and some thread has not come back from the kernel: then neither the walk
 * nor the context may ever be freed; or another negative errno.
 */
int walk_run(struct walk *walk);

void walk_count(struct walk *walk, struct walk_counters *ret_counters);

/*
 * Opens the file for reading, if it is a regular file still, and on the same file
 * system. Returns a descriptor or a negative errno: -ENOENT if another kind of thing
 * has taken its place.
 */
int walk_open(const struct walk_file *file);

/* Accepts NULL. */
void walk_free(struct walk *walk);

#endif
