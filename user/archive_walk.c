/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One libarchive reader for each archive that is open, and before it, where an
 * archive is compressed as a whole, a second one that only decompresses: so that
 * every byte that is unpacked passes by the counters here, whatever the reader of
 * the format does with it.
 *
 *	file -> [decompress] -> format -> member -> [decompress] -> format -> member ...
 */
#include "archive_walk.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "util.h"

#define CHUNK       (64U << 10) /* bytes a read */
#define FILTERS_MAX 3           /* rpm's header, one compression, and the reader itself */

/* One archive_walk_*(). */
struct walk {
	const struct archive_limits *limits;
	struct problems *problems;
	const struct archive_visitor *visitor;
	int fd;               /* the file, or -EBADF */
	const uint8_t *bytes; /* or what it is in memory */
	uint64_t size;
	uint64_t members, unpacked;
	int error; /* ends the walk: of the visitor, or of reading the file */
	bool over; /* a limit of the whole walk was met, and reported */
};

struct level;

/* Where a reader has its bytes from: the file, a member of another archive, a decompressor. */
struct stream {
	struct level *level;    /* whose archive is read */
	struct level *source;   /* whose present member that is; NULL: it is the file */
	struct archive *filter; /* or what decompresses; owned */
	uint64_t at;            /* offset in the file */
	bool head_taken;        /* of a member */
	uint8_t buffer[CHUNK];
};

/* An archive that is open, and the member that it stands at. */
struct level {
	struct walk *walk;
	struct archive *archive;
	struct stream packed, unpacked; /* the second only where it is compressed as a whole */
	const struct archive_member *outer;
	struct archive_member member;
	uint64_t member_size;
	bool wanted; /* the visitor's answer to begin() */
	bool ended;  /* the member: all of it was read */
	bool failed; /* the member cannot be read on, which was reported */
	bool broken; /* the archive cannot be read on, which was reported */
	uint8_t head[ARCHIVE_HEAD_SIZE];
	uint8_t buffer[CHUNK]; /* for what no archive reads */
};

/* Appends "outer!member"; @member itself last. */
static void append_chain(struct buffer *chain, const struct archive_member *member)
{
	const struct archive_member *path[ARCHIVE_DEPTH_MAX + 2];
	size_t count = 0;

	for (; member && count < ARRAY_SIZE(path); member = member->outer)
		path[count++] = member;
	while (count-- > 0) {
		buffer_append_string(chain, path[count]->path);
		if (count > 0)
			buffer_append_char(chain, '!');
	}
}

static char *chain_of(const struct archive_member *member)
{
	struct buffer chain = {0};
	char *text = NULL;

	append_chain(&chain, member);
	buffer_append_char(&chain, '\0');
	if (!chain.failed)
		text = strdup(chain.data);
	buffer_release(&chain);
	return text;
}

char *archive_chain(const struct archive_member *member)
{
	return chain_of(member->outer);
}

static void report(struct walk *walk, const struct archive_member *member, const char *text)
{
	_cleanup_free_ char *chain = chain_of(member);

	problems_add(walk->problems, PROBLEM_ERROR, chain ? chain : member->path, 0, "%s", text);
}

static void report_limit(struct walk *walk, const struct archive_member *member, const char *what,
                         uint64_t limit)
{
	_cleanup_free_ char *text = format_string("%s %llu", what, (unsigned long long)limit);

	report(walk, member, text ? text : what);
}

/* What libarchive says may hold names out of the archive. */
static void report_archive(struct walk *walk, const struct archive_member *member,
                           struct archive *archive)
{
	const char *said = archive_error_string(archive);
	_cleanup_free_ char *quoted = problem_quote(said ? said : "", said ? strlen(said) : 0);
	_cleanup_free_ char *text =
	        format_string("cannot read the archive: %s", quoted ? quoted : "");

	report(walk, member, text ? text : "cannot read the archive");
}

static bool is_over(const struct walk *walk)
{
	return walk->over || walk->error < 0;
}

/* Counts what was unpacked. False if that is too much, which was reported. */
static bool count_unpacked(struct walk *walk, const struct archive_member *member, uint64_t size)
{
	const struct archive_limits *limits = walk->limits;
	uint64_t packed = walk->size;

	walk->unpacked += size;
	if (walk->unpacked > limits->total_size) {
		report_limit(walk, member, "all members together are above the limit in bytes of",
		             limits->total_size);
		walk->over = true;
	} else if (walk->unpacked > ARCHIVE_RATIO_BASE &&
	           (walk->unpacked - ARCHIVE_RATIO_BASE) / limits->ratio > packed) {
		report_limit(walk, member,
		             "unpacks like a bomb: above the limit, in bytes for each byte of "
		             "the file, of",
		             limits->ratio);
		walk->over = true;
	}
	return !walk->over;
}

static bool is_stopped(struct walk *walk)
{
	const atomic_bool *stop = walk->visitor->stop;

	if (stop && atomic_load_explicit(stop, memory_order_relaxed) && walk->error == 0)
		walk->error = -ECANCELED;
	return is_over(walk);
}

/* Reports what libarchive says about the archive, once, and reads no more of it. */
static void give_up(struct level *level, struct archive *archive)
{
	if (!level->broken && !is_over(level->walk))
		report_archive(level->walk, level->outer, archive);
	level->broken = true;
}

/*
 * Reads from the present member. Returns the number of bytes, 0 at its end, or
 * -EIO if it cannot be read on, for whatever reason: that was reported or is in
 * walk->error.
 */
static ssize_t read_member(struct level *level, void *buffer, size_t size)
{
	struct walk *walk = level->walk;
	la_ssize_t n;

	if (level->ended)
		return 0;
	if (level->failed || is_stopped(walk))
		return -EIO;
	n = archive_read_data(level->archive, buffer, size);
	level->ended = n == 0;
	if (n < 0) {
		/* If its own source failed, that was said. */
		if (!level->broken && !is_over(walk))
			report_archive(walk, &level->member, level->archive);
		level->broken |= n == ARCHIVE_FATAL;
		level->failed = true;
		return -EIO;
	}
	level->member_size += (uint64_t)n;
	if (level->member_size > walk->limits->member_size) {
		report_limit(walk, &level->member, "the member is above the limit in bytes of",
		             walk->limits->member_size);
		level->failed = level->broken = true;
		return -EIO;
	}
	return count_unpacked(walk, &level->member, (uint64_t)n) ? n : -EIO;
}

/* Hands bytes of the present member on to the visitor. False if it fails. */
static bool hand_on(struct level *level, const void *bytes, size_t size)
{
	struct walk *walk = level->walk;
	int r = 0;

	if (level->wanted)
		r = walk->visitor->data(walk->visitor->cookie, &level->member, bytes, size);
	if (r < 0)
		walk->error = r;
	return r == 0;
}

static ssize_t read_file(struct stream *stream, const void **ret_bytes)
{
	struct walk *walk = stream->level->walk;
	uint64_t left = stream->at < walk->size ? walk->size - stream->at : 0;
	size_t size = left < CHUNK ? (size_t)left : CHUNK;
	ssize_t n = (ssize_t)size;

	if (is_stopped(walk))
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
		atomic_fetch_add_explicit(walk->visitor->read, (uint64_t)n, memory_order_relaxed);
	return n;
}

/* The member of the archive below, which the visitor sees too. */
static ssize_t read_source(struct stream *stream, const void **ret_bytes)
{
	struct level *source = stream->source;
	ssize_t n;

	if (!stream->head_taken) {
		stream->head_taken = true;
		*ret_bytes = source->head;
		return (ssize_t)source->member.head_size;
	}
	n = read_member(source, stream->buffer, CHUNK);
	if (n > 0 && !hand_on(source, stream->buffer, (size_t)n))
		n = -EIO;
	*ret_bytes = stream->buffer;
	/* What is wrong with it was said of the source. */
	stream->level->broken |= n < 0;
	return n;
}

static ssize_t read_filter(struct stream *stream, const void **ret_bytes)
{
	struct level *level = stream->level;
	la_ssize_t n = archive_read_data(stream->filter, stream->buffer, CHUNK);

	*ret_bytes = stream->buffer;
	if (n < 0)
		give_up(level, stream->filter);
	if (n < 0 || !count_unpacked(level->walk, level->outer, (uint64_t)n))
		return -EIO;
	return n;
}

static la_ssize_t on_read(struct archive *archive, void *cookie, const void **ret_bytes)
{
	struct stream *stream = cookie;
	ssize_t n;

	if (stream->filter)
		n = read_filter(stream, ret_bytes);
	else if (stream->source)
		n = read_source(stream, ret_bytes);
	else
		n = read_file(stream, ret_bytes);
	if (n >= 0)
		return n;
	archive_set_error(archive, EIO, "cannot be read on");
	return ARCHIVE_FATAL;
}

/* Only the file can be sought in: for the directory at the end of a zip. */
static la_int64_t on_seek(struct archive *archive, void *cookie, la_int64_t offset, int whence)
{
	struct stream *stream = cookie;
	const la_int64_t size = (la_int64_t)stream->level->walk->size;
	const la_int64_t base = whence == SEEK_SET   ? 0
	                        : whence == SEEK_CUR ? (la_int64_t)stream->at
	                                             : size;

	if (offset < -base || offset > size - base) {
		archive_set_error(archive, EINVAL, "an offset outside of the file");
		return ARCHIVE_FATAL;
	}
	stream->at = (uint64_t)(base + offset);
	return base + offset;
}

static int open_stream(struct archive *archive, struct stream *stream)
{
	bool is_file = !stream->source && !stream->filter;

	archive_read_set_callback_data(archive, stream);
	archive_read_set_read_callback(archive, on_read);
	if (is_file)
		archive_read_set_seek_callback(archive, on_seek);
	return archive_read_open1(archive);
}

/* Those that libarchive has built in: for others it would run programs. */
static void support_filters(struct archive *archive)
{
	archive_read_support_filter_gzip(archive);
	archive_read_support_filter_bzip2(archive);
	archive_read_support_filter_xz(archive);
	archive_read_support_filter_lzma(archive);
	archive_read_support_filter_zstd(archive);
	archive_read_support_filter_rpm(archive);
	archive_read_support_format_raw(archive);
}

static void support_formats(struct archive *archive, enum file_archive kind)
{
	switch (kind) {
	case ARCHIVE_DEB:
		archive_read_support_format_ar(archive);
		break;
	case ARCHIVE_ZIP:
		archive_read_support_format_zip(archive);
		break;
	case ARCHIVE_ISO:
		archive_read_support_format_iso9660(archive);
		break;
	case ARCHIVE_MODULE:
		support_filters(archive);
		break;
	default:
		archive_read_support_format_tar(archive);
		archive_read_support_format_cpio(archive);
		archive_read_support_format_empty(archive);
	}
}

/* Begins to decompress the archive as a whole. Returns 0, or -EIO with the reason reported. */
static int open_filter(struct level *level)
{
	struct archive *filter = archive_read_new();
	struct archive_entry *entry;

	if (!filter)
		return -ENOMEM;
	level->unpacked.filter = filter;
	support_filters(filter);
	if (open_stream(filter, &level->packed) < ARCHIVE_WARN ||
	    archive_read_next_header(filter, &entry) < ARCHIVE_WARN) {
		give_up(level, filter);
		return -EIO;
	}
	if (archive_filter_count(filter) <= FILTERS_MAX)
		return 0;
	report(level->walk, level->outer, "compressed more than once");
	level->broken = true;
	return -EIO;
}

/* Opens the archive that level->outer is. Returns 0, or -EIO with the reason reported. */
static int open_level(struct level *level)
{
	enum file_archive kind = level->outer->archive;
	struct stream *stream = &level->packed;
	int r = 0;

	level->archive = archive_read_new();
	if (!level->archive)
		return -ENOMEM;
	support_formats(level->archive, kind);
	if (kind == ARCHIVE_TAR || kind == ARCHIVE_CPIO || kind == ARCHIVE_RPM) {
		stream = &level->unpacked;
		r = open_filter(level);
	}
	if (r == 0 && open_stream(level->archive, stream) < ARCHIVE_WARN) {
		give_up(level, level->archive);
		r = -EIO;
	}
	return r;
}

static void free_level(struct level **level)
{
	if (!*level)
		return;
	archive_read_free((*level)->archive);
	archive_read_free((*level)->unpacked.filter);
	free(*level);
}

static int walk_archive(struct walk *walk, const struct archive_member *outer,
                        struct level *source);

/* Names are bytes, or UTF-8 where the format says so and the locale cannot have them. */
static const char *path_of(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);

	if (!path)
		path = archive_entry_pathname_utf8(entry);
	return path ? path : "(a name that cannot be read)";
}

/* Reads the beginning of the present member; false if it is empty, or cannot be read. */
static bool read_head(struct level *level)
{
	struct archive_member *member = &level->member;
	ssize_t n = 1;

	while (n > 0 && member->head_size < ARCHIVE_HEAD_SIZE) {
		n = read_member(level, level->head + member->head_size,
		                ARCHIVE_HEAD_SIZE - member->head_size);
		member->head_size += n > 0 ? (size_t)n : 0;
	}
	return n >= 0 && member->head_size > 0;
}

/* Reads the present member to its end, as an archive first if it is one. */
static int read_contents(struct level *level)
{
	struct walk *walk = level->walk;
	ssize_t n;
	int r = 0;

	if (!hand_on(level, level->head, level->member.head_size))
		return walk->error;
	if (level->member.archive != ARCHIVE_NONE)
		r = walk_archive(walk, &level->member, level);
	while (r == 0 && (n = read_member(level, level->buffer, CHUNK)) > 0)
		hand_on(level, level->buffer, (size_t)n);
	return r < 0 ? r : walk->error;
}

static void choose_archive(struct level *level)
{
	const struct archive_limits *limits = level->walk->limits;
	struct archive_member *member = &level->member;

	member->archive = file_archive(level->head, member->head_size, member->path);
	if (member->archive == ARCHIVE_NONE || member->depth < limits->depth)
		return;
	report_limit(level->walk, member, "an archive inside of more archives than the limit of",
	             limits->depth);
	member->archive = ARCHIVE_NONE;
}

static int visit_member(struct level *level, struct archive_entry *entry)
{
	const struct archive_visitor *visitor = level->walk->visitor;
	struct archive_member *member = &level->member;
	_cleanup_free_ char *path = strdup(path_of(entry));
	int r, end;

	if (!path)
		return -ENOMEM;
	*member = (struct archive_member){
	        .outer = level->outer,
	        .path = path,
	        .depth = level->outer->depth + 1,
	        .mode = archive_entry_mode(entry) & 07777,
	        .head = level->head,
	};
	level->member_size = 0;
	level->wanted = level->ended = level->failed = false;
	if (archive_entry_is_encrypted(entry)) {
		report(level->walk, member, "encrypted");
		return 0;
	}
	if (!read_head(level))
		return level->walk->error;
	choose_archive(level);
	r = visitor->begin(visitor->cookie, member, &level->wanted);
	if (r == 0)
		r = read_contents(level);
	end = visitor->end(visitor->cookie, member, r == 0 && level->ended);
	return r < 0 ? r : end;
}

/* A link may hold data (cpio); then it is what its target holds, and not empty. */
static bool is_file(struct archive_entry *entry)
{
	mode_t type = archive_entry_filetype(entry);

	return type == AE_IFREG || type == 0;
}

static int walk_members(struct level *level)
{
	struct walk *walk = level->walk;
	struct archive_entry *entry;

	while (!level->broken && !is_stopped(walk)) {
		int r = archive_read_next_header(level->archive, &entry);

		if (r == ARCHIVE_EOF)
			return 0;
		if (++walk->members > walk->limits->members) {
			report_limit(walk, level->outer, "more members in all than the limit of",
			             walk->limits->members);
			walk->over = true;
		} else if (r < ARCHIVE_WARN) {
			give_up(level, level->archive);
		} else if (is_file(entry)) {
			r = visit_member(level, entry);
			if (r < 0)
				return r;
		}
	}
	return walk->error;
}

/* Walks through the archive that @outer is: the present member of @source, or the file. */
static int walk_archive(struct walk *walk, const struct archive_member *outer, struct level *source)
{
	_cleanup_(free_level) struct level *level = calloc(1, sizeof(*level));
	int r;

	if (!level)
		return -ENOMEM;
	level->walk = walk;
	level->outer = outer;
	level->packed.level = level->unpacked.level = level;
	level->packed.source = source;
	r = open_level(level);
	if (r == -EIO)
		return walk->error;
	return r < 0 ? r : walk_members(level);
}

static int walk_file(struct walk *walk, const char *name, const uint8_t *head, size_t head_size,
                     void *state)
{
	const struct archive_member outermost = {
	        .path = name,
	        .archive = file_archive(head, head_size, name),
	        .head = head,
	        .head_size = head_size,
	        .state = state,
	};

	if (outermost.archive == ARCHIVE_NONE)
		return -EINVAL;
	return walk_archive(walk, &outermost, NULL);
}

int archive_walk_memory(const void *bytes, size_t size, const char *name,
                        const struct archive_limits *limits, struct problems *problems,
                        const struct archive_visitor *visitor, void *outermost_state)
{
	struct walk walk = {
	        .limits = limits,
	        .problems = problems,
	        .visitor = visitor,
	        .fd = -EBADF,
	        .bytes = bytes,
	        .size = size,
	};

	return walk_file(&walk, name, bytes, size < ARCHIVE_HEAD_SIZE ? size : ARCHIVE_HEAD_SIZE,
	                 outermost_state);
}

int archive_walk_fd(int fd, const char *name, const struct archive_limits *limits,
                    struct problems *problems, const struct archive_visitor *visitor,
                    void *outermost_state)
{
	struct walk walk = {.limits = limits, .problems = problems, .visitor = visitor, .fd = fd};
	_cleanup_free_ uint8_t *head = malloc(ARCHIVE_HEAD_SIZE);
	struct stat stat;
	ssize_t n;

	if (!head)
		return -ENOMEM;
	if (fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	walk.size = (uint64_t)stat.st_size;
	n = pread(fd, head, ARCHIVE_HEAD_SIZE, 0);
	if (n < 0)
		return -errno;
	return walk_file(&walk, name, head, (size_t)n, outermost_state);
}
