#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What passes the size gate and is hard to hash: larger than the kernel hashes by itself, mapped
# from an O_DIRECT descriptor, open for writing. Listed bytes never run in enforce.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in large large-audit large-allowed; do
	make_file program $name
	truncate -s 80M $name
done
for name in direct direct-audit writer; do
	make_file code $name
done
list_write sized "$vendors/list" large large-audit direct direct-audit writer
vendor_write test list

runs "baseline: a file of 80 MiB" exec "$work/large"
runs "baseline: mapped from O_DIRECT" mmap-direct "$work/direct"
exec 9>>writer
runs "baseline: mapped while it is open for writing" mmap "$work/writer"
exec 9>&-

# By digest, or by path where there is none.
about() {
	reported "$1" ".file.path == \"$work/$2\" and .interdict.decision == \"$3\" and
		(.event.reason == \"unhashable\" or .file.hash.sha256 == \"$4\")"
}
large=$(digest large) large_audit=$(digest large-audit) direct=$(digest direct)
direct_audit=$(digest direct-audit) writer=$(digest writer)

monitor_start audit || bail "the monitor does not start"
runs "audit: a file of 80 MiB runs" exec "$work/large-audit"
about "audit: it is reported" large-audit audit "$large_audit"
runs "audit: mapped from O_DIRECT" mmap-direct "$work/direct-audit"
about "audit: that is reported" direct-audit audit "$direct_audit"
check "the monitor ends in audit" monitor_stop

monitor_start enforce || bail "the monitor does not start"
denied "enforce: a file of 80 MiB is denied" exec "$work/large"
denied "enforce: again" exec "$work/large"
about "enforce: it is reported" large deny "$large"
denied "enforce: mapped from O_DIRECT: denied" mmap-direct "$work/direct"
about "enforce: that is reported" direct deny "$direct"
exec 9>>writer
denied "enforce: mapped while it is open for writing: denied" mmap "$work/writer"
exec 9>&-
about "enforce: that is reported too" writer deny "$writer"
"$interdict" status --json >status.json
check "the monitor ends" monitor_stop
finish
