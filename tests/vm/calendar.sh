#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# A year of dates with the clock moved: grace, prohibited, an exemption up to its last day, denied
# the day after, all by one monitor; what it reminds of each day, and what it says of tomorrow.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in plain exempt capped; do
	make_file program $name
done
list_write sized "$vendors/list" plain exempt
list_write sized "$vendors/list-capped" capped
schedule="[schedule]
announced = 2031-05-01
plan = 2031-05-15
prohibited = 2031-06-01
review = 2031-05-20"
vendor_write test list "$schedule
vendor-updates-end = 2031-07-01
[exempt CHG-7]
sha256 = $(digest exempt)
until = 2031-06-03
approver = Ann
reason = the new server comes later
ticket = T-7"
vendor_write capped list-capped "$schedule
[vendor]
mode = audit"

clock_moves

# day_comes DATE: shortly before midnight, and over it.
day_comes() {
	date -s "$1 00:00:00 4 seconds ago" >/dev/null
	wait_for 20 is_day "$1"
	sleep 2
}

# recorded NAME FILE DECISION DATE
recorded() {
	reported "$1" ".file.hash.sha256 == \"$(sed -n "s/ $2\$//p" digests)\" and
		.interdict.decision == \"$3\" and (.[\"@timestamp\"] | startswith(\"$4\"))"
}
sha256sum plain exempt capped | sed 's/  / /' >digests

# reminded NAME DATE ACTION TEXT: exactly once on that day.
reminded() {
	local filter=".interdict.health.action == \"$3\" and (.[\"@timestamp\"] | startswith(\"$2\"))"
	await_record "$filter and (.message | contains(\"$4\"))"
	equal "$1" 1 "$(count_records "$filter and .log.level == \"warning\" and (.message | contains(\"$4\"))")"
}
status_says() {
	says "$1" 0 "$2" "$interdict" status
}

date -s "2031-05-31 12:00:00" >/dev/null
monitor_start enforce || bail "the monitor does not start"
runs "grace: it runs" exec "$work/plain"
recorded "grace: recorded" plain grace 2031-05-31
runs "grace: exempt runs" exec "$work/exempt"
recorded "grace: exempt is recorded as that" exempt exempt 2031-05-31
status_says "grace: the countdown" "^vendor +test .*grace, 1 days left"
status_says "grace: the next date" "next: +prohibited in 1 day \(2031-06-01\)"
status_says "grace: the one after" "then: +vendor-updates-end in 31 days \(2031-07-01\)"
status_says "grace: what is denied tomorrow" \
	"^tomorrow +denied: vendor test, prohibited from then on, 2 entries"
equal "grace: nothing of what is capped" "" "$("$interdict" status | grep "^tomorrow.*capped")"
status_says "grace: an overdue review" "^warning +the review of vendor test was due on 2031-05-20, 11 days ago"
status_says "grace: an exemption that will end" \
	"^warning +exemption CHG-7 of vendor test ends in 3 days, with 2031-06-03 \(approver Ann, ticket T-7\)"
reminded "at the start: the review" 2031-05-31 review "vendor test was due"
reminded "at the start: that of the other vendor" 2031-05-31 review "vendor capped was due"
reminded "at the start: the exemption" 2031-05-31 exemption "CHG-7 of vendor test ends in 3 days"

day_comes 2031-06-01
denied "prohibited: denied from midnight on" exec "$work/plain"
recorded "prohibited: recorded" plain deny 2031-06-01
runs "prohibited: exempt runs" exec "$work/exempt"
recorded "prohibited: recorded as exempt" exempt exempt 2031-06-01
runs "prohibited: what is capped at audit runs" exec "$work/capped"
recorded "prohibited: it would have been denied" capped audit 2031-06-01
reminded "the next day: the review again" 2031-06-01 review "vendor test was due on 2031-05-20, 12 days"
reminded "the next day: the exemption again" 2031-06-01 exemption "ends in 2 days"
equal "prohibited: nothing more tomorrow" "" "$("$interdict" status | grep ^tomorrow)"

date -s "2031-06-03 12:00:00" >/dev/null
reminded "the last day of the exemption" 2031-06-03 exemption "ends today, 2031-06-03"
runs "the last day of the exemption: it runs" exec "$work/exempt"
recorded "the last day: recorded as exempt" exempt exempt 2031-06-03
status_says "the last day: what is denied tomorrow" \
	"^tomorrow +denied: vendor test, exemption CHG-7 ends today, 1 digests"

day_comes 2031-06-04
denied "the day after: the entry acts again" exec "$work/exempt"
recorded "the day after: recorded" exempt deny 2031-06-04
reminded "the day after: said" 2031-06-04 exemption "ended with 2031-06-03: its entries act again"
status_says "the day after: shown as ended" "exempt: +CHG-7 ended 2031-06-03 \(ended\)"

date -s "2031-06-12 12:00:00" >/dev/null
reminded "a week later the review is still said" 2031-06-12 review "vendor test"
equal "and the exemption is not any more" 0 \
	"$(count_records '.interdict.health.action == "exemption" and (.["@timestamp"] | startswith("2031-06-12"))')"
denied "a week later: denied" exec "$work/exempt"
clock_set "2031-06-02 12:00:00"
runs "the clock set back: exempt again" exec "$work/exempt"
equal "one monitor all the time" 1 "$(count_records '.interdict.health.action == "start"')"
check "the monitor ends" monitor_stop
finish
