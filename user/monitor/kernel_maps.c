/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"

struct runtime *kernel_runtime(struct kernel *kernel)
{
	return &kernel->skeleton->data_runtime->runtime;
}

struct journal *kernel_journal(const struct kernel *kernel)
{
	return &kernel->skeleton->data_journal->journal;
}

struct protection *kernel_protection(struct kernel *kernel)
{
	return &kernel->skeleton->data_protection->protection;
}

struct bpf_object *kernel_object(const struct kernel *kernel)
{
	return kernel->skeleton->obj;
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
		ret_counters[i] = sum + kernel_journal(kernel)->added[i];
	}
	return 0;
}

bool kernel_keeps_digests(const struct kernel *kernel)
{
	return !kernel->skeleton->bss->taint_overflow;
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

int kernel_swap_policy(struct kernel *kernel, int fd)
{
	uint32_t zero = 0;

	if (bpf_map_update_elem(bpf_map__fd(kernel->skeleton->maps.policy), &zero, &fd, BPF_ANY))
		return -errno;
	return 0;
}

void kernel_digest_maps(const struct kernel *kernel, struct digest_maps *ret_maps)
{
	const struct interdict_bpf *skeleton = kernel->skeleton;
	bool lsm = kernel->options.backend == BACKEND_LSM;

	*ret_maps = (struct digest_maps){
		.backend = kernel->options.backend,
		.file_stamp = bpf_program__fd(skeleton->progs.file_stamp),
		.digests = bpf_map__fd(skeleton->maps.digests),
		.inode_writes = lsm ? bpf_map__fd(skeleton->maps.inode_writes) : -EBADF,
		.inode_digest = lsm ? bpf_map__fd(skeleton->maps.inode_digest) : -EBADF,
	};
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

static void count_down(__u32 *counter)
{
	__u32 count = __atomic_load_n(counter, __ATOMIC_RELAXED);

	while (count && !__atomic_compare_exchange_n(counter, &count, count - 1, false,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* The programs count too: a hold more or less. */
static void count_hold(struct kernel *kernel, uint32_t user, bool more)
{
	__u32 *of_user = &kernel->skeleton->bss->holding_of[user % HOLD_USERS];

	if (more) {
		__atomic_fetch_add(&kernel->skeleton->bss->holding, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(of_user, 1, __ATOMIC_RELAXED);
	} else {
		count_down(&kernel->skeleton->bss->holding);
		count_down(of_user);
	}
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

void kernel_count_inherited_holds(struct kernel *kernel)
{
	struct held_task task;
	uint32_t tgid = 0;

	while (kernel_next_held(kernel, &tgid, &task) == 0)
		count_hold(kernel, task.user, true);
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
	count_hold(kernel, task.user, false);
	if (ret)
		*ret = task;
	return 0;
}

int kernel_restore_held(struct kernel *kernel, uint32_t tgid, const struct held_task *task)
{
	int error = 0;

	count_hold(kernel, task->user, true);
	if (bpf_map_update_elem(bpf_map__fd(kernel->skeleton->maps.held_tasks), &tgid, task,
				BPF_NOEXIST))
		error = -errno;
	if (error)
		count_hold(kernel, task->user, false);
	return error;
}

uint64_t kernel_policy_generation(const struct kernel *kernel)
{
	_cleanup_close_ int image = -EBADF;
	struct policy_header header;
	uint32_t zero = 0, id;

	/* User space reads the identifier of an inner map. */
	if (bpf_map_lookup_elem(bpf_map__fd(kernel->skeleton->maps.policy), &zero, &id))
		return 0;
	image = bpf_map_get_fd_by_id(id);
	if (image < 0 || bpf_map_lookup_elem(image, &zero, &header) ||
	    header.magic != POLICY_MAGIC)
		return 0;
	return header.generation;
}
