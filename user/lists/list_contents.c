/* SPDX-License-Identifier: BSD-2-Clause */
#include "list_contents.h"

#include <signal.h>
#include <stddef.h>

#include "capabilities.h"
#include "file_hash.h"

static void hash(struct list_contents *contents)
{
	contents->error = file_hash(contents->fd, contents->digest, NULL);
}

static void *hash_apart(void *argument)
{
	capabilities_keep_reading();
	hash(argument);
	return NULL;
}

void list_contents_begin(struct list_contents *contents)
{
	sigset_t all, before;

	/* Signals are for the thread that waits for them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	contents->apart = pthread_create(&contents->thread, NULL, hash_apart, contents) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int list_contents_end(struct list_contents *contents)
{
	if (contents->apart)
		pthread_join(contents->thread, NULL);
	else
		hash(contents);
	contents->apart = false;
	return contents->error;
}
