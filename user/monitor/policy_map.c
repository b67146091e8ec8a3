/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_map.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cleanup.h"

struct policy_map {
	struct policy_header header;
	size_t size;
	int fd;
};

static void policy_map_freep(struct policy_map **map)
{
	policy_map_free(*map);
}

static int policy_map_create(uint32_t blocks, struct policy_map **ret)
{
	/* INNER_MAP: maps of different sizes may follow one another in one slot. */
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	_cleanup_(policy_map_freep) struct policy_map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	map->size = (size_t)blocks * POLICY_BLOCK_SIZE;
	map->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "policy_image", sizeof(uint32_t),
				 POLICY_BLOCK_SIZE, blocks, &options);
	if (map->fd < 0)
		return -errno;
	*ret = TAKE_PTR(map);
	return 0;
}

/* Returns the image, or NULL with errno set. */
static void *image_map(const struct policy_map *map)
{
	void *image = mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED, map->fd, 0);

	return image == MAP_FAILED ? NULL : image;
}

static void image_unmap(struct policy_map *map, void *image)
{
	map->header = *(const struct policy_header *)image;
	munmap(image, map->size);
}

static int fill(struct policy_map *map, const struct policy *policy,
		const struct policy_geometry *geometry, int32_t today, uint64_t generation)
{
	void *image = image_map(map);
	int error;

	if (!image)
		return -errno;
	error = policy_image_fill(policy, geometry, today, generation, image);
	image_unmap(map, image);
	return error;
}

int policy_map_install(struct kernel *kernel, const struct policy *policy, int32_t today,
		       uint64_t generation, struct policy_map **map)
{
	_cleanup_(policy_map_freep) struct policy_map *fresh = NULL;
	struct policy_geometry geometry;
	int error;

	error = policy_image_size(policy, &geometry);
	if (!error)
		error = policy_map_create(geometry.blocks, &fresh);
	if (!error)
		error = fill(fresh, policy, &geometry, today, generation);
	if (!error)
		error = kernel_swap_policy(kernel, fresh->fd);
	if (error)
		return error;
	policy_map_free(*map);
	*map = TAKE_PTR(fresh);
	return 0;
}

int policy_map_update_phases(struct policy_map *map, const struct policy *policy, int32_t today)
{
	void *image = image_map(map);
	int error;

	if (!image)
		return -errno;
	error = policy_image_update_phases(policy, image, today);
	image_unmap(map, image);
	return error;
}

const struct policy_header *policy_map_header(const struct policy_map *map)
{
	return &map->header;
}

void policy_map_free(struct policy_map *map)
{
	if (!map)
		return;
	if (map->fd >= 0)
		close(map->fd);
	free(map);
}
