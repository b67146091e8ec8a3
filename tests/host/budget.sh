#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the programs in the kernel cost, in instructions, against tests/budget.tsv.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/budget.sh"
need_root

renew="if it has to be so: tests/budget --renew [6.1 6.12]"

# within NAME WHAT MEASURED BUDGET
within() {
	local limit=$(($4 + $4 * budget_margin / 100))
	if [ "$3" -le "$limit" ]; then
		ok "$1: $2"
	else
		not_ok "$1: $2" "$3 instead of $4 ($budget_margin % more are allowed: $limit); $renew"
	fi
}

for one in $(budget_backends); do
	budget_of "$one" >budget
	if [ ! -s budget ]; then
		skip "$one" "no budget for kernel $(budget_series): tests/budget --renew"
		continue
	fi
	budget_load "$one" || bail "the monitor does not start with $one"
	budget_measure "$one" >measured
	check "$one: there are programs" test -s measured
	while read -r _ _ name instructions verified _; do
		read -r want_instructions want_verified < <(awk -v name="$name" '$3 == name { print $4, $5 }' budget)
		if [ -z "$want_instructions" ]; then
			not_ok "$one: $name has a budget" "none in $budget_file; $renew"
			continue
		fi
		within "$one: $name" instructions "$instructions" "$want_instructions"
		within "$one: $name" "instructions verified" "$verified" "$want_verified"
	done <measured
	equal "$one: all that have a budget are loaded" "$(cut -f 3 budget | sort)" "$(cut -f 3 measured | sort)"
	check "$one: the monitor ends" monitor_stop
done
finish
