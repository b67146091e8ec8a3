#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The unit at boot: it was enabled when this machine started. Then it goes, without a trace.
INTERDICT_PRIVATE=no
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../units.sh"
need_root

# stamp UNIT PROPERTY: microseconds since the machine started.
stamp() {
	systemctl show -P "$2" "$1"
}

equal "systemd is PID 1" systemd "$(cat /proc/1/comm)"
is_started "it is active"
equal "it did not have to start twice" 0 "$(systemctl show -P NRestarts interdict)"
ready=$(stamp interdict ActiveEnterTimestampMonotonic)
check "it was ready before the system was initialised" \
	test "$ready" -le "$(stamp sysinit.target ActiveEnterTimestampMonotonic)"
check "before the first service that is not of early boot" \
	test "$ready" -le "$(stamp dbus.service ExecMainStartTimestampMonotonic)"
equal "nothing was left out of the boot for it" "" "$(journalctl --boot --grep "ordering cycle" -o cat)"
equal "nothing failed" "" "$(systemctl --failed --plain --no-legend)"
matches "its first record is in the journal" "health start .*audit mode, lsm backend" "$(said)"
matches "the machine's own processes were looked at" "health sweep .*, 0 matches" "$(said)"

check "in audit its demo program runs" "$demo"
await "and is reported in the journal" "audit exec .*path=$demo vendor=demo"
equal "as a warning of the unit" "interdict.service" \
	"$(journal PRIORITY=4 | jq -r 'select(.MESSAGE | contains("audit exec")) | ._SYSTEMD_UNIT')"

check "make uninstall" run_make uninstall
check "it runs no more" not systemctl is-active interdict
check "the unit is gone" not systemctl cat interdict
nothing_is_left
check "the demo program of the build runs" "$build_root/interdict-demo"
equal "and is not reported" "" "$(said | grep "$build_root/interdict-demo")"
finish
