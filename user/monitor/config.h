/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: interdict.conf, and the options of a command line that say
 * the same. user/etc/interdict.conf explains each option.
 */
#ifndef INTERDICT_CONFIG_H
#define INTERDICT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <interdict/event.h>

#include "output.h"
#include "problems.h"

#define CONFIG_PATH	   "/etc/interdict/interdict.conf"
#define CONFIG_VENDORS_DIR "/etc/interdict/vendors.d"
#define CONFIG_WARNING_LISTS "/etc/interdict/warninglists.d"
#define CONFIG_STATE_DIR   "/var/lib/interdict"

struct config {
	char *vendors_dir;
	char *warning_lists; /* directory, see warning_list.h */
	char *state_dir; /* what the monitor remembers from one run to the next */
	enum mode mode;
	enum backend backend; /* BACKEND_NONE: the better one of this kernel */
	bool hold;
	bool without_daemon_deny; /* what cannot be held because no daemon is there is denied */
	bool release;		  /* only by the command line: nothing outlives the monitor */
	bool allow_late_kill;
	bool unverifiable_deny;
	bool protect; /* against root, as far as that goes: interdict-security(7) */
	uint64_t hash_max;	/* bytes the kernel hashes by itself */
	uint64_t hold_deadline; /* nanoseconds a task may be held */
	bool prefill;		/* likely programs are hashed before they are executed */
	uint64_t prefill_threads;
	char *prefill_directories; /* absolute, separated by colons, or "none" */
	enum output_format format;
	char *events;	     /* file, "-" for standard output */
	bool syslog;
	int syslog_facility; /* of <syslog.h> */
	char *syslog_socket;
	uint64_t heartbeat;  /* nanoseconds between two health records; 0: none */
	uint64_t alerts_size; /* bytes of the ring buffer, a power of two */
	uint64_t telemetry_size;
};

/* Sets the defaults. Returns 0 or -ENOMEM. Released by config_release(). */
int config_init(struct config *config);
void config_release(struct config *config);

/*
 * Changes @config, which was initialised, by a file. An @optional one may be
 * missing; /dev/null says nothing. What is wrong was added to @problems, and then
 * @config may be half changed. Returns 0 or a negative errno: -EINVAL for wrong
 * contents.
 */
int config_load(const char *path, bool optional, struct problems *problems, struct config *config);

/*
 * Changes one option as a line of the file would, for a command-line option
 * `--<key> <value>`. Returns 0 or -EINVAL, or -ENOMEM.
 */
int config_set(struct config *config, const char *section, const char *key, const char *value,
	       struct problems *problems);

/* An option as the file has it, with its default as it would be written there. */
struct config_option {
	const char *section;
	const char *key;
	const char *normal;
};

/* The options in the order of the file. Returns false behind the last one. */
bool config_option(size_t index, struct config_option *ret_option);

#endif
