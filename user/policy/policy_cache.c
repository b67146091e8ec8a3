/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_cache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "file_hash.h"
#include "list_frames.h"
#include "policy_cache_file.h"
#include "secure_file.h"
#include "util.h"

#define CHUNK_ENTRIES (1U << 18) /* after so many the pages are let go of */

struct policy_cache {
	char *path;
	void *bytes; /* all of the file, mapped */
	size_t size;
	struct cache_layout layout;
	struct frame lists; /* what policy_cache_next() has not had yet, and the warnings */
	uint32_t lists_left;
};

static void free_problems(struct problems **problems)
{
	problems_free(*problems);
}

static void close_cache(struct policy_cache **cache)
{
	policy_cache_close(*cache);
}

static int damaged(const struct policy_cache *cache, struct problems *problems)
{
	problems_add(problems, PROBLEM_WARNING, cache->path, 0,
		     "damaged: the lists are parsed, and it is written anew");
	return -EBADMSG;
}

static int open_safely(const char *path, struct problems *problems, int *ret_fd)
{
	_cleanup_(free_problems) struct problems *found = problems_new();
	const struct problem *problem;
	struct stat st;
	int r;

	if (!found)
		return -ENOMEM;
	if (lstat(path, &st) < 0)
		return -errno;
	r = secure_open_file(path, NULL, found, ret_fd);
	for (size_t i = 0; (problem = problems_get(found, i)); i++)
		problems_add(problems, PROBLEM_WARNING, problem->file, problem->line, "%s%s",
			     problem->text, r < 0 ? "; the lists are parsed" : "");
	return r;
}

static int map(struct policy_cache *cache, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0)
		return -EBADMSG;
	cache->size = (size_t)st.st_size;
	cache->bytes = mmap(NULL, cache->size, PROT_READ, MAP_SHARED, fd, 0);
	if (cache->bytes == MAP_FAILED) {
		cache->bytes = NULL;
		return -errno;
	}
	return 0;
}

int policy_cache_open(const char *directory, struct problems *problems,
		      struct policy_cache **ret_cache)
{
	_cleanup_(close_cache) struct policy_cache *cache = calloc(1, sizeof(*cache));
	_cleanup_close_ int fd = -EBADF;
	int r = -ENOMEM;

	if (!cache)
		return -ENOMEM;
	cache->path = format_string("%s/" POLICY_CACHE_NAME, directory);
	if (cache->path)
		r = open_safely(cache->path, problems, &fd);
	if (r == 0)
		r = map(cache, fd);
	if (r == 0)
		r = cache_layout_read(cache->bytes, cache->size, &cache->layout);
	if (r < 0)
		return r == -EBADMSG ? damaged(cache, problems) : r;
	cache->lists = (struct frame){ .bytes = cache_section(cache->bytes, &cache->layout,
							      CACHE_LISTS),
				       .size = cache->layout.sizes[CACHE_LISTS] };
	cache->lists_left = frame_get_u32(&cache->lists);
	*ret_cache = TAKE_PTR(cache);
	return 0;
}

static bool is_text(struct frame *frame, const char *text)
{
	size_t size;
	const char *bytes = frame_get_bytes(frame, UINT32_MAX, &size);

	return bytes && size == strlen(text) && memcmp(bytes, text, size) == 0;
}

/* Name of a format or of a compression; NULL: none. */
static const char *get_name(struct frame *frame, const char *(*named)(const char *, size_t))
{
	size_t size;
	const char *bytes = frame_get_bytes(frame, UINT32_MAX, &size);

	return size > 0 ? named(bytes, size) : NULL;
}

static bool same_contents(int fd, const uint8_t *contents, struct policy_list *list)
{
	if (list->signature.present)
		memcpy(list->contents, list->signature.contents, sizeof(list->contents));
	else if (file_hash(fd, list->contents, NULL) < 0)
		return false;
	return memcmp(list->contents, contents, sizeof(list->contents)) == 0;
}

int policy_cache_next(struct policy_cache *cache, const char *id, int fd, struct policy_list *list)
{
	struct frame *frame = &cache->lists;
	const uint8_t *contents;
	bool same;

	if (cache->lists_left == 0)
		return -ESTALE;
	cache->lists_left--;
	same = is_text(frame, id) && is_text(frame, list->path) &&
	       frame_get_u32(frame) == cache_list_kind(list) && frame_get_u64(frame) == list->size;
	contents = frame_get(frame, sizeof(list->contents));
	if (!same || !contents || !same_contents(fd, contents, list))
		return -ESTALE;
	list->format = get_name(frame, list_format_named);
	list->compression = get_name(frame, list_compression_named);
	list->rows = frame_get_u32(frame);
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++)
		list->weak[i] = frame_get_u32(frame);
	list->set_aside = frame_get_u32(frame);
	return frame->bad ? -ESTALE : 0;
}

/* Whether facts and texts refer to texts that are there. */
static bool texts_are_good(const struct policy *policy)
{
	const struct intern *facts = &policy->facts, *texts = &policy->texts;

	if (texts->used == 0 || texts->bytes[0] || texts->bytes[texts->used - 1] ||
	    facts->used % sizeof(struct entry_facts) != 0)
		return false;
	for (size_t at = 0; at < facts->used; at += sizeof(struct entry_facts)) {
		struct entry_facts one;

		memcpy(&one, facts->bytes + at, sizeof(one));
		if (one.product >= texts->used || one.version >= texts->used ||
		    one.package >= texts->used || one.source >= texts->used)
			return false;
	}
	return true;
}

static bool entry_is_good(const struct policy *policy, const struct entry *entry, bool archive)
{
	return entry->vendor < policy->vendor_count && entry->list < policy->list_count &&
	       policy->lists[entry->list].vendor == entry->vendor &&
	       policy->lists[entry->list].archive == archive &&
	       entry->facts + sizeof(struct entry_facts) <= policy->facts.used &&
	       entry->path < policy->texts.used && entry->size > 0;
}

/* Entries in their order, each in its bounds; counts them. */
static bool entries_are_good(struct policy *policy)
{
	const struct entry *entries = policy->entries;

	for (size_t i = 0; i < policy->entry_count; i++) {
		int order = i > 0 ? memcmp(entries[i - 1].digest, entries[i].digest,
					   INTERDICT_DIGEST_SIZE) : -1;

		if (!entry_is_good(policy, &entries[i], false) || order > 0 ||
		    (order == 0 && entries[i - 1].vendor >= entries[i].vendor))
			return false;
		policy->digest_count += order < 0;
		policy->has_unsized |= entries[i].size == ENTRY_SIZE_UNKNOWN;
		policy->vendors[entries[i].vendor].entries++;
		if (i % CHUNK_ENTRIES == 0)
			frozen_trim(&policy->frozen);
	}
	for (size_t i = 1; i < policy->size_count; i++)
		if (policy->sizes[i - 1] >= policy->sizes[i])
			return false;
	for (size_t i = 0; i < policy->archive_count; i++)
		if (!entry_is_good(policy, &policy->archives[i], true))
			return false;
	return true;
}

/* Lets the policy look into the file, as if it had been compiled. */
static void lend(const struct policy_cache *cache, struct policy *policy)
{
	const struct cache_layout *layout = &cache->layout;
	const void *sections[CACHE_SECTIONS];

	for (size_t i = 0; i < CACHE_SECTIONS; i++)
		sections[i] = cache_section(cache->bytes, layout, i);
	policy->entries = (struct entry *)sections[CACHE_ENTRIES];
	policy->entry_count = layout->sizes[CACHE_ENTRIES] / sizeof(*policy->entries);
	policy->sizes = (uint64_t *)sections[CACHE_SIZES];
	policy->size_count = layout->sizes[CACHE_SIZES] / sizeof(*policy->sizes);
	policy->archives = (struct entry *)sections[CACHE_ARCHIVES];
	policy->archive_count = layout->sizes[CACHE_ARCHIVES] / sizeof(*policy->archives);
	policy->texts = (struct intern){ .bytes = (char *)sections[CACHE_TEXTS],
					 .used = layout->sizes[CACHE_TEXTS] };
	policy->facts = (struct intern){ .bytes = (char *)sections[CACHE_FACTS],
					 .used = layout->sizes[CACHE_FACTS],
					 .record = sizeof(struct entry_facts) };
	policy->frozen = (struct frozen){ cache->bytes, cache->size };
	memcpy(policy->entries_digest, layout->entries_digest, sizeof(policy->entries_digest));
	policy->recalled = true;
}

static void take_back(struct policy *policy, const struct policy *before)
{
	*policy = *before;
	for (size_t i = 0; i < policy->vendor_count; i++)
		policy->vendors[i].entries = 0;
}

/* Says again what was said of the lists when they were parsed. False: that is no such thing. */
static bool repeat_warnings(struct frame *frame, struct problems *problems)
{
	uint32_t count = frame_get_u32(frame);

	for (uint32_t i = 0; i < count && !frame->bad; i++) {
		_cleanup_free_ char *file = frame_get_text(frame, UINT32_MAX);
		uint32_t line = frame_get_u32(frame);
		_cleanup_free_ char *text = frame_get_text(frame, UINT32_MAX);

		if (text)
			problems_add(problems, PROBLEM_WARNING, file, line, "%s", text);
	}
	problems_add_untold(problems, PROBLEM_WARNING, frame_get_u32(frame));
	return frame_is_done(frame);
}

int policy_cache_take(struct policy_cache *cache, struct policy *policy, struct problems *problems)
{
	_cleanup_(free_problems) struct problems *warnings = problems_new();
	struct policy before = *policy;
	struct entry *archives = NULL;
	bool good;

	if (!warnings)
		return -ENOMEM;
	if (cache->lists_left > 0)
		return -ESTALE;
	if (cache_verify(cache->bytes, cache->size) < 0)
		return damaged(cache, problems);
	lend(cache, policy);
	archives = malloc((policy->archive_count + 1) * sizeof(*archives));
	good = archives && texts_are_good(policy) && entries_are_good(policy) &&
	       repeat_warnings(&cache->lists, warnings);
	if (!good) {
		take_back(policy, &before);
		free(archives);
		return archives ? damaged(cache, problems) : -ENOMEM;
	}
	/* These are few, and everybody else has them on the heap. */
	memcpy(archives, policy->archives, policy->archive_count * sizeof(*archives));
	policy->archives = archives;
	cache->bytes = NULL;
	intern_release(&before.texts);
	intern_release(&before.facts);
	problems_add_all(problems, warnings);
	return 0;
}

void policy_cache_close(struct policy_cache *cache)
{
	if (!cache)
		return;
	if (cache->bytes)
		munmap(cache->bytes, cache->size);
	free(cache->path);
	free(cache);
}
