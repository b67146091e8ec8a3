/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "scan_queue.h"
#include "util.h"

#define READ_SIZE (64U << 10) /* bytes of a directory at once */
#define BATCH	  512U	      /* directories that are added at once */
#define PATIENCE  (3 * NSEC)  /* for threads that were told to stop */
#define TICK	  (NSEC / 5)
#define NSEC	  1000000000ULL

/* Hashed by the thread that found it, unless another one has nothing to do. */
#define LARGE (1U << 20)

struct walk_tree {
	struct tree tree;
	struct walk_tree *next;
};

struct reader;

struct walk {
	struct walk_options options;
	struct walk_tree *trees;
	struct nodes *nodes;
	struct queue *queue;
	struct reader **readers;
	atomic_bool stopping;
	atomic_ullong directories, special, covered, unreached;
	atomic_int error; /* 0, or why it could not go on */
};

/* One thread, and the directory that it reads. */
struct reader {
	struct walk *walk;
	unsigned int number;
	pthread_t thread;
	struct node *node;
	struct shared_fd *fd;
	struct node *found[BATCH];
	size_t found_count;
	char buffer[READ_SIZE] __attribute__((aligned(8)));
};

struct walk *walk_new(const struct walk_options *options)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk)
		return NULL;
	walk->options = *options;
	walk->nodes = nodes_new();
	walk->queue = queue_new();
	if (!walk->nodes || !walk->queue) {
		walk_free(walk);
		return NULL;
	}
	return walk;
}

void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	free(walk->readers);
	queue_free(walk->queue);
	nodes_free(walk->nodes);
	while (walk->trees) {
		struct walk_tree *item = walk->trees;

		walk->trees = item->next;
		if (item->tree.copy_fd >= 0)
			close(item->tree.copy_fd);
		if (item->tree.fd >= 0)
			close(item->tree.fd);
		free(item->tree.path);
		free(item->tree.name);
		free(item);
	}
	free(walk);
}

int walk_add(struct walk *walk, const char *path, const char *name, int fd)
{
	struct walk_tree *item = calloc(1, sizeof(*item));
	struct node *root;

	if (!item) {
		if (fd >= 0)
			close(fd);
		return -ENOMEM;
	}
	item->tree = (struct tree){
		.fd = fd,
		.copy_fd = -EBADF,
		.path = strdup(path),
		.name = name ? strdup(name) : NULL,
	};
	item->next = walk->trees;
	walk->trees = item;
	if (!item->tree.path || (name && !item->tree.name))
		return -ENOMEM;
	root = node_new(&item->tree, NULL, "");
	return root ? queue_add_nodes(walk->queue, &root, 1) : -ENOMEM;
}

static bool stopped(const struct walk *walk)
{
	return atomic_load_explicit(&walk->stopping, memory_order_relaxed) ||
	       (walk->options.stop &&
		atomic_load_explicit(walk->options.stop, memory_order_relaxed));
}

static void fail(struct walk *walk, int error)
{
	atomic_store(&walk->error, error);
	atomic_store(&walk->stopping, true);
}

static void count(atomic_ullong *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void skip(const struct reader *reader, const char *name, int error)
{
	reader->walk->options.calls.skip(reader->node, name, error, reader->walk->options.context);
}

static void flush_found(struct reader *reader)
{
	if (reader->found_count > 0 &&
	    queue_add_nodes(reader->walk->queue, reader->found, reader->found_count) < 0)
		fail(reader->walk, -ENOMEM);
	reader->found_count = 0;
}

static void found_directory(struct reader *reader, const char *name)
{
	struct node *node = node_new(reader->node->tree, reader->node, name);

	if (!node) {
		fail(reader->walk, -ENOMEM);
		return;
	}
	reader->found[reader->found_count++] = node;
	if (reader->found_count == BATCH)
		flush_found(reader);
}

static void found_file(struct reader *reader, const struct walk_file *file)
{
	struct walk *walk = reader->walk;
	void *context = walk->options.context;
	unsigned int what = walk->options.calls.look(file, reader->number, context);

	if (!what)
		return;
	if ((file->state.size >= LARGE || queue_has_idle(walk->queue)) &&
	    queue_add_job(walk->queue, reader->node, reader->fd, file, what) == 0)
		return;
	walk->options.calls.examine(file, what, reader->number, context);
}

/* @alone: the tree is this file, which may be one that is mounted there. */
static void look_at(struct reader *reader, const char *name, bool alone)
{
	int fd = queue_fd(reader->fd);
	struct statx st;

	if (statx(fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_SIZE | STATX_INO | STATX_NLINK | STATX_CTIME, &st) < 0) {
		skip(reader, name, -errno);
		return;
	}
	if (S_ISDIR(st.stx_mode)) {
		found_directory(reader, name);
	} else if (!S_ISREG(st.stx_mode)) {
		count(&reader->walk->special);
	} else if ((st.stx_attributes & STATX_ATTR_MOUNT_ROOT) && !alone) {
		/* A file is mounted on a file: a tree of its own, if it is to be seen. */
		count(&reader->walk->covered);
		count(&reader->walk->unreached);
	} else {
		const struct walk_file file = {
			.directory = reader->node,
			.directory_fd = fd,
			.name = name,
			.links = st.stx_nlink,
			.state = {
				.device = makedev(st.stx_dev_major, st.stx_dev_minor),
				.inode = st.stx_ino,
				.size = st.stx_size,
				.ctime = { st.stx_ctime.tv_sec, st.stx_ctime.tv_nsec },
			},
		};

		found_file(reader, &file);
	}
}

static void found_entry(struct reader *reader, const struct dirent64 *entry)
{
	const char *name = entry->d_name;

	if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return;
	switch (entry->d_type) {
	case DT_DIR:
		found_directory(reader, name);
		break;
	case DT_REG:
	case DT_UNKNOWN:
		look_at(reader, name, false);
		break;
	default:
		count(&reader->walk->special);
	}
}

static void read_entries(struct reader *reader)
{
	ssize_t n;

	while (!stopped(reader->walk) &&
	       (n = getdents64(queue_fd(reader->fd), reader->buffer, READ_SIZE)) != 0) {
		if (n < 0) {
			skip(reader, NULL, -errno);
			break;
		}
		for (ssize_t i = 0; i < n && !stopped(reader->walk);) {
			const struct dirent64 *entry = (void *)(reader->buffer + i);

			found_entry(reader, entry);
			i += entry->d_reclen;
		}
	}
	flush_found(reader);
}

/* Its descriptor is shared with the jobs that come of it. */
static int open_directory(struct reader *reader)
{
	struct walk *walk = reader->walk;
	bool covered = false;
	int fd = node_open(walk->nodes, reader->node, &covered);

	if (covered)
		count(&walk->covered);
	if (fd == -EXDEV) {
		count(&walk->unreached);
		return fd;
	}
	if (fd < 0) {
		skip(reader, NULL, fd);
		return fd;
	}
	reader->fd = queue_share_fd(fd);
	if (!reader->fd) {
		fail(walk, -ENOMEM);
		return -ENOMEM;
	}
	return 0;
}

static void read_directory(struct reader *reader, struct node *node)
{
	const struct walk_options *options = &reader->walk->options;

	reader->node = node;
	if (open_directory(reader) == 0) {
		if (options->calls.enter)
			node->tag = options->calls.enter(node, reader->number, options->context);
		if (node->tree->name) {
			look_at(reader, node->tree->name, true);
		} else {
			count(&reader->walk->directories);
			read_entries(reader);
		}
		queue_release_fd(reader->fd);
	}
	node_put(node);
}

static void *reader_main(void *argument)
{
	struct reader *reader = argument;
	struct walk *walk = reader->walk;
	struct queue_item item;

	while (queue_take(walk->queue, &item)) {
		if (item.job)
			walk->options.calls.examine(&item.job->file, item.job->what,
						    reader->number, walk->options.context);
		else
			read_directory(reader, item.node);
		queue_done(walk->queue, &item);
	}
	return NULL;
}

/* Waits for the threads; true if all have ended. */
static bool watch(struct walk *walk)
{
	uint64_t told_at = 0;

	while (!queue_wait_ended(walk->queue, TICK)) {
		if (!told_at && walk->options.tick && !walk->options.tick(walk->options.context))
			fail(walk, -ETIMEDOUT);
		if (!stopped(walk))
			continue;
		if (!told_at) {
			told_at = clock_monotonic();
			queue_stop(walk->queue);
		}
		if (clock_monotonic() - told_at > PATIENCE)
			return false;
	}
	return true;
}

/* Starts as many as can be had: one is enough. The signals are the caller's. */
static unsigned int start(struct walk *walk)
{
	unsigned int started = 0;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (unsigned int i = 0; i < walk->options.threads; i++) {
		struct reader *reader = calloc(1, sizeof(*reader));

		if (!reader)
			break;
		reader->walk = walk;
		reader->number = i;
		queue_enter(walk->queue);
		if (pthread_create(&reader->thread, NULL, reader_main, reader) != 0) {
			queue_leave(walk->queue);
			free(reader);
			break;
		}
		walk->readers[started++] = reader;
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

int walk_run(struct walk *walk)
{
	unsigned int started = 0;
	int error;

	/* Of the walk: a thread that is stuck outlives this function. */
	walk->readers = calloc(walk->options.threads, sizeof(struct reader *));
	if (walk->readers)
		started = start(walk);
	if (started == 0)
		return -ENOMEM;
	if (!watch(walk))
		return -ETIMEDOUT;
	for (unsigned int i = 0; i < started; i++) {
		pthread_join(walk->readers[i]->thread, NULL);
		free(walk->readers[i]);
	}
	error = atomic_load(&walk->error);
	if (error == -ETIMEDOUT)
		return -ECANCELED;
	return error ? error : stopped(walk) ? -ECANCELED : 0;
}

void walk_count(struct walk *walk, struct walk_counters *ret_counters)
{
	*ret_counters = (struct walk_counters){
		.directories = atomic_load(&walk->directories),
		.special = atomic_load(&walk->special),
		.covered = atomic_load(&walk->covered),
		.unreached = atomic_load(&walk->unreached),
		.waiting = queue_waiting(walk->queue),
	};
}

int walk_open(const struct walk_file *file)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOATIME;
	_cleanup_close_ int fd = openat(file->directory_fd, file->name, flags);
	struct stat st;

	if (fd < 0 && errno == EPERM)
		fd = openat(file->directory_fd, file->name, flags & ~O_NOATIME);
	if (fd < 0)
		return errno == ELOOP || errno == ENXIO ? -ENOENT : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_dev != file->state.device)
		return -ENOENT;
	return TAKE_FD(fd);
}
