/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Scripts: which open of an interpreter is the execution of one.
 */
#ifndef INTERDICT_SCRIPT_BPF_H
#define INTERDICT_SCRIPT_BPF_H

#include "maps.bpf.h"

#define SCRIPT_PATH_MAX 256
#define SCRIPTS_MAX	6 /* BINPRM_MAX_RECURSION, and an argument of the #! line */

/*
 * The paths under which the kernel hands scripts to an interpreter: arguments 1 and
 * on, up to the one that was executed (the interpreter of a script may be a script).
 * The first open of such a path is the execution of that script. They stay
 * remembered over an exec in between, as of `env` in "#!/usr/bin/env python3".
 */
struct script {
	char path[SCRIPTS_MAX][SCRIPT_PATH_MAX];
	char opened[SCRIPT_PATH_MAX]; /* or executed: working memory */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct script);
} scripts SEC(".maps") __weak;

/* Both padded with zeroes to SCRIPT_PATH_MAX. */
static __always_inline bool path_equal(const char *a, const char *b)
{
	const u64 *x = (const u64 *)a, *y = (const u64 *)b;

	for (int i = 0; i < SCRIPT_PATH_MAX / 8; i++) {
		if (x[i] != y[i])
			return false;
	}
	return true;
}

static __always_inline void script_remember(struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct script *script;
	u64 next;
	long n;

	if (bprm->interp == bprm->filename)
		return;
	script = bpf_task_storage_get(&scripts, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!script) {
		count(COUNTER_NO_STORAGE);
		return;
	}
	for (int i = 0; i < SCRIPTS_MAX; i++)
		script->path[i][0] = '\0';
	__builtin_memset(script->opened, 0, sizeof(script->opened));
	bpf_probe_read_kernel_str(script->opened, sizeof(script->opened), bprm->filename);
	next = BPF_CORE_READ(task, mm, arg_start);
	n = bpf_probe_read_user_str(script->path[0], SCRIPT_PATH_MAX, (void *)next);
	for (int i = 0; i < SCRIPTS_MAX && n > 0; i++) {
		next += n;
		__builtin_memset(script->path[i], 0, SCRIPT_PATH_MAX);
		n = bpf_probe_read_user_str(script->path[i], SCRIPT_PATH_MAX, (void *)next);
		if (path_equal(script->path[i], script->opened))
			return;
	}
}

/* True if the current task opens one of them: then that one is forgotten. */
static __always_inline bool script_is_opened(struct task_struct *task, u64 path)
{
	struct script *script;

	if (!task->bpf_storage)
		return false;
	script = bpf_task_storage_get(&scripts, task, NULL, 0);
	if (!script)
		return false;
	__builtin_memset(script->opened, 0, sizeof(script->opened));
	bpf_probe_read_user_str(script->opened, sizeof(script->opened), (void *)path);
	if (!script->opened[0])
		return false;
	for (int i = 0; i < SCRIPTS_MAX; i++) {
		if (!path_equal(script->path[i], script->opened))
			continue;
		script->path[i][0] = '\0'; /* once */
		return true;
	}
	return false;
}

#endif
