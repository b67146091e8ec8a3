#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon stands still while a small ring overflows: what is listed is denied all the same,
# every lost alert is counted and said, and afterwards alerts come as before. Then the series of
# records: over restarts, a kill, and with a line taken out.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

burst=1500
[ "$backend" = tracepoint ] || burst=400
mkdir -p "$vendors"
chmod 755 "$work"
fault_files
config_write '[buffers]' 'alerts = 64K' 'telemetry = 64K'
monitor_start enforce || bail "the monitor does not start"
denied "before: a listed file is denied" exec "$work/burst"
runs "before: another runs" exec "$work/clean-12"

kill -STOP "$monitor"
as_users 10000 $burst ./burst
# Under the shell's eyes, in case its own alert does not make it: the output is what counts.
equal "ring full: the listed file does not run" "" "$(./burst 2>/dev/null)"
runs "ring full: another runs" exec "$work/clean-12"
kill -CONT "$monitor"

reported "the loss is said" '.interdict.health.action == "loss" and .log.level == "crit" and
	(.message | test("more: exec alerts lost"))'
came() {
	[ "$(status '.account | .reported + .lost_alerts')" -ge $((burst + 2)) ]
}
check "all alerts are accounted for" wait_for 20 came
equal "alerts and losses are the executions" $((burst + 2)) \
	"$(status '.account | .reported + .lost_alerts')"
account_closes "after the loss"
lost=$(status .account.lost_alerts)
if [ "$lost" -gt 0 ]; then ok "there was a loss"; else not_ok "there was a loss"; fi
still_decides "afterwards"
reported "afterwards alerts come as before" ".file.hash.sha256 == \"$(digest listed-1)\""
equal "no more is lost" "$lost" "$(status .account.lost_alerts)"
check "the monitor ends" monitor_stop
equal "the last record has the loss" "$lost 0" \
	"$(records '.interdict.health.action == "stop"' | jq -r '"\(.interdict.counters.lost.exec) \(.interdict.account.difference)"')"

# monitor_start takes the event file away: all of them together are one series.
cp "$events" all.json
first=$(jq -r 'select(.event.sequence == 1).interdict.run' all.json)
last=$(jq -s 'map(.event.sequence) | max' all.json)
config_write '[output]' 'heartbeat = 1s'
monitor_start audit || bail "the monitor does not start"
start='.interdict.health.action == "start"'
equal "restart: the run before is named, with its last record, as ended" "$first $last true" \
	"$(records "$start" | jq -r '.interdict.before | "\(.run) \(.sequence) \(.clean)"')"
reported "restart: the change of mode is said" '.interdict.health.action == "mode" and
	.message == "audit now, enforce before"'
reported "heartbeats come" '.interdict.health.action == "heartbeat" and .interdict.account.difference == 0'
old=$(records "$start" | jq -r .interdict.policy.digest)
list_write sized "$vendors/list" listed-*
check "reload" monitor_reload
equal "reload: digest and generation of the old policy are in the record" "$old 1 2" \
	"$(records '.interdict.health.action == "reload"' |
		jq -r '"\(.interdict.policy.old.digest) \(.interdict.policy.old.generation) \(.interdict.policy.generation)"')"
remembered() {
	[ "$(cut -d ' ' -f 5 /var/lib/interdict/run | sed 's/^0*//')" -ge 6 ]
}
check "what was written is remembered" wait_for 10 remembered
run=$(records "$start" | jq -r .interdict.run)
monitor_kill
cat "$events" >>all.json
last=$(jq -s 'map(.event.sequence) | max' "$events")

monitor_start audit || bail "the monitor does not start"
equal "after a kill: the run before did not end" "$run false" \
	"$(records "$start" | jq -r '.interdict.before | "\(.run) \(.clean)"')"
known=$(records "$start" | jq .interdict.before.sequence)
if [ "$known" -le "$last" ] && [ "$known" -ge $((last - 3)) ]; then
	ok "after a kill: so many records at least"
else
	not_ok "after a kill: so many records at least" "$known of $last"
fi
equal "the policy of the run before is known" "$(jq -rs 'last.interdict.policy.digest' all.json)" \
	"$(records '.interdict.health.action == "policy"' | jq -r .interdict.policy.old.digest)"
check "the monitor ends again" monitor_stop
cat "$events" >>all.json

equal "no record is missing" "" "$(missing_records all.json)"
sed 7d all.json >without.json
equal "one that was taken out is found" "$first 7" "$(missing_records without.json)"
jq -c "select(.interdict.run != \"$run\" or .event.sequence < $known)" all.json >cut.json
equal "an end that was cut off is found" "$run $known" "$(missing_records cut.json)"
finish
