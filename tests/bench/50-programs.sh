#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# machines: host vm
# quick: yes
#
# Each program in the kernel: its instructions, those that the verifier walked, and what a run takes
# by the kernel's own count (tests/budget.sh). `make test` holds the first two against tests/budget.tsv.
. "$(dirname "$0")/lib.sh"
. "$source_root/tests/budget.sh"
need_root

for one in $(budget_backends); do
	budget_load "$one" || bail "the monitor does not start with $one"
	budget_times
	while read -r _ _ name instructions verified nanoseconds runs; do
		value "$name" "$one" "$instructions" instructions
		value "$name" "$one" "$verified" verified
		[ "$runs" -eq 0 ] || value "$name" "$one" "$nanoseconds" ns
	done < <(budget_measure "$one")
	monitor_stop
done
ok "measured"
finish
