/* SPDX-License-Identifier: BSD-2-Clause */
#include "byte_source.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "cleanup.h"
#include "list.h"

#define INPUT_SIZE  (64U << 10) /* bytes read at once */
#define RATIO_GRACE (1U << 20)	/* bytes that may come out before the ratio counts */
#define GZIP_WINDOW (15 + 16)	/* zlib: largest window, gzip header expected */

struct byte_source {
	int fd;
	bool started;
	bool compressed;
	bool ended;	/* of the file */
	bool in_member; /* a gzip member has begun and not ended */
	uint64_t in;	/* compressed bytes used up */
	uint64_t out;	/* bytes given */
	z_stream zlib;
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
	if (source->compressed)
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

/* Looks at the first bytes. */
static int start(struct byte_source *source)
{
	int r = fill(source);

	if (r < 0)
		return r;
	source->started = true;
	if (source->zlib.avail_in < 2 || source->input[0] != 0x1f || source->input[1] != 0x8b)
		return 0;
	if (inflateInit2(&source->zlib, GZIP_WINDOW) != Z_OK)
		return -ENOMEM;
	source->compressed = source->in_member = true;
	return 0;
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
	n = source->compressed ? read_gzip(source, bytes, size) : read_plain(source, bytes, size);
	if (n <= 0)
		return n;
	source->out += (uint64_t)n;
	if (source->out > LIST_BYTES_MAX)
		return -EFBIG;
	if (source->compressed && source->out > RATIO_GRACE &&
	    source->out / LIST_RATIO_MAX > source->in)
		return -E2BIG;
	return n;
}

bool byte_source_compressed(const struct byte_source *source)
{
	return source->compressed;
}
