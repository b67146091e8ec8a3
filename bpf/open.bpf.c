// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm backend, opens and what invalidates digests:
 *
 *	file_open	counts opens for writing; where there is no
 *			file_post_open, decides what is known and leaves the rest
 *			to the daemon. Fails open: reads are reported, unless a
 *			vendor's file says open = deny; then file_permission
 *			closes the gap.
 *	file_post_open	(6.9 and later) hashes and decides opens.
 *	file_permission	attached only for open = deny without file_post_open:
 *			no reads while a file inside the gate is unknown.
 *	inode_setattr	counts size changes by path.
 */
#include "hold.bpf.h"
#include "lsm.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/*
 * Ends the validity of a stored digest, if the inode was ever hashed. @address: of the same
 * inode, as a number: the verifier lets nobody calculate with a pointer that it trusts.
 */
static __always_inline void writes_bump(struct inode *inode, u64 address)
{
	struct inode_writes *writes = bpf_inode_storage_get(&inode_writes, inode, NULL, 0);
	u64 *opens = write_opens_find(address);

	if (opens)
		__sync_fetch_and_add(opens, 1);
	if (writes)
		__sync_fetch_and_add(&writes->writes, 1);
}

/* Opened to be read by the program itself: execve(2) has a hook of its own. */
static __always_inline bool open_is_read(struct file *file)
{
	return (file->f_mode & FMODE_READ) && !(file->f_flags & FMODE_EXEC) &&
	       (file->f_inode->i_mode & S_IFMT) == S_IFREG && !is_daemon();
}

/* Decides from what is stored. True if there is something to report. */
static __always_inline bool open_decide_known(struct hook *hook, struct file *file)
{
	struct inode *inode = file->f_inode;
	int error = digest_stamp(&hook->facts, file, inode);

	if (!error && digest_cached(&hook->facts, inode, &hook->value, hook->query.digest,
				    &hook->verdict.source))
		return hook_listed(hook);
	policy_lookup(&hook->query, POLICY_EVERY_USER);
	hook->query.entry = 0;
	hook->query.action = 0;
	hook->verdict.error = error;
	hook->verdict.decision = DECISION_PENDING;
	count(COUNTER_PENDING);
	if ((hook->query.flags & POLICY_HAS_OPEN_DENY) && hold_allowed())
		hook->flags |= hold_current(EVENT_OPEN, ~0U, 0, &hook->facts);
	if (hold_refuses(hook->flags)) {
		hook->verdict.decision = DECISION_DENY;
		hook->verdict.reason = REASON_UNHASHABLE;
		hook->verdict.error = -ETIMEDOUT;
		count(COUNTER_UNHASHABLE);
	}
	return true;
}

SEC("lsm/file_open")
int BPF_PROG(file_open, struct file *file, int ret)
{
	struct hook *hook;

	if (ret || is_waiting())
		return ret;
	if (file->f_mode & FMODE_WRITE)
		writes_bump(file->f_inode, (u64)BPF_CORE_READ(file, f_inode));
	/* The real file beneath an overlay comes here by itself. */
	if (post_open || !open_is_read(file) ||
	    (u32)file->f_inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		return 0;
	count(COUNTER_SEEN_OPEN);
	if (hook_cleared(file, EVENT_OPEN, false))
		return 0;
	hook = hook_begin(EVENT_OPEN, 0);
	if (!hook)
		return hook_no_memory(EVENT_OPEN, 0);
	if (open_decide_known(hook, file))
		hook_emit(hook, file);
	return hook_end(hook);
}

SEC("lsm.s/file_post_open")
int BPF_PROG(file_post_open, struct file *file, int mask, int ret)
{
	if (ret || is_waiting() || !open_is_read(file))
		return ret;
	count(COUNTER_SEEN_OPEN);
	return hook_file(EVENT_OPEN, file, false);
}

SEC("lsm/file_permission")
int BPF_PROG(file_permission, struct file *file, int mask, int ret)
{
	struct hook *hook;
	int result = 0;

	if (ret || is_waiting() || !(mask & MAY_READ) || !open_is_read(file) ||
	    runtime.mode != MODE_ENFORCE)
		return ret;
	if (hook_cleared(file, EVENT_OPEN, false))
		return 0;
	hook = hook_begin(EVENT_OPEN, 0);
	if (!hook)
		return -EPERM;
	if (digest_stamp(&hook->facts, file, file->f_inode) == 0 && hook_gate(hook, false) &&
	    digest_cached(&hook->facts, file->f_inode, &hook->value, hook->query.digest,
			  &hook->verdict.source)) {
		if (hook_listed(hook) && hook->verdict.decision == DECISION_DENY)
			result = -EPERM;
	} else {
		policy_lookup(&hook->query, POLICY_EVERY_USER);
		if (hook->query.flags & POLICY_HAS_OPEN_DENY)
			result = -EPERM;
	}
	hook->verdict.decision = DECISION_ALLOW;
	hook_end(hook);
	return result;
}

static __always_inline void setattr_bump(struct dentry *dentry, struct iattr *attr)
{
	if (attr->ia_valid & ATTR_SIZE)
		writes_bump(dentry->d_inode, (u64)BPF_CORE_READ(dentry, d_inode));
}

SEC("lsm/inode_setattr")
int BPF_PROG(inode_setattr, struct dentry *dentry, struct iattr *attr, int ret)
{
	if (!is_waiting())
		setattr_bump(dentry, attr);
	return ret;
}

/* Since c1632a0f1120 ("fs: port ->setattr() to pass mnt_idmap"), 6.3, the idmap
 * stands first; the loader takes this one where the hook has three arguments. */
SEC("lsm/inode_setattr")
int BPF_PROG(inode_setattr_idmap, void *idmap, struct dentry *dentry, struct iattr *attr, int ret)
{
	if (!is_waiting())
		setattr_bump(dentry, attr);
	return ret;
}
