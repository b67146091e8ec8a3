#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# machines: host vm
# quick: yes
#
# From before the execution of a listed file to its line in the event file (`driver latency`):
# each file another one, so that none is a repeat of a record, and each executed for the first
# time, so that it has to be hashed first. p50 and p99 of the files of a round. Beside it what a
# fork and an execution cost without a monitor, which is what emulation is measured by.
. "$(dirname "$0")/lib.sh"
. "$source_root/tests/bench/peers.sh"
need_root

listed=400
[ -z "$quick" ] || listed=200
[ "$machine" != vm ] || listed=$((listed / 4))

renew() {
	rm -rf "$root/listed"
	mkdir "$root/listed"
	"$programs/driver" copies $listed "$programs/program" "$root/listed/listed-"
	list_write sized "$work/sized/list" "$root"/listed/*
}

measure() {
	local round=$1 subject=$2 figures
	if [ "$subject" = none ]; then
		sample fork+exec none "$round" "$(in_root driver exec 500 /usr/bin/program)" us
		return
	fi
	renew
	vendors=$work/sized
	monitor_start "$subject" && rests "$monitor" || bail "the monitor does not start"
	figures=$(pinned "$programs/driver" latency "$events" "$root"/listed/*) ||
		bail "$subject: a record did not come: $(tail -n 1 "$events")"
	sample "line, p50" "$subject" "$round" "${figures% *}" us
	sample "line, p99" "$subject" "$round" "${figures#* }" us
	monitor_stop
}

{ root_make && policies; } || bail "no root to work in"
each_round measure none audit enforce
ok "measured"
finish
