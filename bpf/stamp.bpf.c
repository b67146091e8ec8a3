// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Both backends: the stamp of a file that the daemon has open, for digests that it stores
 * before anybody asks (pre-fill). Attached to nothing; decides nothing.
 */
#include <interdict/stamp.h>

#include "emit.bpf.h"
#include "file.bpf.h"

char LICENSE[] SEC("license") __weak = "Dual BSD/GPL";

/*
 * EVENT_UNCACHEABLE also for a file that is open for writing now, that was ever mapped
 * shared and writable, or that on overlayfs has changed within a tick of ctime: what the
 * hooks look at before they take a stored digest, or store one.
 */
SEC("syscall")
int file_stamp(struct stamp_query *query)
{
	struct file *file = file_of_fd(query->fd);
	struct facts facts = {};

	if (!file)
		return -EINVAL;
	facts_read(&facts, file);
	if (!(facts.flags & FACT_REGULAR))
		return -EINVAL;
	if ((facts.flags & FACT_INCONSISTENT) || facts.writecount > 0 || taint_find(&facts) ||
	    ((facts.flags & FACT_OVERLAY) && !stamp_settled(&facts.stamp)))
		facts.flags &= ~FACT_CACHEABLE;
	query->flags = event_flags(&facts);
	query->file = facts.stamp;
	query->inode_address = facts.address;
	query->view_ctime_sec = facts.view_ctime_sec;
	query->view_ctime_nsec = facts.view_ctime_nsec;
	query->reserved = 0;
	return 0;
}
