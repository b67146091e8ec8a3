/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which mounts a scan walks, and which it does not, and why: each file system once,
 * whatever is mounted how often and where. Decided from the text of
 * /proc/self/mountinfo alone; nothing is opened here.
 */
#ifndef INTERDICT_SCAN_MOUNTS_H
#define INTERDICT_SCAN_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "vendor.h"

enum mount_kind {
	MOUNT_LOCAL,   /* on a block device or in memory */
	MOUNT_OVERLAY, /* shows what lies in directories of other file systems */
	MOUNT_REMOTE,  /* a network or a user's process answers, or nobody knows who */
	MOUNT_PSEUDO,  /* the kernel makes its files up: nothing is at rest there */
};

enum mount_choice {
	MOUNT_SEEN,
	MOUNT_NOT_LOCAL,  /* a network or user-space file system, and --all was not given */
	MOUNT_NO_FILES,	  /* pseudo */
	MOUNT_LAYERS,	  /* overlay, whose layers are seen where they lie */
	MOUNT_TWICE,	  /* all of it is seen through another mount */
	MOUNT_OUTSIDE,	  /* not below a path that was asked for */
	MOUNT_HIDDEN,	  /* beneath another mount: no path leads there */
	MOUNT_UNREADABLE, /* it could not be opened */
};

struct mount {
	unsigned long id, parent;
	unsigned int major, minor;
	char *root;    /* directory of its file system that is mounted */
	char *point;   /* where */
	char *type;    /* "ext4", "fuse.sshfs" ... */
	char *source;  /* "/dev/vda", "server:/export" ... */
	char *options; /* of the file system */
	enum mount_kind kind;
	enum mount_choice choice;
};

struct mounts {
	struct mount *item; /* in the order of the file */
	size_t count;
};

/* Reads the text of a mountinfo. Returns 0, -EBADMSG if it is none, or -ENOMEM. */
int mounts_parse(const char *text, struct mounts *ret_mounts);

/* The same from a file. Returns 0 or a negative errno. */
int mounts_read(const char *path, struct mounts *ret_mounts);

void mounts_release(struct mounts *mounts);

/* The mount with this number, or NULL. */
struct mount *mounts_find(const struct mounts *mounts, unsigned long id);

/*
 * Sets `choice` of all mounts. @paths: those that are mounted below one of these
 * paths; none: all of the machine. @remote: those that are not local too. Of several
 * mounts of the same files the one that shows most is seen, of equal ones the first.
 * Overlays are left MOUNT_SEEN: whether their layers are seen takes a look at the
 * directories.
 */
void mounts_choose(struct mounts *mounts, const struct strings *paths, bool remote);

/*
 * Calls @function for each directory that an overlay is made of, as its options have
 * it. Returns true if there is one at least, and @function did so for all of them.
 */
bool mount_each_layer(const struct mount *mount, bool (*function)(const char *, void *),
		      void *cookie);

/* True if @path is @directory or lies below it; both absolute. */
bool path_is_below(const char *path, const char *directory);

/* "not local", "pseudo" ...; MOUNT_SEEN: "seen" */
const char *mount_choice_name(enum mount_choice choice);

#endif
