#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Hold and decide (tracepoint backend): an unknown file that passes the gate waits for the daemon,
# and neither a foreign SIGCONT, a tracer, a killed or a stalled daemon lets listed bytes run.
. "$(dirname "$0")/../lib.sh"
need_root

count=60
mkdir -p "$vendors" many
for ((i = 0; i < count; i++)); do
	make_file program many/listed-$i
	make_file program many/allowed-$i
done
for name in signal storm-{0..19} traced killed gone stalled cached; do
	make_file program listed-$name
done
for name in traced killed stalled stopped; do
	make_file program allowed-$name
done
# A program whose hash takes a while: sparse, so it costs no disk.
cp listed-stalled big
truncate -s 12G big
list_write sized "$vendors/list" many/listed-* listed-*
# An entry with the size of the big file, and the digest of another.
printf '%064x,%d,Big,1,\n' 4711 "$(size big)" >>"$vendors/list"
vendor_write test list

# not_killed FILES...: those that printed anything, or did not die of SIGKILL.
not_killed() {
	local file status
	for file; do
		status=0
		"$probe" exec "$work/$file" >said || status=$?
		[ $status -eq "$PROBE_KILLED" ] || printf '%s: %s\n' "$file" "$(cat said)"
	done
}
not_run() {
	local file
	for file; do
		"$probe" exec "$work/$file" >said || printf '%s: %s\n' "$file" "$(cat said)"
	done
}

equal "baseline: all $((2 * count)) files run" "" "$(not_run many/listed-* many/allowed-*)"
runs "baseline: under a storm of SIGCONT" continued "$work/listed-storm-0"
runs "baseline: under a tracer" traced "$work/listed-traced"

monitor_start enforce --hold yes || bail "the monitor does not start"
equal "first execution of $count listed files: no output" "" "$(not_killed many/listed-*)"
equal "again, now known: no output" "" "$(not_killed many/listed-*)"
equal "first execution of $count unlisted files of the same size: they run" "" \
	"$(not_run many/allowed-*)"
equal "again, now known: they run" "" "$(not_run many/allowed-*)"
denied_digests() {
	jq -r 'select(.interdict.decision == "deny").file.hash.sha256' "$events" | sort -u
}
all_denied() {
	[ "$(denied_digests | wc -l)" -eq $count ]
}
wait_for 10 all_denied
equal "each denial is reported with its digest" "$(sha256sum many/listed-* | cut -c 1-64 | sort)" \
	"$(denied_digests)"
equal "none is late" 0 "$(count_records '.interdict.late == true')"

leaks=
for i in {0..19}; do
	"$probe" continued "$work/listed-storm-$i" >said
	[ $? -eq "$PROBE_KILLED" ] || leaks+="$(cat said)"$'\n'
done
equal "20 first executions under a storm of SIGCONT: no output" "" "$leaks"
probe_gives "under a tracer: listed is killed" "$PROBE_KILLED" traced "$work/listed-traced"

# stopped PID: waits until it is stopped.
stopped() {
	wait_for 5 is_stopped "$1"
}
is_stopped() {
	[ "$(state "$1")" = T ]
}

# hold FILE: starts it while the daemon cannot answer; $held is its pid once it is held.
hold() {
	"$work/$1" >"$work/$1.out" 2>&1 &
	held=$!
	later end_process $held
	stopped $held
}

# outcome NAME FILE PID WANTED: what it printed and how it ended. The shell's own word about a
# killed child goes away.
outcome() {
	local status=0
	wait_for 15 ended "$3"
	wait "$3" 2>/dev/null || status=$?
	equal "$1" "$4" "$(tr -cd '[:upper:]' <"$work/$2.out") status $status"
} 2>/dev/null

kill -STOP "$monitor"
check "while the daemon is stopped a listed file is held" hold listed-signal
kill -CONT $held
outcome "one foreign SIGCONT: killed without output" listed-signal "$held" " status 137"
kill -CONT "$monitor"
reported "the killed task is reported" \
	".file.path == \"$work/listed-signal\" and .interdict.decision == \"deny\""
reported "foreign SIGCONTs are counted" '(.interdict.counters.foreign_cont? // 0) > 0'

# The daemon dies while two tasks are held; the next one decides both.
kill -STOP "$monitor"
check "held before the daemon dies: listed" hold listed-killed
listed=$held
check "held before the daemon dies: unlisted" hold allowed-killed
allowed=$held
monitor_kill
sleep 0.5
equal "both are still held after kill -9" "T T" "$(state $listed) $(state $allowed)"
monitor_start enforce --hold yes || bail "the monitor does not start again"
outcome "the next daemon: listed is killed without output" listed-killed "$listed" " status 137"
outcome "the next daemon: unlisted runs" allowed-killed "$allowed" "RAN status 0"

# Programs that outlive their daemon: they guard what it held, too.
check "the monitor ends, so that the next one stays in place" monitor_stop
release=no monitor_start enforce --hold yes || bail "the monitor does not start to stay"
kill -STOP "$monitor"
check "held before the daemon dies for good: listed" hold listed-gone
monitor_kill
kill -CONT $held
outcome "no daemon, SIGCONT to a held task: killed without output" listed-gone "$held" " status 137"
monitor_start enforce --hold yes || bail "the monitor does not start a third time"

# A stalled daemon: what is known is still killed, nothing is held for good.
probe_gives "known: killed" "$PROBE_KILLED" exec "$work/listed-cached"
kill -STOP "$monitor"
sleep 12
probe_gives "stalled daemon: what is known is killed" "$PROBE_KILLED" exec "$work/listed-cached"
runs "stalled daemon: what is unknown is not held" exec "$work/allowed-stalled"
kill -CONT "$monitor"
reported "stalled daemon: reported as loss of coverage" \
	'.interdict.counters.no_coverage? // 0 > 0 or (.interdict.health.action // "" | test("coverage"))'
probe_gives "afterwards: what is unknown is held and killed" "$PROBE_KILLED" exec "$work/listed-stalled"

# SIGTERM with a task held: it is decided, not left behind.
kill -STOP "$monitor"
check "held before the daemon is asked to end" hold allowed-stopped
kill -TERM "$monitor"
kill -CONT "$monitor"
outcome "the daemon ends: the held task is let go" allowed-stopped "$held" "RAN status 0"
monitor_stop

# A hash that takes too long ends at the deadline: unhashable, so it is denied.
config_write "[hold]" "deadline = 1s"
monitor_start enforce --hold yes || bail "the monitor does not start with a deadline"
begin=$EPOCHREALTIME
probe_gives "deadline: killed" "$PROBE_KILLED" exec "$work/big"
elapsed=$(((${EPOCHREALTIME/./} - ${begin/./}) / 1000))
if [ $elapsed -lt 2500 ]; then ok "deadline: in time"; else not_ok "deadline: in time" "$elapsed ms"; fi
reported "deadline: reported as unhashable" \
	'.event.reason == "unhashable" and .interdict.decision == "deny"'
check "the monitor ends" monitor_stop

runs "without the monitor: everything runs again" exec "$work/listed-cached"

# Audit: nothing is held, nothing is killed.
config_write
monitor_start audit || bail "the monitor does not start in audit"
kill -STOP "$monitor"
runs "audit: an unknown file is not held" exec "$work/allowed-traced"
runs "audit: a listed file runs" exec "$work/listed-cached"
kill -CONT "$monitor"
check "the monitor ends in audit" monitor_stop
finish
