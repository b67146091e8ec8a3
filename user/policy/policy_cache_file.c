/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_cache_file.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_hash.h"
#include "frames.h"
#include "policy_cache.h"
#include "secure_file.h"
#include "util.h"

#define MAGIC	  "ITDCACHE"
#define FORMAT	  1U
#define CHUNK	  (4U << 20) /* bytes that are hashed and written at once; whole pages */
#define TEMPORARY "." POLICY_CACHE_NAME ".new"

struct head {
	char magic[8];
	uint32_t format;
	uint32_t sections;
	uint8_t program[INTERDICT_DIGEST_SIZE]; /* SHA-256 of the program file */
	struct cache_layout layout;
};

_Static_assert(sizeof(struct head) % 8 == 0, "what follows is aligned");

/* A file that is being written. */
struct output {
	int fd;
	EVP_MD_CTX *hash; /* of all before */
	const struct policy *policy;
	int error; /* the first that was met */
};

/* bytes of each element of a section */
static const size_t elements[CACHE_SECTIONS] = {
	[CACHE_LISTS] = 1,
	[CACHE_ENTRIES] = sizeof(struct entry),
	[CACHE_SIZES] = sizeof(uint64_t),
	[CACHE_TEXTS] = 1,
	[CACHE_FACTS] = sizeof(struct entry_facts),
	[CACHE_ARCHIVES] = sizeof(struct entry),
};

static void free_hash(EVP_MD_CTX **hash)
{
	EVP_MD_CTX_free(*hash);
}

static uint64_t align(uint64_t size)
{
	return (size + 7) & ~(uint64_t)7;
}

/* Where a section begins; where the digest does, for CACHE_SECTIONS. */
static uint64_t section_offset(const struct cache_layout *layout, size_t section)
{
	uint64_t offset = sizeof(struct head);

	for (size_t i = 0; i < section; i++)
		offset += align(layout->sizes[i]);
	return offset;
}

/* A program that parses otherwise has another file, whatever its version is. */
static int hash_program(uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : file_hash(fd, ret_digest, NULL);
}

int cache_layout_read(const void *bytes, size_t size, struct cache_layout *ret_layout)
{
	uint8_t program[INTERDICT_DIGEST_SIZE];
	struct head head;
	int r;

	if (size < sizeof(head) + INTERDICT_DIGEST_SIZE)
		return -EBADMSG;
	memcpy(&head, bytes, sizeof(head));
	if (memcmp(head.magic, MAGIC, sizeof(head.magic)) != 0)
		return -EBADMSG;
	r = hash_program(program);
	if (r < 0)
		return r;
	if (head.format != FORMAT || memcmp(head.program, program, sizeof(program)) != 0)
		return -ESTALE;
	for (size_t i = 0; i < CACHE_SECTIONS; i++)
		if (head.layout.sizes[i] > size || head.layout.sizes[i] % elements[i] != 0)
			return -EBADMSG;
	if (head.sections != CACHE_SECTIONS ||
	    section_offset(&head.layout, CACHE_SECTIONS) + INTERDICT_DIGEST_SIZE != size)
		return -EBADMSG;
	*ret_layout = head.layout;
	return 0;
}

const void *cache_section(const void *bytes, const struct cache_layout *layout, size_t section)
{
	return (const uint8_t *)bytes + section_offset(layout, section);
}

int cache_verify(void *bytes, size_t size)
{
	_cleanup_(free_hash) EVP_MD_CTX *hash = NULL;
	size_t end = size - INTERDICT_DIGEST_SIZE;
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	int r = file_hash_begin(&hash);

	for (size_t at = 0; r == 0 && at < end; at += CHUNK) {
		size_t chunk = end - at < CHUNK ? end - at : CHUNK;

		if (!EVP_DigestUpdate(hash, (uint8_t *)bytes + at, chunk))
			r = -ENOSYS;
		(void)madvise((uint8_t *)bytes + at, chunk, MADV_DONTNEED);
	}
	if (r == 0)
		r = file_hash_finish(hash, digest);
	if (r < 0)
		return r;
	return memcmp(digest, (uint8_t *)bytes + end, sizeof(digest)) == 0 ? 0 : -EBADMSG;
}

uint32_t cache_list_kind(const struct policy_list *list)
{
	return (uint32_t)list->archive | (uint32_t)list->signature.present << 1;
}

/* Piece by piece: what was looked at need not stay resident. */
static void put(struct output *output, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	while (size > 0 && output->error == 0) {
		size_t chunk = size < CHUNK ? size : CHUNK;

		if (!EVP_DigestUpdate(output->hash, from, chunk))
			output->error = -ENOSYS;
		else
			output->error = write_all(output->fd, from, chunk);
		from += chunk;
		size -= chunk;
		if (chunk == CHUNK)
			policy_trim(output->policy);
	}
}

static void put_list(struct frame_writer *writer, const struct policy *policy,
		     const struct policy_list *list)
{
	frame_put_text(writer, policy->vendors[list->vendor].vendor->id);
	frame_put_text(writer, list->path);
	frame_put_u32(writer, cache_list_kind(list));
	frame_put_u64(writer, list->size);
	frame_put(writer, list->contents, sizeof(list->contents));
	frame_put_text(writer, list->format);
	frame_put_text(writer, list->compression);
	frame_put_u32(writer, list->rows);
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++)
		frame_put_u32(writer, list->weak[i]);
	frame_put_u32(writer, list->set_aside);
}

static void put_warnings(struct frame_writer *writer, const struct problems *warnings)
{
	const struct problem *problem;
	uint32_t count = 0;

	while (problems_get(warnings, count))
		count++;
	frame_put_u32(writer, count);
	for (size_t i = 0; (problem = problems_get(warnings, i)); i++) {
		frame_put_text(writer, problem->file);
		frame_put_u32(writer, problem->line);
		frame_put_text(writer, problem->text);
	}
	frame_put_u32(writer, (uint32_t)(problems_warnings(warnings) - count));
}

static int describe_lists(const struct policy *policy, struct frame_writer *writer)
{
	frame_put_u32(writer, (uint32_t)policy->list_count);
	for (size_t i = 0; i < policy->list_count; i++)
		put_list(writer, policy, &policy->lists[i]);
	put_warnings(writer, policy->warnings);
	if (writer->error == 0 && writer->buffer.failed)
		writer->error = -ENOMEM;
	return writer->error;
}

static int put_file(struct output *output, const struct buffer *lists)
{
	const struct policy *policy = output->policy;
	const void *sections[CACHE_SECTIONS] = { lists->data,	      policy->entries,
						 policy->sizes,	      policy->texts.bytes,
						 policy->facts.bytes, policy->archives };
	struct head head = {
		.magic = MAGIC,
		.format = FORMAT,
		.sections = CACHE_SECTIONS,
		.layout.sizes = { lists->size, policy->entry_count * sizeof(struct entry),
				  policy->size_count * sizeof(uint64_t), policy->texts.used,
				  policy->facts.used, policy->archive_count * sizeof(struct entry) },
	};
	static const uint8_t zeros[8];
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	int r = hash_program(head.program);

	if (r < 0)
		return r;
	memcpy(head.layout.entries_digest, policy->entries_digest, sizeof(policy->entries_digest));
	/* A disk that is full is noticed before it is. */
	r = -posix_fallocate(output->fd, 0, (off_t)(section_offset(&head.layout, CACHE_SECTIONS) +
						     sizeof(digest)));
	if (r < 0)
		return r;
	put(output, &head, sizeof(head));
	for (size_t i = 0; i < CACHE_SECTIONS; i++) {
		put(output, sections[i], head.layout.sizes[i]);
		put(output, zeros, align(head.layout.sizes[i]) - head.layout.sizes[i]);
	}
	if (output->error < 0)
		return output->error;
	r = file_hash_finish(output->hash, digest);
	return r < 0 ? r : write_all(output->fd, digest, sizeof(digest));
}

static int write_file(const struct policy *policy, int fd)
{
	_cleanup_(free_hash) EVP_MD_CTX *hash = NULL;
	struct frame_writer lists = { .fd = -EBADF };
	struct output output = { .fd = fd, .policy = policy };
	int r = file_hash_begin(&hash);

	output.hash = hash;
	if (r == 0)
		r = describe_lists(policy, &lists);
	if (r == 0)
		r = put_file(&output, &lists.buffer);
	buffer_release(&lists.buffer);
	policy_trim(policy);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

/* The directory, made if it is not there. */
static int open_directory(const char *path, int *ret_fd)
{
	struct problems *problems = problems_new();
	int r = problems ? secure_make_directory(path, 0700, problems) : -ENOMEM;

	problems_free(problems);
	if (r < 0)
		return r;
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

int policy_cache_save(const struct policy *policy, const char *directory)
{
	_cleanup_close_ int directory_fd = -EBADF, fd = -EBADF;
	int r;

	if (!policy->warnings)
		return -EINVAL;
	r = open_directory(directory, &directory_fd);
	if (r < 0)
		return r;
	/* Of a monitor that was killed meanwhile. There is one monitor at a time. */
	(void)unlinkat(directory_fd, TEMPORARY, 0);
	fd = openat(directory_fd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = write_file(policy, fd);
	if (r == 0 && renameat(directory_fd, TEMPORARY, directory_fd, POLICY_CACHE_NAME) < 0)
		r = -errno;
	if (r < 0) {
		(void)unlinkat(directory_fd, TEMPORARY, 0);
		return r;
	}
	/* Should its name get lost with the power it is written again. */
	(void)fsync(directory_fd);
	return 0;
}
