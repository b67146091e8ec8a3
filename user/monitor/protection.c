/* SPDX-License-Identifier: BSD-2-Clause */
#include "protection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <interdict/protection.h>

#include "cleanup.h"
#include "util.h"

#define PIN_DIRECTORY "/sys/fs/bpf/interdict"

static int objects_fd(struct kernel *kernel)
{
	return bpf_object__find_map_fd_by_name(kernel_object(kernel), "protected_objects");
}

static int guard(struct kernel *kernel, enum protected_kind kind, uint32_t id)
{
	const struct protected_key key = { .kind = kind, .id = id };
	const uint8_t present = 1;

	return bpf_map_update_elem(objects_fd(kernel), &key, &present, BPF_ANY) ? -errno : 0;
}

static int guard_map(struct kernel *kernel, const struct bpf_map *map)
{
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_map__fd(map) < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size))
		return -errno;
	return guard(kernel, PROTECTED_MAP, info.id);
}

static int guard_program(struct kernel *kernel, const struct bpf_program *program)
{
	struct bpf_prog_info info = {};
	uint32_t size = sizeof(info);

	if (bpf_program__fd(program) < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return -errno;
	return guard(kernel, PROTECTED_PROGRAM, info.id);
}

static int guard_objects(struct kernel *kernel)
{
	const struct bpf_object *object = kernel_object(kernel);
	struct bpf_program *program;
	struct bpf_map *map;
	int error = 0;

	bpf_object__for_each_map(map, object) {
		if (!error)
			error = guard_map(kernel, map);
	}
	bpf_object__for_each_program(program, object) {
		if (!error)
			error = guard_program(kernel, program);
	}
	return error;
}

/* Kept open to the end of this process, so that a lazy umount(2) of what is above fails too. */
static void find_pins(struct protection *protection)
{
	static int fd = -EBADF;
	struct stat st;

	cleanup_close(&fd);
	fd = open(PIN_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return;
	protection->pin_inode = st.st_ino;
	protection->pin_dev = kernel_dev(st.st_dev);
}

int protection_begin(struct kernel *kernel)
{
	struct protection *protection = kernel_protection(kernel);
	int error;

	*protection = (struct protection){ .daemon_tgid = (uint32_t)getpid() };
	find_pins(protection);
	error = guard_objects(kernel);
	if (!error)
		error = protection_policy(kernel);
	if (error)
		return error;
	protection->enabled = 1;
	/* The programs see us for the first time. */
	(void)kill(getpid(), 0);
	return protection->daemon_start ? 0 : -ENOTRECOVERABLE;
}

int protection_policy(struct kernel *kernel)
{
	int fd = bpf_object__find_map_fd_by_name(kernel_object(kernel), "policy");
	struct protection *protection = kernel_protection(kernel);
	struct protected_key before = { .kind = PROTECTED_MAP, .id = protection->policy };
	uint32_t zero = 0, id;
	int error;

	/* What is read of a map of maps is the id. */
	if (bpf_map_lookup_elem(fd, &zero, &id))
		return -errno;
	error = guard(kernel, PROTECTED_MAP, id);
	if (error || id == before.id)
		return error;
	(void)bpf_map_delete_elem(objects_fd(kernel), &before);
	protection->policy = id;
	return 0;
}

void protection_end(struct kernel *kernel)
{
	kernel_protection(kernel)->enabled = 0;
}
