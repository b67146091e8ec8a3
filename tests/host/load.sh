#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A busy machine, in enforce and in audit, at the default sizes of the rings: nothing listed
# runs, nothing else is denied, and no alert is lost. tests/soak/load.sh is the long one.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../load.sh"
need_root

seconds=12 modes="enforce audit"
# Under emulation all takes its time.
[ "$backend" = tracepoint ] || seconds=6 modes=enforce
load_prepare
equal "baseline: the listed files run" "ran $((3 * load_listed)) denied 0 killed 0 other 0" \
	"$("$probes/together" 3 listed-*)"
for mode in $modes; do
	monitor_start $mode || bail "the monitor does not start"
	load_start
	sleep "$seconds"
	load_stop
	load_judge "$mode" $mode
	check "$mode: the monitor ends" monitor_stop
	equal "$mode: the last record closes the account" 0 \
		"$(records '.interdict.health.action == "stop"' | jq .interdict.account.difference)"
done
finish
