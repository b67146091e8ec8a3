#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What a newcomer does first: `make run`, the demo program in another terminal, Ctrl-C. And
# `interdict selftest` in both modes, with the vendor files that ship.
. "$(dirname "$0")/../lib.sh"
need_root

demo=$build_root/interdict-demo
vendors=$build_root/etc/vendors.d
runs_demo() {
	"$demo" >/dev/null
}
check "baseline: the demo program runs" runs_demo

if [ -f "$source_root/Makefile" ]; then
	make -C "$source_root" O="$build_root" run SECONDS=10 >"$work/run.out" 2>&1 &
	made=$!
	later end_process $made
	watching() {
		grep -q " health start " "$work/run.out"
	}
	check "make run: it starts" wait_for 9 watching
	check "make run: the demo program runs" runs_demo
	line() {
		grep -q ' audit exec .*interdict-demo' "$work/run.out"
	}
	check "make run: a line about it" wait_for 5 line
	check "make run: says what to type" grep -q "another terminal" "$work/run.out"
	check "make run SECONDS=10: ends by itself" wait_for 20 ended $made
	wait $made
	equal "make run SECONDS=10: exit status" 0 $?
	[ "$failures" -eq 0 ] || sed 's/^/# /' "$work/run.out"
fi

says "selftest without a monitor" 2 "." "$interdict" selftest
for mode in audit enforce; do
	monitor_start $mode || bail "the monitor does not start"
	says "selftest in $mode" 0 "ms|us|µs" "$interdict" selftest
	reported "selftest in $mode: there is a record" \
		".interdict.vendor.id == \"demo\" and .event.action == \"exec\""
	check "the monitor ends in $mode" monitor_stop
done
make_file program listed
mkdir -p "$work/others"
list_write sized "$work/others/list" listed
vendors=$work/others
vendor_write test list
monitor_start audit || bail "the monitor does not start"
says "selftest when the demo is not listed" 2 "." "$interdict" selftest
check "the monitor ends" monitor_stop
finish
