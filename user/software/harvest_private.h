/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the harvest share: harvest.c (the work and its threads),
 * harvest_source.c (what there is to do), harvest_archive.c (one archive, in the
 * sandbox) and harvest_apart.c (its way out of there).
 */
#ifndef INTERDICT_HARVEST_PRIVATE_H
#define INTERDICT_HARVEST_PRIVATE_H

#include "frames.h"
#include "harvest.h"
#include "package_facts.h"
#include "progress.h"

/* Longer paths than these are cut: a row has to fit into a line (LIST_LINE_MAX). */
#define HARVEST_PATH_MAX   4096U
#define HARVEST_SOURCE_MAX 8192U

/* Where a file comes from: its texts. Shared by the files of a package. */
struct harvest_origin {
	struct harvest_origin *next;
	char *package; /* "" if there is none */
	char *version;
	char *source;
};

/* What is NULL is as the origin has it, and the path as the job. */
struct harvest_row {
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint64_t size;
	char *path;
	char *package;
	char *version;
	char *source;
};

/* One file to be looked at. Belongs to one thread, once it is run. */
struct harvest_job {
	char *path; /* absolute, without symbolic links */
	const struct harvest_origin *origin;
	uint64_t size; /* when it was found */
	bool named;    /* by the user: if it is an archive, that is what is meant */
	bool archive;  /* it was opened as one */
	struct harvest_row *rows;
	size_t row_count;
	struct problems *problems; /* NULL: none */
};

struct harvest {
	const struct harvest_options *options;
	struct problems *problems;
	struct harvest_origin *origins;
	const struct harvest_origin *here; /* of files that no package is known for */
	struct harvest_job *jobs;
	size_t job_count;
	size_t job_capacity;
	uint64_t missing;
	struct progress *progress;
	atomic_size_t next_job;
	atomic_int error; /* of a thread: ends all of them */
};

bool harvest_stopped(const struct harvest *harvest);

/* Copies the texts. NULL: out of memory. */
const struct harvest_origin *harvest_origin(struct harvest *harvest, const char *package,
					    const char *version, const char *source);

/* Adds a file, of the real path @path. Returns 0 or -ENOMEM. */
int harvest_add_file(struct harvest *harvest, const char *path, uint64_t size,
		     const struct harvest_origin *origin, bool named);

/* Adds a row, whose texts become its own in any case. Returns 0 or -ENOMEM. */
int harvest_add_row(struct harvest_job *job, struct harvest_row *row);

/* The problems of a job, made when there is the first one. NULL: out of memory. */
struct problems *harvest_problems(struct harvest_job *job);

/* Whether a file of this kind is wanted. */
bool harvest_wants(const struct harvest *harvest, enum file_kind kind);

/* An archive that is to be looked into: the file of @job, open, of that size and digest. */
struct harvest_archive {
	const struct harvest *harvest;
	struct harvest_job *job;
	int fd;
	uint64_t size;
	const uint8_t *digest;
};

/*
 * Adds the rows of what is in the archive to the job. It is read in the sandbox, by
 * harvest_archive(); if that breaks, there is one more problem, and what came until then
 * stays. *@ret_jar: it has what makes a zip a jar.
 */
int harvest_archive_apart(const struct harvest_archive *archive, bool *ret_jar);

/* In the sandbox: puts the rows, with the functions below, and adds to the problems of the job. */
int harvest_archive(const struct harvest_archive *archive, struct frame_writer *writer,
		    bool *ret_jar);

/* A row of an archive has all texts of its own. Returns 0 or a negative errno. */
int harvest_put_row(struct frame_writer *writer, const struct harvest_row *row);

/* What came out of the sandbox so far. */
struct harvest_intake {
	const struct harvest_archive *archive;
	uint64_t rows;
	bool jar;
};

/* Takes a frame. Returns 0, -ENOMEM, or -EPROTO for one that no archive can give. */
int harvest_take_frame(struct harvest_intake *intake, struct frame *frame);

/* So many bytes of the file were read. */
void harvest_put_progress(struct frame_writer *writer, uint64_t bytes);

/* The programs of a unit file, each absolute path once a mention. @function as package_fn. */
int harvest_unit_programs(const char *file, struct problems *problems,
			  int (*function)(void *cookie, const char *path), void *cookie);

#endif
