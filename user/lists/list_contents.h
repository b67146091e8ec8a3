/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which bytes a list is made of: their SHA-256, computed in a thread of its own while
 * another process parses them.
 */
#ifndef INTERDICT_LIST_CONTENTS_H
#define INTERDICT_LIST_CONTENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <interdict/limits.h>

/* One computation. { .fd = FD }: a regular file, which stays the caller's. */
struct list_contents {
	int fd;
	bool apart; /* a thread is at it */
	pthread_t thread;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	int error;
};

/* Begins to hash the whole file behind contents->fd, whose position stays where it is. */
void list_contents_begin(struct list_contents *contents);

/*
 * Waits for the end; to be called once after each beginning. Returns 0 and the digest in
 * contents->digest, or a negative errno as file_hash() does.
 */
int list_contents_end(struct list_contents *contents);

#endif
