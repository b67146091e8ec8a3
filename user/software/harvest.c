/* SPDX-License-Identifier: BSD-2-Clause */
#include "harvest_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file_hash.h"
#include "util.h"

#define HEAD_SIZE   4096U /* enough for file_kind(), and one page */

static const char *const unit_directories[] = { "/etc/systemd/system", "/run/systemd/system",
						"/usr/lib/systemd/system", "/lib/systemd/system",
						NULL };

const struct harvest_options harvest_options_default = {
	.limits = ARCHIVE_LIMITS_DEFAULT,
	.database = { .rpm = true },
	.unit_directories = unit_directories,
	.module_directory = "/lib/modules",
};

struct harvest *harvest_new(const struct harvest_options *options, struct problems *problems)
{
	struct harvest *harvest = calloc(1, sizeof(*harvest));
	_cleanup_free_ char *source = NULL;

	if (!harvest)
		return NULL;
	harvest->options = options;
	harvest->problems = problems;
	source = options->host ? format_string("file on %s", options->host) : strdup("file");
	if (source)
		harvest->here = harvest_origin(harvest, "", "", source);
	if (harvest->here)
		return harvest;
	harvest_free(harvest);
	return NULL;
}

static void release_row(struct harvest_row *row)
{
	free(row->path);
	free(row->package);
	free(row->version);
	free(row->source);
}

static void release_rows(struct harvest_job *job)
{
	for (size_t i = 0; i < job->row_count; i++)
		release_row(&job->rows[i]);
	free(job->rows);
	job->rows = NULL;
	job->row_count = 0;
}

static void release_job(struct harvest_job *job)
{
	release_rows(job);
	problems_free(job->problems);
	job->problems = NULL;
	free(job->path);
	job->path = NULL;
}

static void free_origin(struct harvest_origin *origin)
{
	free(origin->package);
	free(origin->version);
	free(origin->source);
	free(origin);
}

void harvest_free(struct harvest *harvest)
{
	if (!harvest)
		return;
	for (size_t i = 0; i < harvest->job_count; i++)
		release_job(&harvest->jobs[i]);
	free(harvest->jobs);
	while (harvest->origins) {
		struct harvest_origin *origin = harvest->origins;

		harvest->origins = origin->next;
		free_origin(origin);
	}
	free(harvest);
}

bool harvest_stopped(const struct harvest *harvest)
{
	const atomic_bool *stop = harvest->options->stop;

	return stop && atomic_load_explicit(stop, memory_order_relaxed);
}

const struct harvest_origin *harvest_origin(struct harvest *harvest, const char *package,
					    const char *version, const char *source)
{
	struct harvest_origin *origin = calloc(1, sizeof(*origin));

	if (!origin)
		return NULL;
	origin->package = strdup(package);
	origin->version = strdup(version);
	origin->source = strdup(source);
	if (!origin->package || !origin->version || !origin->source) {
		free_origin(origin);
		return NULL;
	}
	origin->next = harvest->origins;
	harvest->origins = origin;
	return origin;
}

int harvest_add_file(struct harvest *harvest, const char *path, uint64_t size,
		     const struct harvest_origin *origin, bool named)
{
	struct harvest_job job = {
		.path = strdup(path),
		.origin = origin,
		.size = size,
		.named = named,
	};

	if (!job.path)
		return -ENOMEM;
	if (harvest->job_count == harvest->job_capacity) {
		size_t capacity = harvest->job_capacity ? 2 * harvest->job_capacity : 256;
		struct harvest_job *jobs = reallocarray(harvest->jobs, capacity, sizeof(*jobs));

		if (!jobs) {
			free(job.path);
			return -ENOMEM;
		}
		harvest->jobs = jobs;
		harvest->job_capacity = capacity;
	}
	harvest->jobs[harvest->job_count++] = job;
	return 0;
}

int harvest_add_row(struct harvest_job *job, struct harvest_row *row)
{
	/* Room grows by the powers of two. */
	if ((job->row_count & (job->row_count - 1)) == 0) {
		size_t capacity = job->row_count ? 2 * job->row_count : 1;
		struct harvest_row *rows = reallocarray(job->rows, capacity, sizeof(*rows));

		if (!rows) {
			release_row(row);
			return -ENOMEM;
		}
		job->rows = rows;
	}
	job->rows[job->row_count++] = *row;
	return 0;
}

struct problems *harvest_problems(struct harvest_job *job)
{
	if (!job->problems)
		job->problems = problems_new();
	return job->problems;
}

bool harvest_wants(const struct harvest *harvest, enum file_kind kind)
{
	return kind != FILE_OTHER || harvest->options->all_files;
}

static int report(struct harvest_job *job, const char *text)
{
	struct problems *problems = harvest_problems(job);

	if (!problems)
		return -ENOMEM;
	problems_add(problems, PROBLEM_ERROR, job->path, 0, "%s", text);
	return 0;
}

/* An open file, and what its beginning says. */
struct opened {
	int fd;
	struct stat stat;
	bool row;     /* it is itself one */
	bool archive; /* it is to be opened */
};

static void close_opened(struct opened *opened)
{
	cleanup_close(&opened->fd);
}

/* Returns 1 if there is something to do with it, 0 if not, or a negative errno. */
static int open_file(const struct harvest *harvest, const struct harvest_job *job,
		     struct opened *opened)
{
	/* For what the user named, enough to see an image's mark. */
	size_t head_size = job->named ? ARCHIVE_HEAD_SIZE : HEAD_SIZE;
	_cleanup_free_ uint8_t *head = malloc(head_size);
	ssize_t n;

	if (!head)
		return -ENOMEM;
	opened->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (opened->fd < 0 || fstat(opened->fd, &opened->stat) < 0)
		return -errno;
	if (!S_ISREG(opened->stat.st_mode) || opened->stat.st_size == 0)
		return 0;
	n = pread(opened->fd, head, head_size, 0);
	if (n < 0)
		return -errno;
	opened->row = harvest_wants(harvest, file_kind(head, (size_t)n, opened->stat.st_mode,
						       job->path));
	opened->archive = file_archive(head, (size_t)n, job->path) != ARCHIVE_NONE &&
			  (job->named ||
			   (!harvest->options->closed && file_archive_named(job->path)));
	return opened->row || opened->archive;
}

static bool is_unchanged(const struct opened *opened)
{
	const struct stat *before = &opened->stat;
	struct stat after;

	return fstat(opened->fd, &after) == 0 && after.st_size == before->st_size &&
	       after.st_ctim.tv_sec == before->st_ctim.tv_sec &&
	       after.st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

/* The file's own row comes first: rows of one digest are merged into the first of them. */
static int add_own_row(struct harvest_job *job, const uint8_t digest[INTERDICT_DIGEST_SIZE],
		       uint64_t size)
{
	struct harvest_row row = { .size = size };

	memcpy(row.digest, digest, sizeof(row.digest));
	return harvest_add_row(job, &row);
}

static int hash_file(struct harvest *harvest, struct harvest_job *job, struct opened *opened)
{
	const struct file_hash_limits limits = {
		.stop = harvest->options->stop,
		.read = progress_bytes(harvest->progress),
	};
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	struct harvest_archive archive = { harvest, job, opened->fd, 0, digest };
	bool jar = false;
	int r;

	/* A hint: without it the call merely reads ahead less. */
	(void)posix_fadvise(opened->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r = file_hash_limited(opened->fd, &limits, digest, &opened->stat);
	if (r == 0 && opened->archive) {
		progress_expect(harvest->progress, (uint64_t)opened->stat.st_size);
		job->archive = true;
		archive.size = (uint64_t)opened->stat.st_size;
		r = harvest_archive_apart(&archive, &jar);
		if (r == 0 && !is_unchanged(opened))
			r = -EAGAIN;
	}
	if (r == 0 && (opened->row || jar))
		r = add_own_row(job, digest, (uint64_t)opened->stat.st_size);
	return r;
}

static int look_at(struct harvest *harvest, struct harvest_job *job)
{
	_cleanup_(close_opened) struct opened opened = { .fd = -EBADF };
	int r = open_file(harvest, job, &opened);

	if (r <= 0) {
		progress_skip(harvest->progress, job->size);
		return r;
	}
	return hash_file(harvest, job, &opened);
}

/* Returns 0, also for a file that cannot be read, which was reported; or a negative errno. */
static int run_job(struct harvest *harvest, struct harvest_job *job)
{
	int r = look_at(harvest, job);

	if (r == -EAGAIN) {
		release_rows(job);
		problems_free(job->problems);
		job->problems = NULL;
		r = look_at(harvest, job);
	}
	progress_add(harvest->progress, 1, 0);
	if (r == 0 || r == -ENOMEM || r == -ENOSYS || r == -ECANCELED)
		return r;
	release_rows(job);
	if (r == -EAGAIN)
		return report(job, "changed twice while it was read; it is not in the list");
	if (r == -EOPNOTSUPP)
		return report(job, "its contents do not have the size that it claims");
	return report(job, strerror(-r));
}

static void *work(void *cookie)
{
	struct harvest *harvest = cookie;

	while (atomic_load(&harvest->error) == 0) {
		size_t next = atomic_fetch_add(&harvest->next_job, 1);
		int r, none = 0;

		if (next >= harvest->job_count)
			break;
		r = harvest_stopped(harvest) ? -ECANCELED
					     : run_job(harvest, &harvest->jobs[next]);
		if (r < 0)
			atomic_compare_exchange_strong(&harvest->error, &none, r);
	}
	return NULL;
}

/* The caller is one of the threads, so that it goes on where none can be had. */
static void run_jobs(struct harvest *harvest)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = harvest->options->threads, count = 0;
	pthread_t threads[HARVEST_THREADS_MAX];

	if (wanted == 0)
		wanted = processors > 0 ? (size_t)processors : 1;
	if (wanted > harvest->job_count)
		wanted = harvest->job_count;
	if (wanted > HARVEST_THREADS_MAX)
		wanted = HARVEST_THREADS_MAX;
	while (count + 1 < wanted && pthread_create(&threads[count], NULL, work, harvest) == 0)
		count++;
	work(harvest);
	while (count > 0)
		pthread_join(threads[--count], NULL);
}

/* By path; of one path, first what a package is known for. */
static int compare_jobs(const void *left, const void *right)
{
	const struct harvest_job *a = left, *b = right;
	int order = strcmp(a->path, b->path);

	if (order == 0)
		order = strcmp(b->origin->package, a->origin->package);
	if (order == 0)
		order = strcmp(b->origin->version, a->origin->version);
	if (order == 0)
		order = strcmp(a->origin->source, b->origin->source);
	return order;
}

/* Each file once. That the user named it is kept. */
static void sort_jobs(struct harvest *harvest)
{
	struct harvest_job *jobs = harvest->jobs;
	size_t kept = 0;

	if (harvest->job_count > 1)
		qsort(jobs, harvest->job_count, sizeof(*jobs), compare_jobs);
	for (size_t i = 0; i < harvest->job_count; i++) {
		if (kept > 0 && streq(jobs[kept - 1].path, jobs[i].path)) {
			jobs[kept - 1].named |= jobs[i].named;
			release_job(&jobs[i]);
		} else {
			jobs[kept++] = jobs[i];
		}
	}
	harvest->job_count = kept;
}

static struct slice slice_of(const char *text, size_t max)
{
	return (struct slice){ text, strnlen(text, max) };
}

static int list_row(const struct harvest *harvest, const struct harvest_job *job,
		    const struct harvest_row *from, struct listing *listing)
{
	const struct harvest_options *options = harvest->options;
	const struct harvest_origin *origin = job->origin;
	const char *package = from->package ? from->package : origin->package;
	const char *version = from->version ? from->version : origin->version;
	struct list_row row = { .size = from->size };

	memcpy(row.digest, from->digest, sizeof(row.digest));
	row.text[LIST_PRODUCT] = slice_of(options->product ? options->product : package,
					  PACKAGE_FACT_SIZE);
	row.text[LIST_VERSION] = slice_of(options->version ? options->version : version,
					  PACKAGE_FACT_SIZE);
	row.text[LIST_PACKAGE] = slice_of(package, PACKAGE_FACT_SIZE);
	row.text[LIST_PATH] = slice_of(from->path ? from->path : job->path, HARVEST_PATH_MAX);
	row.text[LIST_SOURCE] = slice_of(from->source ? from->source : origin->source,
					 HARVEST_SOURCE_MAX);
	return listing_add(listing, &row);
}

static void collect_problems(struct harvest *harvest, const struct harvest_job *job)
{
	const struct problem *problem;

	for (size_t i = 0; job->problems && (problem = problems_get(job->problems, i)); i++)
		problems_add(harvest->problems, problem->severity, problem->file, problem->line,
			     "%s", problem->text);
}

static int collect(struct harvest *harvest, struct listing *listing,
		   struct harvest_counts *counts)
{
	for (size_t i = 0; i < harvest->job_count; i++) {
		const struct harvest_job *job = &harvest->jobs[i];

		collect_problems(harvest, job);
		counts->archives += job->archive;
		counts->rows += job->row_count;
		for (size_t j = 0; j < job->row_count; j++) {
			int r = list_row(harvest, job, &job->rows[j], listing);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

int harvest_run(struct harvest *harvest, struct listing *listing,
		struct harvest_counts *ret_counts)
{
	struct harvest_counts counts = { .missing = harvest->missing };
	uint64_t size = 0;
	int r;

	sort_jobs(harvest);
	for (size_t i = 0; i < harvest->job_count; i++)
		size += harvest->jobs[i].size;
	counts.files = harvest->job_count;
	harvest->progress = progress_new("hashing", harvest->job_count, size);
	run_jobs(harvest);
	progress_end(harvest->progress);
	harvest->progress = NULL;
	r = atomic_load(&harvest->error);
	if (r == 0)
		r = collect(harvest, listing, &counts);
	*ret_counts = counts;
	return r;
}
