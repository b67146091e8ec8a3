/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One vendor file: who is restricted, on what authority, from which day, where the
 * digests are, by what else its software is known, and who is excepted.
 *
 *	[vendor]     id, name, alias (repeats), mode = audit | enforce
 *	[authority]  citation (repeats), url (repeats), scope
 *	[schedule]   announced, identify, plan, begin-removal, prohibited or grace,
 *	             vendor-updates-end, review, retired
 *	[lists]      file (repeats; relative to the vendor file), archive (likewise),
 *	             open = audit | deny, signed-by
 *	[identity]   package, path, unit, module (each repeats, globs), learn = yes | no
 *	[exempt ID]  sha256 (repeats), uid, host, until, approver, reason, ticket
 *
 * A vendor without [lists] is one that has no digests yet.
 */
#ifndef INTERDICT_VENDOR_H
#define INTERDICT_VENDOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <interdict/limits.h>

#include "problems.h"
#include "schedule.h"

struct vendor_list {
	char *path;	   /* as it can be opened */
	unsigned int line; /* of the vendor file */
	bool archive;	   /* digests of package files, for scan and check only */
	bool learned;	   /* the daemon's own list ([identity] learn): line 0, never signed */
};

#define EXEMPTION_ANY_UID UINT32_MAX

/* Who may run what all the same, until when, and who answers for that. */
struct exemption {
	char *id;
	unsigned int line; /* of the vendor file */
	uint8_t (*digest)[INTERDICT_DIGEST_SIZE];
	size_t digest_count; /* 1 or more */
	uint32_t uid;	     /* real user id as the initial namespace has it, or EXEMPTION_ANY_UID */
	char *host;	     /* NULL: every host */
	int32_t until;	     /* last day on which it holds */
	char *approver;
	char *reason;
	char *ticket;
};

/* A list of strings, and its length. */
struct strings {
	char **item;
	size_t count;
};

/* Globs (fnmatch(3)) that software of the vendor is known by, whatever its digest. */
struct identity {
	struct strings package; /* names of packages */
	struct strings path;	/* absolute paths of files; * also matches slashes */
	struct strings unit;	/* names of systemd units, .service may be left out */
	struct strings module;	/* names of kernel modules, - and _ alike */
	bool learn;
};

struct vendor {
	char *file; /* the vendor file */
	char *id;
	unsigned int id_line;
	char *name; /* the id if no name was given */
	struct strings alias;
	struct strings citation;
	struct strings url;
	char *scope; /* of the authority, NULL: not said */
	struct vendor_list *lists;
	size_t list_count;
	char *signed_by; /* minisign public key, or the path of a file that holds it; NULL */
	unsigned int signed_by_line;
	struct schedule schedule;
	struct identity identity;
	struct exemption *exemptions;
	size_t exemption_count;
	bool open_deny;	 /* opening a listed file is denied too, not only reported */
	bool audit_only; /* mode = audit: nothing of this vendor is denied, whatever the phase */
};

/*
 * Where the daemon keeps what it learned about the vendor: NAME.learned.csv beside
 * NAME.vendor. It is one of the vendor's lists as soon as it is there. The caller
 * frees it. NULL: out of memory.
 */
char *vendor_learned_list(const struct vendor *vendor);

/* True if [identity] names anything. */
bool vendor_has_identity(const struct vendor *vendor);

/*
 * Reads a vendor file. What is wrong with it was added to @problems; returns 0,
 * or a negative errno: -EINVAL for wrong contents. The caller frees the vendor.
 */
int vendor_load(const char *path, struct problems *problems, struct vendor **ret_vendor);

/* Accepts NULL. */
void vendor_free(struct vendor *vendor);

#endif
