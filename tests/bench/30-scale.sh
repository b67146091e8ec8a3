#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# machines: host
# quick: yes
#
# Policies of a thousand to ten million entries, each a list with sizes: from the file to the
# policy in force, what a lookup costs, and the memory of the daemon; and what it makes of records
# on one processor. `reload` and `restart` are of the daemon: the one parses the list, the other
# takes it from the cache. Times that include other processes depend on what else the machine
# does, so those of the library (program `scale`) stand beside them.
. "$(dirname "$0")/lib.sh"
need_root

scale=$programs/scale
state=/var/lib/interdict
counts="1000 100000 1000000 10000000"
[ -z "$quick" ] || counts="1000 100000 1000000"

# figure FILE KEY: of what `scale` has printed.
figure() {
	awk -v key="$2" '$1 == key { print $2 }' "$1"
}

# memory KEY: of the daemon, in MiB.
memory() {
	awk -v key="$1:" '$1 == key { printf "%.1f\n", $2 / 1024 }' /proc/"$monitor"/status
}

cache_is() {
	[ "$("$interdict" status --json | jq -r .policy.cache.state)" = "$1" ]
}

# Resident memory no longer changes: the looks that follow a start are over.
rests() {
	local before
	before=$(memory VmRSS)
	sleep 3
	[ "$(memory VmRSS)" = "$before" ]
}

policy_make() {
	vendors=$work/$1
	mkdir -p "$vendors"
	"$scale" list "$vendors/list" "$1" || bail "no list of $1 entries"
	vendor_write test list
}

library() {
	local round=$1 count=$2
	mkdir -p "$work/state"
	rm -f "$work/state/policy.cache"
	"$scale" policy "$work/$count" "$work/state" >"$work/figures" || bail "$count entries make no policy"
	sample "load and fill" "$count" "$round" \
		"$(awk '$1 == "load" || $1 == "fill" { sum += $2 } END { print sum }' "$work/figures")" s
	sample "lookup, listed" "$count" "$round" "$(figure "$work/figures" hit)" ns
	sample "lookup, not listed" "$count" "$round" "$(figure "$work/figures" miss)" ns
	sample "processor" "$count" "$round" "$(figure "$work/figures" busy)" s
	sample "processor of the parser" "$count" "$round" "$(figure "$work/figures" parser)" s
	[ "$round" -gt 1 ] || value "kernel" "$count" "$(figure "$work/figures" bytes)" B/entry
	"$scale" policy "$work/$count" "$work/state" >"$work/figures" || bail "no policy from the cache"
	[ "$(figure "$work/figures" recalled)" = 1 ] || bail "the cache was not used"
	sample "load and fill, cached" "$count" "$round" \
		"$(awk '$1 == "load" || $1 == "fill" { sum += $2 } END { print sum }' "$work/figures")" s
}

# Until the new policy is in force, with the question and the answer.
reload() {
	local begin=$EPOCHREALTIME
	"$interdict" reload >/dev/null || bail "the reload is refused"
	awk -v begin="$begin" -v end="$EPOCHREALTIME" 'BEGIN { printf "%.4f", end - begin }'
}

# Once: it is the memory that matters, and it does not vary.
daemon() {
	local count=$2
	vendors=$work/$count
	rm -f "$state/policy.cache"
	monitor_start audit || bail "the monitor does not start"
	wait_for 120 cache_is written || bail "the cache is not written"
	sample "reload, cached" "$count" 1 "$(reload)" s
	# Another first line, so that it is another list.
	sed -i '2s/^..../0000/' "$vendors/list"
	sample "reload, parsed" "$count" 1 "$(reload)" s
	wait_for 120 cache_is written || bail "the cache is not written again"
	wait_for 120 rests || bail "the daemon does not come to rest"
	value "at rest, parsed" "$count" "$(memory VmRSS)" MiB
	value "peak, parsed" "$count" "$(memory VmHWM)" MiB
	monitor_stop
	monitor_start audit || bail "the monitor does not start again"
	cache_is read || bail "the cache was not read"
	wait_for 120 rests || bail "the daemon does not come to rest again"
	value "at rest, cached" "$count" "$(memory VmRSS)" MiB
	value "peak, cached" "$count" "$(memory VmHWM)" MiB
	monitor_stop
}

events() {
	local round=$1 what=$2 count=400000
	[ "$what" != write ] || count=40000
	pinned "$scale" events "$work/100000" "$what" "$count" "$work/events.json" >"$work/figures" ||
		bail "no records are taken"
	rm -f "$work/events.json"
	[ "$(figure "$work/figures" lost)" = 0 ] || bail "records were lost"
	sample records "$what" "$round" "$(figure "$work/figures" rate)" /s
}

for count in $counts; do
	policy_make "$count"
done
# shellcheck disable=SC2086 # words
each_round library $counts
each_round events discard collapse write
rounds=1
for count in $counts; do
	each_round daemon "$count"
done
ok "measured"
finish
