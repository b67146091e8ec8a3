#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Opening a restricted file to read it: reported; denied only where the vendor's file says
# open = deny. Backup, scanning and removal go on otherwise.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in audit enforce deny-1 deny-2 deny-audit allowed; do
	make_file program $name
	chmod 644 $name
done
list_write sized "$vendors/list" audit enforce
list_write sized "$vendors/list-deny" deny-1 deny-2 deny-audit
vendor_write test list
vendor_write closed list-deny "open = deny"

for name in audit enforce deny-1 deny-2 deny-audit allowed; do
	runs "baseline: $name can be read" open "$work/$name"
done

opened() {
	reported "$1" ".event.action == \"open\" and .interdict.vendor.id == \"$3\" and
		.file.hash.sha256 == \"$(digest "$2")\" and ($4)"
}
monitor_start audit || bail "the monitor does not start"
runs "audit: a listed file can be read" open "$work/audit"
opened "audit: the open is reported" audit test true
runs "audit: a listed file of open = deny can be read" open "$work/deny-audit"
opened "audit: its open is reported" deny-audit closed '.interdict.decision == "audit"'
runs "audit: another file can be read" open "$work/allowed"
check "the monitor ends in audit" monitor_stop
# The digests above were read by sha256sum while the monitor watched; these now are not.
digest_1=$(digest deny-1)

monitor_start enforce || bail "the monitor does not start"
runs "enforce: a listed file can be read" open "$work/enforce"
opened "enforce: the open is reported" enforce test '.interdict.decision != "deny"'
denied "enforce: open = deny: the first open gets no byte" open "$work/deny-1"
denied "enforce: open = deny: nor the next" open "$work/deny-1"
denied "enforce: open = deny: another file" open "$work/deny-2"
reported "enforce: open = deny: reported" ".event.action == \"open\" and
	.interdict.decision == \"deny\" and .file.hash.sha256 == \"$digest_1\""
runs "enforce: a file of the same size can be read" open "$work/allowed"
runs "enforce: again" open "$work/allowed"
equal "enforce: it is not reported" 0 "$(count_records ".file.path == \"$work/allowed\"")"
check "enforce: open = deny: the file can be removed" rm deny-2
check "the monitor ends" monitor_stop
finish
