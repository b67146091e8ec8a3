// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm backend, code that is mapped:
 *
 *	mmap_file	executable mappings: libraries, dlopen, ld.so ./program.
 *			Other mappings of files inside the gate are hashed too,
 *			because file_mprotect cannot hash. Fails closed.
 *	file_mprotect	a mapping made executable later. Fails closed.
 */
#include "hold.bpf.h"
#include "lsm.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

static __always_inline bool map_is_shared(unsigned long flags)
{
	return (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
}

/* Global, for a stack frame of its own. */
__weak __noinline int taint_file(u64 file)
{
	struct facts facts;

	facts_read(&facts, (void *)file);
	taint_set(&facts);
	return 0;
}

/* Marks the inode, and with overlayfs the real one, as never to be cached. */
static __always_inline int map_taint(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct inode_writes *writes;

	if ((inode->i_mode & S_IFMT) != S_IFREG)
		return 0;
	if ((u32)inode->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC)
		taint_file(file_address(file));
	writes = inode_writes_get(inode);
	if (!writes)
		return -ENOMEM;
	writes->tainted = 1;
	return 0;
}

/*
 * True if the kernel maps the program that this process has just executed: the
 * exec has been reported, and its mappings are no further finding.
 */
static __always_inline bool map_is_of_exec(const struct hook *hook, struct file *file)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return hook->verdict.decision != DECISION_DENY &&
	       BPF_CORE_READ(task, mm, exe_file, f_inode) == BPF_CORE_READ(file, f_inode);
}

SEC("lsm.s/mmap_file")
int BPF_PROG(mmap_file, struct file *file, unsigned long reqprot, unsigned long prot,
	     unsigned long flags, int ret)
{
	bool executable = prot & PROT_EXEC;
	struct hook *hook;

	if (ret || !file || is_waiting())
		return ret;
	/* Without the mark a later digest could not be trusted: no mapping. */
	if (map_is_shared(flags) && (file->f_mode & FMODE_WRITE) && map_taint(file))
		return runtime.mode == MODE_ENFORCE ? -ENOMEM : 0;
	if (executable)
		count(COUNTER_SEEN_MAP);
	if (hook_cleared(file, executable ? EVENT_MAP : EVENT_OPEN, executable))
		return 0;
	/* The daemon asks what of a file is in memory, before it hashes it itself (mincore(2)). */
	if (!executable && is_daemon())
		return 0;
	hook = hook_begin(EVENT_MAP, 0);
	if (!hook)
		return executable ? hook_no_memory(EVENT_MAP, 0) : 0;
	if (hook_decide(hook, file, executable) && executable && !map_is_of_exec(hook, file))
		hook_emit(hook, file);
	if (!executable)
		hook->verdict.decision = DECISION_ALLOW;
	return hook_end(hook);
}

/*
 * A real file that overlayfs maps has its digest under its own inode only here. So has
 * a file whose digests are not kept that of its last mapping.
 */
static __always_inline bool mprotect_cached(struct hook *hook, struct inode *inode)
{
	u32 kept = hook->facts.flags & FACT_CACHEABLE ? 0 : DIGEST_OF_MAPPING;

	if (digest_cached(&hook->facts, inode, &hook->value, hook->query.digest,
			  &hook->verdict.source))
		return true;
	/* That of a mapping is kept without them: digest_store_mapped(). */
	hook->facts.stamp.writes = kept ? 0 : unseen_writes(hook->facts.address);
	if (!(hook->facts.flags & (FACT_CACHEABLE | FACT_TRANSIENT)) || taint_find(&hook->facts) ||
	    !digests_find(&hook->facts, kept, &hook->value))
		return false;
	__builtin_memcpy(hook->query.digest, hook->value.digest, INTERDICT_DIGEST_SIZE);
	hook->verdict.source = hook->value.source;
	count(COUNTER_CACHED);
	return true;
}

static __always_inline bool mprotect_decide(struct hook *hook, struct file *file)
{
	struct inode *inode = file->f_inode;
	int error = digest_stamp(&hook->facts, file, inode);

	if (!(hook->facts.flags & FACT_REGULAR) || !hook_gate(hook, true))
		return false;
	if (!error && mprotect_cached(hook, inode))
		return hook_listed(hook);
	hook_unhashable(hook, error ? error : -ENODATA);
	return true;
}

SEC("lsm/file_mprotect")
int BPF_PROG(file_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot,
	     int ret)
{
	struct record *record;
	struct hook *hook;
	struct file *file;

	if (ret || is_waiting() || !(prot & PROT_EXEC) || (vma->vm_flags & VM_EXEC))
		return ret;
	file = vma->vm_file;
	if (!file)
		return 0;
	count(COUNTER_SEEN_MAP);
	if (hook_cleared(file, EVENT_MAP, true))
		return 0;
	hook = hook_begin(EVENT_MAP, EVENT_MPROTECT);
	if (!hook)
		return hook_no_memory(EVENT_MAP, EVENT_MPROTECT);
	if (!mprotect_decide(hook, file))
		return hook_end(hook);

	record = record_get();
	if (record) {
		u32 path_size, argv_size;

		hook_report(hook, record);
		path_size = path_walk(record, file_address(file));
		argv_size = emit_argv_mm(record, path_size);
		emit_finish(record, path_size, argv_size);
		record_put(record);
	} else {
		hook_report_short(hook);
	}
	return hook_end(hook);
}
