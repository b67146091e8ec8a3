/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The policy in force: loaded from the vendor files, compiled into the kernel,
 * replaced as a whole by a reload, and moved from phase to phase at midnight.
 */
#ifndef INTERDICT_INFORCE_H
#define INTERDICT_INFORCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "events.h"
#include "kernel.h"
#include "policy.h"
#include "problems.h"

struct inforce;

/*
 * Reads the vendor files in @directory and checks the policy against what this
 * host needs (protect.h), and against the warning lists in that directory
 * (hygiene.h). Lists that are those of last time come from the cache in the directory
 * @state (policy_cache.h). Returns 0 and the policy, or a negative errno with the reasons in
 * @problems.
 */
int inforce_read(const char *directory, const char *warning_lists, const char *state,
		 struct problems *problems, struct policy **ret_policy);

struct inforce *inforce_new(struct kernel *kernel);

/*
 * Puts @policy in force and takes it over on success; the one before is freed
 * after @drain was called, which must let go of all that refers to it.
 */
int inforce_install(struct inforce *inforce, struct policy *policy, void (*drain)(void *context),
		    void *context);

/*
 * Changes phases if the date has changed. Returns true if it did. Cheap enough
 * for every tick, and right after the clock was set.
 */
bool inforce_tick(struct inforce *inforce, time_t now);

/*
 * Names what a record is about: alert->policy, entry, exemption, phase, days_left, by
 * full digest and real user.
 */
void inforce_name(const struct inforce *inforce, struct alert *alert);

/* False if the file's size alone says that no entry can match it. */
bool inforce_may_be_listed(const struct inforce *inforce, const struct event *event);

/*
 * Decides about alert->event.digest as the kernel would. Returns false if it is
 * not listed, or its vendor is retired.
 */
bool inforce_decide(const struct inforce *inforce, struct alert *alert, enum mode mode);

/* What an entry's action (POLICY_ACTION_* and flags) means for an event of @kind. */
enum decision inforce_decide_action(unsigned int action, unsigned int kind, enum mode mode);

/* What the policy's flags (POLICY_HAS_*) mean for a file without a digest to trust. */
enum decision inforce_decide_flags(uint32_t flags, unsigned int kind, enum mode mode);
enum decision inforce_decide_unhashable(const struct inforce *inforce, const struct alert *alert,
					enum mode mode);

/* NULL before the first install. */
struct policy *inforce_policy(const struct inforce *inforce);
const struct policy_header *inforce_header(const struct inforce *inforce);
int32_t inforce_today(const struct inforce *inforce);

/* Accepts NULL. */
void inforce_free(struct inforce *inforce);

#endif
