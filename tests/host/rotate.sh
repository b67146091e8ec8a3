#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# logrotate(8) by the file that is installed, again and again while alerts come: each of them is in
# one of the files, once.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../faults.sh"
need_root

mkdir -p "$vendors"
chmod 755 "$work"
fault_files
monitor_start enforce || bail "the monitor does not start"
# Its paths and its way to signal are the installed machine's; all else is as it is.
sed "s|^/var/log/interdict.json .*{|$events {|; s|systemctl kill.*|kill -USR1 $monitor|" \
	"$source_root/user/etc/logrotate" >logrotate
matches "the file signals the unit" "systemctl kill .*--signal=USR1 interdict.service" \
	"$(cat "$source_root/user/etc/logrotate")"
equal "its paths were found" "$events {" "$(grep '{$' logrotate)"

users=10000
rounds=4
count=0
for ((i = 1; i <= rounds; i++)); do
	as_users $users 150 ./burst &
	burst=$!
	check "rotated, $i" logrotate --force --state "$work/rotated" logrotate
	wait $burst
	users=$((users + 150))
	count=$((count + 150))
	check "there is a new file, $i" wait_for 5 test -e "$events"
done
still_decides "rotated"
all_reported() {
	[ "$(status .account.reported)" -ge $((count + 1)) ]
}
check "all alerts come" wait_for 20 all_reported
account_closes "rotated"
check "the monitor ends" monitor_stop
equal "files" $((rounds + 1)) "$(find "$work" -maxdepth 1 -name 'events.json*' | wc -l)"
gunzip events.json.*.gz
cat events.json* >all.json
equal "no record is missing" "" "$(missing_records all.json)"
equal "none is there twice" "" "$(jq .event.sequence all.json | sort | uniq -d)"
equal "each alert is there" $((count + 1)) \
	"$(jq -s '[.[] | select(.interdict.decision == "deny") | 1 + (.interdict.repeat // 0)] | add' all.json)"
finish
