/* SPDX-License-Identifier: BSD-2-Clause */
#include "package_db_private.h"

#include <fnmatch.h>
#include <stddef.h>

#define RPM_PROGRAM  "/usr/bin/rpm"
#define RPM_DEADLINE 60U /* seconds; 3,000 packages with their files take about 3 */

bool package_query_wants(const struct package_query *query, const char *name)
{
	for (size_t i = 0; query->globs && i < query->globs->count; i++)
		if (fnmatch(query->globs->item[i], name, 0) == 0)
			return true;
	return !query->globs;
}

static int ask(const struct package_db_options *options, const struct package_query *query)
{
	const char *program = options->rpm_program ? options->rpm_program : RPM_PROGRAM;
	int r = package_dpkg_query(query, options->dpkg ? options->dpkg : PACKAGE_DB_DPKG);

	if (r != 0 || !options->rpm)
		return r;
	return package_rpm_query(query, program, options->rpm_database, RPM_DEADLINE);
}

int package_db_each(const struct package_db_options *options, const struct strings *globs,
		    struct problems *problems, package_fn function, void *cookie)
{
	const struct package_query query = {
		.globs = globs,
		.problems = problems,
		.package = function,
		.cookie = cookie,
	};

	return ask(options, &query);
}

int package_db_files(const struct package_db_options *options, const struct strings *globs,
		     struct problems *problems, package_file_fn function, void *cookie)
{
	const struct package_query query = {
		.globs = globs,
		.problems = problems,
		.file = function,
		.cookie = cookie,
	};

	return ask(options, &query);
}
