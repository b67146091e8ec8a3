#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Lists and vendor files that are replaced while they are read: by rename it always works, and
# never is half of a file in force. The daemon at its limits of memory: the old policy stays.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

filler=20000
[ "$backend" = tracepoint ] || filler=4000
mkdir -p "$vendors" next
fault_files
make_file program always
list_write sized always.csv always listed-*
generate $filler 11 | sed 's/$/,1000001,,,/' >filler-a
generate $((2 * filler)) 12 | sed 's/$/,1000002,,,/' >filler-b
cat always.csv filler-a >a
cat always.csv filler-b >b
small=$(($(wc -l <a) - 1))
large=$(($(wc -l <b) - 1))
cp a "$vendors/list"
monitor_start enforce || bail "the monitor does not start"
denied "before: the listed file is denied" exec "$work/always"

entries() {
	status .policy.entries
}
# outcomes: of all reloads so far, by their records.
refusals() {
	count_records '.interdict.health.action == "reload-refused"'
}
sizes() {
	records '.interdict.health.action == "reload"' | jq -r .message |
		sed 's/.* vendors, \([0-9]*\) entries.*/\1/' | sort -u | tr '\n' ' '
}
reloads() {
	local i
	for ((i = 0; i < $1; i++)); do
		monitor_reload || break
	done
}

rm "$vendors/list"
mkfifo "$vendors/list"
check "a FIFO: the reload ends" monitor_reload
equal "a FIFO: it is refused" 1 "$(refusals)"
equal "a FIFO: the old policy stays" "$small" "$(entries)"
rm "$vendors/list"
cp a "$vendors/list"

# One that renames whole files over it all the time.
renames() {
	while [ ! -e next-stop ]; do
		cp a next/list && mv next/list "$vendors/list"
		cp b next/list && mv next/list "$vendors/list"
	done
}
mkdir -p next
renames &
writer=$!
reloads 10
: >next-stop
wait $writer
equal "renamed over: no reload is refused" 1 "$(refusals)"
matches "renamed over: each is one of the two, whole" "^($small |$large )+$" "$(sizes)"
denied "renamed over: the listed file is denied" exec "$work/always"

# One that writes half of it, waits, and writes the rest.
half() {
	exec 9>"$1"
	head -c $(($(stat -c %s "$2") / 2)) "$2" >&9
	: >half-there
	while [ ! -e half-go ]; do sleep 0.05; done
	tail -c +$(($(stat -c %s "$2") / 2 + 1)) "$2" >&9
	exec 9>&-
}
before=$(entries)
half "$vendors/list" b &
writer=$!
wait_for 5 test -e half-there
check "half written: the reload ends" monitor_reload
equal "half written: it is refused" 2 "$(refusals)"
matches "half written: status says why" "open for writing" "$(status .last_reload.error)"
equal "half written: the old policy stays" "$before" "$(entries)"
still_decides "half written"
: >half-go
wait $writer
check "written: the reload ends" monitor_reload
equal "written: all of it is in force" "$large" "$(entries)"

rm -f half-there half-go
cp "$vendors/test.vendor" vendor
half "$vendors/test.vendor" vendor &
writer=$!
wait_for 5 test -e half-there
check "a vendor file, half written: the reload ends" monitor_reload
equal "a vendor file, half written: it is refused" 3 "$(refusals)"
: >half-go
wait $writer

# In place, again and again: refused or whole, each time.
rm -f next-stop
rewrites() {
	while [ ! -e next-stop ]; do
		cat a >"$vendors/list"
		sleep 0.02
		cat b >"$vendors/list"
		sleep 0.02
	done
}
rewrites &
writer=$!
reloads 10
: >next-stop
wait $writer
matches "rewritten in place: none in force is half of one" "^($small |$large )+$" "$(sizes)"
denied "rewritten in place: the listed file is denied" exec "$work/always"
cp a next/list && mv next/list "$vendors/list"
check "afterwards a reload ends" monitor_reload
equal "afterwards it is accepted" "accepted $small" "$(status '"\(.last_reload.outcome) \(.policy.entries)"')"

# Little more address space than it has: what a large list needs is not to be had.
generate $((20 * filler)) 13 | sed 's/$/,1000003,,,/' | cat always.csv - >next/list
mv next/list "$vendors/list"
before=$(refusals)
size=$(sed -n 's/^VmSize:[^0-9]*\([0-9]*\).*/\1/p' /proc/"$monitor"/status)
prlimit --pid "$monitor" --as=$(((size + 2048) * 1024)):unlimited
check "no memory: the reload ends" monitor_reload
equal "no memory: it is refused" $((before + 1)) "$(refusals)"
equal "no memory: the old policy stays" "$small" "$(entries)"
still_decides "no memory"
prlimit --pid "$monitor" --as=unlimited:unlimited
check "memory again: the reload ends" monitor_reload
equal "memory again: it is accepted" $((20 * filler + small - filler)) "$(entries)"
still_decides "memory again"
account_closes "at the end"
check "the monitor ends" monitor_stop
finish
