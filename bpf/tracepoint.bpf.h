/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The way of a file through the tracepoint backend, which its hooks share: size gate,
 * digest or hold, lookup, decision, record.
 */
#ifndef INTERDICT_TRACEPOINT_BPF_H
#define INTERDICT_TRACEPOINT_BPF_H

#include "guard.bpf.h"
#include "hold.bpf.h"
#include "hook.bpf.h"

/* The quick half, as in the lsm backend: most files end here, by their size. */
static __always_inline bool tracepoint_cleared(struct file *file, u32 kind, bool executable)
{
	struct inode *inode = PEEK(file, f_inode);
	struct super_block *sb = PEEK(inode, i_sb);
	u32 mode = PEEK(inode, i_mode);
	u32 magic;

	if ((mode & S_IFMT) != S_IFREG)
		return true;
	magic = (u32)PEEK(sb, s_magic);
	if (magic == OVERLAYFS_SUPER_MAGIC)
		return false;
	if (kind != EVENT_OPEN && super_is_foreign(sb))
		return false;
	if (policy_gate((u64)PEEK(inode, i_size), executable || (mode & S_IXUGO)))
		return false;
	count(COUNTER_SIZE_CLEARED);
	return true;
}

static __always_inline bool tracepoint_cached(struct hook *hook)
{
	struct facts *facts = &hook->facts;

	if (facts->writecount > 0 || taint_find(facts))
		facts->flags &= ~FACT_CACHEABLE;
	if (!(facts->flags & FACT_CACHEABLE) || !digests_find(facts, 0, &hook->value))
		return false;
	__builtin_memcpy(hook->query.digest, hook->value.digest, INTERDICT_DIGEST_SIZE);
	hook->verdict.source = hook->value.source;
	count(COUNTER_CACHED);
	return true;
}

/* Leaves the file to the daemon; holds the task where that is what is asked for. */
static __always_inline void tracepoint_pending(struct hook *hook)
{
	/* The lookup of no digest tells what policy is in force. */
	policy_lookup(&hook->query, POLICY_EVERY_USER);
	hook->query.entry = 0;
	hook->query.action = 0;
	hook->verdict.decision = DECISION_PENDING;
	count(COUNTER_PENDING);
	if (hook->kind == EVENT_MODULE || !(hook->query.flags & POLICY_HAS_DENY))
		return;
	if (hook->kind == EVENT_OPEN && !(hook->query.flags & POLICY_HAS_OPEN_DENY))
		return;
	if (hold_allowed())
		hook->flags |= hold_current(hook->kind, hook->fd, hook->address,
					    &hook->facts);
	if (hook->flags & EVENT_HELD)
		guard_held();
	if ((hook->flags & HOLD_KILLED) || hold_refuses(hook->flags)) {
		hook->verdict.decision = DECISION_DENY;
		hook->verdict.reason = REASON_UNHASHABLE;
		hook->verdict.error = hook->flags & EVENT_NO_COVERAGE ? -ETIMEDOUT : -EACCES;
		count(COUNTER_UNHASHABLE);
	}
}

/*
 * A mapping shows the real file beneath overlayfs, on a private clone of its mount:
 * one that is in no namespace (clone_private_mount()), as memfd's is.
 */
static __always_inline bool is_internal_mount(struct file *file)
{
	struct vfsmount *mnt = PEEK(file, f_path.mnt);
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	s64 mnt_ns = (s64)PEEK(mount, mnt_ns);

	return mnt_ns == 0 || mnt_ns == -EINVAL;
}

/* True if there is something to report or to ask. */
static __always_inline bool tracepoint_decide(struct hook *hook, struct file *file, bool executable)
{
	struct facts *facts = &hook->facts;
	int error = 0;

	facts_read(facts, file);
	/* stat(2) of what is mapped from overlayfs shows other numbers than this file. */
	if (hook->address && is_internal_mount(file))
		facts->flags |= FACT_OVERLAY | FACT_DEV_PRIVATE;
	if (!(facts->flags & FACT_REGULAR) || !hook_gate(hook, executable))
		return false;
	if (facts->flags & FACT_INCONSISTENT)
		error = -EUCLEAN;
	else if (hook->kind == EVENT_EXEC && !(hook->flags & EVENT_SCRIPT) && facts->writecount > 0)
		error = -ETXTBSY;
	else if ((facts->flags & FACT_UNVERIFIABLE) && runtime.unverifiable_deny &&
		 hook->kind != EVENT_OPEN)
		error = -EOPNOTSUPP;
	if (error) {
		hook_unhashable(hook, error);
		return true;
	}
	if (tracepoint_cached(hook))
		return hook_listed(hook);
	tracepoint_pending(hook);
	return true;
}

/* The inode beneath, where the file lies on overlayfs. */
static __always_inline struct inode *real_inode(struct file *file)
{
	struct inode *inode = PEEK(file, f_inode);

	if ((u32)PEEK(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return inode;
	file = overlay_real_file(file);
	return file ? PEEK(file, f_inode) : inode;
}

static __always_inline void tracepoint_emit(struct hook *hook, struct file *file)
{
	struct record *record = record_get();
	u32 path_size, argv_size;

	if (!record) {
		hook_report_short(hook);
		return;
	}
	hook_report(hook, record);
	path_size = path_walk(record, (u64)file);
	argv_size = emit_argv_mm(record, path_size);
	hook_sent(hook, emit_finish(record, path_size, argv_size));
	record_put(record);
}

/*
 * The rest of the way, of what its size has not cleared. A global function, so that the
 * verifier walks it once and not once a caller.
 */
__weak __noinline int tracepoint_passed(u64 pointer, u32 kind, u32 flags, u32 fd, u64 address)
{
	struct file *file = (void *)pointer;
	bool executable = kind != EVENT_OPEN;
	struct hook *hook;
	int open = 1;

	hook = hook_begin(kind, flags);
	if (!hook) {
		if (hook_no_memory(kind, flags))
			signal_current(SIGKILL);
		return 0;
	}
	hook->fd = fd;
	hook->address = address;
	if (tracepoint_decide(hook, file, executable)) {
		/* A module cannot be stopped from here: reported only. */
		if (kind == EVENT_MODULE && hook->verdict.decision == DECISION_DENY)
			hook->verdict.decision = DECISION_AUDIT;
		/* What could not be held has had its SIGKILL. */
		if (hook->verdict.decision == DECISION_DENY && !(hook->flags & HOLD_KILLED)) {
			signal_current(SIGKILL);
			if (kind == EVENT_MAP && sharers_kill())
				hook->flags |= EVENT_SHARED;
		}
		open = hook->verdict.decision == DECISION_PENDING;
		tracepoint_emit(hook, file);
	}
	open = open && !hook->query.entry; /* what is retired is listed too */
	hook_end(hook);
	return open;
}

/*
 * The whole way of one file. @file: a number, not a pointer that the verifier knows; @fd: the
 * descriptor, ~0 if there is none; @address: where it is mapped, 0 if it is not yet. Returns 1
 * if the policy had nothing to say about the file, or user space has to find out.
 */
static __always_inline int tracepoint_file(struct file *file, u32 kind, u32 flags, u32 fd,
					   u64 address)
{
	if (!file)
		return 0;
	if (tracepoint_cleared(file, kind, kind != EVENT_OPEN))
		return 1;
	return tracepoint_passed((u64)file, kind, flags, fd, address);
}

/*
 * Reports a file's first execution, after tracepoint_file() has returned 1 for it. Apart
 * from that one, so that their stacks do not add up.
 */
__weak __noinline int tracepoint_first(u64 pointer, u32 kind, u32 flags, u32 fd)
{
	struct file *file = (void *)pointer;
	struct inode *inode = real_inode(file);
	struct hook *hook;

	if ((PEEK(inode, i_mode) & S_IFMT) != S_IFREG || !first_is_new(inode))
		return 0;
	hook = hook_begin(kind, flags);
	if (!hook) {
		first_lost(inode);
		return 0;
	}
	hook->fd = fd;
	hook_first(hook, pointer, true);
	tracepoint_emit(hook, file);
	hook_end(hook);
	return 0;
}

/* An execution: decided, and looked at if it is the first. */
static __always_inline void tracepoint_execution(struct file *file, u32 kind, u32 flags, u32 fd)
{
	if (tracepoint_file(file, kind, flags, fd, 0) && runtime.report_first)
		tracepoint_first((u64)file, kind, flags, fd);
}

#endif
