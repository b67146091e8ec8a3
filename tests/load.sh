# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# A busy machine: forks, executions and opens of stress-ng, a parallel compile, and all the time
# programs that are listed, and some of their size that are not. Afterwards every alert has to be
# there. Sourced after lib.sh.
#
#   load_prepare          files and policy
#   load_start            in the background
#   load_stop             waits for its end
#   load_judge NAME MODE  the results
#
# What ran is counted by those who ran it; what was reported, by the event file; and the monitor's
# own account has to agree with both.

load_listed=8
[ "$backend" = tracepoint ] || load_listed=4 # under emulation all takes its time

load_prepare() {
	local i
	mkdir -p "$vendors" compile
	for ((i = 0; i < load_listed; i++)); do
		make_file program listed-$i
		make_file program clean-$i
	done
	list_write sized "$vendors/list" listed-*
	vendor_write test list
	# Named by nothing that is here: so first executions go by way of the telemetry ring.
	vendor_write named list-named "[identity]
path = /opt/interdict-test-absent/*"
	printf '%s,4242,,,\n' "$(generate 1 7)" | sed '1i sha256,size,product,version,path' >"$vendors/list-named"
	command -v gcc >/dev/null || return 0
	for ((i = 0; i < 40; i++)); do
		printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n' >compile/$i.c
		printf 'int f%d(int n) { char text[64]; sprintf(text, "%%d", n); return (int)strlen(text); }\n' \
			{0..99} >>compile/$i.c
	done
}

# Until the file `load-stop` is there. What a run printed is a line of the tally.
load_execute() {
	until [ -e load-stop ]; do
		"$probes/together" 3 "$@" || echo broken
	done
}

load_read() {
	until [ -e load-stop ]; do
		cat listed-* clean-* >/dev/null || echo broken
		sleep 0.1
	done
}

load_compile() {
	# shellcheck disable=SC2016 # for the other shell
	until [ -e load-stop ]; do
		printf '%s\n' compile/*.c | xargs -P 2 -n 4 sh -c \
			'for file; do gcc -O1 -c -o "${file%.c}.o" "$file" || exit 255; done' - || echo broken
	done
}

load_start() {
	rm -f load-stop tally-* compile/*.o
	load_execute listed-* >tally-listed-1 2>&1 &
	load_execute listed-* >tally-listed-2 2>&1 &
	load_execute clean-* >tally-clean 2>&1 &
	load_read >tally-read 2>&1 &
	if command -v gcc >/dev/null; then
		load_compile >tally-compile 2>&1 &
	else
		: >tally-compile
	fi
	# Stopped by its time limit if nobody does: it is in a process group of its own.
	setsid stress-ng --quiet --temp-path "$work" --exec 1 --exec-max 2 --fork 1 --open 1 --open-max 64 \
		--timeout 900 >tally-stress 2>&1 &
	load_stress=$!
	later load_end_stress
}

load_end_stress() {
	kill -TERM -- "-$load_stress" 2>/dev/null
}

load_stop() {
	local job
	: >load-stop
	kill -INT "$load_stress"
	wait "$load_stress"
	load_stress_status=$?
	for job in $(jobs -p); do
		[ "$job" = "${monitor-}" ] || wait "$job"
	done
}

# tally WORD FILE...: the sum of "... WORD n ..." over all lines.
tally() {
	local word=$1
	shift
	cat "$@" | awk -v word="$word" '{ for (i = 1; i < NF; i++) if ($i == word) sum += $(i + 1) }
		END { print sum + 0 }'
}

# load_count FILTER: alerts about executions, repeats counted singly; "is_listed" is whether the
# file is one of the listed: by its path or, in a record without one, its digest.
load_count() {
	jq -n --arg start "$work/listed-" --arg digests "$(sha256sum listed-*)" 'def is_listed:
		(.file.path // "" | startswith($start)) or
		((.file.hash.sha256 // "-") as $digest | $digests | contains($digest + " "));
		reduce (inputs | select(.event.action == "exec") | select('"$1"')) as $r
			(0; . + 1 + ($r.interdict.repeat // 0))' "$events"
}

account() {
	"$interdict" status --json | jq -c "$1"
}

# Nothing is on its way any more.
load_settled() {
	account '.account | .waiting == 0 and .collapsed == 0 and .events.waiting == 0' | grep -qx true
}

load_judge() {
	local name=$1 mode=$2 all ran killed denied counters other
	check "$name: all records settle" wait_for 30 load_settled
	all=$(account '{ counters, account, report }')
	ran=$(tally ran tally-listed-*)
	denied=$(tally denied tally-listed-*)
	killed=$(tally killed tally-listed-*)
	other=$(tally other tally-listed-*)
	counters=$(jq -c '.counters | [."seen.exec", .alerts, .telemetry, .held]' <<<"$all")
	echo "# $name: listed: ran $ran, denied $denied, killed $killed; seen.exec, alerts, telemetry, held: $counters"
	echo "# $name: $(jq -c .account <<<"$all")"
	equal "$name: every execution of listed files ended as it has to" "0 0" "$other $(cat tally-* | grep -c broken)"
	if [ "$mode" = enforce ]; then
		equal "$name: none of the listed files ran" 0 "$ran"
		equal "$name: there were some" yes "$([ $((denied + killed)) -gt 100 ] && echo yes)"
	else
		equal "$name: all listed files ran" "yes 0 0" "$([ "$ran" -gt 100 ] && echo yes) $denied $killed"
	fi
	equal "$name: alerts written and their repeats are the executions" \
		$((ran + denied + killed)) "$(load_count is_listed)"
	equal "$name: the account closes" "true 0" \
		"$(jq -r '.account | "\(.closes) \(.difference)"' <<<"$all")"
	equal "$name: alerts sent are the records, their repeats, what makes no alert and losses" true \
		"$(jq '.account | .sent + .found == .events.written + .events.repeated + .events.lost +
			.lost_alerts + .lost_telemetry + .undecodable + .dismissed' <<<"$all")"
	equal "$name: no alert was lost" "0 0 0" \
		"$(jq -r '.account | "\(.lost_alerts) \(.undecodable) \(.events.lost)"' <<<"$all")"
	equal "$name: files that are not listed all ran" "0 0 0" \
		"$(tally denied tally-clean) $(tally killed tally-clean) $(tally other tally-clean)"
	equal "$name: nothing else was denied" 0 \
		"$(load_count '.interdict.decision == "deny" and (is_listed | not)')"
	equal "$name: stress-ng had no failure" "0:" "$load_stress_status:$(grep -i fail tally-stress)"
}
