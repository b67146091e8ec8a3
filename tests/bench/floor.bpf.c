/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The least that a monitor of executions can be: a program on sched_process_exec that counts.
 * What it costs is what nobody who watches there can do without.
 *
 *   tp_btf/sched_process_exec   count, one a CPU, nothing else
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} executions SEC(".maps");

SEC("tp_btf/sched_process_exec")
int bench_floor(void *context)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&executions, &zero);

	if (count)
		++*count;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
