#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The system log is not there at the start, stands still during a burst of 5,000 alerts, and ends
# and comes back: decisions go on, it is said, and nothing that fits the queue is lost.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

burst=5000
[ "$backend" = tracepoint ] || burst=500
mkdir -p "$vendors"
chmod 755 "$work"
fault_files
logger_prepare
equal "baseline: the listed file runs" 0 "$("$probe" exec "$work/burst" >/dev/null; echo $?)"

printf '[output]\nsyslog-socket = %s\n[buffers]\nalerts = 8M\n' "$work/log" >"$config"
monitor_start enforce || bail "the monitor does not start"
still_decides "no log daemon at the start"
reported "no log daemon at the start: it is said" '.interdict.health.action == "output" and
	(.message | test("system log takes nothing"))'
equal "no log daemon at the start: alerts wait" 1 "$(status .account.syslog.waiting)"
logger_start
check "log daemon there: the alert arrives" wait_for 10 grep -q "deny exec .*$(digest listed-1)" received
reported "log daemon there: it is said" '.interdict.health.action == "output" and
	(.message | test("system log takes records again"))'

# It does not read while all of them come.
kill -STOP "$logger"
as_users 10000 $burst ./burst
all_there() {
	[ "$(status .account.reported)" -ge $((burst + 1)) ]
}
check "log daemon stopped: $burst alerts come" wait_for 30 all_there
still_decides "log daemon stopped"
equal "log daemon stopped: nothing is lost" 0 "$(status .account.syslog.lost)"
kill -CONT "$logger"
all_received() {
	[ "$(received_count "deny exec .*$(digest burst)")" -ge "$burst" ]
}
check "log daemon goes on: all $burst arrive" wait_for 30 all_received
equal "log daemon goes on: each once" $burst "$(received_count "deny exec .*$(digest burst)")"

logger_stop
still_decides "log daemon ended"
logger_start
arrived() {
	grep -q "deny exec .*$(digest listed-3)" received
}
check "log daemon back: the alert arrives" wait_for 10 arrived
account_closes "at the end"
equal "at the end: nothing was lost" "0 0" "$(status '.account | "\(.lost_alerts) \(.syslog.lost)"')"
equal "no loss is claimed" 0 "$(count_records '.interdict.health.action == "loss"')"
check "the monitor ends" monitor_stop
finish
