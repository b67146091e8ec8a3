/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes the rows of a list from software: from package files and other archives,
 * directories, files, installed packages, and what a vendor file names. What counts
 * is what a machine runs: see file_kind.h.
 */
#ifndef INTERDICT_HARVEST_H
#define INTERDICT_HARVEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "archive_walk.h"
#include "listing.h"
#include "package_db.h"
#include "problems.h"
#include "vendor.h"

#define HARVEST_THREADS_MAX 64U

struct harvest_options {
	const char *product;	/* of all rows; NULL: the name of the package */
	const char *version;	/* NULL: that of the package */
	bool all_files;		/* whatever they are */
	bool cross;		/* into other file systems, but for those of the kernel */
	bool closed;		/* leave the archives in directories and packages closed */
	unsigned int threads;	/* 0: as many as there are processors */
	const char *host;	/* for the provenance of what is installed here */
	struct archive_limits limits;
	struct package_db_options database;
	const char *const *unit_directories; /* NULL at the end */
	const char *module_directory;
	const atomic_bool *stop; /* looked at all the time */
};

/* The host's own directories, limits that hold for everything but bombs, and one thread a CPU. */
extern const struct harvest_options harvest_options_default;

struct harvest_counts {
	uint64_t files;	   /* that were looked at, members of archives not among them */
	uint64_t archives; /* of these */
	uint64_t rows;	   /* before those of one digest were merged */
	uint64_t missing;  /* that belong to a package and are not there */
};

struct harvest;

/* @options and @problems are borrowed. Returns NULL if out of memory. */
struct harvest *harvest_new(const struct harvest_options *options, struct problems *problems);
void harvest_free(struct harvest *harvest);

/*
 * Each adds files to be looked at. What cannot be read was added to the problems;
 * returns 0, -ENOMEM, or -ECANCELED.
 */
/* A file, or all files below a directory. */
int harvest_add_path(struct harvest *harvest, const char *path);
/* The files of installed packages; a glob that none has is an error. */
int harvest_add_packages(struct harvest *harvest, const struct strings *globs);
/* What a vendor is known by, as far as it is there. */
int harvest_add_identity(struct harvest *harvest, const struct vendor *vendor);

/*
 * Hashes what was added, on all processors, with a progress line if standard error
 * is a terminal, and adds the rows: always the same ones, in the same order. Returns
 * 0, -ENOMEM, -E2BIG or -ECANCELED; then @listing is not complete.
 */
int harvest_run(struct harvest *harvest, struct listing *listing,
		struct harvest_counts *ret_counts);

#endif
