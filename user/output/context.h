/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every record says about the machine and the monitor that wrote it.
 */
#ifndef INTERDICT_CONTEXT_H
#define INTERDICT_CONTEXT_H

#include <stdint.h>

#include <interdict/event.h>

/* Room for the name of a run: 16 hexadecimal digits. */
#define RUN_ID_SIZE 17

struct context {
	char host_id[33];  /* /etc/machine-id; "" if there is none */
	char hostname[65]; /* arbitrary bytes */
	char boot_id[37];  /* of this boot of the kernel; makes process ids unique */
	char run_id[RUN_ID_SIZE]; /* of this run of the monitor: records are numbered in it */
	enum mode mode;
	enum backend backend;
	enum hash_source hash_source;
	uint64_t policy_generation; /* of the policy in force */
	uint8_t policy_digest[INTERDICT_DIGEST_SIZE];
};

/*
 * Fills in what is known of the host, as far as it can be read, and a new run_id; clears
 * the rest.
 */
void context_init(struct context *ret_context);

#endif
