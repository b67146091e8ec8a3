#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# No descriptor, no thread and no bpffs is to be had: what is listed is denied all the same, what
# is not and is known runs, and all is well again when they are there. A program that is detached
# behind the monitor's back is noticed.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

mkdir -p "$vendors"
fault_files
# of another size than what is listed: nobody has to hash it
make_file program other
printf x >>other
monitor_start enforce || bail "the monitor does not start"
denied "before: a listed file is denied" exec "$work/listed-12"
runs "before: another runs" exec "$work/clean-12"
limit=$(awk '/^Max open files/ { print $4 ":" $5 }' /proc/"$monitor"/limits)
equal "as many descriptors as it may have" "${limit#*:}" "${limit%:*}"

# Nothing can be opened any more, not even to hash a file: what is not known yet cannot be let go.
prlimit --pid "$monitor" --nofile=3:"${limit#*:}"
"$probe" exec "$work/listed-11" >listed.out 2>&1 &
waiting=$!
"$probe" exec "$work/clean-11" >clean.out 2>&1 &
clean=$!
denied "no descriptors: what is known and listed is denied" exec "$work/listed-12"
runs "no descriptors: what is known and not listed runs" exec "$work/clean-12"
runs "no descriptors: what has another size runs" exec "$work/other"
sleep 1
# Held, and nobody else can let it go.
pkill -CONT -P $waiting
sleep 1
equal "no descriptors: an unknown listed file has not run" "" "$(grep -a RAN listed.out)"
monitor_reload
equal "no descriptors: a reload is refused" refused "$(records '.interdict.health.action == "reload-refused"' | tail -n 1 | jq -r '"refused"')"
prlimit --pid "$monitor" --nofile="$limit"
wait_for 20 ended $waiting
equal "descriptors again: the listed file did not run" "" "$(grep -a RAN listed.out)"
check "descriptors again: the other has ended" wait_for 10 ended $clean
still_decides "descriptors again"
check "descriptors again: a reload ends" monitor_reload
equal "descriptors again: it is accepted" accepted "$(status .last_reload.outcome)"
account_closes "descriptors again"

# No new thread or process: root is not held by RLIMIT_NPROC, but by a cgroup.
group=
if [ -d /sys/fs/cgroup/pids ]; then
	group=/sys/fs/cgroup/pids/interdict-test-$$
elif [ -e /sys/fs/cgroup/cgroup.controllers ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup; then
	echo +pids >/sys/fs/cgroup/cgroup.subtree_control
	group=/sys/fs/cgroup/interdict-test-$$
fi
mkdir "$group" || bail "no cgroup for processes"
leave_group() {
	echo "$1" >"${group%/*}/cgroup.procs"
}
later rmdir "$group"
echo "$monitor" >"$group/cgroup.procs"
cat "$group/pids.current" >"$group/pids.max"
still_decides "no threads"
monitor_reload
still_decides "no threads, after a reload"
echo max >"$group/pids.max"
check "threads again: a reload ends" monitor_reload
equal "threads again: it is accepted" accepted "$(status .last_reload.outcome)"
still_decides "threads again"
account_closes "threads again"
leave_group "$monitor"
check "the monitor ends" monitor_stop

# One of its programs is detached behind its back.
ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0 LD_PRELOAD=$probes/lose_link.so monitor_start enforce ||
	bail "the monitor does not start"
sleep 2
equal "all programs are attached: nothing is said" 0 "$(count_records '.interdict.health.action == "backend"')"
kill -USR2 "$monitor"
reported "a program is detached: it is said" '.interdict.health.action == "backend" and .log.level == "crit" and
	(.message | test("^1 programs are not attached"))'
reported "it is attached again, which is said" '.interdict.health.action == "backend" and
	.message == "1 programs are attached again"'
still_decides "attached again"
monitor_kill

# Everything that is pinned is removed: the programs would end with their daemon.
pinned() {
	find /sys/fs/bpf/interdict -type f | sed 's/-[0-9]*//' | sort
}
release=no monitor_start enforce || bail "the monitor does not start to stay"
denied "to stay: a listed file is denied" exec "$work/listed-12"
before=$(pinned)
rm -r /sys/fs/bpf/interdict
reported "pins removed: it is said" '.interdict.health.action == "backend" and .log.level == "crit" and
	(.message | test("not pinned any more"))'
reported "they are pinned again, which is said" '.interdict.health.action == "backend" and
	(.message | test("programs and maps are pinned again"))'
equal "as many as before" "$before" "$(pinned)"
monitor_kill
denied "pinned again, and without the daemon: a listed file is denied" exec "$work/listed-12"
monitor_start enforce || bail "the monitor does not take over"
still_decides "the next one"
check "the next one ends" monitor_stop

# Neither there nor to be mounted.
mount -t tmpfs -o size=64k tmpfs /sys/fs
mount -o remount,ro /sys/fs
monitor_start enforce || bail "the monitor does not start without bpffs"
still_decides "no bpffs"
matches "no bpffs: it says so" "cannot pin" "$(cat "$monitor_log")"
check "no bpffs: the monitor ends" monitor_stop
umount /sys/fs
finish
