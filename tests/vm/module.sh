#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Kernel modules: by descriptor they are decided like any other file; from memory there is no
# file, which is reported.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
dummy=$(find /lib/modules -name dummy.ko)
for name in audit enforce allowed; do
	make_file module $name.ko "$dummy"
done
equal "the modules have one size" 1 "$(stat -c %s ./*.ko | sort -u | wc -l)"
equal "and a digest each" 3 "$(sha256sum ./*.ko | cut -c 1-64 | sort -u | wc -l)"
for name in audit enforce allowed; do
	runs "baseline: finit_module, $name" finit_module "$work/$name.ko" dummy
done
runs "baseline: init_module" init_module "$work/audit.ko" dummy

for kind in sized unsized; do
	list_write $kind "$vendors/list" audit.ko enforce.ko
	vendor_write test list
	monitor_start audit || bail "the monitor does not start"
	runs "$kind, audit: the listed module loads" finit_module "$work/audit.ko" dummy
	reported "$kind, audit: reported" ".event.action == \"module\" and
		.interdict.decision == \"audit\" and .file.hash.sha256 == \"$(digest audit.ko)\""
	runs "$kind, audit: another module loads" finit_module "$work/allowed.ko" dummy
	equal "$kind, audit: the other one is not reported" 0 \
		"$(count_records ".file.hash.sha256 == \"$(digest allowed.ko)\"")"
	runs "$kind, audit: from memory it loads" init_module "$work/allowed.ko" dummy
	reported "$kind, audit: loading from memory is reported" \
		'.event.action == "module" and any(.interdict.flags[]?; . == "from-memory")'
	check "$kind, audit: the monitor ends" monitor_stop

	monitor_start enforce || bail "the monitor does not start"
	denied "$kind, enforce: the listed module does not load" finit_module "$work/enforce.ko" dummy
	denied "$kind, enforce: nor from the cache" finit_module "$work/enforce.ko" dummy
	reported "$kind, enforce: reported" ".event.action == \"module\" and
		.interdict.decision == \"deny\" and .file.hash.sha256 == \"$(digest enforce.ko)\""
	runs "$kind, enforce: another module loads" finit_module "$work/allowed.ko" dummy
	check "$kind, enforce: the monitor ends" monitor_stop
done

vendor_write test list "[exempt DRIVER]
sha256 = $(digest audit.ko)
until = $(date +%F)
approver = Ann
reason = a test
ticket = T-1"
monitor_start enforce || bail "the monitor does not start"
runs "exempt: the module loads" finit_module "$work/audit.ko" dummy
reported "exempt: reported with the id" ".event.action == \"module\" and
	.interdict.decision == \"exempt\" and .interdict.exemption.id == \"DRIVER\""
denied "exempt: another one of the list does not load" finit_module "$work/enforce.ko" dummy
check "exempt: the monitor ends" monitor_stop

# In no list, and named by the vendor: a suspect, by the first load.
make_file module suspect-mod.ko "$dummy"
make_file program other
list_write sized "$vendors/list" other
vendor_write test list '[identity]
module = suspect_m*'
monitor_start audit || bail "the monitor does not start"
for name in allowed suspect-mod suspect-mod; do
	runs "identity: $name loads" finit_module "$work/$name.ko" dummy
done
reported "identity: the module that is named is suspect" ".event.action == \"module\" and
	.interdict.decision == \"suspect\" and .interdict.suspect.by == \"module:suspect_m*\" and
	.file.hash.sha256 == \"$(digest suspect-mod.ko)\""
equal "identity: once" 1 "$(count_records '.interdict.decision == "suspect"')"
check "identity: the monitor ends" monitor_stop
finish
