/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file is, by how it begins, its mode and its name: something that a machine
 * runs, or an archive that may hold such things. Pure functions.
 */
#ifndef INTERDICT_FILE_KIND_H
#define INTERDICT_FILE_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum file_kind {
	FILE_OTHER,
	FILE_ELF,		/* programs, shared objects, object files, kernel modules */
	FILE_SCRIPT,		/* begins with #! */
	FILE_EXECUTABLE,	/* nothing of these, but its mode lets it be executed */
	FILE_MODULE_COMPRESSED, /* NAME.ko.gz, .ko.xz, .ko.zst */
	FILE_JAR,
};

enum file_archive {
	ARCHIVE_NONE,
	ARCHIVE_DEB,
	ARCHIVE_RPM,
	ARCHIVE_ZIP,
	ARCHIVE_ISO,
	ARCHIVE_TAR,	/* compressed or not; an Alpine .apk is one too */
	ARCHIVE_CPIO,	/* compressed or not */
	ARCHIVE_MODULE, /* one compressed file: a kernel module */
};

/* @head: the first @size bytes; @name: with or without directories. */
enum file_kind file_kind(const void *head, size_t size, mode_t mode, const char *name);

/*
 * Compressed files are archives by their names only, and else the compressed texts
 * that every system is full of would each be opened.
 */
enum file_archive file_archive(const void *head, size_t size, const char *name);

/* Whether @name ends as the names of archives do: for what is found in directories. */
bool file_archive_named(const char *name);

#endif
