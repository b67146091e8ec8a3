/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the bytes of an archive come from. What is compressed as a whole is undone
 * in a stage of its own, before libarchive's reader of the format: so that every byte
 * that is unpacked passes by the counters, whatever that reader does with it. gzip is
 * undone here, because libarchive does not look at its checksums.
 */
#include "archive_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_file(struct archive_stream *stream, const void **ret_bytes)
{
	struct archive_walk *walk = stream->level->walk;
	uint64_t left = stream->at < walk->size ? walk->size - stream->at : 0;
	size_t size = left < ARCHIVE_CHUNK ? (size_t)left : ARCHIVE_CHUNK;
	ssize_t n = (ssize_t)size;

	if (archive_is_over(walk))
		return -EIO;
	*ret_bytes = stream->buffer;
	if (walk->bytes)
		*ret_bytes = walk->bytes + stream->at;
	else
		do
			n = pread(walk->fd, stream->buffer, size, (off_t)stream->at);
		while (n < 0 && errno == EINTR);
	if (n < 0) {
		walk->error = -errno;
		return -EIO;
	}
	stream->at += (uint64_t)n;
	if (walk->visitor->read)
		walk->visitor->read(walk->visitor->cookie, (size_t)n);
	return n;
}

/* The member of the archive below, which the visitor sees too. */
static ssize_t read_source(struct archive_stream *stream, const void **ret_bytes)
{
	struct archive_level *source = stream->level->source;
	ssize_t n;

	if (!stream->head_taken) {
		stream->head_taken = true;
		*ret_bytes = source->head;
		return (ssize_t)source->member.head_size;
	}
	n = archive_read_member(source, stream->buffer, ARCHIVE_CHUNK);
	if (n > 0 && !archive_hand_on(source, stream->buffer, (size_t)n))
		n = -EIO;
	*ret_bytes = stream->buffer;
	/* What is wrong with it was said of the source. */
	stream->level->broken |= n < 0;
	return n;
}

static ssize_t read_filter(struct archive_stream *stream, const void **ret_bytes)
{
	la_ssize_t n = libarchive.archive_read_data(stream->filter, stream->buffer, ARCHIVE_CHUNK);

	*ret_bytes = stream->buffer;
	if (n >= 0)
		return n;
	archive_give_up(stream->level, libarchive.archive_error_string(stream->filter));
	return -EIO;
}

static ssize_t read_stream(struct archive_stream *stream, const void **ret_bytes);

/* Gives gunzip bytes if it has none. Returns 1, 0 at their end, or -EIO. */
static int feed(struct archive_stream *stream)
{
	const void *bytes;
	ssize_t n;

	if (stream->gunzip->avail_in > 0)
		return 1;
	n = read_stream(stream->from, &bytes);
	if (n <= 0)
		return n < 0 ? -EIO : 0;
	stream->gunzip->next_in = (Bytef *)(uintptr_t)bytes;
	stream->gunzip->avail_in = (uInt)n;
	return 1;
}

/* Several streams may follow each other, as in an Alpine .apk; zeros behind them are padding. */
static bool begins_anew(struct archive_stream *stream)
{
	if (*stream->gunzip->next_in != 0x1f)
		return false;
	stream->gunzip_ended = false;
	return inflateReset(stream->gunzip) == Z_OK;
}

static ssize_t read_gunzip(struct archive_stream *stream, const void **ret_bytes)
{
	z_stream *gunzip = stream->gunzip;

	*ret_bytes = stream->buffer;
	gunzip->next_out = stream->buffer;
	gunzip->avail_out = ARCHIVE_CHUNK;
	while (gunzip->avail_out == ARCHIVE_CHUNK) {
		int r = feed(stream);

		if (r == 0 && !stream->gunzip_ended)
			archive_give_up(stream->level, "truncated gzip input");
		if (r <= 0)
			return r == 0 && stream->gunzip_ended ? 0 : -EIO;
		if (stream->gunzip_ended && !begins_anew(stream))
			return 0;
		r = inflate(gunzip, Z_NO_FLUSH);
		if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) {
			archive_give_up(stream->level, gunzip->msg ? gunzip->msg : "damaged gzip input");
			return -EIO;
		}
		stream->gunzip_ended = r == Z_STREAM_END;
	}
	return (ssize_t)(ARCHIVE_CHUNK - gunzip->avail_out);
}

static ssize_t read_stream(struct archive_stream *stream, const void **ret_bytes)
{
	struct archive_level *level = stream->level;
	ssize_t n;

	if (stream->peeked) {
		*ret_bytes = stream->peeked;
		stream->peeked = NULL;
		return (ssize_t)stream->peeked_size;
	}
	if (!stream->from)
		return level->source ? read_source(stream, ret_bytes)
				     : read_file(stream, ret_bytes);
	n = stream->gunzip ? read_gunzip(stream, ret_bytes) : read_filter(stream, ret_bytes);
	return n <= 0 || archive_count(level->walk, level->outer, (uint64_t)n) ? n : -EIO;
}

static la_ssize_t on_read(struct archive *archive, void *cookie, const void **ret_bytes)
{
	ssize_t n = read_stream(cookie, ret_bytes);

	if (n >= 0)
		return n;
	libarchive.archive_set_error(archive, EIO, "cannot be read on");
	return ARCHIVE_FATAL;
}

/* Only the file can be sought in: for the directory at the end of a zip. */
static la_int64_t on_seek(struct archive *archive, void *cookie, la_int64_t offset, int whence)
{
	struct archive_stream *stream = cookie;
	const la_int64_t size = (la_int64_t)stream->level->walk->size;
	la_int64_t base = size;

	if (whence == SEEK_SET)
		base = 0;
	else if (whence == SEEK_CUR)
		base = (la_int64_t)stream->at;
	if (offset < -base || offset > size - base) {
		libarchive.archive_set_error(archive, EINVAL, "an offset outside of the file");
		return ARCHIVE_FATAL;
	}
	stream->at = (uint64_t)(base + offset);
	return base + offset;
}

/* Makes @archive read from the last stage. Returns 0, or -EIO with the reason reported. */
static int read_from(struct archive *archive, struct archive_level *level,
		     struct archive_stream *stream)
{
	libarchive.archive_read_set_callback_data(archive, stream);
	libarchive.archive_read_set_read_callback(archive, on_read);
	if (!stream->from && !level->source) /* NOLINT: there is a last stage */
		libarchive.archive_read_set_seek_callback(archive, on_seek);
	if (libarchive.archive_read_open1(archive) >= ARCHIVE_WARN)
		return 0;
	archive_give_up(level, libarchive.archive_error_string(archive));
	return -EIO;
}

static struct archive_stream *add_stage(struct archive_level *level)
{
	struct archive_stream *stream;

	if (level->stage_count == ARCHIVE_STAGES)
		return NULL;
	stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->level = level;
	if (level->stage_count > 0)
		stream->from = level->stages[level->stage_count - 1];
	level->stages[level->stage_count++] = stream;
	return stream;
}

/* The formats of compressed files that libarchive has built in: for others it runs programs. */
static void support_compression(struct archive *archive)
{
	libarchive.archive_read_support_filter_bzip2(archive);
	libarchive.archive_read_support_filter_xz(archive);
	libarchive.archive_read_support_filter_lzma(archive);
	libarchive.archive_read_support_filter_zstd(archive);
}

/* Adds a stage in which libarchive undoes rpm's headers or a compression. */
static int add_filter(struct archive_level *level, bool rpm)
{
	struct archive_stream *stream = add_stage(level);
	struct archive_entry *entry;
	int r;

	if (!stream)
		return -ENOMEM;
	stream->filter = libarchive.archive_read_new();
	if (!stream->filter)
		return -ENOMEM;
	if (rpm)
		libarchive.archive_read_support_filter_rpm(stream->filter);
	else
		support_compression(stream->filter);
	libarchive.archive_read_support_format_raw(stream->filter);
	r = read_from(stream->filter, level, stream->from);
	if (r < 0)
		return r;
	if (libarchive.archive_read_next_header(stream->filter, &entry) < ARCHIVE_WARN) {
		archive_give_up(level, libarchive.archive_error_string(stream->filter));
		return -EIO;
	}
	/* One, and what reads the stream. */
	if (libarchive.archive_filter_count(stream->filter) <= 2)
		return 0;
	archive_give_up(level, "compressed more than once");
	return -EIO;
}

static int add_gunzip(struct archive_level *level)
{
	struct archive_stream *stream = add_stage(level);

	if (!stream)
		return -ENOMEM;
	stream->gunzip = calloc(1, sizeof(*stream->gunzip));
	if (!stream->gunzip)
		return -ENOMEM;
	/* The largest window, and 16: gzip's header and checksums. */
	if (inflateInit2(stream->gunzip, MAX_WBITS + 16) == Z_OK)
		return 0;
	free(stream->gunzip);
	stream->gunzip = NULL;
	return -ENOMEM;
}

/* Adds the stage that undoes a compression, if there is one. */
static int add_decompression(struct archive_level *level)
{
	static const uint8_t gzip[] = { 0x1f, 0x8b };
	struct archive_stream *last = level->stages[level->stage_count - 1];
	const void *bytes;
	ssize_t n = read_stream(last, &bytes);

	if (n < 0)
		return -EIO;
	if (n == 0) {
		archive_give_up(level, "it has no contents");
		return -EIO;
	}
	last->peeked = bytes;
	last->peeked_size = (size_t)n;
	if ((size_t)n >= sizeof(gzip) && memcmp(bytes, gzip, sizeof(gzip)) == 0)
		return add_gunzip(level);
	return add_filter(level, false);
}

/*
 * A zip is read by the directory at its end, which alone has modes and links; what has
 * none was cut. Inside of another archive it is read from its beginning.
 */
static void support_format(struct archive *archive, const struct archive_member *outer)
{
	switch (outer->archive) {
	case ARCHIVE_DEB:
		libarchive.archive_read_support_format_ar(archive);
		break;
	case ARCHIVE_ZIP:
		if (outer->outer)
			libarchive.archive_read_support_format_zip_streamable(archive);
		else
			libarchive.archive_read_support_format_zip_seekable(archive);
		break;
	case ARCHIVE_ISO:
		libarchive.archive_read_support_format_iso9660(archive);
		break;
	case ARCHIVE_MODULE:
		libarchive.archive_read_support_format_raw(archive);
		break;
	default:
		libarchive.archive_read_support_format_tar(archive);
		libarchive.archive_read_support_format_cpio(archive);
		libarchive.archive_read_support_format_empty(archive);
	}
}

int archive_open(struct archive_level *level)
{
	enum file_archive kind = level->outer->archive;
	int r = add_stage(level) ? 0 : -ENOMEM;

	if (r == 0 && kind == ARCHIVE_RPM)
		r = add_filter(level, true);
	if (r == 0 && kind != ARCHIVE_DEB && kind != ARCHIVE_ZIP && kind != ARCHIVE_ISO)
		r = add_decompression(level);
	if (r < 0)
		return r;
	level->archive = libarchive.archive_read_new();
	if (!level->archive)
		return -ENOMEM;
	support_format(level->archive, level->outer);
	return read_from(level->archive, level, level->stages[level->stage_count - 1]);
}

void archive_close(struct archive_level *level)
{
	libarchive.archive_read_free(level->archive);
	/* A stage may read from the one before to its last moment. */
	while (level->stage_count > 0) {
		struct archive_stream *stream = level->stages[--level->stage_count];

		libarchive.archive_read_free(stream->filter);
		if (stream->gunzip)
			inflateEnd(stream->gunzip);
		free(stream->gunzip);
		free(stream);
	}
}
