#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A real rsyslogd, with a socket and a file of its own, receives the alerts with facility and
# severity; while it is down nothing blocks and nothing that fits the queue is lost.
. "$(dirname "$0")/../lib.sh"
need_root

rsyslogd=$(command -v rsyslogd) || bail "no rsyslogd; see scripts/deps"
mkdir -p "$vendors" state
for name in audit grace deny down-1 down-2; do
	make_file program $name
done
list_write sized "$vendors/list" audit deny down-1 down-2
list_write sized "$vendors/list-grace" grace
vendor_write test list
vendor_write swap list-grace "[schedule]
announced = $(date -d '-3 days' +%F)
prohibited = $(date -d '+3 days' +%F)"

cat >rsyslog.conf <<END
global(workDirectory="$work/state")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$work/log")
template(name="plain" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname%:%msg%\n")
action(type="omfile" file="$work/received" template="plain")
END
logger_start() {
	touch received
	"$rsyslogd" -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" >rsyslog.out 2>&1 &
	logger=$!
	later end_process $logger
	wait_for 10 test -S "$work/log"
}
received() {
	grep -Eq -- "$1" "$work/received"
}
arrives() {
	if wait_for 15 received "$2"; then
		ok "$1"
	else
		not_ok "$1" "nothing like: $2
$(tail -n 5 "$work/received")"
	fi
}

logger_start || bail "rsyslogd does not start: $(cat rsyslog.out)"
printf '[output]\nsyslog-socket = %s\n' "$work/log" >"$config"
monitor_start audit || bail "the monitor does not start"
"$probe" exec "$work/audit" >/dev/null
arrives "audit: authpriv.warning" "^authpriv\.warning interdict: ?audit exec .*$(digest audit)"
"$probe" exec "$work/grace" >/dev/null
arrives "grace: authpriv.notice" "^authpriv\.notice interdict: ?grace exec .*$(digest grace)"
check "the monitor ends in audit" monitor_stop

monitor_start enforce || bail "the monitor does not start"
"$probe" exec "$work/deny" >/dev/null
arrives "deny: authpriv.alert" "^authpriv\.alert interdict: ?deny exec .*$(digest deny)"

end_process $logger
rm -f "$work/log"
begin=${EPOCHREALTIME/./}
denied "logger down: still denied" exec "$work/down-1"
denied "logger down: still denied, another" exec "$work/down-2"
reported "logger down: the event file goes on" ".file.hash.sha256 == \"$(digest down-2)\""
if [ $((${EPOCHREALTIME/./} - begin)) -lt 5000000 ]; then ok "logger down: nothing waits"; else not_ok "logger down: nothing waits"; fi
logger_start || bail "rsyslogd does not start again"
arrives "logger back: the first alert arrives" "deny exec .*$(digest down-1)"
arrives "logger back: the second alert arrives" "deny exec .*$(digest down-2)"
check "the monitor ends" monitor_stop

printf '[output]\nsyslog-socket = %s\nsyslog = local3\n' "$work/log" >"$config"
monitor_start enforce || bail "the monitor does not start"
"$probe" exec "$work/deny" >/dev/null
arrives "another facility" "^local3\.alert interdict: ?deny exec .*$(digest deny)"
check "the monitor ends at last" monitor_stop
finish
