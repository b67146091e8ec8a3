/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"
#include "util.h"

/*
 * Which programs each backend needs. file_permission is attached on demand, and file_stamp
 * never: it is asked (digest_maps.h).
 */
struct program_use {
	const char *name;
	enum backend backend; /* BACKEND_NONE: both */
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
	return options->holds && options->can_kill_others;
}

static bool needs_fault(const struct kernel_options *options)
{
	return options->holds;
}

static bool needs_protect(const struct kernel_options *options)
{
	return options->protect;
}

static bool needs_guard(const struct kernel_options *options)
{
	return options->holds && options->can_guard;
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
	{ "page_fault_user", BACKEND_TRACEPOINT, needs_fault, false },
	{ "task_kill", BACKEND_LSM, needs_protect, false },
	{ "ptrace_access_check", BACKEND_LSM, needs_protect, false },
	{ "task_setrlimit", BACKEND_LSM, needs_protect, false },
	{ "task_setnice", BACKEND_LSM, needs_protect, false },
	{ "task_setscheduler", BACKEND_LSM, needs_protect, false },
	{ "bpf_map", BACKEND_LSM, needs_protect, false },
	{ "bpf_prog", BACKEND_LSM, needs_protect, false },
	{ "inode_permission", BACKEND_LSM, needs_protect, false },
	{ "inode_rename", BACKEND_LSM, needs_protect, false },
	{ "inode_rmdir", BACKEND_LSM, needs_protect, false },
	{ "sb_umount", BACKEND_LSM, needs_protect, false },
	{ "file_stamp", BACKEND_NONE, NULL, true },
};

_Static_assert(ARRAY_SIZE(program_uses) <= KERNEL_PROGRAMS_MAX, "kernel.names has room");

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
		bool wanted = use &&
			      (use->backend == kernel->options.backend ||
			       use->backend == BACKEND_NONE) &&
			      (!use->wanted || use->wanted(&kernel->options));

		bpf_program__set_autoload(program, wanted);
	}
	/* Inode storage cannot be created where the BPF LSM is not active. */
	bpf_map__set_autocreate(skeleton->maps.inode_writes, lsm);
	bpf_map__set_autocreate(skeleton->maps.inode_digest, lsm);
	bpf_map__set_autocreate(skeleton->maps.scripts, !lsm);
}

#define RECORDS_MIN 32U

/* Two records for each processor, and some for programs that are preempted: a power of two. */
static uint32_t record_slots(const struct kernel *kernel)
{
	uint32_t slots = RECORDS_MIN;

	while (slots < 2 * (uint32_t)kernel->possible_cpus)
		slots *= 2;
	return slots;
}

static void set_knobs(struct kernel *kernel)
{
	const struct kernel_options *options = &kernel->options;
	struct interdict_bpf *skeleton = kernel->skeleton;

	skeleton->rodata->backend = options->backend;
	skeleton->rodata->kernel_hashes = options->kernel_hashes;
	skeleton->rodata->post_open = options->post_open;
	skeleton->rodata->can_guard = options->can_guard;
	skeleton->rodata->can_kill_others = options->can_kill_others;
	skeleton->rodata->instance = kernel->instance;
	skeleton->rodata->record_slots = record_slots(kernel);
}

static void set_sizes(struct kernel *kernel)
{
	const struct kernel_options *options = &kernel->options;
	struct interdict_bpf *skeleton = kernel->skeleton;

	bpf_map__set_max_entries(skeleton->maps.records, record_slots(kernel));
	if (options->alerts_size)
		bpf_map__set_max_entries(skeleton->maps.alerts, (uint32_t)options->alerts_size);
	if (options->telemetry_size)
		bpf_map__set_max_entries(skeleton->maps.telemetry,
					 (uint32_t)options->telemetry_size);
}

int kernel_hand_over(void *context, void *record, size_t size)
{
	struct kernel *kernel = context;

	kernel_runtime(kernel)->taken++;
	kernel->on_record(record, size, kernel->context);
	return 0;
}

static int open_rings(struct kernel *kernel)
{
	struct interdict_bpf *skeleton = kernel->skeleton;

	kernel->rings = ring_buffer__new(bpf_map__fd(skeleton->maps.alerts), kernel_hand_over, kernel,
					 NULL);
	if (!kernel->rings)
		return -errno;
	return ring_buffer__add(kernel->rings, bpf_map__fd(skeleton->maps.telemetry),
				kernel_hand_over, kernel);
}

/*
 * libbpf has parsed the object that lies in our program file, a tenth of what a daemon at
 * rest would have resident. The pages are those of the file: they come back if they are read.
 */
static void release_object(const struct kernel *kernel)
{
	const struct bpf_object_skeleton *table = kernel->skeleton->skeleton;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)table->data + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)table->data + table->data_sz) / page * page;

	if (begin < end)
		(void)madvise((void *)begin, end - begin, MADV_DONTNEED);
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
	set_sizes(kernel);
	kernel_pins_adopt(kernel);
	set_knobs(kernel);
	error = interdict_bpf__load(kernel->skeleton);
	if (error)
		return error;
	kernel_pins_keep(kernel);
	if (kernel->takeover.start != KERNEL_ADOPTED)
		kernel_count_inherited_holds(kernel);
	error = open_rings(kernel);
	if (error)
		return error;
	release_object(kernel);
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
	if (!*link) {
		log_debug("cannot attach %s: %s", bpf_program__name(program), strerror(errno));
		return -errno;
	}
	kernel_pins_link(kernel, *link, bpf_program__name(program));
	return 0;
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
			kernel_detach(kernel);
			return error;
		}
		kernel->names[kernel->programs++] = use->name;
	}
	kernel_pins_activate(kernel);
	return 0;
}

void kernel_detach(struct kernel *kernel)
{
	kernel_pins_unlink(kernel);
	interdict_bpf__detach(kernel->skeleton);
}

/* A link that is there, and runs the program that was loaded with this object. */
static bool is_attached(const struct bpf_link *link, const struct bpf_program *program)
{
	struct bpf_link_info info = {};
	struct bpf_prog_info loaded = {};
	uint32_t size = sizeof(info), loaded_size = sizeof(loaded);

	return bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size) == 0 &&
	       bpf_obj_get_info_by_fd(bpf_program__fd(program), &loaded, &loaded_size) == 0 &&
	       info.prog_id == loaded.id;
}

void kernel_find_loss(const struct kernel *kernel, struct kernel_loss *ret_loss)
{
	struct bpf_object_skeleton *table = kernel->skeleton->skeleton;

	*ret_loss = (struct kernel_loss){ .name = "", .pins = kernel_pins_missing(kernel) };
	for (int i = 0; i < table->prog_cnt; i++) {
		const struct bpf_link *link = *table->progs[i].link;

		if (!link || is_attached(link, *table->progs[i].prog))
			continue;
		if (ret_loss->programs++ == 0)
			ret_loss->name = table->progs[i].name;
	}
}

/* Attached anew before the pin of the old link goes, which may still be attached. */
static int attach_again(struct kernel *kernel, struct bpf_program *program, struct bpf_link **link)
{
	struct bpf_link *fresh = bpf_program__attach(program);

	if (!fresh)
		return -errno;
	/* Its descriptor was closed: by now it may be another file's. */
	bpf_link__disconnect(*link);
	bpf_link__destroy(*link);
	*link = fresh;
	kernel_pins_replace(kernel, fresh, bpf_program__name(program));
	return 0;
}

int kernel_restore(struct kernel *kernel)
{
	struct bpf_object_skeleton *table = kernel->skeleton->skeleton;
	int worst = kernel_pins_restore(kernel);

	for (int i = 0; i < table->prog_cnt; i++) {
		struct bpf_link **link = table->progs[i].link;
		int error;

		if (!*link || is_attached(*link, *table->progs[i].prog))
			continue;
		error = attach_again(kernel, *table->progs[i].prog, link);
		if (error && !worst)
			worst = error;
	}
	return worst;
}

int kernel_set_open_deny(struct kernel *kernel, bool wanted)
{
	struct bpf_program *program = kernel->skeleton->progs.file_permission;
	struct bpf_link **link = &kernel->skeleton->links.file_permission;

	if (!bpf_program__autoload(program) || wanted == !!*link)
		return 0;
	if (wanted)
		return attach_program(kernel, program);
	bpf_link__unpin(*link);
	bpf_link__destroy(*link);
	*link = NULL;
	return 0;
}

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	kernel_pins_give_up(kernel);
	ring_buffer__free(kernel->rings);
	interdict_bpf__destroy(kernel->skeleton);
	free(kernel->set);
	free(kernel->links);
	free(kernel);
}

unsigned int kernel_programs(const struct kernel *kernel)
{
	return kernel->programs;
}

const char *const *kernel_program_names(const struct kernel *kernel)
{
	return kernel->names;
}
