/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packages that are installed, by the databases of dpkg and rpm. dpkg's is
 * text and read here; rpm's is asked by running rpm(8), which only commands do,
 * never the daemon. A machine without one of them has no packages there.
 */
#ifndef INTERDICT_PACKAGE_DB_H
#define INTERDICT_PACKAGE_DB_H

#include <stdbool.h>

#include "problems.h"
#include "vendor.h"

#define PACKAGE_DB_DPKG "/var/lib/dpkg"

struct package_db_options {
	const char *dpkg; /* directory; NULL: PACKAGE_DB_DPKG */
	bool rpm;	  /* run rpm(8), if it is there and has a database */
	/* For tests; NULL: what the system has. */
	const char *rpm_program;
	const char *rpm_database; /* directory */
};

struct installed_package {
	const char *name; /* without its architecture */
	const char *version;
	const char *architecture;
	const char *database; /* "dpkg", "rpm" */
};

/*
 * Return 0 to go on, another number to stop and return it. The texts are valid until
 * then, and may be anything that a database holds, a path even line ends.
 */
typedef int (*package_fn)(void *cookie, const struct installed_package *package);
typedef int (*package_file_fn)(void *cookie, const struct installed_package *package,
			       const char *path);

/*
 * Calls @function for each installed package whose name one of the globs matches;
 * @globs NULL: for all. A database that cannot be read is a warning in @problems.
 * Returns 0, what @function returned, or -ENOMEM.
 */
int package_db_each(const struct package_db_options *options, const struct strings *globs,
		    struct problems *problems, package_fn function, void *cookie);

/*
 * The same for each path that these packages own: absolute, directories left out if
 * known, and where dpkg diverted a file to, that place. It need not be there.
 */
int package_db_files(const struct package_db_options *options, const struct strings *globs,
		     struct problems *problems, package_file_fn function, void *cookie);

#endif
