#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The row of the evasion table for a module from memory: there is no file, so nothing to hash, and
# its record has no digest.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/driver.sh"
need_root

mkdir -p "$vendors"
make_file module dummy.ko "$(find "/lib/modules/$(uname -r)" -name dummy.ko)"
list_write sized "$vendors/list" dummy.ko
vendor_write test list
runs "init_module: baseline" init_module "$work/dummy.ko" dummy
for mode in audit enforce; do
	monitor_start $mode || bail "the monitor does not start"
	runs "init_module: $mode: it loads (explained: init-module)" init_module "$work/dummy.ko" dummy
	reported "init_module: $mode: reported" '.event.action == "module" and
		.interdict.decision == "audit" and any(.interdict.flags[]?; . == "from-memory")'
	check "$mode: the monitor ends" monitor_stop
done
if [ $failures -eq 0 ]; then
	row_print init_module reported "reported (init-module)"
else
	row_print init_module FAILED FAILED
fi
finish
