/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The least that a monitor of each kind can be. What these cost is what nobody who watches at the
 * same places can do without.
 *
 *   tp_btf/sched_process_exec   count, one a CPU, nothing else
 *   tp_btf/sys_enter, sys_exit  nothing at all: opens are seen there without LSM hooks
 *   tp_btf/sched_process_exec   tells user space of whoever executes something below /distinct/: what
 *                               a first execution takes when user space has to hash
 *   tp_btf/sched_process_exec   the same, and stops it until user space has it go on: what it takes
 *                               when user space has to decide, without any decision
 *   lsm                         nothing at all, on what the lsm backend attaches to an execution, a
 *                               mapping and an open of 6.12
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "floor.h"

#define SIGSTOP	    19
#define PREFIX	    "/distinct/"
#define PREFIX_SIZE (sizeof(PREFIX) - 1)

struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} executions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} records SEC(".maps");

SEC("tp_btf/sched_process_exec")
int bench_exec(void *context)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&executions, &zero);

	if (count)
		++*count;
	return 0;
}

SEC("tp_btf/sys_enter")
int bench_enter(void *context)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int bench_exit(void *context)
{
	return 0;
}

static __always_inline int is_distinct(const struct linux_binprm *bprm)
{
	char name[PREFIX_SIZE + 1] = "";

	bpf_probe_read_kernel_str(name, sizeof(name), bprm->filename);
#pragma unroll
	for (unsigned int i = 0; i < PREFIX_SIZE; i++)
		if (name[i] != PREFIX[i])
			return 0;
	return 1;
}

SEC("tp_btf/sched_process_exec")
int bench_tell(__u64 *context)
{
	struct told told = { .tgid = bpf_get_current_pid_tgid() >> 32 };

	if (is_distinct((void *)context[2]))
		bpf_ringbuf_output(&records, &told, sizeof(told), 0);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int bench_hold(__u64 *context)
{
	struct told told = { .tgid = bpf_get_current_pid_tgid() >> 32, .held = 1 };

	/* In this order: a SIGCONT takes a SIGSTOP back, not the other way round. */
	if (is_distinct((void *)context[2]) && !bpf_send_signal(SIGSTOP))
		bpf_ringbuf_output(&records, &told, sizeof(told), 0);
	return 0;
}

SEC("lsm.s/bprm_check_security")
int bench_check(void *context)
{
	return 0;
}

SEC("lsm.s/mmap_file")
int bench_mmap(void *context)
{
	return 0;
}

SEC("lsm/file_mprotect")
int bench_mprotect(void *context)
{
	return 0;
}

SEC("lsm/file_open")
int bench_open(void *context)
{
	return 0;
}

SEC("lsm.s/file_post_open")
int bench_post_open(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
