/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scan has found, in an order that does not depend on the order in which it
 * was found: two scans of the same state say the same.
 */
#ifndef INTERDICT_SCAN_FINDING_H
#define INTERDICT_SCAN_FINDING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy.h"

/* In the order of the words in scan_kind_name(). */
enum scan_kind {
	SCAN_LISTED,  /* a file with a listed digest */
	SCAN_ARCHIVE, /* a package file with a digest of an archive list */
	SCAN_SUSPECT, /* a file whose path names a vendor, and whose digest is not listed */
	SCAN_RUNNING, /* an executable or a mapping of a process, with a listed digest */
	SCAN_PACKAGE, /* an installed package, by its name */
	SCAN_UNIT,    /* a systemd unit, by its name */
	SCAN_MODULE,  /* a kernel module that is loaded, by its name */
	SCAN_KIND_COUNT,
};

struct scan_finding {
	enum scan_kind kind;
	char *path;    /* of the file; of a package, a unit without a file, a module: NULL */
	char *name;    /* of the package, unit or module; of the process; else NULL */
	char *version; /* of the package; else NULL */
	const struct vendor *vendor;
	const struct entry *entry; /* of the policy or its archives; NULL for all by name */
	const struct exemption *exemption; /* that holds today, for all or for the user of the process */
	uint64_t size;		   /* bytes; valid if `has_size` */
	uint8_t digest[INTERDICT_DIGEST_SIZE]; /* valid if `has_digest` */
	pid_t pid;			       /* of a process; 0: none */
	bool has_size, has_digest;
	bool covered; /* lies beneath a mount point: its path leads elsewhere now */
	bool deleted; /* there is no such path any more */
	bool mapped;  /* by the process, which executes another file */
};

struct scan_findings {
	pthread_mutex_t lock;
	struct scan_finding *item;
	size_t count, size;
	bool closed; /* nothing more is taken */
	bool failed; /* memory ran out: something is missing */
};

void findings_init(struct scan_findings *findings);
void findings_release(struct scan_findings *findings);

/* Takes the finding with its texts. From any thread. */
void findings_add(struct scan_findings *findings, struct scan_finding *finding);

/* Takes no more, sorts by path or name (as bytes), and leaves out what is there twice. */
void findings_close(struct scan_findings *findings);

/* "listed", "archive", "suspect" ... */
const char *scan_kind_name(enum scan_kind kind);

#endif
