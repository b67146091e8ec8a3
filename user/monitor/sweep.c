/* SPDX-License-Identifier: BSD-2-Clause */
#include "sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cleanup.h"
#include "hasher.h"
#include "process.h"
#include "util.h"

#define DELETED	      " (deleted)" /* d_path() of the kernel */
#define STALLED_MAX   64U
#define KNOWN_INITIAL 1024U /* a power of two */

/* A file that was looked at, and what came of it. */
struct known {
	struct file_stamp file; /* dev 0 and inode 0: free */
	uint64_t device;	/* as stat(2) has it: all bits */
	uint8_t digest[INTERDICT_DIGEST_SIZE];
	uint32_t entry;
	int error;	/* there is no digest */
	bool used;	/* the slot holds a file */
	bool cleared;	/* by its size */
	pid_t last_pid; /* process that it was looked at for last */
};

/* The state of one sweep. */
struct walk {
	const struct sweep_options *options;
	sweep_found *found;
	void *context;
	struct sweep_counters counters;
	struct hasher *hasher;
	struct hash_result result; /* of the one job that is under way */
	bool has_result;
	struct known *known; /* open addressing */
	size_t known_size, known_count;
	uint64_t stalled[STALLED_MAX]; /* devices */
	size_t stalled_count;
	pid_t pid;     /* of the process at hand */
	int directory; /* its directory in /proc */
};

static bool stopped(const struct walk *walk)
{
	return walk->options->stop && atomic_load(walk->options->stop);
}

static bool same_file(const struct known *known, uint64_t device, const struct file_stamp *file)
{
	return known->device == device && known->file.inode == file->inode &&
	       known->file.size == file->size && known->file.ctime_sec == file->ctime_sec &&
	       known->file.ctime_nsec == file->ctime_nsec;
}

static struct known *known_slot(struct known *table, size_t size, uint64_t device,
				const struct file_stamp *file)
{
	uint64_t hash = (file->inode ^ device << 32) * 0x9E3779B97F4A7C15ULL;
	size_t i = (size_t)(hash >> 32) & (size - 1);

	while (table[i].used && !same_file(&table[i], device, file))
		i = (i + 1) & (size - 1);
	return &table[i];
}

static int known_grow(struct walk *walk)
{
	size_t size = walk->known_size ? 2 * walk->known_size : KNOWN_INITIAL;
	struct known *table = calloc(size, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < walk->known_size; i++) {
		struct known *old = &walk->known[i];

		if (old->used)
			*known_slot(table, size, old->device, &old->file) = *old;
	}
	free(walk->known);
	walk->known = table;
	walk->known_size = size;
	return 0;
}

/* Looks up a file or adds it. NULL if out of memory. */
static struct known *known_get(struct walk *walk, uint64_t device, const struct file_stamp *file,
			       bool *ret_new)
{
	struct known *known;

	if (2 * walk->known_count >= walk->known_size && known_grow(walk) < 0)
		return NULL;
	known = known_slot(walk->known, walk->known_size, device, file);
	*ret_new = !known->used;
	if (!known->used) {
		*known = (struct known){ .used = true, .device = device, .file = *file };
		walk->known_count++;
	}
	return known;
}

/* The size is not verified with a network or user-space file system, which could stall. */
static int stamp(int fd, uint64_t *ret_device, struct file_stamp *ret_file)
{
	struct statx statx_buffer;
	dev_t device;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &statx_buffer) < 0)
		return -errno;
	if (!S_ISREG(statx_buffer.stx_mode))
		return -EINVAL;
	device = makedev(statx_buffer.stx_dev_major, statx_buffer.stx_dev_minor);
	*ret_device = device;
	*ret_file = (struct file_stamp){
		.inode = statx_buffer.stx_ino,
		.size = statx_buffer.stx_size,
		.ctime_sec = statx_buffer.stx_ctime.tv_sec,
		.ctime_nsec = statx_buffer.stx_ctime.tv_nsec,
		.dev = kernel_dev(device),
	};
	return 0;
}

/* Network and user-space file systems, but also tmpfs, overlayfs and btrfs. */
static bool has_no_disk(uint64_t device)
{
	return major(device) == 0;
}

static void take_result(const struct hash_result *result, void *context)
{
	struct walk *walk = context;

	walk->result = *result;
	walk->has_result = true;
}

/* Hashes the file behind @fd, which it closes, within the deadline. */
static int hash_within(struct walk *walk, int fd, const struct known *known)
{
	struct pollfd poll_fd = { .fd = hasher_fd(walk->hasher), .events = POLLIN };
	uint64_t patience = walk->options->file_deadline;
	struct hash_job job = {
		.fd = fd,
		.size = known->file.size,
		.unverifiable = has_no_disk(known->device),
		.size_max = walk->options->size_max,
		.deadline = clock_boottime() + (patience ? patience : SWEEP_FILE_DEADLINE),
	};
	int r;

	walk->has_result = false;
	r = hasher_submit(walk->hasher, &job);
	if (r < 0) {
		close(fd);
		return r;
	}
	while (!walk->has_result) {
		poll(&poll_fd, 1, -1);
		hasher_dispatch(walk->hasher);
	}
	return walk->result.error;
}

static bool is_stalled(const struct walk *walk, uint64_t device)
{
	for (size_t i = 0; i < walk->stalled_count; i++) {
		if (walk->stalled[i] == device)
			return true;
	}
	/* Nobody makes that many but to keep us busy. */
	return walk->stalled_count == STALLED_MAX && has_no_disk(device);
}

/* Decides about a file that was not met before. @fd is closed. */
static void examine(struct walk *walk, struct known *known, int fd)
{
	const struct sweep_policy *policy = &walk->options->policy;

	walk->counters.files++;
	if (!policy->may_be_listed(policy->policy, known->file.size)) {
		known->cleared = true;
		walk->counters.size_cleared++;
		close(fd);
		return;
	}
	if (is_stalled(walk, known->device)) {
		known->error = -ETIMEDOUT;
		close(fd);
		return;
	}
	known->error = hash_within(walk, fd, known);
	if (known->error == -ETIMEDOUT && walk->stalled_count < STALLED_MAX)
		walk->stalled[walk->stalled_count++] = known->device;
	if (known->error)
		return;
	walk->counters.hashed++;
	memcpy(known->digest, walk->result.digest, sizeof(known->digest));
	known->entry = policy->find(policy->policy, known->digest);
}

static void set_event(const struct known *known, struct event *event)
{
	*event = (struct event){
		.size = sizeof(*event),
		.kind = EVENT_RUNNING,
		.time = clock_boottime(),
		.loginuid = (__u32)-1,
		.sessionid = (__u32)-1,
		.fd = (__u32)-1,
		.file = known->file,
		.entry = known->entry,
		.error = known->error,
		.reason = known->error ? REASON_UNHASHABLE : REASON_LISTED,
		.hash_source = known->error ? HASH_SOURCE_NONE : HASH_SOURCE_USER,
	};
	memcpy(event->digest, known->digest, sizeof(event->digest));
}

/* Reports @known as a file of the process at hand, if that is still there. */
static void report(struct walk *walk, const struct known *known, const char *link, bool mapped)
{
	struct sweep_finding finding = { .mapped = mapped };
	char path[INTERDICT_PATH_MAX + sizeof(DELETED)];
	size_t tail = strlen(DELETED);
	ssize_t n;

	n = readlinkat(walk->directory, link, path, sizeof(path) - 1);
	if (n < 0)
		return;
	path[n] = '\0';
	if ((size_t)n > tail && streq(path + n - tail, DELETED)) {
		path[(size_t)n - tail] = '\0';
		finding.deleted = true;
	}
	set_event(known, &finding.event);
	/* The directory stays with the process that it was opened for, a pid does not. */
	if (process_describe(walk->pid, &finding.event) < 0 ||
	    faccessat(walk->directory, "stat", F_OK, 0) < 0)
		return;
	finding.path = path;
	if (known->error)
		walk->counters.unhashable++;
	else
		walk->counters.matched++;
	walk->found(&finding, walk->context);
}

/* Looks at the file behind @link in the directory of the process at hand. */
static int look_at(struct walk *walk, const char *link, bool mapped)
{
	int fd = openat(walk->directory, link, O_PATH | O_CLOEXEC);
	struct file_stamp file = { 0 };
	struct known *known;
	uint64_t device = 0;
	bool is_new;
	int r;

	if (fd < 0)
		return -errno;
	r = stamp(fd, &device, &file);
	if (r < 0) {
		close(fd);
		return r;
	}
	known = known_get(walk, device, &file, &is_new);
	if (!known) {
		close(fd);
		return -ENOMEM;
	}
	if (is_new)
		examine(walk, known, fd);
	else
		close(fd);
	if (known->last_pid != walk->pid && !known->cleared && (known->entry || known->error))
		report(walk, known, link, mapped);
	known->last_pid = walk->pid;
	return 0;
}

/*
 * Name in map_files of the mapping on @line of maps, if it is executable and of
 * a file: "start-end perms offset major:minor inode path".
 */
static bool mapping_name(const char *line, char *name, size_t size)
{
	uint64_t start, end, inode;
	char permissions[5];

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %" SCNu64, &start, &end,
		   permissions, &inode) != 4)
		return false;
	snprintf(name, size, "map_files/%" PRIx64 "-%" PRIx64, start, end);
	return permissions[2] == 'x' && inode != 0;
}

/* Returns 0, or a negative errno if there are mappings that could not be looked at. */
static int look_at_mappings(struct walk *walk)
{
	_cleanup_close_ int fd = openat(walk->directory, "maps", O_RDONLY | O_CLOEXEC);
	_cleanup_fclose_ FILE *maps = NULL;
	_cleanup_free_ char *line = NULL;
	size_t line_size = 0;
	int worst = 0;

	if (fd < 0)
		return -errno;
	maps = fdopen(fd, "r");
	if (!maps)
		return -errno;
	(void)TAKE_FD(fd);
	while (!stopped(walk) && getline(&line, &line_size, maps) > 0) {
		char name[64];
		int r;

		if (!mapping_name(line, name, sizeof(name)))
			continue;
		r = look_at(walk, name, true);
		/* ENOENT: unmapped since; EINVAL: of no regular file */
		if (r < 0 && r != -ENOENT && r != -EINVAL)
			worst = r;
	}
	return worst;
}

static void look_at_process(struct walk *walk, pid_t pid)
{
	_cleanup_close_ int directory = -EBADF;
	char path[32];
	int r, s;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return;
	walk->directory = directory;
	walk->pid = pid;
	walk->counters.processes++;
	r = look_at(walk, "exe", false);
	s = look_at_mappings(walk);
	/* ENOENT: a kernel thread; ESRCH: it has ended */
	if ((r < 0 && r != -ENOENT && r != -ESRCH) || (s < 0 && s != -ENOENT && s != -ESRCH))
		walk->counters.unreadable++;
}

static int walk_processes(struct walk *walk)
{
	_cleanup_closedir_ DIR *proc = opendir("/proc");
	const struct dirent *item;

	if (!proc)
		return -errno;
	while ((item = readdir(proc))) {
		uint64_t pid;

		if (stopped(walk))
			return -ECANCELED;
		if (parse_u64(item->d_name, INT32_MAX, &pid) == 0)
			look_at_process(walk, (pid_t)pid);
	}
	return stopped(walk) ? -ECANCELED : 0;
}

int sweep_run(const struct sweep_options *options, sweep_found *found, void *context,
	      struct sweep_counters *ret_counters)
{
	struct walk walk = { .options = options, .found = found, .context = context };
	const struct hasher_options hasher_options = { .done = take_result, .context = &walk };
	int r;

	r = hasher_new(&hasher_options, &walk.hasher);
	if (r < 0)
		return r;
	r = walk_processes(&walk);
	hasher_free(walk.hasher);
	free(walk.known);
	if ((r == 0 || r == -ECANCELED) && ret_counters)
		*ret_counters = walk.counters;
	return r;
}
