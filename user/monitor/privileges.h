/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the daemon gives up once its programs are attached: capabilities, new privileges
 * by execution, core dumps, being traced, and every system call that it does not need.
 * interdict-security(7) is the page about it.
 */
#ifndef INTERDICT_PRIVILEGES_H
#define INTERDICT_PRIVILEGES_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* What was achieved. The zero value: nothing was tried. */
struct privileges {
	uint64_t capabilities; /* effective ones that were kept, by their bits */
	int capability_error;  /* negative errno: they could not be dropped */
	int filter_error;      /* negative errno: system calls are not filtered */
};

/*
 * Gives up for good what is not needed any more. The filter is put on all threads; each
 * thread drops capabilities by itself (capabilities.h). What a kernel or a container does
 * not offer is logged as a warning and left as it is.
 */
void privileges_drop(struct privileges *ret_privileges);

/*
 * The filter alone, on all threads of the calling process. A call that no library makes
 * by itself and an intruder wants (execve, ptrace, init_module, kexec_load) ends the
 * process with SIGSYS; any other that is not on the list fails with EPERM. Returns 0 or
 * a negative errno.
 */
int privileges_filter(void);

/* For status: {"capabilities": [NAME...], "seccomp": "on" or why not, "protect": bool}. */
json_t *privileges_status(const struct privileges *privileges, bool protect);

#endif
