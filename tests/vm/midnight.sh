#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A phase changes at midnight without a restart, and when the clock is set.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in a b c; do
	make_file program $name
done
list_write sized "$vendors/list" a b c
vendor_write test list "[schedule]
announced = 2031-05-01
prohibited = 2031-06-01"

# Bash's own SECONDS would follow the clock.
uptime_seconds() {
	cut -d . -f 1 /proc/uptime
}
now=$(($(date +%s) - $(uptime_seconds)))
restore() {
	date -s "@$((now + $(uptime_seconds)))"
}
later restore

date -s "2031-05-31 23:59:46" >/dev/null
monitor_start enforce || bail "the monitor does not start"
runs "before midnight: grace, it runs" exec "$work/a"
reported "before midnight: reported as grace, one day left" \
	".file.hash.sha256 == \"$(digest a)\" and .interdict.decision == \"grace\" and .interdict.days_left == 1"
if [[ $(date +%F) != 2031-05-31 ]]; then
	not_ok "before midnight" "it took until $(date)"
fi
past_midnight() {
	[[ $(date +%F) = 2031-06-01 ]]
}
wait_for 30 past_midnight
sleep 1
denied "after midnight: denied" exec "$work/b"
denied "after midnight: what ran before too" exec "$work/a"

date -s "2031-05-10 12:00:00" >/dev/null
sleep 2
runs "the clock set back: grace again" exec "$work/c"
date -s "2031-06-02 12:00:00" >/dev/null
sleep 2
denied "the clock set forward: denied" exec "$work/c"
check "the monitor ends" monitor_stop
finish
