/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From vendors and their lists to a policy. Everything is read and reported
 * even after an error, so that a user sees all mistakes at once.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "list_contents.h"
#include "listing_read.h"
#include "policy_cache.h"
#include "policy_internal.h"
#include "sandbox.h"
#include "secure_file.h"
#include "signed_list.h"
#include "steady_file.h"
#include "util.h"

struct builder {
	struct policy *policy;
	struct problems *problems;
	size_t capacity;	 /* of policy->entries */
	size_t archive_capacity; /* of policy->archives */
	struct minisign_key key; /* of the vendor being read, if it says signed-by */
	uint16_t vendor;	 /* being read */
	uint16_t list;
	struct policy_cache *cache; /* that lists are compared with; NULL: they are parsed */
};

#define ARCHIVES_MAX (1U << 16)

static void free_problems(struct problems **problems)
{
	problems_free(*problems);
}

static void policy_free_pointer(struct policy **policy)
{
	policy_free(*policy);
}

static void problems_out_of_memory(struct problems *problems, const char *file)
{
	problems_add(problems, PROBLEM_ERROR, file, 0, "out of memory");
}

/* Makes room for one more of @count entries. */
static int grow_entries(struct entry **entries, size_t count, size_t *capacity)
{
	size_t wanted = *capacity ? *capacity + *capacity / 2 : 256;
	struct entry *grown;

	if (count < *capacity)
		return 0;
	grown = reallocarray(*entries, wanted, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	*entries = grown;
	*capacity = wanted;
	return 0;
}

static int make_entry(const struct builder *builder, const struct list_row *row,
		      struct entry *ret_entry)
{
	struct policy *policy = builder->policy;
	struct entry_texts texts = { &policy->texts, &policy->facts };

	*ret_entry = (struct entry){ .vendor = builder->vendor, .list = builder->list };
	return entry_from_row(&texts, row, ret_entry);
}

static int add_row(void *cookie, const struct list_row *row)
{
	struct builder *builder = cookie;
	struct policy *policy = builder->policy;
	int r;

	if (policy->entry_count == LIST_ROWS_MAX)
		return -E2BIG;
	r = grow_entries(&policy->entries, policy->entry_count, &builder->capacity);
	if (r == 0)
		r = make_entry(builder, row, &policy->entries[policy->entry_count]);
	if (r == 0)
		policy->entry_count++;
	return r;
}

static int add_archive_row(void *cookie, const struct list_row *row)
{
	struct builder *builder = cookie;
	struct policy *policy = builder->policy;
	int r;

	if (policy->archive_count == ARCHIVES_MAX)
		return -E2BIG;
	r = grow_entries(&policy->archives, policy->archive_count, &builder->archive_capacity);
	if (r == 0)
		r = make_entry(builder, row, &policy->archives[policy->archive_count]);
	if (r == 0)
		policy->archive_count++;
	return r;
}

/* Appends to policy->lists; returns NULL if out of memory. */
static struct policy_list *new_list(struct builder *builder, const char *path)
{
	struct policy *policy = builder->policy;
	struct policy_list *lists;
	char *copy = strdup(path);

	lists = reallocarray(policy->lists, policy->list_count + 1, sizeof(*lists));
	if (lists)
		policy->lists = lists;
	if (!copy || !lists) {
		free(copy);
		return NULL;
	}
	builder->list = (uint16_t)policy->list_count;
	lists[policy->list_count] = (struct policy_list){ .path = copy, .vendor = builder->vendor };
	return &lists[policy->list_count++];
}

/* What is in a list and cannot be acted on is said, not passed over. */
static void report_weak(struct problems *problems, const struct policy_list *list)
{
	const uint32_t *weak = list->weak;

	if (weak[LIST_MD5] || weak[LIST_SHA1] || weak[LIST_OTHER])
		problems_add(problems, PROBLEM_WARNING, list->path, 0,
			     "not enforceable, since only SHA-256 is: %u MD5, %u SHA-1, %u others",
			     weak[LIST_MD5], weak[LIST_SHA1], weak[LIST_OTHER]);
	if (list->set_aside)
		problems_add(problems, PROBLEM_WARNING, list->path, 0,
			     "%u left out: no digest of a file, or not to be acted on by what the "
			     "list itself says",
			     list->set_aside);
}

static void set_facts(struct policy_list *list, const struct list_facts *facts)
{
	list->format = facts->format;
	list->rows = facts->rows;
	memcpy(list->weak, facts->weak, sizeof(list->weak));
	list->set_aside = facts->set_aside;
	list->compression = facts->compression;
}

/* What is not known cannot be remembered. */
static void forget_warnings(struct policy *policy)
{
	problems_free(policy->warnings);
	policy->warnings = NULL;
}

/*
 * Opens a list, or the copy of it whose signature is good where the vendor asks for
 * one. What a vendor file names decides, and has to be safe.
 */
static int open_list(struct builder *builder, const struct vendor *vendor,
		     const struct vendor_list *source, struct list_signature *ret_signature,
		     int *ret_fd)
{
	struct secure_origin origin = { vendor->file, source->line };
	_cleanup_close_ int fd = -EBADF;
	int r;

	if (!vendor->file)
		return listing_open(source->path, builder->problems, ret_fd);
	r = secure_open_file(source->path, &origin, builder->problems, &fd);
	if (r < 0)
		return r;
	if (vendor->signed_by && !source->learned)
		return signed_list_open(&builder->key, source->path, fd, &origin,
					builder->problems, ret_signature, ret_fd);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Parses a list, with its bytes hashed beside that if the cache will want to know them. */
static int parse_list(struct builder *builder, const struct vendor_list *source, int fd,
		      struct policy_list *list)
{
	_cleanup_(free_problems) struct problems *found = problems_new();
	struct list_contents contents = { .fd = fd };
	bool hashed = builder->policy->warnings && !list->signature.present;
	struct list_facts facts = { 0 };
	size_t errors;
	int r;

	if (!found)
		return -ENOMEM;
	if (hashed)
		list_contents_begin(&contents);
	r = list_read_apart(fd, list->path, NULL, found,
			    source->archive ? add_archive_row : add_row, builder, &facts);
	if (hashed && list_contents_end(&contents) < 0)
		forget_warnings(builder->policy);
	errors = problems_errors(found);
	if (r == -E2BIG && errors == 0)
		problems_add(found, PROBLEM_ERROR, list->path, 0,
			     "expected at most %u entries and 4 GiB of text in all lists",
			     source->archive ? ARCHIVES_MAX : LIST_ROWS_MAX);
	if (r == 0 && facts.rows == 0 && !source->learned && errors == 0)
		problems_add(found, PROBLEM_ERROR, list->path, 0,
			     "no usable entry: expected at least one SHA-256");
	problems_add_all(builder->problems, found);
	if (r < 0)
		return r;
	memcpy(list->contents, hashed ? contents.digest : list->signature.contents,
	       sizeof(list->contents));
	if (builder->policy->warnings)
		problems_add_all(builder->policy->warnings, found);
	set_facts(list, &facts);
	return 0;
}

/* Parses a list that is open, or takes it from the cache. */
static int take_list(struct builder *builder, const struct vendor *vendor,
		     const struct vendor_list *source, int fd, struct policy_list *list)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	list->size = (uint64_t)st.st_size;
	r = builder->cache ? policy_cache_next(builder->cache, vendor->id, fd, list) :
			     parse_list(builder, source, fd, list);
	if (r == 0)
		report_weak(builder->problems, list);
	return r;
}

/*
 * Returns -ENOMEM, or 0: everything else is in the problems. -ESTALE if the cache is of
 * another list.
 */
static int read_list(struct builder *builder, const struct vendor *vendor,
		     const struct vendor_list *source)
{
	struct list_signature signature = { 0 };
	/* What is signed is read whole, and then its signature is looked at. */
	bool steady = vendor->file && !(vendor->signed_by && !source->learned);
	_cleanup_close_ int fd = -EBADF;
	struct steady_file file = { 0 };
	struct policy_list *list;
	int r;

	r = open_list(builder, vendor, source, &signature, &fd);
	if (r == 0 && steady)
		r = steady_file_begin(fd, source->path, builder->problems, &file);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (builder->policy->list_count > POLICY_INDEX_MAX) {
		problems_add(builder->problems, PROBLEM_ERROR, vendor->file, source->line,
			     "expected at most %u lists", POLICY_INDEX_MAX + 1U);
		return 0;
	}
	list = new_list(builder, listing_read_name(source->path));
	if (!list)
		return -ENOMEM;
	list->archive = source->archive;
	list->signature = signature;
	r = take_list(builder, vendor, source, fd, list);
	if (r == 0 && steady)
		steady_file_end(&file, fd, source->path, builder->problems);
	return r == -ENOMEM || r == -ESTALE ? r : 0;
}

static int read_lists(struct builder *builder)
{
	struct policy *policy = builder->policy;

	for (size_t i = 0; i < policy->vendor_count; i++) {
		const struct vendor *vendor = policy->vendors[i].vendor;
		int error = 0;

		builder->vendor = (uint16_t)i;
		if (vendor->signed_by) /* NOLINT: counted only once it is loaded */
			error = signed_list_key(vendor, builder->problems, &builder->key);
		if (error == -ENOMEM)
			return error;
		/* The reason is in the problems, so there will be no policy. */
		if (error)
			continue;
		for (size_t j = 0; j < vendor->list_count; j++) {
			int r = read_list(builder, vendor, &vendor->lists[j]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static void forget_lists(struct policy *policy)
{
	for (size_t i = 0; i < policy->list_count; i++)
		free(policy->lists[i].path);
	policy->list_count = 0;
}

/*
 * Takes all lists from the cache. Returns 0, or a negative errno: then they have to be
 * parsed, and what is to be said will be said then.
 */
static int recall(struct builder *builder, const char *state)
{
	_cleanup_(free_problems) struct problems *found = problems_new();
	struct problems *problems = builder->problems;
	int r = found ? policy_cache_open(state, problems, &builder->cache) : -ENOMEM;

	if (r < 0)
		return r;
	builder->problems = found;
	r = read_lists(builder);
	builder->problems = problems;
	if (r == 0 && problems_errors(found) > 0)
		r = -EINVAL;
	if (r == 0)
		r = policy_cache_take(builder->cache, builder->policy, problems);
	policy_cache_close(builder->cache);
	builder->cache = NULL;
	if (r == 0)
		problems_add_all(problems, found);
	else
		forget_lists(builder->policy);
	return r;
}

/* The entries: as they were compiled last time, or anew. */
static int make_entries(struct builder *builder, const char *state)
{
	struct policy *policy = builder->policy;
	int r;

	if (state) {
		if (recall(builder, state) == 0)
			return 0;
		policy->warnings = problems_new();
	}
	r = read_lists(builder);
	return r < 0 ? r : policy_compile(policy, builder->problems);
}

static int finish(struct builder *builder)
{
	struct policy *policy = builder->policy;
	int r = exempt_collect(policy);

	if (r < 0)
		return r;
	if (!policy_compute_digest(policy))
		return -ENOSYS;
	/* The digest is that of the files, and the same on every host. */
	exempt_settle(policy, builder->problems);
	/* A load leaves holes as large as the policy. */
	malloc_trim(0);
	return 0;
}

/* Where the vendors are: in a directory, or made of lists. */
struct origin {
	const char *directory;
	const char *const *paths;
	size_t path_count;
	const char *state; /* directory with the cache; NULL: there is none */
};

static int build(struct builder *builder, const struct origin *origin)
{
	int r = intern_init(&builder->policy->texts, 0);

	if (r == 0)
		r = intern_init(&builder->policy->facts, sizeof(struct entry_facts));
	if (r == 0)
		r = origin->directory ?
			    policy_read_vendors(builder->policy, builder->problems,
						origin->directory) :
			    policy_make_vendors(builder->policy, builder->problems,
						origin->paths, origin->path_count);
	if (r < 0)
		return r;
	r = make_entries(builder, origin->state);
	if (r == 0)
		r = finish(builder);
	if (r == -ENOSYS)
		problems_add(builder->problems, PROBLEM_ERROR, NULL, 0,
			     "libcrypto computes no SHA-256: check its configuration");
	return r;
}

static int load(const struct origin *origin, struct problems *problems,
		struct policy **ret_policy)
{
	_cleanup_(policy_free_pointer) struct policy *policy = calloc(1, sizeof(*policy));
	struct builder builder = { .policy = policy, .problems = problems };
	size_t errors = problems_errors(problems);
	int r = -ENOMEM;

	/*
	 * The monitor gives up what making the filter takes after its first load, which may
	 * have no list. An error is that of the first list.
	 */
	(void)sandbox_prepare();
	if (policy) {
		policy->references = 1;
		r = build(&builder, origin);
	}
	if (r == -ENOMEM)
		problems_out_of_memory(problems, origin->directory);
	if (r < 0)
		return r;
	if (problems_errors(problems) > errors)
		return -EINVAL;
	*ret_policy = TAKE_PTR(policy);
	return 0;
}

int policy_load(const char *vendors_dir, struct problems *problems, struct policy **ret_policy)
{
	const struct origin origin = { .directory = vendors_dir };

	return load(&origin, problems, ret_policy);
}

int policy_load_cached(const char *vendors_dir, const char *state, struct problems *problems,
		       struct policy **ret_policy)
{
	const struct origin origin = { .directory = vendors_dir, .state = state };

	return load(&origin, problems, ret_policy);
}

int policy_load_lists(const char *const *paths, size_t count, struct problems *problems,
		      struct policy **ret_policy)
{
	const struct origin origin = { .paths = paths, .path_count = count };

	return load(&origin, problems, ret_policy);
}
