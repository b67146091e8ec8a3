/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories of a scan: a tree of names, each of which can be opened whatever its
 * depth, with a bounded number of descriptors, through no symbolic link and into no
 * other mount. May be used from several threads.
 *
 * A directory is opened by its path from the root of its tree. Where that path would
 * become longer than the kernel takes, it goes from an ancestor instead, the anchor;
 * a few anchors are kept open.
 *
 * What lies beneath a mount point is reached through a private copy of the mount that
 * nothing is mounted on, where the kernel lets us have one (root does).
 */
#ifndef INTERDICT_SCAN_NODE_H
#define INTERDICT_SCAN_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/* Where a walk begins. */
struct tree {
	char *path;  /* absolute */
	char *name;  /* the one file of a tree that is a file; `path` is its directory; or NULL */
	int fd;	     /* of `path`; O_PATH will do; negative: opened when it is needed */
	int copy_fd; /* of the copy of the mount, negative if there is none yet or at all */
	bool copy_tried;
};

struct node {
	struct node *parent; /* NULL: the root of the tree */
	struct node *anchor; /* NULL: the root of the tree */
	struct tree *tree;
	atomic_uint references;
	unsigned int length; /* bytes of the path from the anchor */
	unsigned int levels; /* names in it */
	unsigned int tag;    /* of who walks */
	bool beneath;	     /* a mount point, or lies under one: opened in the copy */
	char name[];
};

struct nodes;

/* Returns NULL if out of memory. */
struct nodes *nodes_new(void);
void nodes_free(struct nodes *nodes);

/* A new node with one reference, which holds one of @parent. NULL: out of memory. */
struct node *node_new(struct tree *tree, struct node *parent, const char *name);
struct node *node_get(struct node *node);
void node_put(struct node *node);

/*
 * Opens the directory for reading. Returns a descriptor or a negative errno: -EXDEV if
 * something is mounted there, and what is beneath cannot be reached. @ret_covered: that
 * something is mounted there.
 */
int node_open(struct nodes *nodes, struct node *node, bool *ret_covered);

/* Appends the absolute path of the directory, and of @name in it if it is not NULL. */
void node_path(const struct node *node, const char *name, struct buffer *buffer);

#endif
