/* SPDX-License-Identifier: BSD-2-Clause */
#include "pins.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "cleanup.h"
#include "log.h"
#include "process.h"
#include "util.h"

#define BPFFS	     "/sys/fs/bpf"
#define BPF_FS_MAGIC 0xcafe4a11 /* include/uapi/linux/magic.h */

#define SETS  KERNEL_PIN_DIR "/maps-"
#define LINKS KERNEL_PIN_DIR "/links-"

/* Programs are freed after grace periods of RCU. */
#define GONE_TRIES   200
#define GONE_WAIT_US 10000

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

int pins_prepare(void)
{
	if (!is_bpffs(BPFFS) &&
	    mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700"))
		return -errno;
	if (mkdir(KERNEL_PIN_DIR, 0700) && errno != EEXIST)
		return -errno;
	return 0;
}

static void find(const char *pattern, struct pins_paths *ret_paths)
{
	glob_t *found = calloc(1, sizeof(*found));

	*ret_paths = (struct pins_paths){ .glob = found };
	if (!found || glob(pattern, 0, NULL, found))
		return;
	ret_paths->item = found->gl_pathv;
	ret_paths->count = found->gl_pathc;
}

void pins_find_sets(struct pins_paths *ret_paths)
{
	find(SETS "*", ret_paths);
}

void pins_find_links(struct pins_paths *ret_paths)
{
	find(LINKS "*", ret_paths);
}

void pins_paths_release(struct pins_paths *paths)
{
	if (paths->glob)
		globfree(paths->glob);
	free(paths->glob);
	*paths = (struct pins_paths){};
}

uint32_t pins_set_abi(const char *set)
{
	return (uint32_t)strtoul(set + strlen(SETS), NULL, 10);
}

static uint32_t links_instance(const char *links)
{
	return (uint32_t)strtoul(links + strlen(LINKS), NULL, 10);
}

int pins_open(const char *directory, const char *name)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

/* The element of a map that has one, @size bytes at least; the caller frees it. */
static int read_element(int fd, size_t size, void **ret_value)
{
	struct bpf_map_info info = {};
	uint32_t length = sizeof(info), zero = 0;
	_cleanup_free_ void *value = NULL;

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	if (info.value_size < size)
		return -EINVAL;
	value = malloc(info.value_size);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value))
		return -errno;
	*ret_value = TAKE_PTR(value);
	return 0;
}

/* The first bytes of such a map. */
static int read_start(const char *set, const char *name, void *start, size_t size)
{
	_cleanup_close_ int fd = pins_open(set, name);
	_cleanup_free_ void *value = NULL;
	int error = fd < 0 ? fd : read_element(fd, size, &value);

	if (!error)
		memcpy(start, value, size);
	return error;
}

uint32_t pins_last_instance(void)
{
	struct pins_paths paths;
	uint32_t last = 0, instance;

	pins_find_links(&paths);
	for (size_t i = 0; i < paths.count; i++) {
		instance = links_instance(paths.item[i]);
		if (instance > last)
			last = instance;
	}
	pins_paths_release(&paths);
	pins_find_sets(&paths);
	for (size_t i = 0; i < paths.count; i++) {
		/* runtime.active comes first in every version. */
		if (read_start(paths.item[i], "data_runtime", &instance, sizeof(instance)) == 0 &&
		    instance > last)
			last = instance;
	}
	pins_paths_release(&paths);
	return last;
}

void pins_remove(const char *directory)
{
	char pattern[PATH_MAX];
	struct pins_paths paths;

	snprintf(pattern, sizeof(pattern), "%s/*", directory);
	find(pattern, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		if (unlink(paths.item[i]))
			log_warning("cannot remove %s: %s", paths.item[i], strerror(errno));
	}
	pins_paths_release(&paths);
	if (rmdir(directory) && errno != ENOENT)
		log_warning("cannot remove %s: %s", directory, strerror(errno));
}

void pins_remove_empty(void)
{
	rmdir(KERNEL_PIN_DIR);
}

/* The program that a pinned link has attached. */
static int link_program(const char *path, struct bpf_prog_info *ret_info)
{
	_cleanup_close_ int fd = bpf_obj_get(path), program = -EBADF;
	struct bpf_link_info info = {};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	program = bpf_prog_get_fd_by_id(info.prog_id);
	size = sizeof(*ret_info);
	memset(ret_info, 0, size);
	if (program < 0 || bpf_obj_get_info_by_fd(program, ret_info, &size))
		return -errno;
	return 0;
}

static bool program_is_there(uint32_t id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);

	return fd >= 0;
}

void pins_each_program(const char *links,
		       void (*visit)(const struct bpf_prog_info *info, void *context), void *context)
{
	char pattern[PATH_MAX];
	struct pins_paths paths;
	struct bpf_prog_info info;

	snprintf(pattern, sizeof(pattern), "%s/*", links);
	find(pattern, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		if (link_program(paths.item[i], &info) == 0)
			visit(&info, context);
	}
	pins_paths_release(&paths);
}

struct programs {
	uint32_t id[64];
	size_t count;
};

static void remember_program(const struct bpf_prog_info *info, void *context)
{
	struct programs *programs = context;

	if (programs->count < ARRAY_SIZE(programs->id))
		programs->id[programs->count++] = info->id;
}

static void await_end(const struct programs *programs)
{
	size_t i = 0;

	for (unsigned int tries = 0; i < programs->count && tries < GONE_TRIES; tries++) {
		while (i < programs->count && !program_is_there(programs->id[i]))
			i++;
		if (i < programs->count)
			usleep(GONE_WAIT_US);
	}
}

void pins_remove_links(uint32_t instance)
{
	struct programs programs = {};
	struct pins_paths paths;

	pins_find_links(&paths);
	for (size_t i = 0; i < paths.count; i++) {
		if (links_instance(paths.item[i]) == instance)
			continue;
		pins_each_program(paths.item[i], remember_program, &programs);
		pins_remove(paths.item[i]);
	}
	pins_paths_release(&paths);
	await_end(&programs);
}

static int count_record(void *context, void *record, size_t size)
{
	struct pins_records *records = context;
	/* Every version's record begins with its size and its kind (event.h). */
	uint32_t kind = size >= 8 ? ((const uint32_t *)record)[1] : 0;

	records->alerts[kind < ARRAY_SIZE(records->alerts) ? kind : 0]++;
	return 0;
}

static int count_telemetry(void *context, void *record, size_t size)
{
	struct pins_records *records = context;

	(void)record;
	(void)size;
	records->telemetry++;
	return 0;
}

void pins_discard_records(const char *set, struct pins_records *records)
{
	_cleanup_close_ int alerts = pins_open(set, "alerts");
	_cleanup_close_ int telemetry = pins_open(set, "telemetry");
	struct ring_buffer *rings;

	if (alerts < 0 || telemetry < 0)
		return;
	rings = ring_buffer__new(alerts, count_record, records, NULL);
	if (!rings)
		return;
	if (ring_buffer__add(rings, telemetry, count_telemetry, records) == 0)
		ring_buffer__consume(rings);
	ring_buffer__free(rings);
}

static void claim(const char *set, uint64_t heartbeat)
{
	_cleanup_close_ int fd = pins_open(set, "data_runtime");
	_cleanup_free_ void *value = NULL;
	struct runtime *runtime;
	uint32_t zero = 0;

	if (fd < 0 || pins_set_abi(set) != INTERDICT_ABI ||
	    read_element(fd, sizeof(*runtime), &value))
		return;
	runtime = value;
	runtime->daemon_tgid = (uint32_t)getpid();
	runtime->daemon_start = process_start(getpid()) / RUNTIME_TICK;
	runtime->heartbeat = heartbeat;
	if (bpf_map_update_elem(fd, &zero, value, BPF_ANY))
		log_warning("cannot write to the maps in %s: %s", set, strerror(errno));
}

void pins_claim(uint64_t heartbeat)
{
	struct pins_paths sets;

	pins_find_sets(&sets);
	for (size_t i = 0; i < sets.count; i++)
		claim(sets.item[i], heartbeat);
	pins_paths_release(&sets);
}

int pins_read_runtime(const char *set, struct runtime *ret_runtime)
{
	if (pins_set_abi(set) != INTERDICT_ABI)
		return -EPROTO;
	return read_start(set, "data_runtime", ret_runtime, sizeof(*ret_runtime));
}
