/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the package databases (package_dpkg.c, package_rpm.c) share, private to them
 * and package_db.c.
 */
#ifndef INTERDICT_PACKAGE_DB_PRIVATE_H
#define INTERDICT_PACKAGE_DB_PRIVATE_H

#include "package_db.h"

#define PACKAGE_TEXT_SIZE 256U /* bytes of a name, a version, an architecture, and the NUL */

/* What is asked of a database: its packages, or if @file is set, their files. */
struct package_query {
	const struct strings *globs; /* NULL: all packages */
	struct problems *problems;
	package_fn package;
	package_file_fn file;
	void *cookie;
};

bool package_query_wants(const struct package_query *query, const char *name);

/* Both return 0, what the query's function returned, or -ENOMEM. */
int package_dpkg_query(const struct package_query *query, const char *directory);
int package_rpm_query(const struct package_query *query, const char *program,
		      const char *database, unsigned int deadline);

/* The second half of it: reads the answer of rpm behind @fd. -EBADMSG, -EMSGSIZE: it makes no sense. */
int package_rpm_read(const struct package_query *query, int fd, unsigned int deadline);

#endif
