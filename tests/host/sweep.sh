#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What already runs when the monitor starts, or when an entry is added, is found and reported:
# programs, libraries, files that are deleted meanwhile, a program whose /proc/PID/exe names another
# one. Nothing is killed.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in program deleted later; do
	cp /bin/sleep $name
	printf '%s' "$name$$" >>$name
done
make_file library libtarget.so
cp libtarget.so libkept.so
printf '%s' "library$$" >>libkept.so
cp "$probes/other_exe" liar
printf '%s' "liar$$" >>liar
ln liar liar-link
list_write sized "$vendors/list" program deleted libkept.so liar
vendor_write test list

./program 300 &
program=$!
./deleted 300 &
deleted=$!
LD_PRELOAD=$work/libkept.so /bin/sleep 300 &
library=$!
./later 300 &
added=$!
./liar liar-link /bin/true >liar.out &
liar=$!
for pid in $program $deleted $library $added $liar; do
	later end_process $pid
done
later_digest=$(digest later)
deleted_digest=$(digest deleted)
mapped() {
	grep -q libkept.so /proc/$library/maps
}
wait_for 5 mapped || bail "the library is not loaded"
wait_for 5 grep -q ready liar.out || bail "PR_SET_MM_EXE_FILE"
equal "its link names another program" "$(readlink -f /bin/true)" "$(readlink /proc/$liar/exe)"
rm deleted

monitor_start enforce || bail "the monitor does not start"
running() {
	reported "$1" ".event.action == \"running\" and .process.pid == $2 and .file.hash.sha256 == \"$3\""
}
running "a running program" $program "$(digest program)"
running "a program deleted since" $deleted "$deleted_digest"
running "a program that shows another one" $liar "$(digest liar)"
running "a library of a running program" $library "$(digest libkept.so)"
equal "what is not listed is not reported" 0 "$(count_records ".process.pid == $added")"
list_write sized "$vendors/list" program libkept.so liar later
monitor_reload || not_ok "the reload is answered"
running "after a reload: what was added" $added "$later_digest"
equal "nothing was killed" "S S S S S" \
	"$(state $program) $(state $deleted) $(state $library) $(state $added) $(state $liar)"
check "the monitor ends" monitor_stop
finish
