#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The series of records, over restarts and a kill: what the next run says of the one before, and
# that a record which was taken out, or an end that was cut off, is found.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

mkdir -p "$vendors"
fault_files
monitor_start enforce || bail "the monitor does not start"
still_decides "first run"
still_decides "first run, again"
reported "first run: a record" ".file.hash.sha256 == \"$(digest listed-2)\""
equal "first run: no run before is known" null \
	"$(records '.interdict.health.action == "start"' | jq .interdict.before)"
check "the monitor ends" monitor_stop

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
sed 3d all.json >without.json
equal "one that was taken out is found" "$first 3" "$(missing_records without.json)"
jq -c "select(.interdict.run != \"$run\" or .event.sequence < $known)" all.json >cut.json
equal "an end that was cut off is found" "$run $known" "$(missing_records cut.json)"
finish
