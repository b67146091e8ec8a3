#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The load of tests/host/load.sh for SOAK_SECONDS (600): every alert is there at the end, and from
# the second minute on the monitor grows neither in memory, of its own or the kernel's, nor in
# descriptors or threads.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load.sh"
need_root

seconds=${SOAK_SECONDS:-600}
settle=120 # from then on nothing may grow
sample_every=5

# sample: resident KiB, KiB of its BPF maps and programs, descriptors, threads.
sample() {
	local rss threads kernel fds=(/proc/"$monitor"/fd/*)
	rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$monitor"/status)
	threads=$(sed -n 's/^Threads:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$monitor"/status)
	# A map or program that is open twice counts once.
	kernel=$(for file in /proc/"$monitor"/fdinfo/*; do
		awk '/^memlock:/ { size = $2 } /^(map|prog)_id:/ { id = $1 $2 }
			END { if (id != "" && size) print id, size }' "$file" 2>/dev/null
	done | sort -u | awk '{ sum += $2 } END { print int(sum / 1024) }')
	echo "$rss $kernel ${#fds[@]} $threads"
}

# median COLUMN: of the samples on standard input.
median() {
	awk -v column="$1" '{ print $column }' | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# grows NAME COLUMN PERCENT: between the first and the last quarter of the samples.
grows() {
	local count first last
	count=$(wc -l <samples)
	first=$(head -n $((count / 4)) samples | median "$2")
	last=$(tail -n $((count / 4)) samples | median "$2")
	echo "# $1: $first, then $last"
	if [ "$last" -le $((first + first * $3 / 100)) ]; then ok "$1 do not grow"; else not_ok "$1 do not grow" "$first, then $last"; fi
}

load_prepare
monitor_start enforce || bail "the monitor does not start"
load_start
begin=$(uptime_seconds)
sleep $((settle < seconds / 3 ? settle : seconds / 3))
: >samples
while [ $(($(uptime_seconds) - begin)) -lt "$seconds" ]; do
	sample >>samples
	sleep $sample_every
done
load_stop
load_judge soak enforce
equal "there are enough samples" yes "$([ "$(wc -l <samples)" -ge $((seconds / 20)) ] && echo yes)"
grows "resident KiB" 1 2
grows "KiB of BPF maps and programs" 2 0
grows "descriptors" 3 0
grows "threads" 4 0
check "the monitor ends" monitor_stop
finish
