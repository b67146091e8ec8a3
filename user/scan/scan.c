/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <unistd.h>

#include "cleanup.h"
#include "scan_private.h"
#include "util.h"

#define THREADS_MAX 16U
#define IO_MAX	    4096U /* bytes of /proc/self/io */

/* Of a path on a file system that does not answer, this reads what else was read. */
static uint64_t bytes_read(void)
{
	_cleanup_free_ char *text = NULL;
	uint64_t bytes = 0;

	if (read_small_file("/proc/self/io", IO_MAX, &text, NULL) == 0)
		sscanf(text, "rchar: %" SCNu64, &bytes);
	return bytes;
}

/* True unless nothing has moved for SCAN_PATIENCE: a file system does not answer. */
static bool tick(void *context)
{
	struct scan *scan = context;
	struct scan_counters counters;
	uint64_t now = clock_monotonic(), moved;

	scan_count(scan, &counters);
	progress_set(scan->options.progress, counters.files, counters.bytes);
	moved = counters.files + counters.links + counters.walk.special +
		counters.walk.directories + counters.hashed;
	if (moved != scan->moved) {
		scan->moved = moved;
		scan->moved_at = now;
		scan->bytes_read = 0;
		return true;
	}
	if (now - scan->moved_at < SCAN_PATIENCE)
		return true;
	/* One file may take longer, as long as its bytes come. What is read here counts too. */
	moved = bytes_read();
	if (moved > scan->bytes_read + 2 * IO_MAX) {
		scan->bytes_read = moved;
		scan->moved_at = now;
		return true;
	}
	scan->coverage.stalled = true;
	return false;
}

static unsigned int processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 2;

	return count < 1 ? 1 : count > (int)THREADS_MAX ? THREADS_MAX : (unsigned int)count;
}

static int make_walk(struct scan *scan)
{
	const struct walk_options options = {
		.calls = scan_calls,
		.context = scan,
		.threads = scan->thread_count,
		.stop = scan->options.stop,
		.tick = tick,
	};

	scan->walk = walk_new(&options);
	return scan->walk ? 0 : -ENOMEM;
}

static int prepare(struct scan *scan, const struct scan_options *options)
{
	scan->options = *options;
	scan->thread_count = options->threads ? options->threads : processors();
	scan->threads = aligned_alloc(_Alignof(struct scan_thread),
				      scan->thread_count * sizeof(*scan->threads));
	scan->gate = gate_new(options->policy);
	scan->inodes = inodes_new();
	scan->coverage.skipped = calloc(SCAN_SKIPPED_KEPT, sizeof(struct scan_skipped));
	pthread_mutex_init(&scan->skipped_lock, NULL);
	findings_init(&scan->findings);
	if (scan->threads)
		memset(scan->threads, 0, scan->thread_count * sizeof(*scan->threads));
	if (!scan->threads || !scan->gate || !scan->inodes || !scan->coverage.skipped)
		return -ENOMEM;
	scan->has_globs = scan_has_globs(scan);
	scan->coverage.gate_open = gate_is_open(scan->gate);
	scan->coverage.root = geteuid() == 0;
	return make_walk(scan);
}

static bool may_be_listed(const void *cookie, uint64_t size)
{
	return gate_passes(cookie, size);
}

static uint32_t find_running(const void *cookie, const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	return policy_find(gate_policy(cookie), digest);
}

static void found_running(const struct sweep_finding *running, void *context)
{
	struct scan *scan = context;
	const struct policy *policy = scan->options.policy;
	const struct event *event = &running->event;
	struct policy_ruling ruling;
	struct scan_finding finding = {
		.kind = SCAN_RUNNING,
		.size = event->file.size,
		.has_size = true,
		.has_digest = true,
		.pid = (pid_t)event->tgid,
		.deleted = running->deleted,
		.mapped = running->mapped,
	};

	/* One that could not be hashed is among the sweep's counters. */
	if (!event->entry)
		return;
	ruling = policy_rule(policy, event->entry, event->uid, scan->options.today);
	finding.entry = policy_entry(policy, ruling.entry);
	finding.exemption = ruling.exemption;
	finding.vendor = policy_vendor(policy, finding.entry->vendor);
	if (scan_is_retired(scan, finding.vendor))
		return;
	memcpy(finding.digest, event->digest, sizeof(finding.digest));
	finding.path = strdup(running->path);
	finding.name = strndup(event->comm, sizeof(event->comm));
	if (!finding.path || !finding.name)
		scan->findings.failed = true;
	findings_add(&scan->findings, &finding);
}

static void look_at_running(struct scan *scan)
{
	const struct sweep_options options = {
		.policy = { may_be_listed, find_running, scan->gate },
		.file_deadline = SCAN_PATIENCE,
		.stop = scan->options.stop,
	};
	struct sweep_counters *counters = &scan->coverage.running;
	int r = sweep_run(&options, found_running, scan, counters);

	scan->coverage.running_incomplete =
		r < 0 || counters->unhashable > 0 || counters->unreadable > 0;
	if (r < 0 && r != -ECANCELED)
		problems_add(scan->options.problems, PROBLEM_WARNING, "/proc", 0,
			     "processes could not be looked at: %s", strerror(-r));
}

static int compare_skipped(const void *left, const void *right)
{
	const struct scan_skipped *a = left, *b = right;

	return strcmp(a->path, b->path);
}

/* A thread that is stuck may come back; then it finds all this closed. */
static void finish(struct scan *scan, int result)
{
	struct scan_coverage *coverage = &scan->coverage;

	findings_close(&scan->findings);
	scan_count(scan, &coverage->counters);
	pthread_mutex_lock(&scan->skipped_lock);
	qsort(coverage->skipped, coverage->skipped_count, sizeof(*coverage->skipped),
	      compare_skipped);
	scan->skipped_closed = true;
	pthread_mutex_unlock(&scan->skipped_lock);
	coverage->findings_lost = scan->findings.failed;
	coverage->stuck = result == -ETIMEDOUT;
	coverage->interrupted = result == -ECANCELED || result == -ETIMEDOUT ||
				(scan->options.stop && atomic_load(scan->options.stop));
	coverage->duration = clock_monotonic() - coverage->duration;
}

static int scan_all(struct scan *scan)
{
	int r;

	scan->coverage.started = clock_realtime();
	scan->coverage.duration = clock_monotonic();
	r = scan_add_trees(scan);
	if (r < 0)
		return r;
	if (scan->coverage.whole) {
		scan_installed(scan);
		look_at_running(scan);
	}
	scan->moved_at = clock_monotonic();
	r = walk_run(scan->walk);
	if (r < 0 && r != -ECANCELED && r != -ETIMEDOUT)
		return r;
	finish(scan, r);
	return 0;
}

int scan_run(const struct scan_options *options, struct scan **ret_scan)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	int r = scan ? prepare(scan, options) : -ENOMEM;

	if (r == 0)
		r = scan_all(scan);
	if (r < 0) {
		scan_free(scan);
		return r;
	}
	*ret_scan = scan;
	return 0;
}

const struct scan_findings *scan_get_findings(const struct scan *scan)
{
	return &scan->findings;
}

const struct scan_coverage *scan_get_coverage(const struct scan *scan)
{
	return &scan->coverage;
}

bool scan_is_complete(const struct scan_coverage *coverage)
{
	const struct scan_counters *counters = &coverage->counters;

	for (size_t i = 0; i < SKIP_COUNT; i++)
		if (i != SKIP_VANISHED && counters->skipped[i] > 0)
			return false;
	for (size_t i = 0; i < coverage->mounts.count; i++)
		if (coverage->mounts.item[i].choice == MOUNT_UNREADABLE)
			return false;
	return !coverage->interrupted && !coverage->stalled && !coverage->findings_lost &&
	       !coverage->running_incomplete && !coverage->packages_incomplete &&
	       !coverage->modules_incomplete;
}

const char *scan_skip_name(enum scan_skip reason)
{
	static const char *const names[] = {
		[SKIP_PERMISSION] = "permission", [SKIP_CHANGED] = "changed",
		[SKIP_VANISHED] = "vanished",	  [SKIP_UNREADABLE] = "unreadable",
		[SKIP_UNFINISHED] = "unfinished",
	};

	return names[reason];
}

void scan_free(struct scan *scan)
{
	if (!scan || scan->coverage.stuck)
		return;
	walk_free(scan->walk);
	gate_free(scan->gate);
	inodes_free(scan->inodes);
	findings_release(&scan->findings);
	for (unsigned int i = 0; scan->threads && i < scan->thread_count; i++)
		buffer_release(&scan->threads[i].path);
	free(scan->threads);
	for (size_t i = 0; i < scan->coverage.skipped_count; i++)
		free(scan->coverage.skipped[i].path);
	free(scan->coverage.skipped);
	for (size_t i = 0; i < scan->coverage.path_count; i++)
		free(scan->coverage.paths[i]);
	free(scan->coverage.paths);
	mounts_release(&scan->coverage.mounts);
	pthread_mutex_destroy(&scan->skipped_lock);
	free(scan);
}
