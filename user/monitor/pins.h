/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What outlives the daemon, under bpffs:
 *
 *	KERNEL_PIN_DIR/maps-ABI-SUM	the maps of one definition; with `run --release` only
 *					the held tasks
 *	KERNEL_PIN_DIR/links-INSTANCE	the attached programs of one load
 *
 * Programs of one load that are not all there yet, or more than one load, are what a
 * daemon left that died while it started: the next one removes them, after it has
 * attached its own. Whoever changes anything here holds the daemon's lock (control.h).
 */
#ifndef INTERDICT_PINS_H
#define INTERDICT_PINS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>

#include <interdict/event.h>
#include <interdict/runtime.h>

#define KERNEL_PIN_DIR "/sys/fs/bpf/interdict"

/* Mounts bpffs if it is not there, and makes the directory, 0700. 0 or a negative errno. */
int pins_prepare(void);

/* Directories below KERNEL_PIN_DIR, as paths. */
struct pins_paths {
	char **item;
	size_t count;
	void *glob;
};

void pins_find_sets(struct pins_paths *ret_paths);
void pins_find_links(struct pins_paths *ret_paths);
void pins_paths_release(struct pins_paths *paths);

/* The ABI (INTERDICT_ABI) of a set of maps by its path; 0: not to be told. */
uint32_t pins_set_abi(const char *set);

/* The greatest instance that anything pinned belongs to; 0: there is none. */
uint32_t pins_last_instance(void);

/* Descriptor of a pinned map or link, or a negative errno. */
int pins_open(const char *directory, const char *name);

/* Settings of a set of our ABI; 0, -EPROTO for another, or a negative errno. */
int pins_read_runtime(const char *set, struct runtime *ret_runtime);

/*
 * Tells the programs of every set of our ABI that this process is their daemon, and that
 * it is alive until @heartbeat (runtime.heartbeat).
 */
void pins_claim(uint64_t heartbeat);

/* Calls @visit for each program that the links of a directory have attached. */
void pins_each_program(const char *links,
		       void (*visit)(const struct bpf_prog_info *info, void *context),
		       void *context);

/* Removes a directory with the pins in it. */
void pins_remove(const char *directory);

/* Removes all links but those of @instance, and waits for their programs to be gone. */
void pins_remove_links(uint32_t instance);

/* Removes KERNEL_PIN_DIR if nothing is in it any more. */
void pins_remove_empty(void);

/* Takes all records off a ring buffer. */
struct pins_records {
	uint64_t alerts[EVENT_MODULE + 1]; /* by kind; 0: of no kind that is known */
	uint64_t telemetry;
};

void pins_discard_records(const char *set, struct pins_records *records);

/* What is there now, whether a daemon runs or not. */
struct pins_state {
	unsigned int programs; /* attached by links that are pinned */
	unsigned int loads;    /* directories of such links: 1, or a start was cut off */
	unsigned int sets;     /* of maps */
	enum backend backend;
	bool known; /* the maps are of this version: the rest is valid */
	enum mode mode;
	uint64_t loaded;    /* CLOCK_BOOTTIME, nanoseconds; 0: not known */
	uint64_t heartbeat; /* likewise */
	unsigned int held;  /* processes that wait for a verdict */
};

/* Returns true if anything is pinned. */
bool pins_look(struct pins_state *ret_state);

/*
 * Ends enforcement without a daemon: held tasks go on, links go, then maps. Returns
 * false if there was nothing. @lost: undelivered records that went with them.
 */
struct pins_ended {
	unsigned int programs;
	unsigned int released; /* held tasks that go on, undecided */
	struct pins_records lost;
};

bool pins_end(struct pins_ended *ret_ended);

#endif
