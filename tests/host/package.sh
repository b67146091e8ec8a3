#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# Real programs of Debian's packages as the restricted vendor, installed and copied.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
hello=/usr/bin/hello
[ -x $hello ] || bail "no $hello; see scripts/deps"
cp $hello copy
cp /usr/bin/prtstat tool
list_write sized "$vendors/list" $hello tool
vendor_write test list

version=$(/usr/bin/prtstat -V 2>&1)
run() {
	local status=0
	output=$("$@" 2>&1) || status=$?
	printf '%s|%d' "$output" $status
}
# A killed task prints nothing of its own; what the shell says of it does not count.
denied_run() {
	local result
	result=$(run "$@" 2>/dev/null)
	case $backend in
	lsm) [[ $result == *"not permitted"*"|126" ]] ;;
	*) [[ $result == *"|137" && $result != *Hello* && $result != *PSmisc* ]] ;;
	esac
}

equal "baseline: hello" "Hello, world!|0" "$(run $hello)"
equal "baseline: the copy" "Hello, world!|0" "$(run ./copy)"
equal "baseline: prtstat" "$version|0" "$(run ./tool -V)"

monitor_start audit || bail "the monitor does not start"
equal "audit: hello runs" "Hello, world!|0" "$(run $hello)"
reported "audit: reported with path, package and vendor" ".file.path == \"$hello\" and
	.package.name == \"hello\" and .interdict.vendor.id == \"test\" and
	.interdict.decision == \"audit\" and .event.action == \"exec\" and
	.file.hash.sha256 == \"$(digest $hello)\""
equal "audit: prtstat runs" "$version|0" "$(run ./tool -V)"
reported "audit: prtstat is reported" ".file.path == \"$work/tool\" and .interdict.decision == \"audit\""
check "the monitor ends in audit" monitor_stop

monitor_start enforce || bail "the monitor does not start"
check "enforce: hello is denied" denied_run $hello
reported "enforce: hello is reported" ".file.path == \"$hello\" and .interdict.decision == \"deny\""
check "enforce: the copy is denied" denied_run ./copy
check "enforce: prtstat is denied" denied_run ./tool -V
reported "enforce: prtstat is reported" ".file.path == \"$work/tool\" and .interdict.decision == \"deny\""
equal "enforce: another program of the same kind runs" "here|0" "$(run /bin/echo here)"
equal "enforce: a restricted program can be read" "$(size $hello)" "$(wc -c <$hello)"
check "enforce: a restricted program can be removed" rm copy
check "the monitor ends" monitor_stop
equal "without the monitor: hello runs" "Hello, world!|0" "$(run $hello)"
finish
