/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel half: loads and attaches the programs, puts policies in force,
 * reads records and counters.
 */
#ifndef INTERDICT_KERNEL_H
#define INTERDICT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <interdict/event.h>
#include <interdict/policy.h>
#include <interdict/protection.h>
#include <interdict/runtime.h>

#include "digest_maps.h"

struct kernel;

/* What the running kernel can do (features.h finds out) and what is asked of it. */
struct kernel_options {
	enum backend backend;
	bool kernel_hashes;   /* lsm: bpf_ima_file_hash() can be trusted */
	bool post_open;	      /* lsm: there is a file_post_open hook */
	bool setattr_idmap;   /* lsm: inode_setattr has the idmap first */
	bool can_kill_others; /* tracepoint: bpf_send_signal_task() is there */
	bool protect;	      /* lsm: the programs that guard the daemon are loaded too */
	bool can_guard;	      /* tracepoint: bpf_task_work_schedule_resume_impl() is there */
	bool holds;	      /* tracepoint: tasks will be held, so what watches them is needed */
	size_t alerts_size;   /* bytes, a power of two, at least a page; 0: default */
	size_t telemetry_size;
	bool release;	      /* the programs end with this process; else they outlive it (pins.h) */
};

/* What the maps are that these programs use. */
enum kernel_start {
	KERNEL_FRESH,	 /* there were none */
	KERNEL_ADOPTED,	 /* those of the daemon before */
	KERNEL_REPLACED, /* others, because the definition of those has changed */
};

struct kernel_takeover {
	enum kernel_start start;
	int pin_error;		  /* negative errno: nothing is pinned; 0 */
	uint64_t heartbeat;	  /* the last one of the daemon before; CLOCK_BOOTTIME ns, 0: none */
	uint64_t records;	  /* that waited, delivered by kernel_take_over() */
	uint64_t discarded;	  /* alerts of another version, by kernel_take_over() */
	uint64_t discarded_telemetry; /* likewise */
	/* Of the maps that were replaced: what had been taken off their rings, and lost. */
	uint64_t taken;
	uint64_t lost_alerts;
	uint64_t lost_telemetry;
};

/* Called for each record; @record is only valid during the call. */
typedef void (*kernel_record_fn)(const void *record, size_t size, void *context);

/*
 * Opens, verifies and loads the programs that the options ask for. Nothing is
 * attached yet. Returns 0 or a negative errno; libbpf's own words go to the log
 * at debug level, on failure also as an error.
 */
int kernel_load(const struct kernel_options *options, kernel_record_fn on_record, void *context,
		struct kernel **ret);

/*
 * Attaches every program that was loaded; all or none. Programs that a daemon before
 * this one has left act until all of these are attached, and go then: what both decide
 * about is never without a decision.
 */
int kernel_attach(struct kernel *kernel);

/*
 * Hands over what was not delivered before, as kernel_consume() does, and removes the
 * maps that were replaced. Returns what was found, borrowed.
 */
const struct kernel_takeover *kernel_take_over(struct kernel *kernel);

/* What was found so far, and whether the programs outlive this process. */
const struct kernel_takeover *kernel_get_takeover(const struct kernel *kernel);
bool kernel_is_pinned(const struct kernel *kernel);

/*
 * Attaches or detaches what only vendors with open = deny need (lsm without
 * file_post_open: the file_permission hook). A no-op elsewhere.
 */
int kernel_set_open_deny(struct kernel *kernel, bool wanted);

/*
 * Detaches every program, pinned or not; what still lies on the rings is the last of
 * it. kernel_forget() then removes the pinned maps.
 */
void kernel_detach(struct kernel *kernel);
void kernel_forget(struct kernel *kernel);

/* Frees. What is not pinned is detached and gone with it. Accepts NULL. */
void kernel_free(struct kernel *kernel);

/* The mapped settings. Fields are read by the programs as they are written. */
struct runtime *kernel_runtime(struct kernel *kernel);

/* Mapped too: what is left for the next daemon. */
struct journal *kernel_journal(const struct kernel *kernel);

/* For epoll: readable when there are records. */
int kernel_records_fd(const struct kernel *kernel);

/* Hands over what lies on both rings. Returns the number of records or a negative errno. */
int kernel_consume(struct kernel *kernel);

/* What somebody else has taken away. */
struct kernel_loss {
	unsigned int programs; /* not attached any more */
	const char *name;      /* of the first of them, borrowed; "" */
	unsigned int pins;     /* removed from bpffs: they would end with this process */
};

void kernel_find_loss(const struct kernel *kernel, struct kernel_loss *ret_loss);

/*
 * Attaches and pins again what kernel_find_loss() finds. Returns 0, or what has gone wrong
 * first, a negative errno; the rest was tried nevertheless.
 */
int kernel_restore(struct kernel *kernel);

/* Sums the counters over the CPUs, and adds those of the journal. */
int kernel_counters(const struct kernel *kernel, uint64_t ret_counters[COUNTER_COUNT]);

/*
 * False once there was no room for the mark of another file that was mapped shared and writable
 * (tracepoint): from then on each file is hashed at each use.
 */
bool kernel_keeps_digests(const struct kernel *kernel);

/* Recursion misses of all programs: calls that the kernel skipped. */
uint64_t kernel_recursion_misses(const struct kernel *kernel);

/* Number of programs attached, without those that only open = deny needs. */
unsigned int kernel_programs(const struct kernel *kernel);

/* Names of the attached programs, for status: NULL-terminated, borrowed. */
const char *const *kernel_program_names(const struct kernel *kernel);

/* For protection.c: the loaded object, and what its programs guard. Both stay ours. */
struct bpf_object *kernel_object(const struct kernel *kernel);
struct protection *kernel_protection(struct kernel *kernel);

/* Puts the image map @fd in force (policy_map.h). */
int kernel_swap_policy(struct kernel *kernel, int fd);

/* Generation of the policy in force, that of the daemon before at first; 0: none. */
uint64_t kernel_policy_generation(const struct kernel *kernel);

/* The maps of digests; the descriptors stay ours. */
void kernel_digest_maps(const struct kernel *kernel, struct digest_maps *ret_maps);

/* The file of this first execution is reported once more when it is next executed. */
void kernel_forget_first(struct kernel *kernel, const struct event *event);

/*
 * Walks the held processes. @tgid is 0 to begin with; returns 0 and the next
 * one, -ENOENT at the end.
 */
int kernel_next_held(const struct kernel *kernel, uint32_t *tgid, struct held_task *ret);

/* Looks at a hold; -ENOENT if there is none. */
int kernel_find_held(const struct kernel *kernel, uint32_t tgid, struct held_task *ret);

/* Takes a hold out of the map; -ENOENT if there is none. @ret may be NULL. */
int kernel_take_held(struct kernel *kernel, uint32_t tgid, struct held_task *ret);

/* Puts one back that was taken out too early. */
int kernel_restore_held(struct kernel *kernel, uint32_t tgid, const struct held_task *task);

#endif
