#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# 100,000 sized entries and 5,358 bare digests: loaded in under a second, the daemon under 12 MiB,
# and one of them found among the others.
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
check "the monitor ends" monitor_stop
finish
