/* SPDX-License-Identifier: BSD-2-Clause */
#include "file_kind.h"

#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "util.h"

#define ISO_OFFSET     32769U /* of "CD001" in the first volume descriptor */
#define TAR_OFFSET     257U   /* of "ustar" */
#define ZIP_NAME       30U    /* of the first member's name */
#define ZIP_NAME_SIZE  26U

struct magic {
	size_t offset;
	const char *bytes;
	size_t size;
};

#define MAGIC(offset, text) { offset, text, sizeof(text) - 1 }

static const struct magic zip = MAGIC(0, "PK\3\4"), empty_zip = MAGIC(0, "PK\5\6"),
			  deb = MAGIC(0, "!<arch>\ndebian-binary"),
			  rpm = MAGIC(0, "\xed\xab\xee\xdb"), iso = MAGIC(ISO_OFFSET, "CD001"),
			  tar = MAGIC(TAR_OFFSET, "ustar"), cpio = MAGIC(0, "07070");

/* What a compressed file begins with. */
static const struct magic compressed[] = {
	MAGIC(0, "\x1f\x8b"),	      /* gzip */
	MAGIC(0, "\xfd\x37zXZ\0"),    /* xz */
	MAGIC(0, "\x28\xb5\x2f\xfd"), /* zstd */
	MAGIC(0, "BZh"),	      /* bzip2 */
	MAGIC(0, "\x5d\0\0"),	      /* lzma, usually */
};

/* What the names of compressed archives end in, and of archives that have no magic number. */
static const struct {
	const char *suffix;
	enum file_archive archive;
} suffixes[] = {
	{ ".tar", ARCHIVE_TAR },	{ ".tar.gz", ARCHIVE_TAR },   { ".tgz", ARCHIVE_TAR },
	{ ".tar.xz", ARCHIVE_TAR },	{ ".txz", ARCHIVE_TAR },      { ".tar.zst", ARCHIVE_TAR },
	{ ".tzst", ARCHIVE_TAR },	{ ".tar.bz2", ARCHIVE_TAR },  { ".tbz2", ARCHIVE_TAR },
	{ ".tbz", ARCHIVE_TAR },	{ ".tar.lzma", ARCHIVE_TAR }, { ".tlz", ARCHIVE_TAR },
	{ ".apk", ARCHIVE_TAR },	{ ".cpio", ARCHIVE_CPIO },    { ".cpio.gz", ARCHIVE_CPIO },
	{ ".cpio.xz", ARCHIVE_CPIO },	{ ".cpio.zst", ARCHIVE_CPIO }, { ".iso", ARCHIVE_ISO },
	{ ".ko.gz", ARCHIVE_MODULE },	{ ".ko.xz", ARCHIVE_MODULE },
	{ ".ko.zst", ARCHIVE_MODULE },
};

/* Further names that say archive, of kinds that have a magic number. */
static const char *const archive_names[] = { ".deb", ".udeb", ".rpm", ".zip", ".jar",
					     ".war", ".ear",  ".aar", ".whl" };

static bool ends_in(const char *name, const char *suffix)
{
	size_t size = strlen(name), suffix_size = strlen(suffix);

	return size > suffix_size && strcasecmp(name + size - suffix_size, suffix) == 0;
}

static bool has(const struct magic *magic, const void *head, size_t size)
{
	return size >= magic->offset + magic->size &&
	       memcmp((const char *)head + magic->offset, magic->bytes, magic->size) == 0;
}

static bool is_compressed(const void *head, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressed); i++)
		if (has(&compressed[i], head, size))
			return true;
	return false;
}

static enum file_archive archive_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_in(name, suffixes[i].suffix))
			return suffixes[i].archive;
	return ARCHIVE_NONE;
}

/* jar(1) writes the directory META-INF first. */
static bool begins_with_manifest(const void *head, size_t size)
{
	static const char directory[] = "META-INF/";
	const unsigned char *bytes = head;
	size_t length;

	if (size < ZIP_NAME + sizeof(directory) - 1)
		return false;
	length = bytes[ZIP_NAME_SIZE] | (size_t)bytes[ZIP_NAME_SIZE + 1] << 8;
	return length >= sizeof(directory) - 1 &&
	       memcmp(bytes + ZIP_NAME, directory, sizeof(directory) - 1) == 0;
}

enum file_kind file_kind(const void *head, size_t size, mode_t mode, const char *name)
{
	static const struct magic elf = MAGIC(0, "\x7f"
						 "ELF"),
				  script = MAGIC(0, "#!");

	if (has(&elf, head, size))
		return FILE_ELF;
	if (has(&script, head, size))
		return FILE_SCRIPT;
	if (archive_by_name(name) == ARCHIVE_MODULE && is_compressed(head, size))
		return FILE_MODULE_COMPRESSED;
	if (has(&zip, head, size) && (ends_in(name, ".jar") || begins_with_manifest(head, size)))
		return FILE_JAR;
	return mode & (S_IXUSR | S_IXGRP | S_IXOTH) ? FILE_EXECUTABLE : FILE_OTHER;
}

enum file_archive file_archive(const void *head, size_t size, const char *name)
{
	enum file_archive by_name = archive_by_name(name);

	if (has(&deb, head, size))
		return ARCHIVE_DEB;
	if (has(&rpm, head, size))
		return ARCHIVE_RPM;
	if (has(&zip, head, size) || has(&empty_zip, head, size))
		return ARCHIVE_ZIP;
	if (has(&tar, head, size))
		return ARCHIVE_TAR;
	if (has(&cpio, head, size))
		return ARCHIVE_CPIO;
	if (has(&iso, head, size))
		return ARCHIVE_ISO;
	if (is_compressed(head, size))
		return by_name == ARCHIVE_ISO ? ARCHIVE_NONE : by_name;
	/* A tar of before 1988 and an image have no mark at their beginning. */
	return ends_in(name, ".tar") || by_name == ARCHIVE_ISO ? by_name : ARCHIVE_NONE;
}

bool file_archive_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(archive_names); i++)
		if (ends_in(name, archive_names[i]))
			return true;
	return archive_by_name(name) != ARCHIVE_NONE;
}
