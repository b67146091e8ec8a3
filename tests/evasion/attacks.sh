# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Rows of the evasion table whose technique is an attack that goes on while the file is run: what
# they have in common. Sourced after lib.sh.

# row_print NAME AUDIT ENFORCE: one row for tests/evasion/matrix.
row_print() {
	printf '#@ %s\t%s\t%s\t%s\t%s\n' "$1" "$(uname -r)" "$backend" "$2" "$3"
}

# outcomes TRIES COMMAND...: runs COMMAND with the number of the try appended, and prints how often
# it ended with which status, as "STATUS:COUNT ..." in order.
outcomes() {
	local tries=$1 i status
	local -A times=()
	shift
	for ((i = 0; i < tries; i++)); do
		status=0
		"$@" "$i" >"$work/said" 2>&1 || status=$?
		times[$status]=$((${times[$status]-0} + 1))
		[ $status -ne 99 ] || sed 's/^/# /' "$work/said" >&2
	done
	for status in $(printf '%s\n' "${!times[@]}" | sort -n); do
		printf '%s:%s ' "$status" "${times[$status]}"
	done
}

# Processes of a program below $work that are stopped.
left_stopped() {
	local pid
	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		case $(state "$pid") in
		T | t)
			[[ $(readlink "/proc/$pid/exe") != "$work"/* ]] || echo "$pid"
			;;
		esac
	done
}

none_left_stopped() {
	[ -z "$(left_stopped)" ]
}
