/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define SECOND	 1000000000ULL
#define INTERVAL (SECOND / 5)
#define SETTLE	 (2 * SECOND) /* before that the time left would be a guess */

struct progress {
	const char *verb;
	uint64_t begun; /* CLOCK_MONOTONIC, nanoseconds */
	_Atomic uint64_t files, bytes;
	_Atomic uint64_t total_files, total_bytes;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t ended_changed;
	bool ended;
};

/* 1234567 -> "1.2 MB" */
static void format_bytes(uint64_t bytes, char text[16])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	snprintf(text, 16, unit == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

/* How much of the work is done, from 0 to 1; by bytes if they are known. */
static double share_done(uint64_t files, uint64_t bytes, uint64_t total_files,
			 uint64_t total_bytes)
{
	double share = 0;

	if (total_bytes > 0)
		share = (double)bytes / (double)total_bytes;
	else if (total_files > 0)
		share = (double)files / (double)total_files;
	return share < 1 ? share : 1;
}

static void draw(struct progress *progress)
{
	uint64_t files = atomic_load(&progress->files), bytes = atomic_load(&progress->bytes);
	uint64_t total_files = atomic_load(&progress->total_files);
	uint64_t elapsed = clock_monotonic() - progress->begun;
	double seconds = (double)elapsed / SECOND;
	double share = share_done(files, bytes, total_files, atomic_load(&progress->total_bytes));
	char done[16], rate[16], line[160];
	size_t used;

	format_bytes(bytes, done);
	format_bytes((uint64_t)((double)bytes / seconds), rate);
	used = (size_t)snprintf(line, sizeof(line), "\r%s: ", progress->verb);
	if (share > 0)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%.0f %%, ",
					 share * 100);
	used += (size_t)snprintf(line + used, sizeof(line) - used, "%llu files, %s, %s/s",
				 (unsigned long long)files, done, rate);
	if (share > 0 && elapsed > SETTLE) {
		uint64_t left = (uint64_t)(seconds / share - seconds + 0.5);

		used += (size_t)snprintf(line + used, sizeof(line) - used, ", %llu:%02llu left",
					 (unsigned long long)left / 60,
					 (unsigned long long)left % 60);
	}
	used += (size_t)snprintf(line + used, sizeof(line) - used, "\033[K");
	/* A terminal that takes no more is no reason to fail. */
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

static void *draw_until_ended(void *cookie)
{
	struct progress *progress = cookie;

	pthread_mutex_lock(&progress->mutex);
	while (!progress->ended) {
		uint64_t until = clock_realtime() + INTERVAL;
		const struct timespec time = { (time_t)(until / SECOND), (long)(until % SECOND) };

		pthread_cond_timedwait(&progress->ended_changed, &progress->mutex, &time);
		if (!progress->ended)
			draw(progress);
	}
	pthread_mutex_unlock(&progress->mutex);
	return NULL;
}

struct progress *progress_new(const char *verb, uint64_t total_files, uint64_t total_bytes)
{
	struct progress *progress;

	if (!isatty(STDERR_FILENO))
		return NULL;
	progress = calloc(1, sizeof(*progress));
	if (!progress)
		return NULL;
	progress->verb = verb;
	progress->begun = clock_monotonic();
	atomic_store(&progress->total_files, total_files);
	atomic_store(&progress->total_bytes, total_bytes);
	pthread_mutex_init(&progress->mutex, NULL);
	pthread_cond_init(&progress->ended_changed, NULL);
	if (pthread_create(&progress->thread, NULL, draw_until_ended, progress) == 0)
		return progress;
	free(progress);
	return NULL;
}

void progress_skip(struct progress *progress, uint64_t bytes)
{
	if (progress)
		atomic_fetch_sub(&progress->total_bytes, bytes);
}

void progress_expect(struct progress *progress, uint64_t bytes)
{
	if (progress)
		atomic_fetch_add(&progress->total_bytes, bytes);
}

void progress_add(struct progress *progress, uint64_t files, uint64_t bytes)
{
	if (!progress)
		return;
	atomic_fetch_add(&progress->files, files);
	atomic_fetch_add(&progress->bytes, bytes);
}

void progress_set(struct progress *progress, uint64_t files, uint64_t bytes)
{
	if (!progress)
		return;
	atomic_store(&progress->files, files);
	atomic_store(&progress->bytes, bytes);
}

_Atomic uint64_t *progress_bytes(struct progress *progress)
{
	return progress ? &progress->bytes : NULL;
}

void progress_end(struct progress *progress)
{
	static const char erase[] = "\r\033[K";

	if (!progress)
		return;
	pthread_mutex_lock(&progress->mutex);
	progress->ended = true;
	pthread_cond_signal(&progress->ended_changed);
	pthread_mutex_unlock(&progress->mutex);
	pthread_join(progress->thread, NULL);
	if (write(STDERR_FILENO, erase, sizeof(erase) - 1) < 0)
		progress->ended = true; /* nobody sees the line that stays */
	pthread_cond_destroy(&progress->ended_changed);
	pthread_mutex_destroy(&progress->mutex);
	free(progress);
}
