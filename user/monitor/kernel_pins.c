/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking over from the daemon before. Maps of the same definition go on being used, so
 * digests, taints, held tasks, counters, undelivered records and the policy in force stay.
 * Where a definition differs, all are made anew, and those of before end when the new
 * programs act. The name of their directory says which definition it is.
 */
#include "kernel_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"
#include "pins.h"
#include "util.h"

/* Others read them there. The maps are larger: the linker keeps every object's copy. */
_Static_assert(offsetof(struct interdict_bpf__data_runtime, runtime) == 0 &&
		       offsetof(struct interdict_bpf__data_journal, journal) == 0,
	       "the variable comes first");

/* A start may take so long, nanoseconds: until then tasks are held for it. */
#define START_LEEWAY (60ULL * 1000 * 1000 * 1000)

/* bpffs takes no dots: ".data.runtime" is data_runtime there, "interdic.bss" is bss. */
static void pin_name(const struct bpf_map *map, char *name, size_t size)
{
	const char *from = bpf_map__name(map);
	const char *dot = strchr(from, '.');

	snprintf(name, size, "%s", dot ? dot + 1 : from);
	for (char *c = name; *c; c++) {
		if (*c == '.')
			*c = '_';
	}
}

/* Settings of the programs themselves are never shared: they are part of the code. */
static bool is_shared(const struct bpf_map *map)
{
	return bpf_map__autocreate(map) && !strstr(bpf_map__name(map), ".rodata");
}

static uint64_t sum_text(uint64_t sum, const char *text)
{
	for (; *text; text++)
		sum = policy_hash(sum ^ (unsigned char)*text);
	return sum;
}

/* A number that changes with the definition of any map, as far as the kernel knows it. */
static uint64_t definition_sum(const struct kernel *kernel)
{
	const struct bpf_map *map;
	uint64_t sum = 0;

	bpf_object__for_each_map(map, kernel->skeleton->obj) {
		char text[256];

		if (!is_shared(map))
			continue;
		snprintf(text, sizeof(text), "%s %u %u %u %u %u;", bpf_map__name(map),
			 bpf_map__type(map), bpf_map__key_size(map), bpf_map__value_size(map),
			 bpf_map__max_entries(map), bpf_map__map_flags(map));
		sum = sum_text(sum, text);
	}
	return sum;
}

/* Lets the object use the map that is pinned, if there is one. */
static int adopt_map(struct kernel *kernel, struct bpf_map *map)
{
	char name[64];
	_cleanup_close_ int fd = -EBADF;

	pin_name(map, name, sizeof(name));
	fd = pins_open(kernel->set, name);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (bpf_map__reuse_fd(map, fd))
		return -errno;
	if (map == kernel->skeleton->maps.data_runtime)
		kernel->takeover.start = KERNEL_ADOPTED;
	return 0;
}

/* The heartbeat of the daemon before, whichever maps it used. */
static void find_heartbeat(struct kernel *kernel)
{
	struct pins_paths sets;
	struct runtime runtime;

	pins_find_sets(&sets);
	for (size_t i = 0; i < sets.count; i++) {
		_cleanup_close_ int fd = pins_open(sets.item[i], "data_runtime");

		/* There are none where only held tasks were pinned. */
		if (fd >= 0 && kernel->takeover.start == KERNEL_FRESH)
			kernel->takeover.start = KERNEL_REPLACED;
		if (pins_read_runtime(sets.item[i], &runtime) == 0 &&
		    runtime.heartbeat > kernel->takeover.heartbeat)
			kernel->takeover.heartbeat = runtime.heartbeat;
	}
	pins_paths_release(&sets);
}

static int adopt(struct kernel *kernel)
{
	struct bpf_map *map;
	int error = pins_prepare();

	if (error)
		return error;
	kernel->instance = pins_last_instance() + 1;
	kernel->set = format_string(KERNEL_PIN_DIR "/maps-%u-%016llx", INTERDICT_ABI,
				    (unsigned long long)definition_sum(kernel));
	kernel->links = kernel->options.release
				? NULL
				: format_string(KERNEL_PIN_DIR "/links-%u", kernel->instance);
	if (!kernel->set || (!kernel->options.release && !kernel->links))
		return -ENOMEM;
	bpf_object__for_each_map(map, kernel->skeleton->obj) {
		error = is_shared(map) ? adopt_map(kernel, map) : 0;
		if (error)
			return error;
	}
	find_heartbeat(kernel);
	/* Earlier programs hold for this daemon from now on, and never the daemon itself. */
	pins_claim(clock_boottime() + START_LEEWAY);
	return 0;
}

/* Links that are not pinned end with this process. */
static void do_without_links(struct kernel *kernel, int error)
{
	log_warning("cannot pin under " KERNEL_PIN_DIR " (%s): enforcement ends with the monitor",
		    strerror(-error));
	kernel->takeover.pin_error = error;
	if (kernel->links)
		pins_remove(kernel->links);
	free(kernel->links);
	kernel->links = NULL;
}

void kernel_pins_adopt(struct kernel *kernel)
{
	int error = adopt(kernel);

	if (!error)
		return;
	if (!kernel->instance)
		kernel->instance = 1;
	do_without_links(kernel, error);
	free(kernel->set);
	kernel->set = NULL;
}

static int keep_map(struct kernel *kernel, const struct bpf_map *map)
{
	char name[64], path[256];

	pin_name(map, name, sizeof(name));
	snprintf(path, sizeof(path), "%s/%s", kernel->set, name);
	if (bpf_obj_pin(bpf_map__fd(map), path) && errno != EEXIST)
		return -errno;
	return 0;
}

/* With `run --release` only what the next daemon needs to free held tasks. */
static int keep(struct kernel *kernel)
{
	const struct bpf_map *map;
	int error = 0;

	kernel->made_set = mkdir(kernel->set, 0700) == 0;
	if (!kernel->made_set && errno != EEXIST)
		return -errno;
	if (kernel->options.release)
		return keep_map(kernel, kernel->skeleton->maps.held_tasks);
	bpf_object__for_each_map(map, kernel->skeleton->obj) {
		if (!error && is_shared(map))
			error = keep_map(kernel, map);
	}
	return error;
}

void kernel_pins_keep(struct kernel *kernel)
{
	int error = kernel->set ? keep(kernel) : 0;

	if (error)
		do_without_links(kernel, error);
}

void kernel_pins_link(struct kernel *kernel, struct bpf_link *link, const char *name)
{
	char path[256];

	if (!kernel->links)
		return;
	snprintf(path, sizeof(path), "%s/%s", kernel->links, name);
	if ((mkdir(kernel->links, 0700) && errno != EEXIST) || bpf_link__pin(link, path))
		do_without_links(kernel, -errno);
}

void kernel_pins_replace(struct kernel *kernel, struct bpf_link *link, const char *name)
{
	char path[256];

	if (!kernel->links)
		return;
	snprintf(path, sizeof(path), "%s/%s", kernel->links, name);
	unlink(path);
	kernel_pins_link(kernel, link, name);
}

static bool is_there(const char *directory, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return access(path, F_OK) == 0;
}

unsigned int kernel_pins_missing(const struct kernel *kernel)
{
	const struct bpf_object_skeleton *table = kernel->skeleton->skeleton;
	const struct bpf_map *map;
	unsigned int missing = 0;

	if (!kernel->links || !kernel->active)
		return 0;
	for (int i = 0; i < table->prog_cnt; i++) {
		if (*table->progs[i].link && !is_there(kernel->links, table->progs[i].name))
			missing++;
	}
	bpf_object__for_each_map(map, kernel->skeleton->obj) {
		char name[64];

		pin_name(map, name, sizeof(name));
		if (is_shared(map) && !is_there(kernel->set, name))
			missing++;
	}
	return missing;
}

/* Those whose link is not attached any more are left to kernel_pins_replace(). */
int kernel_pins_restore(struct kernel *kernel)
{
	const struct bpf_object_skeleton *table = kernel->skeleton->skeleton;
	int error;

	if (kernel_pins_missing(kernel) == 0)
		return 0;
	/* Not mounted anew: that is more than this process may do by now. */
	if ((mkdir(KERNEL_PIN_DIR, 0700) && errno != EEXIST) ||
	    (mkdir(kernel->links, 0700) && errno != EEXIST))
		return -errno;
	error = keep(kernel);
	for (int i = 0; !error && i < table->prog_cnt; i++) {
		const struct bpf_link *link = *table->progs[i].link;
		char path[256];

		snprintf(path, sizeof(path), "%s/%s", kernel->links, table->progs[i].name);
		if (link && bpf_obj_pin(bpf_link__fd(link), path) && errno != EEXIST)
			error = -errno;
	}
	return error;
}

void kernel_pins_give_up(struct kernel *kernel)
{
	if (!kernel->set || kernel->active)
		return;
	pins_claim(kernel->takeover.heartbeat);
	kernel_pins_unlink(kernel); /* that of open = deny comes with the policy */
	if (kernel->made_set)
		pins_remove(kernel->set);
	pins_remove_empty();
}

void kernel_pins_unlink(struct kernel *kernel)
{
	if (kernel->links)
		pins_remove(kernel->links);
}

/* What is held by programs that end is held by these. */
static void take_held(struct kernel *kernel, const char *set)
{
	_cleanup_close_ int fd = pins_open(set, "held_tasks");
	struct held_task task;
	uint32_t tgid, next;

	if (fd < 0 || pins_set_abi(set) != INTERDICT_ABI)
		return;
	for (bool first = true; bpf_map_get_next_key(fd, first ? NULL : &tgid, &next) == 0;
	     first = false) {
		tgid = next;
		if (bpf_map_lookup_elem(fd, &tgid, &task) == 0)
			(void)kernel_restore_held(kernel, tgid, &task);
	}
}

static void each_other_set(struct kernel *kernel,
			   void (*visit)(struct kernel *kernel, const char *set))
{
	struct pins_paths sets;

	if (!kernel->set)
		return;
	pins_find_sets(&sets);
	for (size_t i = 0; i < sets.count; i++) {
		if (!streq(sets.item[i], kernel->set))
			visit(kernel, sets.item[i]);
	}
	pins_paths_release(&sets);
}

/* Sums of a per-CPU array by index; those behind its end are left alone. */
static uint32_t add_counters(const struct kernel *kernel, const char *set, uint64_t sums[COUNTER_COUNT])
{
	_cleanup_close_ int fd = pins_open(set, "counters");
	_cleanup_free_ uint64_t *values = calloc((size_t)kernel->possible_cpus, sizeof(*values));
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info);

	if (fd < 0 || !values || bpf_obj_get_info_by_fd(fd, &info, &size) ||
	    info.value_size != sizeof(*values))
		return 0;
	for (uint32_t i = 0; i < info.max_entries && i < COUNTER_COUNT; i++) {
		if (bpf_map_lookup_elem(fd, &i, values))
			continue;
		for (int cpu = 0; cpu < kernel->possible_cpus; cpu++)
			sums[i] += values[cpu];
	}
	return info.max_entries;
}

/*
 * What the rings of a replaced set were given is lost, or was taken off them by the daemon
 * before. What is still there counts as taken too: end_set() takes it.
 */
static void take_account(struct kernel *kernel, const uint64_t sums[COUNTER_COUNT])
{
	struct kernel_takeover *takeover = &kernel->takeover;
	uint64_t lost = sums[COUNTER_LOST_EXEC] + sums[COUNTER_LOST_MAP] +
			sums[COUNTER_LOST_OPEN] + sums[COUNTER_LOST_MODULE];
	uint64_t telemetry = sums[COUNTER_LOST_TELEMETRY];
	uint64_t taken = sums[COUNTER_ALERTS] + sums[COUNTER_TELEMETRY] - lost - telemetry;

	kernel_runtime(kernel)->taken += taken;
	takeover->taken += taken;
	takeover->lost_alerts += lost;
	takeover->lost_telemetry += telemetry;
}

/*
 * Counters are numbered for good (event.h), so those of any version go on here. The
 * journal is two arrays of as many numbers, and one more.
 */
static void read_journal(const char *set, uint32_t count, struct journal *journal,
			 uint64_t sums[COUNTER_COUNT])
{
	_cleanup_close_ int fd = pins_open(set, "data_journal");
	_cleanup_free_ uint64_t *old = NULL;
	struct bpf_map_info info = {};
	uint32_t size = sizeof(info), zero = 0;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ||
	    info.value_size < (2 * count + 1) * sizeof(*old))
		return;
	old = malloc(info.value_size);
	if (!old || bpf_map_lookup_elem(fd, &zero, old))
		return;
	for (uint32_t i = 0; i < count && i < COUNTER_COUNT; i++) {
		sums[i] += old[i];
		journal->reported[i] += old[count + i];
	}
	journal->open += old[2 * count];
}

static void take_counters(struct kernel *kernel, const char *set)
{
	struct journal *journal = kernel_journal(kernel);
	uint64_t sums[COUNTER_COUNT] = { 0 };
	uint32_t count = add_counters(kernel, set, sums);

	read_journal(set, count, journal, sums);
	for (size_t i = 0; i < COUNTER_COUNT; i++)
		journal->added[i] += sums[i];
	take_account(kernel, sums);
}

void kernel_pins_activate(struct kernel *kernel)
{
	kernel_runtime(kernel)->active = kernel->instance;
	kernel->active = true;
	if (!kernel->set)
		return;
	each_other_set(kernel, take_held);
	pins_remove_links(kernel->links ? kernel->instance : 0);
	each_other_set(kernel, take_counters);
}

/* Their layout is ours: they are handed over as if they came from our rings. */
static uint64_t deliver_records(struct kernel *kernel, const char *set)
{
	_cleanup_close_ int alerts = pins_open(set, "alerts");
	_cleanup_close_ int telemetry = pins_open(set, "telemetry");
	struct ring_buffer *rings;
	int count = 0;

	if (alerts < 0 || telemetry < 0)
		return 0;
	rings = ring_buffer__new(alerts, kernel_hand_over, kernel, NULL);
	if (!rings)
		return 0;
	if (ring_buffer__add(rings, telemetry, kernel_hand_over, kernel) == 0)
		count = ring_buffer__consume(rings);
	ring_buffer__free(rings);
	return count > 0 ? (uint64_t)count : 0;
}

static void end_set(struct kernel *kernel, const char *set)
{
	struct kernel_takeover *takeover = &kernel->takeover;
	struct pins_records discarded = {};
	uint64_t delivered;

	if (pins_set_abi(set) == INTERDICT_ABI) {
		delivered = deliver_records(kernel, set);
		takeover->records += delivered;
		takeover->taken -= delivered;
		kernel_runtime(kernel)->taken -= delivered;
	} else {
		pins_discard_records(set, &discarded);
		for (size_t i = 0; i < ARRAY_SIZE(discarded.alerts); i++)
			takeover->discarded += discarded.alerts[i];
		takeover->discarded_telemetry += discarded.telemetry;
	}
	pins_remove(set);
}

/* With `run --release` the maps that were taken over are this process's alone from now on. */
static void unpin_maps(struct kernel *kernel)
{
	const struct bpf_map *map;

	bpf_object__for_each_map(map, kernel->skeleton->obj) {
		char name[64], path[256];

		if (!is_shared(map) || map == kernel->skeleton->maps.held_tasks)
			continue;
		pin_name(map, name, sizeof(name));
		snprintf(path, sizeof(path), "%s/%s", kernel->set, name);
		unlink(path);
	}
}

const struct kernel_takeover *kernel_take_over(struct kernel *kernel)
{
	int waited;

	each_other_set(kernel, end_set);
	waited = kernel_consume(kernel);
	if (waited > 0 && kernel->takeover.start == KERNEL_ADOPTED)
		kernel->takeover.records += (uint64_t)waited;
	if (kernel->set && kernel->options.release)
		unpin_maps(kernel);
	return &kernel->takeover;
}

const struct kernel_takeover *kernel_get_takeover(const struct kernel *kernel)
{
	return &kernel->takeover;
}

bool kernel_is_pinned(const struct kernel *kernel)
{
	return kernel->links != NULL;
}

void kernel_forget(struct kernel *kernel)
{
	if (!kernel->set)
		return;
	pins_remove(kernel->set);
	pins_remove_empty();
}
