#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Enforcement outlives the monitor, whichever way that ends; the next one takes over; `stop` ends it.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/outlive.sh"
need_root

mkdir -p "$vendors"
for name in listed-{0..4} listed-late allowed allowed-late; do
	make_file program "$name"
done
list_write sized "$vendors/list" listed-*
vendor_write test list
: >"$everything"

pinned() {
	find /sys/fs/bpf -mindepth 1 ! -name '*.debug' 2>/dev/null | sort
}
# Programs that are attached by pinned links.
programs() {
	find /sys/fs/bpf/interdict/links-* -mindepth 1 2>/dev/null | wc -l
}
# A denial that happened while no monitor ran, delivered by the next one.
delivered() {
	reported "$1" ".interdict.decision == \"deny\" and .file.path == \"$work/$2\" and
		.file.hash.sha256 == \"$(digest "$2")\""
}
start_says() {
	reported "$1" ".interdict.health.action == \"start\" and (.message | test(\"$2\"))"
}

runs "baseline: a listed file runs" exec "$work/listed-0"
says "status: nothing there" 2 "no monitor" "$interdict" status

monitor_start enforce || bail "the monitor does not start"
start_says "a fresh start" "fresh start, stays in place"
attached=$(programs)
denied "a listed file is denied" exec "$work/listed-0"
runs "an allowed file runs" exec "$work/allowed"
says "status: it stays" 0 "programs  *[0-9]+, stay when" "$interdict" status

monitor_kill
denied "after kill -9: a listed file is denied" exec "$work/listed-0"
runs "after kill -9: an allowed file runs" exec "$work/allowed"
[ "$backend" != lsm ] || denied "after kill -9: one that is new to the kernel too" exec "$work/listed-1"
says "after kill -9: status" 2 "$attached programs of one that has ended .*enforce mode, $backend backend" \
	"$interdict" status
monitor_start enforce || bail "the monitor does not start after kill -9"
start_says "the next one takes over" "adopted from the monitor before, last heartbeat [0-9]+ s ago"
delivered "the denial of meanwhile is delivered" listed-0
[ "$backend" != lsm ] || delivered "that of the new file too" listed-1
equal "one load of programs, one set of maps, as many programs" "1 1 $attached" \
	"$(links) $(sets) $(programs)"
denied "a listed file is denied by the next one" exec "$work/listed-0"

check "SIGTERM: it ends" monitor_stop TERM
matches "SIGTERM: it says what stays" "enforcement stays in place; .interdict stop. ends it" \
	"$(cat "$monitor_log")"
reported "SIGTERM: a health record says so" \
	'.interdict.health.action == "stop" and (.message | test("stays in place"))'
denied "after SIGTERM: a listed file is denied" exec "$work/listed-0"

# A start that fails changes nothing.
mv "$vendors/list" list.good
says "a start with a bad list fails" 2 "list" timeout 20 "$interdict" run --config "$config" \
	--vendors "$vendors" --mode audit --backend "$backend" --events /dev/null
mv list.good "$vendors/list"
denied "what was in force stays in force" exec "$work/listed-0"
equal "nothing was left by it" "1 1 $attached" "$(links) $(sets) $(programs)"

# Longer without a monitor than tasks are held for: what is unknown.
sleep 5.5
if [ "$backend" = lsm ]; then
	denied "6 s later: an unknown listed file is denied" exec "$work/listed-2"
else
	runs "6 s later: an unknown listed file is reported only" exec "$work/listed-2"
fi
says "doctor names what is left" 0 "$attached programs and 0 held tasks of one are left" \
	"$interdict" doctor
config_write "[hold]" "without-daemon = deny"
monitor_start enforce || bail "the monitor does not start with without-daemon = deny"
if [ "$backend" = tracepoint ]; then
	reported "it is reported with the flag" \
		".file.path == \"$work/listed-2\" and (.interdict.flags | index(\"no-coverage\") != null)"
	reported "as loss of coverage" '.interdict.health.action == "coverage"'
else
	delivered "it is reported" listed-2
fi
check "without-daemon = deny: it ends" monitor_stop TERM
sleep 5.5
denied "without-daemon = deny: an unknown listed file is denied" exec "$work/listed-3"
runs "without-daemon = deny: a known file runs" exec "$work/allowed"
if [ "$backend" = tracepoint ]; then
	denied "without-daemon = deny: an unknown file of its size is unhashable" exec "$work/allowed-late"
else
	runs "without-daemon = deny: the kernel hashes an unknown file of its size" exec "$work/allowed-late"
fi

check "stop without a monitor" "$interdict" stop
equal "nothing is pinned" "" "$(pinned)"
runs "a listed file runs" exec "$work/listed-0"
says "stop with nothing there" 0 "nothing to stop" "$interdict" stop
config_write

# Killed at any moment of its start; and while another one's programs are there.
starts=5
[ "$backend" != lsm ] || starts=3 # emulation is slow
for ((i = 0; i < starts; i++)); do
	"$interdict" run --config "$config" --vendors "$vendors" --mode enforce --backend "$backend" \
		--events /dev/null </dev/null >/dev/null 2>&1 &
	monitor=$!
	sleep 0.$((RANDOM % 8))$((RANDOM % 10))
	monitor_kill
done
monitor_start enforce || bail "the monitor does not start after some that were cut off"
equal "after starts that were cut off: one load, one set" "1 1 $attached" \
	"$(links) $(sets) $(programs)"
denied "a listed file is denied" exec "$work/listed-0"

# A task that is held when the monitor is killed waits for the next one.
if [ "$backend" = tracepoint ]; then
	kill -STOP "$monitor"
	"$work/listed-late" >late.out 2>&1 &
	held=$!
	later end_process $held
	is_stopped() { [ "$(state "$held")" = T ]; }
	check "held" wait_for 5 is_stopped
	other=$held
	"$work/listed-4" >other.out 2>&1 &
	held=$!
	later end_process $held
	check "another is held" wait_for 5 is_stopped
	monitor_kill
	kill -CONT $held
	check "resumed while no monitor runs: it ends" wait_for 5 ended $held
	wait $held 2>/dev/null
	equal "resumed while no monitor runs: killed without output" "137 " "$? $(cat other.out)"
	held=$other
	monitor_start enforce || bail "the monitor does not start with a task held"
	check "decided by the next one" wait_for 10 ended $held
	wait $held 2>/dev/null
	equal "killed without output" "137 " "$? $(cat late.out)"
fi 2>/dev/null

# What runs now, by its numbers: programs are gone a grace period after they are detached.
ids() {
	local link
	for link in /sys/fs/bpf/interdict/links-*/*; do
		bpftool -j link show pinned "$link" | jq .prog_id
	done
}
gone() {
	local id
	for id in $1; do
		! bpftool prog show id "$id" || return 1
	done
}
running=$(ids)
says "stop --if-stopping: no such job" 0 "stays in place" "$interdict" stop --if-stopping interdict.service
denied "it stays" exec "$work/listed-0"
matches "it has programs" "^[0-9]+$" "$running"
says "stop" 0 "the monitor has ended and detached its [0-9]+ programs" "$interdict" stop
status=0
wait "$monitor" || status=$?
monitor=
equal "the monitor has ended well" 0 $status
reported "its last record says so" \
	'.interdict.health.action == "stop" and (.message | test("nothing is attached"))'
check "its programs are gone" wait_for 5 gone "$running"
equal "nothing is pinned any more" "" "$(pinned)"
runs "a listed file runs again" exec "$work/listed-0"

# --release takes over too, and leaves nothing.
monitor_start enforce || bail "the monitor does not start"
monitor_kill
release=yes
monitor_start enforce || bail "the monitor does not start with --release"
start_says "--release takes over" "adopted .* ends with the monitor"
denied "--release: a listed file is denied" exec "$work/listed-0"
equal "--release: no program is pinned" 0 "$(programs)"
monitor_kill
sleep 0.2
runs "--release, kill -9: a listed file runs" exec "$work/listed-0"
monitor_start enforce || bail "the monitor does not start with --release again"
check "--release: it ends" monitor_stop TERM
equal "--release: nothing is pinned" "" "$(pinned)"
finish
