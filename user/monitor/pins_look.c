/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For commands, which know nothing of the daemon that pinned it: what there is, and the
 * end of it.
 */
#include "pins.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "cleanup.h"
#include "process.h"
#include "util.h"

static void look_at_program(const struct bpf_prog_info *info, void *context)
{
	struct pins_state *state = context;

	state->programs++;
	state->backend = info->type == BPF_PROG_TYPE_LSM ? BACKEND_LSM : BACKEND_TRACEPOINT;
	if (!state->loaded || info->load_time < state->loaded)
		state->loaded = info->load_time;
}

static unsigned int count_held(const char *set)
{
	_cleanup_close_ int fd = pins_open(set, "held_tasks");
	uint32_t tgid, next;
	unsigned int count = 0;

	if (fd < 0)
		return 0;
	for (bool first = true; bpf_map_get_next_key(fd, first ? NULL : &tgid, &next) == 0;
	     first = false) {
		tgid = next;
		count++;
	}
	return count;
}

static void look_at_set(const char *set, struct pins_state *state)
{
	struct runtime runtime;

	if (pins_set_abi(set) == INTERDICT_ABI)
		state->held += count_held(set);
	if (pins_read_runtime(set, &runtime) || (state->known && runtime.heartbeat < state->heartbeat))
		return;
	state->known = true;
	state->mode = runtime.mode;
	state->heartbeat = runtime.heartbeat;
}

bool pins_look(struct pins_state *ret_state)
{
	struct pins_paths paths;

	*ret_state = (struct pins_state){};
	pins_find_links(&paths);
	ret_state->loads = (unsigned int)paths.count;
	for (size_t i = 0; i < paths.count; i++)
		pins_each_program(paths.item[i], look_at_program, ret_state);
	pins_paths_release(&paths);
	pins_find_sets(&paths);
	ret_state->sets = (unsigned int)paths.count;
	for (size_t i = 0; i < paths.count; i++)
		look_at_set(paths.item[i], ret_state);
	pins_paths_release(&paths);
	return ret_state->loads || ret_state->sets;
}

static void resume(uint32_t tgid, const struct held_task *task)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, tgid, 0);

	if (pidfd >= 0 && process_is((pid_t)tgid, task->start))
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGCONT, NULL, 0);
}

/* Out of the map first: the programs kill what is resumed while it is there. */
static unsigned int release_held(const char *set)
{
	_cleanup_close_ int fd = pins_open(set, "held_tasks");
	bool ours = pins_set_abi(set) == INTERDICT_ABI;
	struct held_task task;
	unsigned int count = 0;
	uint32_t tgid;

	if (fd < 0)
		return 0;
	while (bpf_map_get_next_key(fd, NULL, &tgid) == 0) {
		/* Of another version only the key is understood; no start is compared then. */
		if (!ours || bpf_map_lookup_elem(fd, &tgid, &task))
			task.start = 0;
		if (bpf_map_delete_elem(fd, &tgid))
			continue;
		resume(tgid, &task);
		count++;
	}
	return count;
}

/* The programs go first: while they are attached they may hold more. */
bool pins_end(struct pins_ended *ret_ended)
{
	struct pins_state state;
	struct pins_paths sets;

	*ret_ended = (struct pins_ended){};
	if (!pins_look(&state))
		return false;
	ret_ended->programs = state.programs;
	pins_remove_links(0);
	pins_find_sets(&sets);
	for (size_t i = 0; i < sets.count; i++) {
		ret_ended->released += release_held(sets.item[i]);
		pins_discard_records(sets.item[i], &ret_ended->lost);
		pins_remove(sets.item[i]);
	}
	pins_paths_release(&sets);
	pins_remove_empty();
	return true;
}
