/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel.h"

#include <errno.h>
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
#include "interdict.skel.h"
#include "log.h"
#include "util.h"

#define BPFFS	     "/sys/fs/bpf"
#define BPF_FS_MAGIC 0xcafe4a11 /* include/uapi/linux/magic.h */

/* Which programs each backend needs; file_permission is attached on demand. */
struct program_use {
	const char *name;
	enum backend backend;
	bool (*wanted)(const struct kernel_options *options);
	bool on_demand;
};

static bool needs_post_open(const struct kernel_options *options)
{
	return options->post_open;
}

static bool lacks_post_open(const struct kernel_options *options)
{
	return !options->post_open;
}

static bool has_idmap(const struct kernel_options *options)
{
	return options->setattr_idmap;
}

static bool lacks_idmap(const struct kernel_options *options)
{
	return !options->setattr_idmap;
}

static bool needs_kill(const struct kernel_options *options)
{
	return options->can_kill_others;
}

static bool needs_guard(const struct kernel_options *options)
{
	return options->can_guard;
}

static const struct program_use program_uses[] = {
	{ "bprm_check_security", BACKEND_LSM, NULL, false },
	{ "mmap_file", BACKEND_LSM, NULL, false },
	{ "file_mprotect", BACKEND_LSM, NULL, false },
	{ "kernel_read_file", BACKEND_LSM, NULL, false },
	{ "kernel_load_data", BACKEND_LSM, NULL, false },
	{ "file_open", BACKEND_LSM, NULL, false },
	{ "file_post_open", BACKEND_LSM, needs_post_open, false },
	{ "file_permission", BACKEND_LSM, lacks_post_open, true },
	{ "inode_setattr", BACKEND_LSM, lacks_idmap, false },
	{ "inode_setattr_idmap", BACKEND_LSM, has_idmap, false },
	{ "sched_process_exec", BACKEND_TRACEPOINT, NULL, false },
	{ "sys_enter", BACKEND_TRACEPOINT, NULL, false },
	{ "sys_exit", BACKEND_TRACEPOINT, NULL, false },
	{ "signal_deliver", BACKEND_TRACEPOINT, needs_guard, false },
	{ "signal_generate", BACKEND_TRACEPOINT, needs_kill, false },
	{ "sched_switch", BACKEND_TRACEPOINT, needs_kill, false },
};

struct kernel {
	struct kernel_options options;
	struct interdict_bpf *skeleton;
	struct ring_buffer *rings;
	kernel_record_fn on_record;
	void *context;
	const char *names[ARRAY_SIZE(program_uses) + 1];
	unsigned int programs;
	int possible_cpus;
};

static const struct program_use *program_use_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(program_uses); i++) {
		if (streq(program_uses[i].name, name))
			return &program_uses[i];
	}
	return NULL;
}

/* One message may be a whole verifier log: line by line. */
__attribute__((format(printf, 2, 0)))
static int libbpf_log(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;

	(void)level;
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return 0;
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_debug("%s", line);
	return 0;
}

/* Loads what the options ask for and nothing else. */
static void select_programs(struct kernel *kernel)
{
	struct interdict_bpf *skeleton = kernel->skeleton;
	struct bpf_program *program;
	bool lsm = kernel->options.backend == BACKEND_LSM;

	bpf_object__for_each_program(program, skeleton->obj) {
		const struct program_use *use = program_use_find(bpf_program__name(program));
		bool wanted = use && use->backend == kernel->options.backend &&
			      (!use->wanted || use->wanted(&kernel->options));

		bpf_program__set_autoload(program, wanted);
	}
	/* Inode storage cannot be created where the BPF LSM is not active. */
	bpf_map__set_autocreate(skeleton->maps.inode_writes, lsm);
	bpf_map__set_autocreate(skeleton->maps.inode_digest, lsm);
	bpf_map__set_autocreate(skeleton->maps.scripts, !lsm);
}

static bool is_bpffs(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

/* A pinned map of an older version, in another layout, cannot be taken over: it goes. */
static void drop_foreign_pin(const struct bpf_map *map, const char *path)
{
	_cleanup_close_ int fd = bpf_obj_get(path);
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	if (info.value_size == bpf_map__value_size(map) &&
	    info.max_entries == bpf_map__max_entries(map))
		return;
	log_warning("%s is of another version: what its monitor held stays stopped", path);
	unlink(path);
}

/* Where the map of held tasks outlives this process. */
static int prepare_pins(struct kernel *kernel)
{
	if (!is_bpffs(BPFFS) && mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700"))
		return -errno;
	if (mkdir(KERNEL_PIN_DIR, 0700) && errno != EEXIST)
		return -errno;
	drop_foreign_pin(kernel->skeleton->maps.held_tasks, KERNEL_PIN_DIR "/held_tasks");
	return bpf_map__set_pin_path(kernel->skeleton->maps.held_tasks,
				     KERNEL_PIN_DIR "/held_tasks");
}

static void set_knobs(struct kernel *kernel)
{
	const struct kernel_options *options = &kernel->options;
	struct interdict_bpf *skeleton = kernel->skeleton;

	skeleton->rodata->backend = options->backend;
	skeleton->rodata->kernel_hashes = options->kernel_hashes;
	skeleton->rodata->post_open = options->post_open;
	skeleton->rodata->can_guard = options->can_guard;
	if (options->alerts_size)
		bpf_map__set_max_entries(skeleton->maps.alerts, (uint32_t)options->alerts_size);
	if (options->telemetry_size)
		bpf_map__set_max_entries(skeleton->maps.telemetry,
					 (uint32_t)options->telemetry_size);
}

static int on_ring_record(void *context, void *record, size_t size)
{
	struct kernel *kernel = context;

	kernel->on_record(record, size, kernel->context);
	return 0;
}

static int open_rings(struct kernel *kernel)
{
	struct interdict_bpf *skeleton = kernel->skeleton;

	kernel->rings = ring_buffer__new(bpf_map__fd(skeleton->maps.alerts), on_ring_record, kernel,
					 NULL);
	if (!kernel->rings)
		return -errno;
	return ring_buffer__add(kernel->rings, bpf_map__fd(skeleton->maps.telemetry),
				on_ring_record, kernel);
}

static void kernel_freep(struct kernel **kernel)
{
	kernel_free(*kernel);
}

int kernel_load(const struct kernel_options *options, kernel_record_fn on_record, void *context,
		struct kernel **ret)
{
	_cleanup_(kernel_freep) struct kernel *kernel = calloc(1, sizeof(*kernel));
	int error;

	if (!kernel)
		return -ENOMEM;
	kernel->options = *options;
	kernel->on_record = on_record;
	kernel->context = context;
	kernel->possible_cpus = libbpf_num_possible_cpus();
	if (kernel->possible_cpus < 0)
		return kernel->possible_cpus;
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(libbpf_log);
	kernel->skeleton = interdict_bpf__open();
	if (!kernel->skeleton)
		return -errno;
	select_programs(kernel);
	set_knobs(kernel);
	if (options->remember_holds) {
		error = prepare_pins(kernel);
		if (error)
			log_warning("cannot pin under %s (%s): tasks held when the monitor dies stay stopped",
				    KERNEL_PIN_DIR, strerror(-error));
	}
	error = interdict_bpf__load(kernel->skeleton);
	if (error)
		return error;
	error = open_rings(kernel);
	if (error)
		return error;
	*ret = TAKE_PTR(kernel);
	return 0;
}

static struct bpf_link **link_of(struct kernel *kernel, const char *name)
{
	struct bpf_object_skeleton *table = kernel->skeleton->skeleton;

	for (int i = 0; i < table->prog_cnt; i++) {
		if (streq(table->progs[i].name, name))
			return table->progs[i].link;
	}
	return NULL;
}

static int attach_program(struct kernel *kernel, struct bpf_program *program)
{
	struct bpf_link **link = link_of(kernel, bpf_program__name(program));

	if (!link)
		return -ENOENT;
	*link = bpf_program__attach(program);
	if (*link)
		return 0;
	log_debug("cannot attach %s: %s", bpf_program__name(program), strerror(errno));
	return -errno;
}

int kernel_attach(struct kernel *kernel)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, kernel->skeleton->obj) {
		const struct program_use *use = program_use_find(bpf_program__name(program));
		int error;

		if (!use || use->on_demand || !bpf_program__autoload(program))
			continue;
		error = attach_program(kernel, program);
		if (error) {
			interdict_bpf__detach(kernel->skeleton);
			return error;
		}
		kernel->names[kernel->programs++] = use->name;
	}
	return 0;
}

int kernel_set_open_deny(struct kernel *kernel, bool wanted)
{
	struct bpf_program *program = kernel->skeleton->progs.file_permission;
	struct bpf_link **link = &kernel->skeleton->links.file_permission;

	if (!bpf_program__autoload(program) || wanted == !!*link)
		return 0;
	if (wanted)
		return attach_program(kernel, program);
	bpf_link__destroy(*link);
	*link = NULL;
	return 0;
}

void kernel_forget_holds(struct kernel *kernel)
{
	if (!bpf_map__is_pinned(kernel->skeleton->maps.held_tasks))
		return;
	bpf_map__unpin(kernel->skeleton->maps.held_tasks, NULL);
	rmdir(KERNEL_PIN_DIR);
}

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	ring_buffer__free(kernel->rings);
	interdict_bpf__destroy(kernel->skeleton);
	free(kernel);
}

struct runtime *kernel_runtime(struct kernel *kernel)
{
	return &kernel->skeleton->data_runtime->runtime;
}

int kernel_records_fd(const struct kernel *kernel)
{
	return ring_buffer__epoll_fd(kernel->rings);
}

int kernel_consume(struct kernel *kernel)
{
	return ring_buffer__consume(kernel->rings);
}

int kernel_counters(const struct kernel *kernel, uint64_t ret_counters[COUNTER_COUNT])
{
	_cleanup_free_ uint64_t *values = calloc((size_t)kernel->possible_cpus, sizeof(*values));
	int fd = bpf_map__fd(kernel->skeleton->maps.counters);

	if (!values)
		return -ENOMEM;
	for (uint32_t i = 0; i < COUNTER_COUNT; i++) {
		uint64_t sum = 0;

		if (bpf_map_lookup_elem(fd, &i, values))
			return -errno;
		for (int cpu = 0; cpu < kernel->possible_cpus; cpu++)
			sum += values[cpu];
		ret_counters[i] = sum;
	}
	return 0;
}

uint64_t kernel_recursion_misses(const struct kernel *kernel)
{
	struct bpf_program *program;
	uint64_t misses = 0;

	bpf_object__for_each_program(program, kernel->skeleton->obj) {
		struct bpf_prog_info info = {};
		uint32_t size = sizeof(info);

		if (bpf_program__fd(program) >= 0 &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0)
			misses += info.recursion_misses;
	}
	return misses;
}

unsigned int kernel_programs(const struct kernel *kernel)
{
	return kernel->programs;
}

const char *const *kernel_program_names(const struct kernel *kernel)
{
	return kernel->names;
}

int kernel_swap_policy(struct kernel *kernel, int fd)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(kernel->skeleton->maps.policy), &zero, &fd, BPF_ANY))
		return -errno;
	return 0;
}

/* Inode storage by descriptor; the layout is bpf/maps.bpf.h's. */
struct inode_writes {
	uint64_t writes;
	uint32_t tainted;
	uint32_t reserved;
};

static int store_in_inode(struct kernel *kernel, struct cached_digest *value, int fd)
{
	int writes_fd = bpf_map__fd(kernel->skeleton->maps.inode_writes);
	struct inode_writes writes = {};

	/* The kernel programs count writes only where this is, so it comes first. */
	if (bpf_map_update_elem(writes_fd, &fd, &writes, BPF_NOEXIST) && errno != EEXIST)
		return -errno;
	if (bpf_map_lookup_elem(writes_fd, &fd, &writes))
		return -errno;
	if (writes.tainted || writes.writes != value->stamp.writes)
		return -ESTALE;
	value->seal = digest_seal(value);
	if (bpf_map_update_elem(bpf_map__fd(kernel->skeleton->maps.inode_digest), &fd, value,
				BPF_ANY))
		return -errno;
	return 0;
}

int kernel_store_digest(struct kernel *kernel, const struct event *event, int fd,
			const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	struct digest_key key = {
		.address = event->inode_address,
		.inode = event->file.inode,
		.dev = event->file.dev,
		.inode_generation = event->file.inode_generation,
	};
	struct cached_digest value = { .stamp = event->file, .source = HASH_SOURCE_USER };

	if (event->flags & EVENT_UNCACHEABLE)
		return -ESTALE;
	memcpy(value.digest, digest, sizeof(value.digest));
	/* DEV_PRIVATE: overlayfs or btrfs; only the former is kept apart. */
	if (kernel->options.backend == BACKEND_LSM && !(event->flags & EVENT_OVERLAY))
		return store_in_inode(kernel, &value, fd);
	value.seal = digest_seal(&value);
	if (bpf_map_update_elem(bpf_map__fd(kernel->skeleton->maps.digests), &key, &value, BPF_ANY))
		return -errno;
	return 0;
}

void kernel_forget_first(struct kernel *kernel, const struct event *event)
{
	const struct file_stamp *file = &event->file;
	const struct first_key key = {
		.inode = file->inode,
		.size = file->size,
		.ctime_sec = file->ctime_sec,
		.ctime_nsec = file->ctime_nsec,
		.dev = file->dev,
		.inode_generation = file->inode_generation,
		.round = kernel_runtime(kernel)->report_first,
	};

	/* It may have fallen out of the map already. */
	(void)bpf_map_delete_elem(bpf_map__fd(kernel->skeleton->maps.first_seen), &key);
}

int kernel_next_held(const struct kernel *kernel, uint32_t *tgid, struct held_task *ret)
{
	int fd = bpf_map__fd(kernel->skeleton->maps.held_tasks);
	uint32_t next;

	do {
		if (bpf_map_get_next_key(fd, *tgid ? tgid : NULL, &next))
			return -errno;
		*tgid = next;
	} while (bpf_map_lookup_elem(fd, &next, ret));
	return 0;
}

int kernel_find_held(const struct kernel *kernel, uint32_t tgid, struct held_task *ret)
{
	if (bpf_map_lookup_elem(bpf_map__fd(kernel->skeleton->maps.held_tasks), &tgid, ret))
		return -errno;
	return 0;
}

int kernel_take_held(struct kernel *kernel, uint32_t tgid, struct held_task *ret)
{
	struct held_task task;

	if (bpf_map_lookup_and_delete_elem(bpf_map__fd(kernel->skeleton->maps.held_tasks), &tgid,
					   &task))
		return -errno;
	__atomic_fetch_sub(&kernel->skeleton->bss->holding, task.requests, __ATOMIC_RELAXED);
	if (ret)
		*ret = task;
	return 0;
}

int kernel_restore_held(struct kernel *kernel, uint32_t tgid, const struct held_task *task)
{
	if (bpf_map_update_elem(bpf_map__fd(kernel->skeleton->maps.held_tasks), &tgid, task,
				BPF_NOEXIST))
		return -errno;
	__atomic_fetch_add(&kernel->skeleton->bss->holding, task->requests, __ATOMIC_RELAXED);
	return 0;
}
