/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libarchive, loaded when something is to be unpacked and not before. It brings
 * libxml2, ICU and half a dozen decompressors along: 3 MB, and a lot of code, that
 * a daemon whose lists are plain or gzip has no use for.
 */
#ifndef INTERDICT_ARCHIVE_LIBRARY_H
#define INTERDICT_ARCHIVE_LIBRARY_H

#include <archive.h>
#include <archive_entry.h>
#include <stdbool.h>

/* Every function of it that is used, by its name. */
#define ARCHIVE_LIBRARY(FUNCTION)                                                                  \
	FUNCTION(archive_entry_filetype)                                                           \
	FUNCTION(archive_entry_is_encrypted)                                                       \
	FUNCTION(archive_entry_mode)                                                               \
	FUNCTION(archive_entry_pathname)                                                           \
	FUNCTION(archive_entry_pathname_utf8)                                                      \
	FUNCTION(archive_errno)                                                                    \
	FUNCTION(archive_error_string)                                                             \
	FUNCTION(archive_filter_bytes)                                                             \
	FUNCTION(archive_filter_count)                                                             \
	FUNCTION(archive_read_data)                                                                \
	FUNCTION(archive_read_free)                                                                \
	FUNCTION(archive_read_new)                                                                 \
	FUNCTION(archive_read_next_header)                                                         \
	FUNCTION(archive_read_open)                                                                \
	FUNCTION(archive_read_open1)                                                               \
	FUNCTION(archive_read_set_callback_data)                                                   \
	FUNCTION(archive_read_set_read_callback)                                                   \
	FUNCTION(archive_read_set_seek_callback)                                                   \
	FUNCTION(archive_read_support_filter_bzip2)                                                \
	FUNCTION(archive_read_support_filter_lzma)                                                 \
	FUNCTION(archive_read_support_filter_rpm)                                                  \
	FUNCTION(archive_read_support_filter_xz)                                                   \
	FUNCTION(archive_read_support_filter_zstd)                                                 \
	FUNCTION(archive_read_support_format_ar)                                                   \
	FUNCTION(archive_read_support_format_cpio)                                                 \
	FUNCTION(archive_read_support_format_empty)                                                \
	FUNCTION(archive_read_support_format_iso9660)                                              \
	FUNCTION(archive_read_support_format_raw)                                                  \
	FUNCTION(archive_read_support_format_tar)                                                  \
	FUNCTION(archive_read_support_format_zip_seekable)                                         \
	FUNCTION(archive_read_support_format_zip_streamable)                                       \
	FUNCTION(archive_set_error)

struct archive_library {
#define ARCHIVE_LIBRARY_MEMBER(name) __typeof__(&name) name; /* NOLINT: a declarator */
	ARCHIVE_LIBRARY(ARCHIVE_LIBRARY_MEMBER)
#undef ARCHIVE_LIBRARY_MEMBER
};

/* Nothing in it may be called before archive_library_load() has returned true. */
extern struct archive_library libarchive;

/*
 * Loads it if it is not loaded yet; from whatever thread. False if there is no
 * libarchive of the version that this was built for, which was logged.
 */
bool archive_library_load(void);

/* The same, without a word if it is not there: for what may turn out not to need it. */
void archive_library_preload(void);

/*
 * For who reads archives in the sandbox: opens here what libarchive has libc open at
 * first use, tables of character sets; and, in the child, does away with what it would
 * have it look at each time, the local time zone. No time of a member is ours to know.
 */
void archive_library_prepare(void);
void archive_library_prepare_child(void);

#endif
