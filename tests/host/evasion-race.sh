#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A file that becomes listed and clean again in place, as fast as a writer can, while both CPUs
# execute it: no execution of the listed bytes gets through, and another file of the same size, that
# nobody lists, is never denied. RACE_SECONDS: how long, in enforce.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/driver.sh"
need_root

seconds=${RACE_SECONDS:-}
[ -n "$seconds" ] || { [ "$backend" = lsm ] && seconds=4 || seconds=8; }
mkdir -p "$vendors" disk tmpfs
mount -t tmpfs tmpfs tmpfs && later umount "$work/tmpfs"
for name in clean listed other; do
	make_file program $name
done
list_write sized "$vendors/list" listed
vendor_write test list

# race DIRECTORY SECONDS: the counts in $said.
race() {
	cp clean "$1/changing"
	cp other "$1/other"
	said=$("$probes/race" "$2" "$work/$1/changing" clean listed "$1/other" 2>&1)
}

# counted NAME: the number before or behind it in $said.
counted() {
	sed -n "s/.*$1 \([0-9]*\).*/\1/p" <<<"$said"
}

for place in disk tmpfs; do
	check "$place, baseline: the race works" race $place 1
	check "$place, baseline: both contents run ($said)" \
		[ "$(counted clean)" -gt 0 -a "$(counted listed)" -gt 0 ]
done

monitor_start audit || bail "the monitor does not start in audit"
for place in disk tmpfs; do
	check "$place, audit: the race works" race $place 1
	check "$place, audit: both contents run ($said)" \
		[ "$(counted clean)" -gt 0 -a "$(counted listed)" -gt 0 ]
	equal "$place, audit: the other file always runs" 0 "$(counted not)"
	reported "$place, audit: reported" ".event.action == \"exec\" and
		.interdict.decision == \"audit\" and .file.hash.sha256 == \"$(digest listed)\" and
		.file.path == \"$work/$place/changing\""
done
check "audit: the monitor ends" monitor_stop

monitor_start enforce || bail "the monitor does not start in enforce"
for place in disk tmpfs; do
	check "$place, enforce: the race works" race $place "$seconds"
	echo "# $place, $seconds s: $said"
	equal "$place, enforce: listed bytes never run" 0 "$(counted listed)"
	check "$place, enforce: clean ones do" [ "$(counted clean)" -gt 0 ]
	check "$place, enforce: some were refused" [ "$(counted refused)" -gt 0 ]
	equal "$place, enforce: the other file always runs" 0 "$(counted not)"
	reported "$place, enforce: reported" ".event.action == \"exec\" and
		.interdict.decision == \"deny\" and .file.hash.sha256 == \"$(digest listed)\" and
		.file.path == \"$work/$place/changing\""
done
check "enforce: the monitor ends" monitor_stop
if [ $failures -eq 0 ]; then
	row_print "race of a writer and executions" reported denied
else
	row_print "race of a writer and executions" FAILED FAILED
fi
finish
