/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The way of a file through the lsm backend, which every hook shares: size
 * gate, digest, lookup, decision, record.
 */
#ifndef INTERDICT_LSM_BPF_H
#define INTERDICT_LSM_BPF_H

#include "digest.bpf.h"
#include "hook.bpf.h"
#include "syscall.bpf.h"

/*
 * The quick half: most files end here, by their size alone. Reads nothing but
 * the inode. Files on overlayfs and on file systems whose answers cannot be
 * verified go on (their size proves nothing), opens of the latter excepted.
 */
static __always_inline bool hook_cleared(struct file *file, u32 kind, bool executable)
{
	struct inode *inode = file->f_inode;
	struct super_block *sb = inode->i_sb;
	u32 magic = (u32)sb->s_magic;

	if ((inode->i_mode & S_IFMT) != S_IFREG)
		return true;
	if (magic == OVERLAYFS_SUPER_MAGIC)
		return false;
	if (kind != EVENT_OPEN && (magic == FUSE_SUPER_MAGIC || sb->s_user_ns->level))
		return false;
	if (policy_gate((u64)inode->i_size, executable || (inode->i_mode & S_IXUGO)))
		return false;
	count(COUNTER_SIZE_CLEARED);
	return true;
}

/*
 * Finds the digest and decides. True if there is something to report. The
 * common half of every hook that may hash.
 */
static __always_inline bool hook_decide(struct hook *hook, struct file *file, bool executable)
{
	struct inode *inode = file->f_inode;
	struct facts *facts = &hook->facts;
	int error;

	facts_read_at(facts, file_address(file));
	if (!(facts->flags & FACT_REGULAR) || !hook_gate(hook, executable))
		return false;
	error = digest_account(facts, inode);
	if (!error && (facts->flags & FACT_INCONSISTENT))
		error = -EUCLEAN;
	/*
	 * Executing a file that is open for writing fails with ETXTBSY, but not
	 * always: overlayfs guards only its own inode, and a script after the
	 * first level is not guarded at all.
	 */
	if (!error && hook->kind == EVENT_EXEC && facts->writecount > 0)
		error = -ETXTBSY;
	if (!error && (facts->flags & FACT_UNVERIFIABLE) && runtime.unverifiable_deny)
		error = -EOPNOTSUPP;
	if (!error && digest_cached(facts, inode, &hook->value, hook->query.digest,
				    &hook->verdict.source))
		return hook_listed(hook);
	if (!error) {
		hook->verdict.source = HASH_SOURCE_IMA;
		error = digest_compute(file, inode, hook->kind == EVENT_MAP, facts, &hook->after,
				       &hook->value, hook->query.digest);
	}
	if (!error)
		return hook_listed(hook);
	hook_unhashable(hook, error);
	return true;
}

/*
 * Path as the kernel resolves it, against the task's root; by walking where that
 * is too long. Only where bpf_d_path() is allowed. A macro, because @file must
 * stay a trusted pointer.
 */
#define emit_path(record, file)                                                                    \
	({                                                                                         \
		long _n = bpf_d_path(&(file)->f_path, (char *)(record)->payload,                   \
				     INTERDICT_PATH_MAX);                                          \
		_n > 0 && _n <= INTERDICT_PATH_MAX ?                                               \
			(u32)_n :                                                                  \
			(u32)path_walk(record, file_address(file));                                \
	})

/* The record of a hook whose process has its own argv in memory. */
#define hook_emit(hook, file)                                                                      \
	({                                                                                         \
		struct record *_record = record_get();                                             \
		if (_record) {                                                                     \
			u32 _path, _argv;                                                          \
			hook_report(hook, _record);                                                \
			_path = emit_path(_record, file);                                          \
			_argv = emit_argv_mm(_record, _path);                                      \
			hook_sent(hook, emit_finish(_record, _path, _argv));                       \
			record_put(_record);                                                       \
		} else {                                                                           \
			hook_report_short(hook);                                                   \
		}                                                                                  \
	})

/* The whole way of a file whose process has its own argv: the hook's return value. */
static __always_inline int hook_file(u32 kind, struct file *file, bool executable)
{
	struct hook *hook;

	if (hook_cleared(file, kind, executable))
		return 0;
	hook = hook_begin(kind, 0);
	if (!hook)
		return hook_no_memory(kind, 0);
	if (hook_decide(hook, file, executable))
		hook_emit(hook, file);
	return hook_end(hook);
}

/*
 * argv of the execve(2) or execveat(2) that is under way: the new program has
 * no memory yet, so the vector is read from the caller's, string by string.
 */
struct args_walk {
	struct record *record;
	u64 vector;
	u32 used;
	u32 start;
	u32 word; /* bytes in a pointer of the vector */
	u32 complete;
};

static long args_step(u32 index, struct args_walk *walk)
{
	u64 pointer = 0;
	u32 offset = walk->start + walk->used;
	u32 room;
	long n;

	if (bpf_probe_read_user(&pointer, walk->word == 4 ? 4 : 8,
				(void *)(walk->vector + (u64)index * walk->word)))
		return 1;
	if (!pointer) {
		walk->complete = 1;
		return 1;
	}
	if (walk->used >= INTERDICT_ARGV_MAX - 1)
		return 1;
	room = INTERDICT_ARGV_MAX - walk->used;
	if (room > INTERDICT_ARGV_MAX || offset > INTERDICT_PATH_MAX + INTERDICT_ARGV_MAX)
		return 1;
	n = bpf_probe_read_user_str(&walk->record->payload[offset], room, (void *)pointer);
	if (n < 0)
		return 1;
	if (n == 0) { /* an empty string: some kernels leave its NUL out (seen on 6.12, not on 6.1) */
		walk->record->payload[offset] = '\0';
		n = 1;
	}
	walk->used += n;
	return (u32)n == room; /* full: this one was cut, or nothing more fits */
}

/* Address of the argv vector of the exec under way; 0 if the kernel itself started it. */
static __always_inline u64 exec_vector(u32 *word)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct syscall_args args = {};

	*word = syscall_word(task, (u32)regs->orig_ax);
	switch (syscall_decode(task, regs, (u32)regs->orig_ax, &args)) {
	case CALL_EXECVE:
		return args.arg[1];
	case CALL_EXECVEAT:
		return args.arg[2];
	}
	return 0;
}

/* Bytes of it. A global function, so that the verifier walks its loop once and not once a path. */
__weak __noinline int argv_exec(struct record *record, u32 start)
{
	struct args_walk walk = { .record = record, .start = start };

	if (!record)
		return 0;
	walk.vector = exec_vector(&walk.word);
	if (walk.vector)
		bpf_loop(ARGS_MAX, args_step, &walk, 0);
	if (!walk.used)
		record->event.flags |= EVENT_ARGV_MISSING;
	else if (!walk.complete)
		record->event.flags |= EVENT_ARGV_CUT;
	return (int)walk.used;
}

#endif
