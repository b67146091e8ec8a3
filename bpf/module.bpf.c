// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm backend, kernel modules:
 *
 *	kernel_read_file	finit_module(2): the file as it lies, compressed
 *				or not. Fails closed. First loads as in exec.bpf.c.
 *	kernel_load_data	init_module(2): from memory, there is no file to
 *				hash. Reported only.
 */
#include "lsm.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

SEC("lsm.s/kernel_read_file")
int BPF_PROG(kernel_read_file, struct file *file, enum kernel_read_file_id id, bool contents,
	     int ret)
{
	struct hook *hook;
	bool cleared;

	if (ret || !file || is_waiting() ||
	    id != bpf_core_enum_value(enum kernel_read_file_id, READING_MODULE))
		return ret;
	count(COUNTER_SEEN_MODULE);
	cleared = hook_cleared(file, EVENT_MODULE, true);
	if (cleared && !first_is_new(file->f_inode))
		return 0;
	hook = hook_begin(EVENT_MODULE, 0);
	if (!hook && cleared) {
		first_lost(file->f_inode);
		return 0;
	}
	if (!hook)
		return hook_no_memory(EVENT_MODULE, 0);
	if ((!cleared && hook_decide(hook, file, true)) || hook_first(hook, file_address(file), cleared))
		hook_emit(hook, file);
	return hook_end(hook);
}

SEC("lsm/kernel_load_data")
int BPF_PROG(kernel_load_data, enum kernel_load_data_id id, bool contents, int ret)
{
	if (ret || is_waiting() ||
	    id != bpf_core_enum_value(enum kernel_load_data_id, LOADING_MODULE))
		return ret;
	hook_report_memory_module();
	return 0;
}
