/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What every hook of both backends shares: its working memory, the gate for the
 * files that their size alone cannot clear, and how its decision is reported.
 */
#ifndef INTERDICT_HOOK_BPF_H
#define INTERDICT_HOOK_BPF_H

#include "emit.bpf.h"
#include "file.bpf.h"
#include "first.bpf.h"
#include "policy.bpf.h"

/*
 * What a hook knows and the rest of the way needs. Too large for the BPF stack
 * and not safe per CPU (sleepable programs share one), so it lives in task
 * storage, from the first file of the task that passes the gate on.
 */
struct hook {
	struct facts facts;
	struct facts after;
	struct cached_digest value;
	struct policy_query query;
	struct verdict verdict;
	u32 kind;
	u64 address; /* map: where it is mapped */
	u32 flags;   /* EVENT_* */
	u32 fd;
	u32 busy;
	u32 pooled; /* from hook_pool */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct hook);
} hooks SEC(".maps") __weak;

/*
 * Task storage fails while another task of the CPU sleeps inside of it (a per-CPU
 * flag, bpf_task_storage_trylock(); seen on 6.1: 1 of 100 first executions of eight
 * tasks at once). That is no reason to deny, so there is a pool beside it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct hook);
} hook_pool SEC(".maps") __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hook);
} hook_zero SEC(".maps") __weak;

static __always_inline struct hook *hook_from_pool(void)
{
	u32 pid = (u32)bpf_get_current_pid_tgid(), zero = 0;
	struct hook *empty = bpf_map_lookup_elem(&hook_zero, &zero);

	if (!empty || bpf_map_update_elem(&hook_pool, &pid, empty, BPF_NOEXIST))
		return NULL;
	return bpf_map_lookup_elem(&hook_pool, &pid);
}

/* NULL if there is no memory, or if a hook of this task is on its way already. */
static __always_inline struct hook *hook_begin(u32 kind, u32 flags)
{
	struct hook *hook;
	u32 pooled = 0;

	hook = bpf_task_storage_get(&hooks, bpf_get_current_task_btf(), NULL,
				    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!hook) {
		hook = hook_from_pool();
		pooled = 1;
	}
	if (!hook || hook->busy) {
		count(COUNTER_NO_STORAGE);
		return NULL;
	}
	__builtin_memset(hook, 0, sizeof(*hook));
	hook->busy = 1;
	hook->pooled = pooled;
	hook->kind = kind;
	hook->flags = flags;
	hook->fd = ~0U;
	return hook;
}

/*
 * The gate again with all facts: by both sizes of a file on overlayfs, and not at
 * all where a file system's answers cannot be verified (opens of it excepted).
 */
static __always_inline bool hook_gate(struct hook *hook, bool executable)
{
	struct facts *facts = &hook->facts;

	executable = executable || (facts->flags & FACT_X_BIT);
	if (facts->flags & FACT_UNVERIFIABLE) {
		count(COUNTER_UNVERIFIABLE);
		if (hook->kind != EVENT_OPEN)
			return true;
	}
	if (!(facts->flags & FACT_OVERLAY))
		return true;
	if (policy_gate(facts->view_size, executable) || policy_gate(facts->stamp.size, executable))
		return true;
	count(COUNTER_SIZE_CLEARED);
	return false;
}

static __always_inline void hook_unhashable(struct hook *hook, int error)
{
	/* The lookup of no digest tells what policy is in force. */
	__builtin_memset(hook->query.digest, 0, sizeof(hook->query.digest));
	policy_lookup(&hook->query, POLICY_EVERY_USER);
	hook->query.entry = 0;
	hook->query.action = 0;
	hook->verdict.reason = REASON_UNHASHABLE;
	hook->verdict.source = HASH_SOURCE_NONE;
	hook->verdict.error = error;
	hook->verdict.decision = policy_decide_unhashable(hook->query.flags, hook->kind);
	count(COUNTER_UNHASHABLE);
}

/* True if there is something to report. */
static __always_inline bool hook_listed(struct hook *hook)
{
	if (!policy_lookup(&hook->query, POLICY_EVERY_USER))
		return false;
	/* The real user; what is not found leaves the answer for everybody as it is. */
	if (hook->query.action & POLICY_EXEMPT_UIDS)
		policy_lookup(&hook->query, (u32)bpf_get_current_uid_gid());
	count(COUNTER_MATCHED);
	if ((hook->query.action & POLICY_ACTION_MASK) == POLICY_ACTION_IGNORE)
		return false;
	hook->verdict.reason = REASON_LISTED;
	hook->verdict.decision = policy_decide(hook->query.action, hook->kind);
	return true;
}

/*
 * Makes the record that of a first execution, if it is one. @cleared: the file's size
 * has cleared it, and first_is_new() has said that it is new. Else the file has gone
 * through the gate, and the policy had nothing to say about it. @file: its address.
 */
static __always_inline bool hook_first(struct hook *hook, u64 file, bool cleared)
{
	if (cleared)
		facts_read_at(&hook->facts, file);
	else if (!runtime.report_first || !(hook->facts.flags & FACT_REGULAR) ||
		 hook->query.entry || !first_remember((void *)hook->facts.address))
		return false;
	hook->flags |= EVENT_FIRST;
	hook->verdict.decision = DECISION_ALLOW;
	count(COUNTER_FIRST);
	return true;
}

/* A first execution whose record was lost is reported at the next one. */
static __always_inline void hook_sent(const struct hook *hook, bool sent)
{
	if (!sent && (hook->flags & EVENT_FIRST))
		first_forget((void *)hook->facts.address);
}

/* Ends the way: the hook's return value. */
static __always_inline int hook_end(struct hook *hook)
{
	u32 decision = hook->verdict.decision;
	u32 pid = (u32)bpf_get_current_pid_tgid();

	hook->busy = 0;
	if (hook->pooled)
		bpf_map_delete_elem(&hook_pool, &pid);
	if (decision != DECISION_DENY)
		return 0;
	count(COUNTER_DENIED);
	return -EPERM;
}

/* Reports what has no file and no digest, by decision alone. */
static __always_inline void hook_report_bare(u32 kind, u32 flags, const struct verdict *verdict,
					     struct policy_query *query)
{
	struct event *event = short_begin(kind, flags);

	query->entry = 0;
	query->action = 0;
	if (!event)
		return;
	emit_verdict(event, verdict, query);
	bpf_ringbuf_submit(event, 0);
}

/* Without memory to find out: unhashable, decided and reported all the same. */
static __noinline int hook_no_memory(u32 kind, u32 flags)
{
	struct policy_query query = {};
	struct verdict verdict = { .reason = REASON_UNHASHABLE, .error = -ENOMEM };

	policy_lookup(&query, POLICY_EVERY_USER);
	verdict.decision = policy_decide_unhashable(query.flags, kind);
	count(COUNTER_UNHASHABLE);
	count(COUNTER_NO_SCRATCH);
	hook_report_bare(kind, flags | EVENT_NO_SCRATCH, &verdict, &query);
	if (verdict.decision != DECISION_DENY)
		return 0;
	count(COUNTER_DENIED);
	return -EPERM;
}

/* A module from memory: there is no file to hash, so it is reported only. */
static __always_inline void hook_report_memory_module(void)
{
	struct policy_query query = {};
	struct verdict verdict = {
		.decision = DECISION_AUDIT,
		.reason = REASON_UNHASHABLE,
		.error = -ENODATA,
	};

	count(COUNTER_SEEN_MODULE);
	policy_lookup(&query, POLICY_EVERY_USER);
	if (query.present)
		hook_report_bare(EVENT_MODULE, EVENT_FROM_MEMORY, &verdict, &query);
}

static __always_inline void hook_report_short(const struct hook *hook)
{
	struct event *event;

	count(COUNTER_NO_SCRATCH);
	if (hook->flags & EVENT_FIRST) { /* without its path it says nothing */
		count_sent(false);
		count_lost(hook->kind, false);
		hook_sent(hook, false);
		return;
	}
	event = short_begin(hook->kind, hook->flags | EVENT_NO_SCRATCH);
	if (!event)
		return;
	event->fd = hook->fd;
	event->address = hook->address;
	emit_file(event, &hook->facts);
	emit_verdict(event, &hook->verdict, &hook->query);
	bpf_ringbuf_submit(event, 0);
}

static __always_inline void hook_report(const struct hook *hook, struct record *record)
{
	emit_fill(record, hook->kind, hook->flags, hook->fd, &hook->facts, &hook->verdict,
		  &hook->query);
	record->event.address = hook->address;
}

#endif
