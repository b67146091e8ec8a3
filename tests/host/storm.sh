#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many first executions of one file at the same moment: what is listed never runs, what is not
# always does, whichever task comes first to hash, to store the digest, or to be held.
. "$(dirname "$0")/../lib.sh"
need_root

tasks=8
files=40
[ "$backend" != lsm ] || files=12 # emulation is slow
mkdir -p "$vendors" disk tmpfs
mount -t tmpfs tmpfs tmpfs && later umount "$work/tmpfs"
for directory in disk tmpfs; do
	for ((i = 0; i < files; i++)); do
		note_file program $directory/listed-$i
		note_file program $directory/allowed-$i
	done
done
make_noted

all=$((tasks * files))
if [ "$backend" = lsm ]; then
	denied="ran 0 denied $all killed 0 other 0"
else
	denied="ran 0 denied 0 killed $all other 0"
fi
ran="ran $all denied 0 killed 0 other 0"

for directory in disk tmpfs; do
	equal "baseline, $directory: all run" "$ran" "$("$probes/together" $tasks $directory/listed-*)"
done
for kind in sized unsized; do
	list_write $kind "$vendors/list" disk/listed-* tmpfs/listed-*
	vendor_write test list
	monitor_start enforce || bail "the monitor does not start"
	for directory in disk tmpfs; do
		equal "$kind, $directory: $tasks tasks x $files listed files: none runs" "$denied" \
			"$("$probes/together" $tasks $directory/listed-*)"
		equal "$kind, $directory: $tasks tasks x $files other files: all run" "$ran" \
			"$("$probes/together" $tasks $directory/allowed-*)"
		equal "$kind, $directory: again, now known" "$ran" \
			"$("$probes/together" $tasks $directory/allowed-*)"
		equal "$kind, $directory: again, now known, listed" "$denied" \
			"$("$probes/together" $tasks $directory/listed-*)"
	done
	equal "$kind: nothing was unhashable" "" \
		"$(records '.event.reason == "unhashable"' |
			jq -c '[.file.path, .interdict.decision, .interdict.error, .interdict.flags]' | head -n 5)"
	check "$kind: the monitor ends" monitor_stop
	touch disk/* tmpfs/*
done
finish
