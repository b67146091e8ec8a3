#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Reloads: entries come and go, by SIGHUP and by `interdict reload`; phases; and what stands in
# both policies is never missed while they change.
. "$(dirname "$0")/../lib.sh"
need_root

for name in a b c allowed; do
	make_file program $name
done
mkdir -p "$vendors"

policy() {
	list_write "$kind" "$vendors/list" "$@"
}

for kind in sized unsized; do
	policy a
	vendor_write test list
	monitor_start enforce || bail "the monitor does not start"
	denied "$kind: the listed file is denied" exec "$work/a"
	runs "$kind: the other one runs" exec "$work/b"

	policy a b
	monitor_reload
	denied "$kind: SIGHUP adds an entry, known from before" exec "$work/b"
	denied "$kind: SIGHUP keeps an entry" exec "$work/a"

	policy b
	check "$kind: interdict reload" "$interdict" reload
	runs "$kind: interdict reload removes an entry" exec "$work/a"
	denied "$kind: interdict reload keeps an entry" exec "$work/b"
	equal "$kind: the generation counts" 3 \
		"$("$interdict" status --json | jq '.policy.generation')"
	check "$kind: the monitor ends" monitor_stop
done

# Phases. Each has its own record, and only one denies.
kind=sized
phase() {
	vendor_write test list "[schedule]
$1"
	: >"$events"
	monitor_reload
}
days() {
	date -d "$1 days" +%F
}
policy a b c
vendor_write test list
monitor_start enforce || bail "the monitor does not start"
phase "announced = $(days +3)
prohibited = $(days +6)"
runs "announced: runs" exec "$work/a"
reported "announced: reported" \
	".file.hash.sha256 == \"$(digest a)\" and .interdict.phase == \"announced\""
phase "announced = $(days -3)
prohibited = $(days +3)"
runs "grace: runs" exec "$work/b"
reported "grace: reported" \
	".file.hash.sha256 == \"$(digest b)\" and .interdict.decision == \"grace\" and .interdict.days_left == 3"
phase "announced = $(days -3)
prohibited = $(days +0)"
denied "prohibited from today: denied" exec "$work/c"
reported "prohibited: reported" \
	".file.hash.sha256 == \"$(digest c)\" and .interdict.decision == \"deny\" and .interdict.phase == \"prohibited\""
phase "announced = $(days -3)
prohibited = $(days -2)
retired = $(days -1)"
runs "retired: runs" exec "$work/c"
check "the monitor ends" monitor_stop

# 20 reloads under a loop of executions, the file being in all of the policies.
reloads=20
policy a
vendor_write test list
monitor_start enforce || bail "the monitor does not start"
(
	while [ ! -e stop ]; do
		"$probe" exec "$work/a"
		echo $?
	done >loop.log
) &
loop=$!
for ((i = 0; i < reloads; i++)); do
	if ((i % 2)); then policy a; else policy b a c; fi
	monitor_reload || not_ok "reload $i is answered"
done
touch stop
wait $loop
tries=$(grep -cx '[0-9]*' loop.log)
misses=$(grep -x '[0-9]*' loop.log | grep -cvx "$(denied_status)")
if [ "$misses" -eq 0 ] && [ "$tries" -gt $reloads ]; then
	ok "$reloads reloads: the listed file never runs"
	echo "# $tries executions"
else
	not_ok "$reloads reloads: the listed file never runs" "$misses of $tries were not denied:
$(grep -v denied loop.log | sort | uniq -c | head)"
fi
check "the monitor ends at last" monitor_stop
finish
