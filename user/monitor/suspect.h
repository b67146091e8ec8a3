/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a file that was executed is named by a vendor's [identity], by which of its
 * globs, and what to say to an administrator about it. Pure functions.
 */
#ifndef INTERDICT_SUSPECT_H
#define INTERDICT_SUSPECT_H

#include <stdbool.h>

#include "owners.h"
#include "vendor.h"

/* What is known about an execution. */
struct suspect_facts {
	unsigned int kind;  /* enum event_kind */
	const char *path;   /* as the task sees it; NULL: not known */
	const char *unit;   /* of the process; NULL: none, or not known */
	bool elsewhere;	    /* in another mount namespace, where the packages are not ours */
	const struct owners *owners;
};

/* Which glob names it; everything is borrowed from the vendor and the owners. */
struct suspect_match {
	const char *kind; /* "path", "package", "unit", "module" */
	const char *glob;
	struct owner owner; /* package that owns the path; NULLs: none */
	bool foreign;	    /* it is owned by a package that the vendor does not name */
};

/*
 * True if @vendor names the file. By its unit alone it is not if a package that the
 * vendor does not name owns it: a service also runs the tools of the system.
 */
bool suspect_names(const struct vendor *vendor, const struct suspect_facts *facts,
		   struct suspect_match *ret_match);

/*
 * Unit of the system's service manager that the text of /proc/PID/cgroup, or a path
 * in the unified hierarchy, stands for: "kesl.service". NULL: none. The units of
 * users' managers and of containers are not seen, since anybody may call those as
 * they like. The caller frees it.
 */
char *suspect_unit(const char *cgroups);

/*
 * The command that would add the file at @path to a list of the vendor, for a shell.
 * The caller frees it. NULL: out of memory.
 */
char *suspect_command(const struct vendor *vendor, const char *path);

/* @text as one word for a shell; the caller frees it. NULL: out of memory. */
char *shell_quote(const char *text);

#endif
