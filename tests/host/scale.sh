#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 100,000 sized entries and 5,358 bare digests: loaded in under a second, the daemon under 12 MiB,
# and one of them found among the others. A second start parses no list.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
config_write
make_file program listed
make_file program allowed
{
	echo sha256,size,product,version
	generate 100000 1 | awk '{ print $1 "," 4096 + NR * 37 % 8000000 ",Product " NR % 50 "," NR % 9 ".0" }'
	echo "$(digest listed),$(size listed),Test,1.0"
} >"$vendors/list"
generate 5358 2 >"$vendors/bare"
vendor_write test list
vendor_write bare bare

# `check` loads the same policy by the same code, and little else.
begin=${EPOCHREALTIME/./}
"$interdict" check --config "$config" --vendors "$vendors" "$work/allowed" >/dev/null
status=$?
load=$(((${EPOCHREALTIME/./} - begin) / 1000))
if [ $status -eq 0 ] && [ $load -lt 1000 ]; then
	ok "the policy loads in under a second"
	echo "# $load ms"
else
	not_ok "the policy loads in under a second" "$load ms, exit status $status"
fi

begin=${EPOCHREALTIME/./}
monitor_start enforce || bail "the monitor does not start"
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
# The whole start, with the programs' verification and what the test adds; the load is part of it.
echo "# started in $took ms"
equal "every entry counts" 105359 "$("$interdict" status --json | jq .policy.entries)"
denied "one among them is denied" exec "$work/listed"
runs "another file of the same size runs" exec "$work/allowed"
resident() {
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' /proc/"$monitor"/status
}
# settles NAME: at rest, that is once the looks at processes and packages that follow a load
# are over, which have no priority. Until then the pages of the policy that they look into are
# resident too.
is_small() {
	[ "$(resident)" -le 12288 ]
}
settles() {
	if grep -q __asan_init "$interdict"; then
		skip "$1" "built with a sanitizer, which has memory of its own"
	elif wait_for 90 is_small; then
		ok "$1"
		echo "# $(resident) KiB"
	else
		not_ok "$1" "$(resident) KiB: $(grep -E '^Rss|VmHWM' /proc/"$monitor"/status)"
	fi
}
settles "the daemon settles under 12 MiB"
monitor_reload || not_ok "a reload is answered"
settles "after a reload too"

# What was made of the lists comes back, and decides the same.
cache() {
	"$interdict" status --json | jq -r .policy.cache.state
}
is_cached() {
	[ "$(cache)" = written ] || [ "$(cache)" = read ]
}
check "the compiled lists are written" wait_for 60 is_cached
check "the monitor ends" monitor_stop
# restarts NAME STATE: starts it, with the cache in that state, and everything is as before.
restarts() {
	monitor_start enforce || bail "the monitor does not start again"
	matches "$1: the cache is $2" "^($2)$" "$(cache)"
	equal "$1: every entry counts" 105359 "$("$interdict" status --json | jq .policy.entries)"
	denied "$1: one among them is denied" exec "$work/listed"
	runs "$1: another file of the same size runs" exec "$work/allowed"
	reported "$1: the alert has the entry's texts" \
		'.interdict.decision == "deny" and .interdict.entry.product == "Test" and .interdict.entry.version == "1.0"'
}
restarts "a second start" read
settles "what is read from the cache settles under 12 MiB"
check "the monitor ends again" monitor_stop

# One byte of an entry: never another decision.
printf '\377' | dd of=/var/lib/interdict/policy.cache bs=1 seek=3000000 conv=notrunc status=none
restarts "a cache that was altered" "written|waiting"
matches "it is said to be damaged" "policy.cache: damaged" "$(cat "$monitor_log")"
check "it is written anew" wait_for 60 is_cached
check "the monitor ends once more" monitor_stop

# Nowhere to write: parsed, and said.
rm /var/lib/interdict/policy.cache
mount -o remount,ro /var/lib/interdict
restarts "a state directory that cannot be written to" "none|waiting"
says_why() {
	"$interdict" status | grep -q '^cache  *none: Read-only file system'
}
check "that is said too" wait_for 60 says_why
check "the monitor ends at last" monitor_stop
finish
