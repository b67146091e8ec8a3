#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The event file's disk is full, the file, its directory are removed, a link is put in its place:
# decisions go on, what fits the queue is written later, what does not is counted and said, and
# the numbers of the records show the gap.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

burst=7000 # more than the queue takes
[ "$backend" = tracepoint ] || burst=0
mkdir -p "$vendors" disk
chmod 755 "$work"
fault_files
truncate -s 32M image
mkfs.ext4 -q -m 0 image
mount -o loop image disk || bail "no loop device"
later umount "$work/disk"
mkdir disk/log
events=$work/disk/log/events.json
waiting() {
	[ "$(status .report.events.waiting)" -gt 0 ]
}
settled() {
	[ "$(status '.report.events.waiting + .account.waiting + .account.collapsed')" -eq 0 ]
}

monitor_start enforce || bail "the monitor does not start"
still_decides "before"
reported "before: a record" ".file.hash.sha256 == \"$(digest listed-1)\""

# The rest is filled with small files too: ext4 gives the last blocks away one by one.
dd if=/dev/zero of=disk/fill bs=64k >/dev/null 2>&1
for _ in {1..50}; do cat /proc/version >>disk/more || break; done 2>/dev/null
# Its last block has room for a record or two.
as_users 30000 8 ./burst
check "disk full: records wait" wait_for 10 waiting
still_decides "disk full"
if [ $burst -gt 0 ]; then
	as_users 10000 $burst ./burst
	lost() {
		[ "$(status .account.events.lost)" -gt 0 ]
	}
	check "disk full: what does not fit the queue is counted as lost" wait_for 60 lost
fi
account_closes "disk full"
sleep 5 # that it takes nothing is said after three looks, a second apart
rm disk/fill disk/more
check "space again: all that waited is written" wait_for 30 settled
reported "space again: the denial of meanwhile is there" ".file.hash.sha256 == \"$(digest listed-2)\""
reported "space again: it is said" '.interdict.health.action == "output" and
	(.message | test("event file takes records again"))'
if [ $burst -gt 0 ]; then
	reported "space again: the loss is said" '.interdict.health.action == "loss" and
		(.message | test("did not get into the event file")) and .log.level == "crit"'
fi
check "and settles" wait_for 10 settled
account_closes "space again"
equal "the numbers of records that are missing are the records lost" \
	"$(status .report.events.lost)" "$(missing_records "$events" | wc -l)"
equal "written and lost are the denials" "$((burst + 10))" \
	"$(($(records '.interdict.decision == "deny"' | jq -s 'map(1 + .interdict.repeat) | add') + $(status .account.events.lost)))"
equal "every line is a whole record" "$(wc -l <"$events")" "$(jq -c . "$events" | wc -l)"

rm "$events"
still_decides "file removed"
reported "file removed: it is made anew, with the record" ".file.hash.sha256 == \"$(digest listed-3)\""

rm -r disk/log
still_decides "directory removed"
check "directory removed: the record waits" wait_for 10 waiting
mkdir disk/log
reported "directory back: the record is there" ".file.hash.sha256 == \"$(digest listed-4)\""

rm "$events"
ln -s "$work/victim" "$events"
still_decides "a link in its place"
check "a link in its place: the record waits" wait_for 10 waiting
reason() {
	[ "$(status .report.events.error)" = "Too many levels of symbolic links" ]
}
check "a link in its place: status says why" wait_for 10 reason
equal "a link in its place: it is not followed" "" "$(ls "$work/victim" 2>/dev/null)"
rm "$events"
reported "link removed: the record is there" ".file.hash.sha256 == \"$(digest listed-5)\""
account_closes "at the end"
check "the monitor ends" monitor_stop
finish
