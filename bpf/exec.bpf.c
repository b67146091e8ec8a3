// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * lsm backend, execution:
 *
 *	bprm_check_security	every file of an exec: the program, and for a #!
 *				script first the script, then its interpreter
 *				(once per binary-format level). Fails closed. What
 *				the policy does not list is reported once, where
 *				first executions are asked for (first.bpf.h).
 */
#include "lsm.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

SEC("lsm.s/bprm_check_security")
int BPF_PROG(bprm_check_security, struct linux_binprm *bprm, int ret)
{
	struct file *file = bprm->file;
	struct record *record;
	u32 flags, path_size, argv_size;
	struct hook *hook;
	bool cleared;

	if (ret || is_waiting())
		return ret;
	count(COUNTER_SEEN_EXEC);
	cleared = hook_cleared(file, EVENT_EXEC, true);
	if (cleared && !first_is_new(file->f_inode))
		return 0;
	flags = bprm->interp != bprm->filename ? EVENT_INTERPRETER : 0;
	hook = hook_begin(EVENT_EXEC, flags);
	if (!hook && cleared) {
		first_lost(file->f_inode);
		return 0;
	}
	if (!hook)
		return hook_no_memory(EVENT_EXEC, flags);
	if ((cleared || !hook_decide(hook, file, true)) && !hook_first(hook, file_address(file), cleared))
		return hook_end(hook);

	record = record_get();
	if (!record) {
		hook_report_short(hook);
		return hook_end(hook);
	}
	hook_report(hook, record);
	path_size = emit_path(record, file);
	argv_size = argv_exec(record, path_size);
	hook_sent(hook, emit_finish(record, path_size, argv_size));
	record_put(record);
	return hook_end(hook);
}
