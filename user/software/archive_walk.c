/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "cleanup.h"
#include "util.h"

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
	struct buffer chain = { 0 };
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

static void report(struct archive_walk *walk, const struct archive_member *member, const char *text)
{
	_cleanup_free_ char *chain = chain_of(member);

	problems_add(walk->problems, PROBLEM_ERROR, chain ? chain : member->path, 0, "%s", text);
}

static void report_limit(struct archive_walk *walk, const struct archive_member *member,
			 const char *what, uint64_t limit)
{
	_cleanup_free_ char *text = format_string("%s %llu", what, (unsigned long long)limit);

	report(walk, member, text ? text : what);
}

/* What libarchive says may hold names out of the archive. */
static void report_archive(struct archive_walk *walk, const struct archive_member *member,
			   const char *said)
{
	_cleanup_free_ char *quoted = problem_quote(said ? said : "", said ? strlen(said) : 0);
	_cleanup_free_ char *text =
		format_string("cannot read the archive: %s", quoted ? quoted : "");

	report(walk, member, text ? text : "cannot read the archive");
}

bool archive_is_over(struct archive_walk *walk)
{
	const atomic_bool *stop = walk->visitor->stop;

	if (stop && atomic_load_explicit(stop, memory_order_relaxed) && walk->error == 0)
		walk->error = -ECANCELED;
	return walk->over || walk->error < 0;
}

void archive_give_up(struct archive_level *level, const char *said)
{
	if (!level->broken && !archive_is_over(level->walk))
		report_archive(level->walk, level->outer, said);
	level->broken = true;
}

bool archive_count(struct archive_walk *walk, const struct archive_member *member, uint64_t size)
{
	const struct archive_limits *limits = walk->limits;

	walk->unpacked += size;
	if (walk->unpacked > limits->total_size) {
		report_limit(walk, member, "all members together are above the limit in bytes of",
			     limits->total_size);
		walk->over = true;
	} else if (walk->unpacked > ARCHIVE_RATIO_BASE &&
		   (walk->unpacked - ARCHIVE_RATIO_BASE) / limits->ratio > walk->size) {
		report_limit(walk, member,
			     "unpacks like a bomb: above the limit, in bytes for each byte of "
			     "the file, of",
			     limits->ratio);
		walk->over = true;
	}
	return !walk->over;
}

ssize_t archive_read_member(struct archive_level *level, void *buffer, size_t size)
{
	struct archive_walk *walk = level->walk;
	la_ssize_t n;

	if (level->ended)
		return 0;
	if (level->failed || archive_is_over(walk))
		return -EIO;
	n = libarchive.archive_read_data(level->archive, buffer, size);
	level->ended = n == 0;
	if (n < 0) {
		/* If a stage before it failed, that was said. */
		if (!level->broken && !archive_is_over(walk))
			report_archive(walk, &level->member, libarchive.archive_error_string(level->archive));
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
	return archive_count(walk, &level->member, (uint64_t)n) ? n : -EIO;
}

bool archive_hand_on(struct archive_level *level, const void *bytes, size_t size)
{
	struct archive_walk *walk = level->walk;
	int r = 0;

	if (level->wanted)
		r = walk->visitor->data(walk->visitor->cookie, &level->member, bytes, size);
	if (r < 0)
		walk->error = r;
	return r == 0;
}

static int walk_archive(struct archive_walk *walk, const struct archive_member *outer,
			struct archive_level *source);

/* Names are bytes, or UTF-8 where the format says so and the locale cannot have them. */
static const char *path_of(struct archive_entry *entry)
{
	const char *path = libarchive.archive_entry_pathname(entry);

	if (!path)
		path = libarchive.archive_entry_pathname_utf8(entry);
	return path ? path : "(a name that cannot be read)";
}

/* Reads the beginning of the present member; false if it is empty, or cannot be read. */
static bool read_head(struct archive_level *level)
{
	struct archive_member *member = &level->member;
	ssize_t n = 1;

	while (n > 0 && member->head_size < ARCHIVE_HEAD_SIZE) {
		n = archive_read_member(level, level->head + member->head_size,
					ARCHIVE_HEAD_SIZE - member->head_size);
		member->head_size += n > 0 ? (size_t)n : 0;
	}
	return n >= 0 && member->head_size > 0;
}

/* Reads the present member to its end, as an archive first if it is one. */
static int read_contents(struct archive_level *level)
{
	struct archive_walk *walk = level->walk;
	ssize_t n;
	int r = 0;

	if (!archive_hand_on(level, level->head, level->member.head_size))
		return walk->error;
	if (level->member.archive != ARCHIVE_NONE)
		r = walk_archive(walk, &level->member, level);
	while (r == 0 && (n = archive_read_member(level, level->buffer, ARCHIVE_CHUNK)) > 0)
		archive_hand_on(level, level->buffer, (size_t)n);
	return r < 0 ? r : walk->error;
}

static void choose_archive(struct archive_level *level)
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

static int visit_member(struct archive_level *level, struct archive_entry *entry)
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
		.mode = libarchive.archive_entry_mode(entry) & 07777,
		.head = level->head,
	};
	level->member_size = 0;
	level->wanted = level->ended = level->failed = false;
	if (libarchive.archive_entry_is_encrypted(entry)) {
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
	mode_t type = libarchive.archive_entry_filetype(entry);

	return type == AE_IFREG || type == 0;
}

static int walk_members(struct archive_level *level)
{
	struct archive_walk *walk = level->walk;
	struct archive_entry *entry;

	while (!level->broken && !archive_is_over(walk)) {
		int r = libarchive.archive_read_next_header(level->archive, &entry);

		if (r == ARCHIVE_EOF)
			return 0;
		if (++walk->members > walk->limits->members) {
			report_limit(walk, level->outer, "more members in all than the limit of",
				     walk->limits->members);
			walk->over = true;
		} else if (r < ARCHIVE_WARN) {
			archive_give_up(level, libarchive.archive_error_string(level->archive));
		} else if (is_file(entry)) {
			r = visit_member(level, entry);
			if (r < 0)
				return r;
		}
	}
	return walk->error;
}

static void free_level(struct archive_level **level)
{
	if (*level)
		archive_close(*level);
	free(*level);
}

/* Walks through the archive that @outer is: the present member of @source, or the file. */
static int walk_archive(struct archive_walk *walk, const struct archive_member *outer,
			struct archive_level *source)
{
	_cleanup_(free_level) struct archive_level *level = calloc(1, sizeof(*level));
	int r;

	if (!level)
		return -ENOMEM;
	level->walk = walk;
	level->outer = outer;
	level->source = source;
	r = archive_open(level);
	if (r == -EIO)
		return walk->error;
	return r < 0 ? r : walk_members(level);
}

static int walk_file(struct archive_walk *walk, const char *name, const uint8_t *head,
		     size_t head_size, void *state)
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
	if (!archive_library_load())
		return -ENOPKG;
	return walk_archive(walk, &outermost, NULL);
}

int archive_walk_memory(const void *bytes, size_t size, const char *name,
			const struct archive_limits *limits, struct problems *problems,
			const struct archive_visitor *visitor, void *outermost_state)
{
	struct archive_walk walk = {
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

int archive_walk_sized(int fd, uint64_t file_size, const char *name,
		       const struct archive_limits *limits, struct problems *problems,
		       const struct archive_visitor *visitor, void *outermost_state)
{
	struct archive_walk walk = {
		.limits = limits,
		.problems = problems,
		.visitor = visitor,
		.fd = fd,
		.size = file_size,
	};
	_cleanup_free_ uint8_t *head = malloc(ARCHIVE_HEAD_SIZE);
	ssize_t n;

	if (!head)
		return -ENOMEM;
	n = pread(fd, head, ARCHIVE_HEAD_SIZE, 0);
	if (n < 0)
		return -errno;
	return walk_file(&walk, name, head, (size_t)n, outermost_state);
}

int archive_walk_fd(int fd, const char *name, const struct archive_limits *limits,
		    struct problems *problems, const struct archive_visitor *visitor,
		    void *outermost_state)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0)
		return -errno;
	if (!S_ISREG(stat.st_mode))
		return -EINVAL;
	return archive_walk_sized(fd, (uint64_t)stat.st_size, name, limits, problems, visitor,
				  outermost_state);
}
