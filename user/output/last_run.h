/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run of the monitor leaves to the next one, so that a gap between their records
 * can be seen: its name, its last record, and whether it ended by itself. It stands in
 * one line of a small file, which is opened once and overwritten in place: that needs
 * neither space on the disk nor a name, and a run that is killed leaves what it wrote last.
 */
#ifndef INTERDICT_LAST_RUN_H
#define INTERDICT_LAST_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "context.h"

#define LAST_RUN_FILE "run"

struct last_run {
	char id[RUN_ID_SIZE];
	uint64_t sequence; /* of its last record; of a run that was killed: at least */
	bool clean;	   /* it ended by itself */
	enum mode mode;
	uint8_t policy_digest[INTERDICT_DIGEST_SIZE]; /* in force at its end */
};

/*
 * Opens the file in @directory, which is made (0700) if it is not there, never through a
 * link, and reads what the run before has left. Returns 0, or a negative errno: -ENOENT if
 * there was no run, -EINVAL if what stands there was not written by us; in these three
 * cases *@ret_fd is open, else negative.
 */
int last_run_open(const char *directory, struct last_run *ret_run, int *ret_fd);

/* Overwrites the file. Returns 0 or a negative errno. */
int last_run_write(int fd, const struct last_run *run);

#endif
