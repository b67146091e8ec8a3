/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the kernel half that share its state: kernel.c loads and attaches,
 * kernel_maps.c reads and writes maps, kernel_pins.c lets them outlive the daemon.
 */
#ifndef INTERDICT_KERNEL_PRIVATE_H
#define INTERDICT_KERNEL_PRIVATE_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel.h"

#include "interdict.skel.h" /* needs the types of kernel.h */

#define KERNEL_PROGRAMS_MAX 32

struct kernel {
	struct kernel_options options;
	struct interdict_bpf *skeleton;
	struct ring_buffer *rings;
	kernel_record_fn on_record;
	void *context;
	const char *names[KERNEL_PROGRAMS_MAX + 1];
	unsigned int programs;
	int possible_cpus;

	char *set; /* directory of the maps; NULL: nothing can be pinned */
	char *links; /* directory of the links; NULL: they end with this process */
	uint32_t instance;
	bool made_set;
	bool active; /* earlier programs have ended, or there were none */
	struct kernel_takeover takeover;
};

/*
 * Makes the directory, and takes over the maps that lie there: before they are loaded.
 * What cannot be pinned here or later is no reason not to start: takeover.pin_error.
 */
void kernel_pins_adopt(struct kernel *kernel);

/* Pins what was not there: after they were loaded, before anything is attached. */
void kernel_pins_keep(struct kernel *kernel);

/* Pins a link that was just attached. */
void kernel_pins_link(struct kernel *kernel, struct bpf_link *link, const char *name);

/* The same for one that takes the place of another, whose pin goes. */
void kernel_pins_replace(struct kernel *kernel, struct bpf_link *link, const char *name);

/* How many of the links and maps that were pinned are not pinned any more. */
unsigned int kernel_pins_missing(const struct kernel *kernel);

/* Pins those again. 0 or a negative errno. */
int kernel_pins_restore(struct kernel *kernel);

/* All are attached: they act from now on, and earlier loads end. */
void kernel_pins_activate(struct kernel *kernel);

/* Not started: earlier programs are without a daemon again. */
void kernel_pins_give_up(struct kernel *kernel);

/* Opposite of kernel_pins_link() for all of them. */
void kernel_pins_unlink(struct kernel *kernel);

/* What an earlier monitor held is looked after by the programs of this one. */
void kernel_count_inherited_holds(struct kernel *kernel);

/* Counts a record and hands it over: for the rings, and for those that were replaced. */
int kernel_hand_over(void *kernel, void *record, size_t size);

#endif
