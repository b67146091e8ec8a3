/* SPDX-License-Identifier: BSD-2-Clause */
#include "prefill.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capabilities.h"
#include "claims.h"
#include "cleanup.h"
#include "file_hash.h"
#include "prefill_sources.h"
#include "util.h"

#define STACK_SIZE (256U << 10)

/*
 * So many digests go into the map that all files share, of 16384 (bpf/maps.bpf.h): the kernel's
 * own must not push them out again, nor they those that somebody has just needed.
 */
#define SHARED_MAX 12288U

struct prefill {
	struct digest_maps maps;
	char *directories;
	bool ctime_is_fine;
	struct claims claims;
	atomic_uint references; /* one a thread, one for the owner */
	atomic_uint running;	/* threads */
	atomic_bool stop;
	uint64_t started; /* CLOCK_BOOTTIME, nanoseconds */
	_Atomic uint64_t ended;
	_Atomic uint64_t seen, known, hashed, bytes, changed, stored, shared;
};

static void prefill_unref(struct prefill *prefill)
{
	if (atomic_fetch_sub(&prefill->references, 1) > 1)
		return;
	free(prefill->directories);
	free(prefill);
}

/* Threads have ended, or were not started. The last of them takes what they worked with. */
static void threads_ended(struct prefill *prefill, unsigned int threads)
{
	atomic_store(&prefill->ended, clock_boottime());
	if (atomic_fetch_sub(&prefill->running, threads) > threads)
		return;
	digest_maps_close(&prefill->maps);
	claims_release(&prefill->claims);
}

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static bool stopped(void *context)
{
	struct prefill *prefill = context;

	return atomic_load_explicit(&prefill->stop, memory_order_relaxed);
}

static bool claim(uint64_t device, uint64_t inode, void *context)
{
	struct prefill *prefill = context;

	return claims_add(&prefill->claims, device, inode);
}

/*
 * The stamp, if a digest of the file may be kept by it. Where nothing else tells a change
 * within one tick of ctime from none, the last one has to be older.
 */
static bool get_stamp(const struct prefill *prefill, int fd, struct event *ret_event)
{
	const struct digest_maps *maps = &prefill->maps;
	uint64_t now = clock_realtime();

	if (digest_maps_stamp(maps, fd, ret_event) < 0 || (ret_event->flags & EVENT_UNCACHEABLE))
		return false;
	return prefill->ctime_is_fine || !digest_maps_is_shared(maps, ret_event) ||
	       digest_maps_is_settled(&ret_event->file, now);
}

/* False if the map is full of what was stored before. */
static bool has_room(struct prefill *prefill, const struct event *event)
{
	return !digest_maps_is_shared(&prefill->maps, event) ||
	       atomic_fetch_add(&prefill->shared, 1) < SHARED_MAX;
}

static void fill(struct prefill *prefill, int fd)
{
	const struct file_hash_limits limits = {
		.stop = &prefill->stop,
		.read = &prefill->bytes,
		.leave_cache = true,
	};
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	struct event before, after;
	struct stat armed; /* for what it does to the next change of ctime */
	int error;

	if (fstat(fd, &armed) < 0 || !get_stamp(prefill, fd, &before))
		return;
	if (digest_maps_has(&prefill->maps, &before, fd)) {
		count(&prefill->known);
		return;
	}
	error = file_hash_limited(fd, &limits, digest, NULL);
	if (error == -EAGAIN)
		count(&prefill->changed);
	if (error < 0)
		return;
	count(&prefill->hashed);
	if (!get_stamp(prefill, fd, &after) || !digest_maps_same(&before, &after))
		count(&prefill->changed);
	else if (has_room(prefill, &before) &&
		 digest_maps_store(&prefill->maps, &before, fd, digest) == 0)
		count(&prefill->stored);
}

/*
 * Opens it for reading, once the kernel has said what it is: neither asks its file system.
 * Overlayfs shows what lies beneath only then.
 */
static void look(int path_fd, void *context)
{
	struct prefill *prefill = context;
	_cleanup_close_ int fd = -EBADF;
	struct event event;
	char path[32];

	count(&prefill->seen);
	if (digest_maps_stamp(&prefill->maps, path_fd, &event) < 0 ||
	    ((event.flags & EVENT_UNCACHEABLE) && !(event.flags & EVENT_OVERLAY)))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0)
		fill(prefill, fd);
}

/* 0 is this thread. What fails costs the same at another time. */
static void become_idle(void)
{
	static const struct sched_param none = { 0 };

	(void)pthread_setname_np(pthread_self(), "prefill"); /* for top(1) */
	(void)sched_setscheduler(0, SCHED_IDLE, &none);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		      IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

static void *thread_main(void *argument)
{
	struct prefill *prefill = argument;
	const struct prefill_calls calls = { claim, look, stopped, prefill };

	(void)capabilities_keep(CAPABILITIES_READ | CAPABILITY_BIT(CAP_BPF));
	become_idle();
	prefill_walk(&calls, prefill->directories);
	threads_ended(prefill, 1);
	prefill_unref(prefill);
	return NULL;
}

/* Starts a detached thread with all signals blocked. */
static int start_thread(struct prefill *prefill)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r;

	atomic_fetch_add(&prefill->references, 1);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread, &attributes, thread_main, prefill);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	if (r)
		atomic_fetch_sub(&prefill->references, 1);
	return -r;
}

int prefill_start(const struct prefill_options *options, struct prefill **ret_prefill)
{
	struct prefill *prefill = calloc(1, sizeof(*prefill));
	unsigned int started = 0;
	int r;

	if (!prefill)
		return -ENOMEM;
	atomic_init(&prefill->references, 1);
	atomic_init(&prefill->running, options->threads);
	claims_init(&prefill->claims);
	prefill->ctime_is_fine = options->ctime_is_fine;
	prefill->started = clock_boottime();
	prefill->directories = strdup(options->directories);
	r = digest_maps_copy(&options->maps, &prefill->maps);
	if (!prefill->directories)
		r = -ENOMEM;
	while (r == 0 && started < options->threads) {
		r = start_thread(prefill);
		started += r == 0;
	}
	if (r < 0)
		threads_ended(prefill, options->threads - started);
	if (!started) {
		prefill_free(prefill);
		return r;
	}
	*ret_prefill = prefill;
	return 0;
}

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void prefill_get_status(const struct prefill *prefill, struct prefill_status *ret_status)
{
	bool running = atomic_load(&prefill->running) > 0;

	*ret_status = (struct prefill_status){
		.running = running,
		.seen = get(&prefill->seen),
		.known = get(&prefill->known),
		.hashed = get(&prefill->hashed),
		.bytes = get(&prefill->bytes),
		.changed = get(&prefill->changed),
		.stored = get(&prefill->stored),
		.took = (running ? clock_boottime() : get(&prefill->ended)) - prefill->started,
	};
}

void prefill_free(struct prefill *prefill)
{
	if (!prefill)
		return;
	atomic_store(&prefill->stop, true);
	prefill_unref(prefill);
}
