#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The daemon stands still while a small ring overflows: what is listed is denied all the same,
# every lost alert is counted and said, and afterwards alerts come as before.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

burst=1500
[ "$backend" = tracepoint ] || burst=250
mkdir -p "$vendors"
chmod 755 "$work"
fault_files
config_write '[buffers]' 'alerts = 64K' 'telemetry = 64K'
monitor_start enforce || bail "the monitor does not start"
denied "before: a listed file is denied" exec "$work/burst"
runs "before: another runs" exec "$work/clean-12"

kill -STOP "$monitor"
as_users 10000 $burst ./burst
denied "ring full: the listed file is denied" exec "$work/burst"
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
finish
