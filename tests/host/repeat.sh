#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# A service that respawns without end: its first record at once, then one a second, and no
# execution is lost from the count.
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
finish
