#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# A service that respawns without end: its first record at once, then one a second, and no
# execution is lost from the count. What only seems to be the same file is not collapsed.
. "$(dirname "$0")/../lib.sh"
need_root

executions=${INTERDICT_REPEAT:-1000}
mkdir -p "$vendors"
make_file program listed
make_file program other
list_write sized "$vendors/list" listed other
vendor_write test list

of_file() {
	records ".file.hash.sha256 == \"$(digest "$1")\" and .event.action == \"exec\""
}
total() {
	of_file "$1" | jq -s 'map(1 + (.interdict.repeat // 0)) | add // 0'
}
total_is() {
	[ "$(total "$1")" -eq "$2" ]
}

for mode in audit enforce; do
	monitor_start $mode || bail "the monitor does not start"
	begin=${EPOCHREALTIME/./}
	./listed >/dev/null 2>&1
	reported "$mode: the first record comes at once" ".file.hash.sha256 == \"$(digest listed)\""
	./other >/dev/null 2>&1
	for ((i = 1; i < executions; i++)); do
		./listed
	done >/dev/null 2>&1
	wait_for 5 total_is listed "$executions"
	took=$(((${EPOCHREALTIME/./} - begin) / 1000000))
	equal "$mode: records and their repeats are $executions executions" "$executions" "$(total listed)"
	written=$(of_file listed | wc -l)
	if [ "$written" -le $((took + 3)) ]; then
		ok "$mode: about one record a second"
		echo "# $written records in $took s"
	else
		not_ok "$mode: about one record a second" "$written records in $took s"
	fi
	equal "$mode: another file is counted on its own" 1 "$(total other)"
	check "$mode: the monitor ends" monitor_stop
done 2>/dev/null

# Each in a file system of its own that goes with its process, and cannot be hashed: the next one
# is given the number of its device, and the file that of its inode.
reused="1 2 3"
for i in $reused; do
	mkdir -p reused-$i
	make_file program reused-$i/file
done
list_write sized "$vendors/list" reused-*/file

paths_reported() {
	records '.event.reason == "unhashable" and .event.action == "exec"' |
		jq -r '.file.path' | grep -o 'reused-[0-9]' | sort -u | tr '\n' ' '
}
are_reported() {
	[ "$(paths_reported)" = "$1" ]
}

monitor_start enforce || bail "the monitor does not start"
for i in $reused; do
	status=0
	"$probe" exec "$probes/mounts" overlay-resized "$work/reused-$i/file" >/dev/null 2>&1 || status=$?
	equal "file $i of a device that is used again is denied" "$(denied_status)" $status
done
wait_for 5 are_reported "reused-1 reused-2 reused-3 "
equal "each is reported by its own path" "reused-1 reused-2 reused-3 " "$(paths_reported)"
check "the monitor ends" monitor_stop
finish
