#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A daemon that has nothing to do wakes once a second, in all its threads together, whatever the
# machine does that has nothing to do with the policy.
. "$(dirname "$0")/../lib.sh"
need_root

seconds=10
mkdir -p "$vendors"
config_write
# A size that no file of this machine has.
printf 'sha256,size\n%s,99999999999937\n' "$(generate 1 1)" >"$vendors/list"
vendor_write test list

# Of all threads: how often one of them went to sleep, which is how often one woke.
wakeups() {
	cat /proc/"$monitor"/task/*/status | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }'
}
# The looks at processes and packages that follow a start are over.
rests() {
	local before
	before=$(wakeups)
	sleep 3
	[ $(($(wakeups) - before)) -le 4 ]
}

monitor_start enforce || bail "the monitor does not start"
check "the daemon comes to rest" wait_for 60 rests
before=$(wakeups)
begin=${EPOCHREALTIME/./}
# What others do is none of its business.
for ((i = 0; i < seconds * 20; i++)); do
	/bin/true
	sleep 0.05
done
woken=$(($(wakeups) - before))
took=$(((${EPOCHREALTIME/./} - begin + 999999) / 1000000))
echo "# $woken times in $took s"
# A tick at each end of the time may count.
if [ $woken -gt 0 ] && [ $woken -le $((took + 1)) ]; then
	ok "it wakes once a second"
else
	not_ok "it wakes once a second" "$woken times in $took s:
$(grep -H ^voluntary /proc/"$monitor"/task/*/status)"
fi
check "the monitor ends" monitor_stop
finish
