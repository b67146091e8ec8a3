#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
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

clock_moves

date -s "2031-05-31 23:59:46" >/dev/null
monitor_start enforce || bail "the monitor does not start"
runs "before midnight: grace, it runs" exec "$work/a"
reported "before midnight: reported as grace, one day left" \
	".file.hash.sha256 == \"$(digest a)\" and .interdict.decision == \"grace\" and .interdict.days_left == 1"
if [[ $(date +%F) != 2031-05-31 ]]; then
	not_ok "before midnight" "it took until $(date)"
fi
wait_for 30 is_day 2031-06-01
sleep 1
denied "after midnight: denied" exec "$work/b"
denied "after midnight: what ran before too" exec "$work/a"

clock_set "2031-05-10 12:00:00"
runs "the clock set back: grace again" exec "$work/c"
clock_set "2031-06-02 12:00:00"
denied "the clock set forward: denied" exec "$work/c"
check "the monitor ends" monitor_stop
finish
