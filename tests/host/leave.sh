#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# What the monitor leaves behind when it ends: nothing. By the numbers of its own programs, links
# and maps, so that other users of BPF on the machine do not matter.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
make_file program listed
list_write sized "$vendors/list" listed
vendor_write test list

# kernel_objects PID: "prog 12", "link 3", "map 7": of its descriptors.
kernel_objects() {
	local file
	for file in /proc/"$1"/fdinfo/*; do
		sed -n 's/^\(prog\|link\|map\)_id:[^0-9]*\([0-9]*\)$/\1 \2/p' "$file" 2>/dev/null
	done | sort -u
}

exists() {
	bpftool "$1" show id "$2"
}

gone() {
	local kind number
	while read -r kind number; do
		if exists "$kind" "$number" >/dev/null 2>&1; then
			echo "$kind $number: $(exists "$kind" "$number" 2>&1 | head -n 1)"
		fi
	done <<<"$1"
}

for case in "audit INT" "enforce TERM"; do
	read -r mode signal <<<"$case"
	monitor_start $mode || bail "the monitor does not start"
	objects=$(kernel_objects "$monitor")
	matches "$mode, SIG$signal: it has programs" "^prog" "$objects"
	"$probe" exec "$work/listed" >/dev/null
	monitor_stop $signal
	equal "$mode, SIG$signal: exit status" 0 $?
	# Programs are freed after a grace period of RCU.
	sleep 1
	equal "$mode, SIG$signal: nothing is left attached" "" "$(gone "$objects")"
	equal "$mode, SIG$signal: nothing is left pinned" "" \
		"$(find /sys/fs/bpf -mindepth 1 ! -name '*.debug' 2>/dev/null)"
	runs "$mode, SIG$signal: the listed file runs" exec "$work/listed"
done

monitor_start audit || bail "the monitor does not start"
says "a second one is refused" 2 "(already|another|running|runs)" timeout 20 "$interdict" run \
	--config "$config" --vendors "$vendors" --backend "$backend" --events "$work/second.json"
check "the first one ends" monitor_stop
finish
