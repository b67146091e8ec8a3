# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the tests of faults share. Sourced after lib.sh.
#
#   logger_start, logger_stop   a real rsyslogd with a socket and a file of its own
#   as_users FIRST COUNT FILE   executes it as so many users: as many alerts, none a repeat
#   still_decides NAME          what is listed is denied, what is not runs
#   status FILTER               jq of `interdict status`

logger_prepare() {
	rsyslogd=$(command -v rsyslogd) || bail "no rsyslogd; see scripts/deps"
	mkdir -p state
	cat >rsyslog.conf <<END
global(workDirectory="$work/state")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="$work/log")
template(name="plain" type="string" string="%syslogfacility-text%.%syslogseverity-text% %programname%:%msg%\n")
action(type="omfile" file="$work/received" template="plain")
END
}

logger_start() {
	touch received
	"$rsyslogd" -n -f "$work/rsyslog.conf" -i "$work/rsyslog.pid" >rsyslog.out 2>&1 &
	logger=$!
	later end_process $logger
	wait_for 10 test -S "$work/log" || bail "rsyslogd does not start: $(cat rsyslog.out)"
}

logger_stop() {
	end_process "$logger"
	rm -f "$work/log"
}

# received_count REGEX: messages that the system log has.
received_count() {
	grep -Ec -- "$1" received
}

as_users() {
	perl -e '($first, $count, $file) = @ARGV;
		for my $user ($first .. $first + $count - 1) {
			my $child = fork;
			if (!$child) { $) = "$user $user"; $( = $user; $< = $> = $user; exec $file or exit 1 }
			$children{$child} = 1;
			while (keys %children >= 8) { delete $children{wait()} }
		}
		1 while wait > 0' "$@" >/dev/null 2>&1
}

status() {
	"$interdict" status --json | jq -r "$1"
}

# Two files of their own for each call, so that nothing of it is a repeat or is cached.
fault_number=0
fault_files() {
	local i
	for i in {1..12}; do
		make_file program "listed-$i"
		make_file program "clean-$i"
	done
	make_file program burst
	list_write sized "$vendors/list" listed-* burst
	vendor_write test list
}

still_decides() {
	fault_number=$((fault_number + 1))
	denied "$1: a listed file is denied" exec "$work/listed-$fault_number"
	runs "$1: another runs" exec "$work/clean-$fault_number"
}

closes() {
	[ "$(status '.account.closes')" = true ]
}

# A record may be on its way.
account_closes() {
	wait_for 5 closes
	equal "$1: the account closes" "true 0" "$(status '.account | "\(.closes) \(.difference)"')"
}

# missing_records FILE...: "RUN NUMBER" of those that are in none of these event files, by the
# command that interdict-events(5) gives.
missing_records() {
	local program
	program=$(sed -n "/^jq -rn '/,/events\.json\$/p" "$source_root/user/man/interdict-events.5")
	[ -n "$program" ] || bail "interdict-events(5) has no command to find gaps"
	eval "${program/%events.json/\"\$@\"}"
}
