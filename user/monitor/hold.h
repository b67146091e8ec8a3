/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel programs could not decide: records with DECISION_PENDING. The
 * file is hashed by the worker threads, the digest stored for next time, and a
 * task that is held for it goes on or dies. No held task is forgotten: not when
 * its record was lost, not when hashing takes too long, not when this process
 * dies (the next one finds the map of held tasks pinned).
 *
 * A parent that waits for stopped children sees the hold. runuser(1) and the like
 * then stop themselves, to be resumed together with the child by a shell that knows
 * nothing of it: so a parent that stopped while its child was held is resumed too.
 */
#ifndef INTERDICT_HOLD_H
#define INTERDICT_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "hasher.h"
#include "kernel.h"

struct hold;

/* What the rest of the monitor does for this module. */
struct hold_calls {
	/* False if the file's size alone says that no entry can match it. */
	bool (*may_be_listed)(const struct event *event, void *context);
	/*
	 * Looks up @alert->event.digest in the policy in force and fills entry, action,
	 * generation, decision and reason. Returns false if it is not listed or not to be
	 * reported.
	 */
	bool (*decide)(struct alert *alert, void *context);
	/* Decision for a file without a digest to trust. */
	enum decision (*decide_unhashable)(const struct alert *alert, void *context);
	/* Takes over the alert. */
	void (*report)(struct alert *alert, void *context);
	void *context;
};

struct hold_options {
	uint64_t deadline; /* nanoseconds a task is held at most: then it is unhashable */
};

struct hold_status {
	uint64_t waiting; /* files being hashed */
	uint64_t loose;	  /* of these: alerts that are in no map, as the held ones are */
	uint64_t asked;	  /* requests: cleared + allowed + reported + dropped + open, always */
	uint64_t allowed; /* of these: there was nothing to report */
	uint64_t reported;
	uint64_t dropped; /* no memory; one that is held is found again by hold_tick() */
	uint64_t open;	  /* not decided yet */
	uint64_t held;	  /* processes held now */
	uint64_t parents; /* parents of such that are looked after */
	uint64_t cleared; /* files that their exact size cleared */
	uint64_t released;
	uint64_t killed;
	uint64_t hashed;     /* files hashed in user space */
	uint64_t matched;    /* of these: listed */
	uint64_t denied;     /* denials decided here */
	uint64_t unhashable; /* files whose digest could not be had */
	uint64_t recovered; /* holds found without a record of ours */
	uint64_t overdue;   /* deadline reached */
};

int hold_new(struct kernel *kernel, const struct hold_options *options,
	     const struct hold_calls *calls, struct hold **ret);

/* For epoll, and what to do when it is readable. */
int hold_fd(const struct hold *hold);
void hold_dispatch(struct hold *hold);

/* Takes over a pending alert. */
void hold_request(struct hold *hold, struct alert *alert);

/*
 * Hashes a file only to store its digest: the kernel could not (too large, or its
 * own hash cannot be trusted). Nothing is reported. @alert is copied from.
 */
void hold_learn(struct hold *hold, const struct alert *alert);

/*
 * Looks after the map of held tasks: those without a record, those whose process
 * is gone, those over the deadline. Call it at the start and a few times a second.
 */
void hold_tick(struct hold *hold, uint64_t now);

/* Nothing is held any more: everything that is goes on. For the end of the monitor. */
void hold_release_all(struct hold *hold);

void hold_get_status(const struct hold *hold, struct hold_status *ret);

/* Ends the workers: what they have not decided is reported as unhashable, with -ECANCELED. */
void hold_cancel(struct hold *hold);

/* Accepts NULL. */
void hold_free(struct hold *hold);

#endif
