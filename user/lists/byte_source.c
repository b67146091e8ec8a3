/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gzip is undone by zlib itself: libarchive's filter for it (3.6 to 3.8) compares
 * neither checksum nor length, and takes what follows the last member for the end,
 * so a damaged list would be a shorter one. Its filters for xz and zstd do both.
 */
#include "byte_source.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "archive_library.h"
#include "cleanup.h"
#include "list.h"
#include "util.h"

#define INPUT_SIZE  (64U << 10) /* bytes read at once */
#define RATIO_GRACE (1U << 20)	/* bytes that may come out before the ratio counts */
#define GZIP_WINDOW (15 + 16)	/* zlib: largest window, gzip header expected */

struct compression {
	const char *name;
	const char *magic;
	size_t magic_size;
	/* Where libarchive's filter is found; NULL: zlib. */
	int (*const *support)(struct archive *archive);
};

static const struct compression compressions[] = {
	{ "gzip", "\x1f\x8b", 2, NULL },
	{ "xz", "\xfd" "7zXZ\0", 6, &libarchive.archive_read_support_filter_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4,
	  &libarchive.archive_read_support_filter_zstd },
};

struct byte_source {
	int fd;
	bool started;
	bool ended;	/* of the file */
	bool in_member; /* a gzip member has begun and not ended */
	bool nothing;	/* there is nothing in what libarchive reads */
	int error;	/* of reading the file, for libarchive's callback */
	uint64_t in;	/* compressed bytes used up */
	uint64_t out;	/* bytes given */
	const struct compression *compression; /* NULL: none */
	struct archive *archive;	       /* NULL: gzip or none */
	z_stream zlib;			       /* its next_in and avail_in: what was read, always */
	unsigned char input[INPUT_SIZE];
};

static void source_free_pointer(struct byte_source **source)
{
	byte_source_free(*source);
}

int byte_source_new(int fd, struct byte_source **ret_source)
{
	_cleanup_(source_free_pointer) struct byte_source *source = calloc(1, sizeof(*source));

	if (!source)
		return -ENOMEM;
	source->fd = fd;
	*ret_source = TAKE_PTR(source);
	return 0;
}

void byte_source_free(struct byte_source *source)
{
	if (!source)
		return;
	if (source->archive)
		libarchive.archive_read_free(source->archive);
	if (source->compression && !source->compression->support)
		inflateEnd(&source->zlib);
	free(source);
}

/* Fills what is free of the input. */
static int fill(struct byte_source *source)
{
	unsigned int have = source->zlib.avail_in;

	if (have > 0)
		memmove(source->input, source->zlib.next_in, have);
	source->zlib.next_in = source->input;
	while (!source->ended && have < INPUT_SIZE) {
		ssize_t n = read(source->fd, source->input + have, INPUT_SIZE - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		source->ended = n == 0;
		have += (unsigned int)n;
	}
	source->zlib.avail_in = have;
	return 0;
}

/* archive_read_callback: hands out the input as it lies. */
static la_ssize_t give_input(struct archive *archive, void *cookie, const void **ret_bytes)
{
	struct byte_source *source = cookie;
	la_ssize_t size;

	if (source->zlib.avail_in == 0) {
		source->error = fill(source);
		if (source->error < 0) {
			libarchive.archive_set_error(archive, -source->error, "read");
			return ARCHIVE_FATAL;
		}
	}
	*ret_bytes = source->zlib.next_in;
	size = source->zlib.avail_in;
	source->zlib.next_in += size;
	source->zlib.avail_in = 0;
	return size;
}

static int archive_failed(const struct byte_source *source)
{
	if (source->error < 0)
		return source->error;
	return libarchive.archive_errno(source->archive) == ENOMEM ? -ENOMEM : -EBADMSG;
}

/* One filter and no archive in it: what is compressed twice is not a list. */
static int start_archive(struct byte_source *source)
{
	struct archive_entry *entry;
	int r;

	if (!archive_library_load())
		return -ENOPKG;
	source->archive = libarchive.archive_read_new();
	if (!source->archive ||
	    (*source->compression->support)(source->archive) != ARCHIVE_OK ||
	    libarchive.archive_read_support_format_raw(source->archive) != ARCHIVE_OK ||
	    libarchive.archive_read_support_format_empty(source->archive) != ARCHIVE_OK)
		return -ENOMEM;
	if (libarchive.archive_read_open(source->archive, source, NULL, give_input, NULL) !=
	    ARCHIVE_OK)
		return archive_failed(source);
	if (libarchive.archive_filter_count(source->archive) != 2) /* that one, and the file */
		return -EBADMSG;
	r = libarchive.archive_read_next_header(source->archive, &entry);
	source->nothing = r == ARCHIVE_EOF;
	return r == ARCHIVE_OK || source->nothing ? 0 : archive_failed(source);
}

static const struct compression *find_compression(const void *bytes, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (size >= compressions[i].magic_size &&
		    memcmp(bytes, compressions[i].magic, compressions[i].magic_size) == 0)
			return &compressions[i];
	return NULL;
}

/* Looks at the first bytes. */
static int start(struct byte_source *source)
{
	const struct compression *compression;
	int r = fill(source);

	if (r < 0)
		return r;
	source->started = true;
	compression = find_compression(source->input, source->zlib.avail_in);
	if (!compression)
		return 0;
	if (!compression->support && inflateInit2(&source->zlib, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	source->compression = compression;
	source->in_member = true;
	return compression->support ? start_archive(source) : 0;
}

static ssize_t read_plain(struct byte_source *source, void *bytes, size_t size)
{
	size_t n;

	if (source->zlib.avail_in == 0) {
		int r = fill(source);

		if (r < 0)
			return r;
	}
	n = source->zlib.avail_in < size ? source->zlib.avail_in : size;
	memcpy(bytes, source->zlib.next_in, n);
	source->zlib.next_in += n;
	source->zlib.avail_in -= (unsigned int)n;
	return (ssize_t)n;
}

/* One step of zlib. Returns 0 or a negative errno. */
static int inflate_some(struct byte_source *source)
{
	unsigned int before = source->zlib.avail_in;
	int r;

	if (!source->in_member) {
		inflateReset(&source->zlib);
		source->in_member = true;
	}
	r = inflate(&source->zlib, Z_NO_FLUSH);
	source->in += before - source->zlib.avail_in;
	switch (r) {
	case Z_OK:
		return 0;
	case Z_STREAM_END:
		source->in_member = false;
		return 0;
	case Z_BUF_ERROR: /* no input, and nothing more to give */
		return source->ended && before == 0 ? -EBADMSG : 0;
	case Z_MEM_ERROR:
		return -ENOMEM;
	default:
		return -EBADMSG;
	}
}

static ssize_t read_gzip(struct byte_source *source, void *bytes, size_t size)
{
	source->zlib.next_out = bytes;
	source->zlib.avail_out = (unsigned int)size;
	while (source->zlib.avail_out == size) {
		int r = source->zlib.avail_in == 0 ? fill(source) : 0;

		if (r < 0)
			return r;
		if (source->zlib.avail_in == 0 && !source->in_member)
			return 0;
		r = inflate_some(source);
		if (r < 0)
			return r;
	}
	return (ssize_t)(size - source->zlib.avail_out);
}

static ssize_t read_archive(struct byte_source *source, void *bytes, size_t size)
{
	la_ssize_t n;

	if (source->nothing)
		return 0;
	n = libarchive.archive_read_data(source->archive, bytes, size);
	if (n < 0)
		return archive_failed(source);
	source->in = (uint64_t)libarchive.archive_filter_bytes(source->archive, -1);
	return n;
}

ssize_t byte_source_read(struct byte_source *source, void *bytes, size_t size)
{
	ssize_t n;

	if (size > INT32_MAX)
		size = INT32_MAX; /* zlib counts in unsigned int */
	if (!source->started) {
		int r = start(source);

		if (r < 0)
			return r;
	}
	if (!source->compression)
		n = read_plain(source, bytes, size);
	else
		n = source->archive ? read_archive(source, bytes, size) :
				      read_gzip(source, bytes, size);
	if (n <= 0)
		return n;
	source->out += (uint64_t)n;
	if (source->out > LIST_BYTES_MAX)
		return -EFBIG;
	if (source->compression && source->out > RATIO_GRACE &&
	    source->out / LIST_RATIO_MAX > source->in)
		return -E2BIG;
	return n;
}

const char *byte_source_compression(const struct byte_source *source)
{
	return source->compression ? source->compression->name : NULL;
}

const char *byte_source_compression_at(size_t index)
{
	return index < ARRAY_SIZE(compressions) ? compressions[index].name : NULL;
}

void byte_source_prepare(int fd)
{
	const struct compression *compression;
	unsigned char magic[8];
	ssize_t n = pread(fd, magic, sizeof(magic), lseek(fd, 0, SEEK_CUR));

	/* Of a pipe nobody knows. It is no error yet if there is no library. */
	if (n < 0) {
		archive_library_preload();
		return;
	}
	compression = find_compression(magic, (size_t)n);
	if (compression && compression->support)
		(void)archive_library_load();
}
