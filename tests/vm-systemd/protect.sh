#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The unit with `protect = yes`: root cannot end or disarm the daemon, and systemd can.
INTERDICT_PRIVATE=no
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../units.sh"
need_root

main_pid() {
	systemctl show -P MainPID interdict
}

[ ! -e /usr/local/sbin/interdict ] || run_make uninstall
check "make install" run_make install
cp /etc/interdict/interdict.conf original.conf
printf '[monitor]\nmode = enforce\nprotect = yes\n' >>/etc/interdict/interdict.conf
systemctl start interdict
is_started "it starts"
pid=$(main_pid)
matches "status says that it is protected" "protect: yes" "$(/usr/local/sbin/interdict status)"
check "the demo program is denied" not "$demo"

check "root cannot kill it" not kill -KILL "$pid"
check "nor stop it" not kill -STOP "$pid"
check "nor remove what is pinned" not rm -r /sys/fs/bpf/interdict
equal "it is the same process" "$pid" "$(main_pid)"
await "the attempts are in the journal" "health protect "
check "the demo program is denied as before" not "$demo"

check "systemd reloads it" systemctl reload interdict
check "and restarts it" systemctl restart interdict
check "by another process" not test "$pid" = "$(main_pid)"
check "the demo program is denied by that" not "$demo"
check "and stops it" systemctl stop interdict
check "the demo program runs" "$demo"
cp original.conf /etc/interdict/interdict.conf
check "uninstall" run_make uninstall
nothing_is_left
finish
