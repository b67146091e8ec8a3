/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each file that the walk finds: cleared by its size, or hashed and looked up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "file_hash.h"
#include "scan_private.h"
#include "util.h"

/* What is to be done with a file. */
#define DO_HASH	   0x1U
#define DO_SUSPECT 0x2U

/* A file that is being written may be quiet the next time. */
#define ATTEMPTS 2

static void add(atomic_ullong *counter, uint64_t number)
{
	atomic_store_explicit(counter,
			      atomic_load_explicit(counter, memory_order_relaxed) + number,
			      memory_order_relaxed);
}

static uint64_t get(const atomic_ullong *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void scan_count(const struct scan *scan, struct scan_counters *ret_counters)
{
	struct scan_counters sum = { 0 };

	for (unsigned int i = 0; i < scan->thread_count; i++) {
		const struct scan_thread *thread = &scan->threads[i];

		sum.files += get(&thread->files);
		sum.links += get(&thread->links);
		sum.cleared += get(&thread->cleared);
		sum.hashed += get(&thread->hashed);
		sum.bytes += get(&thread->bytes);
		sum.matched += get(&thread->matched);
		sum.retired += get(&thread->retired);
	}
	for (size_t i = 0; i < SKIP_COUNT; i++)
		sum.skipped[i] = get(&scan->skipped[i]);
	walk_count(scan->walk, &sum.walk);
	*ret_counters = sum;
}

static enum scan_skip skip_reason(int error)
{
	switch (error) {
	case -EACCES:
	case -EPERM:
		return SKIP_PERMISSION;
	case -EAGAIN:
		return SKIP_CHANGED;
	case -ENOENT:
	case -ENOTDIR:
	case -ELOOP:
		return SKIP_VANISHED;
	case -ECANCELED:
		return SKIP_UNFINISHED;
	default:
		return SKIP_UNREADABLE;
	}
}

void scan_skip(const struct node *directory, const char *name, int error, void *context)
{
	struct scan *scan = context;
	enum scan_skip reason = skip_reason(error);
	struct buffer path = { 0 };

	atomic_fetch_add_explicit(&scan->skipped[reason], 1, memory_order_relaxed);
	if (reason == SKIP_VANISHED || reason == SKIP_UNFINISHED)
		return;
	pthread_mutex_lock(&scan->skipped_lock);
	if (scan->coverage.skipped_count < SCAN_SKIPPED_KEPT && !scan->skipped_closed) {
		node_path(directory, name, &path);
		buffer_append_char(&path, '\0');
		if (!path.failed)
			scan->coverage.skipped[scan->coverage.skipped_count++] =
				(struct scan_skipped){ reason, error, path.data };
		else
			buffer_release(&path);
	}
	pthread_mutex_unlock(&scan->skipped_lock);
}

/* The path of a file, good until the thread asks for the next; NULL: out of memory. */
static const char *path_of(struct scan_thread *thread, const struct node *directory,
			   const char *name)
{
	buffer_clear(&thread->path);
	node_path(directory, name, &thread->path);
	buffer_append_char(&thread->path, '\0');
	return thread->path.failed ? NULL : thread->path.data;
}

/* Tag of a directory: some glob may match in it. */
static unsigned int enter(const struct node *directory, unsigned int number, void *context)
{
	const struct scan *scan = context;
	const char *path;

	if (!scan->has_globs)
		return 0;
	path = path_of(&scan->threads[number], directory, "");
	return !path || scan_globs_may_match(scan, path);
}

static bool is_suspect(const struct scan *scan, const struct walk_file *file, unsigned int number)
{
	const char *path;

	if (!file->directory->tag)
		return false;
	path = path_of(&scan->threads[number], file->directory, file->name);
	return path && scan_vendor_of_path(scan, path);
}

static unsigned int look(const struct walk_file *file, unsigned int number, void *context)
{
	struct scan *scan = context;
	struct scan_thread *thread = &scan->threads[number];
	uint64_t size = file->state.size;
	unsigned int what = 0;
	bool first = file->links <= 1 || inodes_is_first(scan->inodes, file->state.device,
							 file->state.inode);

	add(first ? &thread->files : &thread->links, 1);
	if (gate_passes(scan->gate, size) || gate_passes_archive(scan->gate, size, file->name))
		what |= DO_HASH;
	else if (first)
		add(&thread->cleared, 1);
	if (is_suspect(scan, file, number))
		what |= DO_SUSPECT;
	return what;
}

/* Returns 0, or a negative errno as walk_open() and file_hash_limited(). */
static int hash(struct scan *scan, const struct walk_file *file, struct inode_state *ret_state,
		uint8_t ret_digest[INTERDICT_DIGEST_SIZE])
{
	const struct file_hash_limits limits = { .stop = scan->options.stop };
	struct stat st = { 0 };
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < ATTEMPTS; i++) {
		_cleanup_close_ int fd = walk_open(file);

		r = fd < 0 ? fd : file_hash_limited(fd, &limits, ret_digest, &st);
	}
	if (r < 0)
		return r;
	*ret_state = (struct inode_state){
		.device = st.st_dev,
		.inode = st.st_ino,
		.size = (uint64_t)st.st_size,
		.ctime = st.st_ctim,
	};
	return 0;
}

/* The digest of a file, had once for all names of it. */
static int get_digest(struct scan *scan, const struct walk_file *file, struct scan_thread *thread,
		      struct scan_finding *finding)
{
	struct inode_state state = file->state;
	int r;

	if (file->links <= 1 || !inodes_get(scan->inodes, &state, finding->digest)) {
		r = hash(scan, file, &state, finding->digest);
		if (r < 0)
			return r;
		add(&thread->hashed, 1);
		add(&thread->bytes, state.size);
		if (file->links > 1)
			inodes_keep(scan->inodes, &state, finding->digest);
	}
	finding->has_digest = true;
	finding->size = state.size;
	return 0;
}

/* The entry that the digest has, if any: one of the policy before one of an archive. */
static const struct entry *find_entry(const struct scan *scan, struct scan_finding *finding)
{
	const struct policy *policy = scan->options.policy;
	uint32_t number = policy_find(policy, finding->digest);
	struct policy_ruling ruling;

	if (number) {
		ruling = policy_rule(policy, number, EXEMPTION_ANY_UID, scan->options.today);
		finding->kind = SCAN_LISTED;
		finding->exemption = ruling.exemption;
		return policy_entry(policy, ruling.entry);
	}
	finding->kind = SCAN_ARCHIVE;
	return policy_find_archive(policy, finding->digest);
}

/* Decides what the file is. False: nothing. */
static bool judge(const struct scan *scan, struct scan_thread *thread,
		  struct scan_finding *finding, bool suspect)
{
	if (finding->has_digest)
		finding->entry = find_entry(scan, finding);
	if (finding->entry) {
		finding->vendor = policy_vendor(scan->options.policy, finding->entry->vendor);
		add(&thread->matched, 1);
		if (!scan_is_retired(scan, finding->vendor))
			return true;
		add(&thread->retired, 1);
		return false;
	}
	if (suspect) {
		finding->kind = SCAN_SUSPECT;
		finding->vendor = scan_vendor_of_path(scan, finding->path);
	}
	return suspect && finding->vendor;
}

static void examine(const struct walk_file *file, unsigned int what, unsigned int number,
		    void *context)
{
	struct scan *scan = context;
	struct scan_thread *thread = &scan->threads[number];
	struct scan_finding finding = {
		.size = file->state.size,
		.has_size = true,
		.covered = file->directory->beneath,
	};
	_cleanup_free_ char *path = NULL;
	const char *text;
	int r = what & DO_HASH ? get_digest(scan, file, thread, &finding) : 0;

	if (r < 0)
		scan_skip(file->directory, file->name, r, scan);
	/* Most files are not listed, and so need no path. */
	if (!(what & DO_SUSPECT) && (r < 0 || !find_entry(scan, &finding)))
		return;
	text = path_of(thread, file->directory, file->name);
	path = text ? strdup(text) : NULL;
	if (!path) {
		scan->findings.failed = true;
		return;
	}
	finding.path = path;
	if (!judge(scan, thread, &finding, what & DO_SUSPECT))
		return;
	(void)TAKE_PTR(path);
	findings_add(&scan->findings, &finding);
}

const struct walk_calls scan_calls = {
	.enter = enter,
	.look = look,
	.examine = examine,
	.skip = scan_skip,
};
