/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks through the files in an archive, and in the archives in it, as a stream:
 * nothing is written to disk, and no path of a member is ever opened. Reads .deb,
 * .rpm, .apk, tar, cpio, zip (jar), ISO 9660, and compressed kernel modules, through
 * libarchive's own decompressors. Links, devices and directories are no files.
 *
 * An archive may be hostile: each bound below is an error that names the member,
 * and ends the reading of the archive in which it was met.
 */
#ifndef INTERDICT_ARCHIVE_WALK_H
#define INTERDICT_ARCHIVE_WALK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file_kind.h"
#include "problems.h"

#define ARCHIVE_HEAD_SIZE (64U << 10) /* bytes: enough for the names in the header of an rpm */
#define ARCHIVE_DEPTH_MAX 64U	      /* no limit may be higher */

struct archive_limits {
	unsigned int depth;   /* archives inside of one another, the outermost included */
	uint64_t members;     /* of all archives together */
	uint64_t member_size; /* bytes, uncompressed */
	uint64_t total_size;  /* bytes of all members together, archives in archives too */
	/* Uncompressed bytes of all members together for each byte of the file, above a base. */
	uint64_t ratio;
};

#define ARCHIVE_RATIO_BASE (64U << 20) /* bytes: small archives may be more than that worth */

/* For everything but bombs. */
#define ARCHIVE_LIMITS_DEFAULT                                                                     \
	{                                                                                          \
		.depth = 8, .members = 2000000, .member_size = 16ULL << 30,                        \
		.total_size = 256ULL << 30, .ratio = 250,                                          \
	}

struct archive_member {
	const struct archive_member *outer; /* the archive that it is in; NULL: the outermost */
	const char *path;		    /* arbitrary bytes, perhaps absolute or with ".." */
	unsigned int depth;		    /* 0: the outermost, the file itself */
	mode_t mode;			    /* 0 where the archive has none */
	enum file_archive archive;	    /* as what it is opened */
	const uint8_t *head;		    /* how it begins: ARCHIVE_HEAD_SIZE, or all of it */
	size_t head_size;
	void *state; /* the visitor's; of the outermost: as it was given */
};

/*
 * Called for each regular member that is not empty, from the thread of the caller.
 * The members of an archive come between its own begin() and end(). Return 0 or a
 * negative errno, which ends the walk and is what it returns.
 */
struct archive_visitor {
	/* @member's head is there. *@ret_wanted, false before: whether data() is called. */
	int (*begin)(void *cookie, struct archive_member *member, bool *ret_wanted);
	/* All its bytes from the first on, those of the head too, in turn. */
	int (*data)(void *cookie, struct archive_member *member, const void *bytes, size_t size);
	/*
	 * For each begin(), also one that failed. @complete: all of it was read; else a
	 * problem was added, or the walk ends.
	 */
	int (*end)(void *cookie, struct archive_member *member, bool complete);
	void *cookie;
	/* If set, looked at before each read; -ECANCELED. */
	const atomic_bool *stop;
	/* If set, called for each piece of the file that was read. */
	void (*read)(void *cookie, size_t bytes);
};

/*
 * @fd: a regular file, read from its beginning; @name: its name, which the kind of
 * archive may depend on and which messages begin with. @outermost_state becomes
 * `state` of the outermost member. What cannot be read is an error in @problems,
 * and the rest was visited. Returns 0; -EINVAL if it is no archive that is known
 * here; -ENOPKG without libarchive; -ECANCELED; -ENOMEM; what fstat(2) or pread(2) said; or what the visitor returned.
 */
int archive_walk_fd(int fd, const char *name, const struct archive_limits *limits,
		    struct problems *problems, const struct archive_visitor *visitor,
		    void *outermost_state);

/* The same of a regular file of that many bytes, where nothing can be asked about it. */
int archive_walk_sized(int fd, uint64_t file_size, const char *name,
		       const struct archive_limits *limits, struct problems *problems,
		       const struct archive_visitor *visitor, void *outermost_state);

/* The same for bytes in memory. */
int archive_walk_memory(const void *bytes, size_t size, const char *name,
			const struct archive_limits *limits, struct problems *problems,
			const struct archive_visitor *visitor, void *outermost_state);

/*
 * "outer.deb!data.tar.xz!inner.jar": the archives that lead to @member, without
 * itself. The caller frees it; NULL: out of memory.
 */
char *archive_chain(const struct archive_member *member);

#endif
