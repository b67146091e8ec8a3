#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# An IMA policy in force: IMA may hand out the digest of what a file was before somebody opened it for
# writing, so the kernel's hash is not asked for. What has the size of a listed file and is not known
# by then is unhashable. A policy can be loaded once and stays until the machine ends, so the name of
# this file is the last.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/attacks.sh"
need_root

name="mapped with a writer open, IMA policy"
mkdir -p "$vendors"
for file in audit enforce; do
	make_file code $file
done
make_file code clean
make_file program listed
make_file program other
echo >>other
list_write sized "$vendors/list" audit enforce listed
vendor_write test list

says "before: doctor finds no policy" 0 "ok.*no IMA policy" "$interdict" doctor
printf 'measure func=%s\n' BPRM_CHECK FILE_MMAP "FILE_CHECK mask=MAY_READ uid=0" >policy
check "a policy is loaded" cp policy /sys/kernel/security/ima/policy
says "doctor finds it" 0 "missing.*no IMA policy" "$interdict" doctor

# mapped FILE: clean bytes, which IMA has measured by then; then those of FILE, by a descriptor that
# stays open. In the probe's words what came of it.
mapped() {
	local status=0
	cp clean "changing-$1"
	"$probe" mmap "$work/changing-$1" >/dev/null
	exec 7<>"changing-$1"
	cat "$1" >&7
	"$probe" mmap "$work/changing-$1" linger >said || status=$?
	exec 7>&-
	return $status
}
check "$name: baseline" mapped audit
monitor_start audit || bail "the monitor does not start in audit"
matches "the daemon has to hash, and it is said" "hash source user" "$(cat "$monitor_log")"
check "$name: audit: it runs" mapped audit
reported "$name: audit: it is reported" ".file.path == \"$work/changing-audit\" and
	.event.action == \"map\" and .interdict.decision == \"audit\""
check "the monitor ends" monitor_stop

monitor_start enforce || bail "the monitor does not start in enforce"
status=0
mapped enforce || status=$?
equal "$name: enforce: it does not run" "$PROBE_DENIED" $status
reported "$name: enforce: it is reported" ".file.path == \"$work/changing-enforce\" and
	.event.action == \"map\" and .interdict.decision == \"deny\""
denied "a listed program is denied" exec "$work/listed"
runs "a program of another size runs" exec "$work/other"
check "the monitor ends in enforce" monitor_stop
cell=FAILED
[ "$failures" -gt 0 ] || cell=denied
row_print "$name" reported $cell
finish
