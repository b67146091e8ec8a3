/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that have several names, so that a scan counts and hashes each once. Only
 * inodes with more than one link are kept. May be used from several threads.
 */
#ifndef INTERDICT_SCAN_INODES_H
#define INTERDICT_SCAN_INODES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <interdict/limits.h>

/* A state of a file: as long as this stays, so does its digest. */
struct inode_state {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	struct timespec ctime;
};

struct inodes;

/* Returns NULL if out of memory. */
struct inodes *inodes_new(void);
void inodes_free(struct inodes *inodes);

/*
 * True if this is the first name of the inode. Also if memory has run out: then a file
 * is counted twice, and none is missed. 8 to 16 bytes an inode.
 */
bool inodes_is_first(struct inodes *inodes, uint64_t device, uint64_t inode);

/* Keeps a digest, or gets the one that was kept for exactly this state. */
void inodes_keep(struct inodes *inodes, const struct inode_state *state,
		 const uint8_t digest[INTERDICT_DIGEST_SIZE]);
bool inodes_get(struct inodes *inodes, const struct inode_state *state,
		uint8_t ret_digest[INTERDICT_DIGEST_SIZE]);

#endif
