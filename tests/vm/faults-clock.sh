#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# The clock is set back while the monitor runs: phases follow the date, alerts and heartbeats go on,
# and nothing lies in the future or has a negative age.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for i in 1 2 3; do make_file program listed-$i; done
list_write sized "$vendors/list" listed-*
vendor_write test list "[schedule]
announced = $(date -d '-10 days' +%F)
prohibited = $(date +%F)"
config_write 'heartbeat = 1s'
clock_moves
monitor_start enforce || bail "the monitor does not start"
denied "today: denied" exec "$work/listed-1"
beats() {
	count_records '.interdict.health.action == "heartbeat"'
}
more_beats() {
	[ "$(beats)" -ge $((before + 2)) ]
}
# Reading the file for its digest is an open that is reported too.
record='.event.action == "exec" and .file.hash.sha256 == "'$(digest listed-2)'"'

clock_set "$(date -d '-3 days' '+%F %T')"
before=$(beats)
runs "three days back: in grace, it runs" exec "$work/listed-2"
reported "three days back: it is reported as such" "$record and .interdict.decision == \"grace\" and .interdict.days_left == 3"
check "three days back: heartbeats go on" wait_for 10 more_beats
equal "three days back: the record is of that day" "$(date -u +%F)" \
	"$(records "$record" | jq -r '."@timestamp"[0:10]')"
equal "three days back: the process has started before, on the same day" "true true" \
	"$(records "$record" | jq -r '"\(.process.start <= ."@timestamp") \(.process.start[0:10] == ."@timestamp"[0:10])"')"
status=$("$interdict" status --json)
equal "three days back: it is up for some seconds" true "$(jq '.uptime >= 0 and .uptime < 1000' <<<"$status")"
equal "three days back: the account closes" 0 "$(jq .account.difference <<<"$status")"

clock_restore
sleep 2
denied "today again: denied" exec "$work/listed-3"
reported "today again: reported" ".file.hash.sha256 == \"$(digest listed-3)\" and .interdict.decision == \"deny\""
equal "the numbers of the records have no gap" "" \
	"$(jq -s 'map(.event.sequence) | . - [range(1; length + 1)] | .[]' "$events")"
check "the monitor ends" monitor_stop
finish
