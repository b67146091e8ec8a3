/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records: who did it, where the file lies, with which arguments. A record is
 * put together in a pool (maps.bpf.h) and copied to the ring in one step, so nothing
 * faults or sleeps while the ring is reserved.
 */
#ifndef INTERDICT_EMIT_BPF_H
#define INTERDICT_EMIT_BPF_H

#include "file.bpf.h"
#include "policy.bpf.h"

#define PATH_COMPONENTS_MAX 48
#define ARGS_MAX	    64

static __always_inline u32 lost_counter(u32 kind)
{
	switch (kind) {
	case EVENT_EXEC:
		return COUNTER_LOST_EXEC;
	case EVENT_MAP:
		return COUNTER_LOST_MAP;
	case EVENT_OPEN:
		return COUNTER_LOST_OPEN;
	}
	return COUNTER_LOST_MODULE;
}

/*
 * Every record is counted before it goes to its ring, and once more if it is lost
 * there, so that the daemon can tell what it has not got: what was sent is what was
 * taken off the ring, what was lost, and what still lies there.
 */
static __always_inline void count_lost(u32 kind, bool alert)
{
	count_exactly(alert ? lost_counter(kind) : COUNTER_LOST_TELEMETRY);
}

static __always_inline void count_sent(bool alert)
{
	count_exactly(alert ? COUNTER_ALERTS : COUNTER_TELEMETRY);
}

static __always_inline void emit_namespaces(struct event *event, struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct pid_namespace *pid_ns = NULL;

	event->mnt_ns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	/* The task's own pid namespace is the innermost of its numbers. */
	bpf_core_read(&pid_ns, sizeof(pid_ns), &pid->numbers[level].ns);
	event->pid_ns = BPF_CORE_READ(pid_ns, ns.inum);
}

static __always_inline void emit_task(struct event *event)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 pid_tgid = bpf_get_current_pid_tgid();

	event->time = bpf_ktime_get_boot_ns();
	event->pid = (u32)pid_tgid;
	event->tgid = pid_tgid >> 32;
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	event->uid = BPF_CORE_READ(task, cred, uid.val);
	event->gid = BPF_CORE_READ(task, cred, gid.val);
	event->euid = BPF_CORE_READ(task, cred, euid.val);
	event->loginuid = (u32)-1;
	event->sessionid = (u32)-1;
	if (bpf_core_field_exists(task->loginuid)) { /* CONFIG_AUDIT */
		event->loginuid = BPF_CORE_READ(task, loginuid.val);
		event->sessionid = BPF_CORE_READ(task, sessionid);
	}
	event->start = BPF_CORE_READ(task, group_leader, start_boottime);
	event->cgroup = bpf_get_current_cgroup_id();
	emit_namespaces(event, task);
	bpf_get_current_comm(event->comm, sizeof(event->comm));
}

/* What the facts say, as event.flags do. */
static __always_inline u32 event_flags(const struct facts *facts)
{
	u32 flags = 0;

	if (facts->flags & FACT_UNVERIFIABLE)
		flags |= EVENT_UNVERIFIABLE;
	if (facts->flags & FACT_OVERLAY)
		flags |= EVENT_OVERLAY;
	if (facts->flags & FACT_DEV_PRIVATE)
		flags |= EVENT_DEV_PRIVATE;
	if (!(facts->flags & FACT_CACHEABLE))
		flags |= EVENT_UNCACHEABLE;
	return flags;
}

static __always_inline void emit_file(struct event *event, const struct facts *facts)
{
	event->file = facts->stamp;
	event->inode_address = facts->address;
	event->view_ctime_sec = facts->view_ctime_sec;
	event->view_ctime_nsec = facts->view_ctime_nsec;
	event->flags |= event_flags(facts);
}

static __always_inline void emit_verdict(struct event *event, const struct verdict *verdict,
					 const struct policy_query *query)
{
	event->decision = (u8)verdict->decision;
	event->reason = (u8)verdict->reason;
	event->hash_source = (u8)verdict->source;
	event->error = verdict->error;
	event->backend = (u8)backend;
	event->mode = (u8)runtime.mode;
	event->entry = query->entry;
	event->action = (u8)query->action;
	event->generation = query->generation;
	__builtin_memcpy(event->digest, query->digest, sizeof(event->digest));
}

struct path_walk {
	struct dentry *dentry;
	struct mount *mount;
	struct record *record;
	u32 used;
	u32 complete;
};

/*
 * Appends one component, or steps from the root of a mount to where it is
 * mounted. Up to the root of the mount namespace; a chroot's root is not one.
 */
static long path_step(u32 index, struct path_walk *walk)
{
	struct dentry *dentry = walk->dentry, *parent;
	struct mount *mount = walk->mount;
	struct dentry *root = BPF_CORE_READ(mount, mnt.mnt_root);
	const unsigned char *name;
	long n;

	if (dentry == root) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount) {
			walk->complete = 1;
			return 1;
		}
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = above;
		return 0;
	}
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == parent) { /* a tree that is not mounted: memfd, pipefs, detached */
		walk->complete = 1;
		if (walk->used)
			return 1;
	}
	if (walk->used > INTERDICT_PATH_MAX - 256)
		return 1;
	name = BPF_CORE_READ(dentry, d_name.name);
	n = bpf_probe_read_kernel_str(&walk->record->payload[walk->used & (INTERDICT_PATH_MAX - 1)],
				      256, name);
	if (n <= 0 || n > 256)
		return 1;
	walk->used += n;
	if (dentry == parent)
		return 1;
	walk->dentry = parent;
	return 0;
}

/*
 * Path by walking the dentries, for the hooks where bpf_d_path() may not be
 * called: components from the innermost outwards, each with its NUL. A global
 * function, so that the verifier walks it once; @pointer: the file, as a number.
 */
__weak __noinline int path_walk(struct record *record, u64 pointer)
{
	struct path_walk walk = { .record = record };
	struct file *file = (void *)pointer;
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);

	if (!record)
		return 0;
	walk.dentry = BPF_CORE_READ(file, f_path.dentry);
	walk.mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	bpf_loop(2 * PATH_COMPONENTS_MAX, path_step, &walk, 0);
	record->event.flags |= EVENT_PATH_REVERSED;
	if (!walk.complete)
		record->event.flags |= EVENT_PATH_CUT;
	return (int)walk.used;
}

/* argv of a process that has its memory: one copy of what lies on its stack. */
static __always_inline u32 emit_argv_mm(struct record *record, u32 offset)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u64 start = BPF_CORE_READ(task, mm, arg_start);
	u64 length = BPF_CORE_READ(task, mm, arg_end) - start;

	if (!start || !length) {
		record->event.flags |= EVENT_ARGV_MISSING;
		return 0;
	}
	if (length > INTERDICT_ARGV_MAX) {
		record->event.flags |= EVENT_ARGV_CUT;
		length = INTERDICT_ARGV_MAX;
	}
	if (offset > INTERDICT_PATH_MAX)
		return 0;
	/* Never faults a page in: what is not there is left to /proc. */
	if (bpf_probe_read_user(&record->payload[offset], length & 0x1fff, (void *)start)) {
		record->event.flags |= EVENT_ARGV_MISSING;
		return 0;
	}
	return (u32)length;
}

/* The first two are this CPU's own; more are taken where programs were preempted. */
#define RECORD_TRIES 8

/* NULL if others have all that may be taken. To be given back with record_put(). */
static __always_inline struct record *record_get(void)
{
	u32 first = bpf_get_smp_processor_id() * 2;

#pragma nounroll
	for (u32 i = 0; i < RECORD_TRIES; i++) {
		u32 slot = (first + i) & (record_slots - 1);
		struct record *record = bpf_map_lookup_elem(&records, &slot);

		if (record && !__sync_val_compare_and_swap(&record->taken, 0, 1)) {
			__builtin_memset(&record->event, 0, sizeof(record->event));
			return record;
		}
	}
	return NULL;
}

static __always_inline void record_put(struct record *record)
{
	__sync_lock_test_and_set(&record->taken, 0);
}

/*
 * Pending opens that nobody waits for and first executions are telemetry; all else is
 * an alert.
 */
static __always_inline bool is_alert(const struct event *event)
{
	return !(event->flags & EVENT_FIRST) &&
	       (event->decision != DECISION_PENDING || event->kind != EVENT_OPEN ||
		(event->flags & EVENT_HELD));
}

/* False if the record was lost. */
static __always_inline bool emit_output(struct event *event, u64 size)
{
	bool alert = is_alert(event);
	long error = -ENOMEM;

	count_sent(alert);
	event->size = (u32)size;
	barrier_var(size); /* 6.1: what is compared has to be what is handed over */
	if (size <= offsetof(struct record, taken) && alert)
		error = bpf_ringbuf_output(&alerts, event, size, 0);
	else if (size <= offsetof(struct record, taken))
		error = bpf_ringbuf_output(&telemetry, event, size, 0);
	if (error)
		count_lost(event->kind, alert);
	return !error;
}

static __always_inline bool emit_finish(struct record *record, u32 path_size, u32 argv_size)
{
	/* Never so: the verifier wants to be told. */
	if (path_size > INTERDICT_PATH_MAX || argv_size > INTERDICT_ARGV_MAX)
		path_size = argv_size = 0;
	record->event.path_size = (u16)path_size;
	record->event.argv_size = (u16)argv_size;
	return emit_output(&record->event, sizeof(record->event) + path_size + argv_size);
}

/*
 * A record without path and argv, built in the ring itself: for when there is no
 * memory, or no file. What stands between reserve and submit only reads kernel
 * memory, so it cannot fault or sleep.
 */
static __always_inline struct event *short_begin(u32 kind, u32 flags)
{
	struct event *event;

	count_sent(true);
	event = bpf_ringbuf_reserve(&alerts, sizeof(*event), 0);
	if (!event) {
		count_lost(kind, true);
		return NULL;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->size = sizeof(*event);
	event->kind = kind;
	event->flags = flags | EVENT_PATH_MISSING | EVENT_ARGV_MISSING;
	event->fd = ~0U;
	emit_task(event);
	return event;
}

static __always_inline void emit_fill(struct record *record, u32 kind, u32 flags, u32 fd,
				      const struct facts *facts, const struct verdict *verdict,
				      const struct policy_query *query)
{
	record->event.kind = kind;
	record->event.flags = flags;
	record->event.fd = fd;
	emit_task(&record->event);
	emit_file(&record->event, facts);
	emit_verdict(&record->event, verdict, query);
}

#endif
