# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# What was there before the monitor: descriptors, mappings, pinned pages. A process of each row
# prepares its file, waits until the monitor has started, and goes on (probes/rewrite.c).
. "$source_root/tests/evasion/driver.sh"

read -r -d '' evasion_table <<'TABLE'
mapped by a descriptor of before | inherited | code | disk | before | map
written by a descriptor of before | kept-descriptor mmap | code | disk | before | map
written by a mapping of before | kept-mapping mmap | code | disk | before | map
written by a mapping of before, tmpfs | kept-mapping mmap | code | tmpfs | before | map
written by a mapping of before, overlay | kept-mapping mmap | code | upper | before | map
written by pages pinned before, tmpfs | ring-pinned exec | program | tmpfs | before | exec | missed pinned-before
TABLE

declare -A inherited=()

how_before_make() {
	note_file "$2" "${1%/*}/clean"
}

# begin PATH TECHNIQUE NUMBER: all that is done before.
begin() {
	local run=${1%/*}/run-$3 fd technique
	read -r -a technique <<<"$2"
	mkdir -p "$run"
	if [ "$2" = inherited ]; then
		exec {fd}<"$1"
		inherited[$run]=$fd
		return
	fi
	mkfifo "$run/go"
	(
		# Opened for both, or each side would wait for the other.
		exec 0<>"$run/go"
		REWRITE_LINGER=4 REWRITE_WAIT=1 "$probes/rewrite" "${technique[@]}" "$run/changing" \
			"${1%/*}/clean" "$1" >"$run/said" 2>&1
		echo $? >"$run/status"
	) &
	later eval "test -s '$run/status' || echo >'$run/go'"
	wait_for 20 grep -q -e ready -e broken "$run/said" || bail "$1: nothing is said"
}

# Each row is tried once in audit and twice in enforce, and so is its control.
before_monitor() {
	local row stage number path
	for row in "${!name[@]}"; do
		for stage in "$1" allowed; do
			for number in 1 2; do
				[ "$1-$number" != audit-2 ] || continue
				file_path "$row" "$stage"
				begin "$path" "${technique[row]}" "$1-$number"
			done
		done
	done
}

eval "really_$(declare -f monitor_start)"

monitor_start() {
	before_monitor "$1"
	really_monitor_start "$@"
}

# The next one of those that were begun for this file; without a monitor one that is begun now.
how_before() {
	local mode number=1 run
	mode=$(sed -n 's/.*--mode[^a-z]*\([a-z]*\).*/\1/p' <<<"$(tr '\0' ' ' <"/proc/${monitor:-self}/cmdline")")
	[ -n "$monitor" ] || mode=none
	[ -n "$monitor" ] || begin "$1" "$2" none-1
	run=${1%/*}/run-$mode
	[ ! -e "$run-1/done" ] || number=2
	run=$run-$number
	touch "$run/done"
	if [ "$2" = inherited ]; then
		said=$("$probe" inherited "$1" linger <&"${inherited[$run]}" 2>&1)
		return
	fi
	echo >"$run/go"
	wait_for 20 test -s "$run/status" || return 99
	said=$(tail -n 1 "$run/said")
	return "$(cat "$run/status")"
}
