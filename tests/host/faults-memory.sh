#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A limit of memory on the daemon's control group: what is listed is denied all the same, what is
# lost is counted, and all is well again with more memory. Killed for want of it, the daemon leaves
# its programs, which go on, and the next one says so.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root
release=no

burst=600
filler=150000
if [ "$backend" = lsm ]; then
	burst=100
	filler=40000
fi
mkdir -p "$vendors"
chmod 755 "$work"
fault_files
make_file program always
list_write sized "$vendors/list" listed-* burst always

# Version 1 of control groups has the files by other names.
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	root=/sys/fs/cgroup usage=memory.current limit=memory.max unlimited=max
	echo +memory >$root/cgroup.subtree_control
else
	root=/sys/fs/cgroup/memory usage=memory.usage_in_bytes limit=memory.limit_in_bytes unlimited=-1
fi
group=$root/interdict-test-$$
mkdir "$group" || bail "no control group for memory"
later rmdir "$group"
[ ! -e "$group/memory.swap.max" ] || echo 0 >"$group/memory.swap.max"

# What a process has is charged to the group that it was in then: so it starts there.
start_limited() {
	echo $$ >"$group/cgroup.procs"
	monitor_start enforce || bail "the monitor does not start"
	echo $$ >"$root/cgroup.procs"
}

# limit_memory KILOBYTES: so much more than it has now.
limit_memory() {
	echo $(($(cat "$group/$usage") + 1024 * $1)) >"$group/$limit"
}

start_limited
denied "before: a listed file is denied" exec "$work/always"
limit_memory 8192
still_decides "8 MB left"
as_users 10000 $burst ./burst
came() {
	[ "$(status '.account | .reported + .lost_alerts')" -ge $((burst + 2)) ]
}
check "8 MB left: all alerts are accounted for" wait_for 20 came
account_closes "8 MB left"
still_decides "8 MB left, after the burst"

echo $unlimited >"$group/$limit"
check "memory again: a reload ends" monitor_reload
equal "memory again: it is accepted" accepted "$(status .last_reload.outcome)"
still_decides "memory again"
account_closes "memory again"
equal "it was never started again" 1 "$(count_records '.interdict.health.action == "start"')"

# A list that does not fit, while nothing is left. Version 1 refuses a limit below what is used.
run=$(records '.interdict.health.action == "start"' | jq -r .interdict.run)
mv "$vendors/list" list
{
	cat list
	generate $filler 21 | sed 's/$/,1000001,,,/'
} >"$vendors/list"
kill_it() {
	limit_memory 256
	[ "$root" = /sys/fs/cgroup/memory ] || echo 4K >"$group/$limit"
	kill -HUP "$monitor"
	ended "$monitor"
}
check "no memory: the daemon is killed" wait_for 20 kill_it
status=0
wait "$monitor" || status=$?
equal "no memory: by the kernel" 137 $status
monitor=
denied "killed: a listed file is denied" exec "$work/always"
runs "killed: what is known and not listed runs" exec "$work/clean-1"
echo $unlimited >"$group/$limit"
mv list "$vendors/list"
start_limited
equal "the next one knows that it was killed" "$run false" \
	"$(records '.interdict.health.action == "start"' | jq -r '.interdict.before | "\(.run) \(.clean)"')"
reported "the denial of meanwhile is delivered" ".file.hash.sha256 == \"$(digest always)\" and
	.interdict.decision == \"deny\" and .file.path == \"$work/always\""
still_decides "the next one"
account_closes "the next one"
"$interdict" stop >/dev/null || true
check "it ends" wait_for 15 ended "$monitor"
finish
