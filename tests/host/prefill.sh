#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Pre-fill: with a list without sizes, digests are there before anybody waits for them, those of
# files that change meanwhile are not, and what is held does not wait for it.
. "$(dirname "$0")/../lib.sh"
need_root

prefill=yes
files=12
rounds=5
rewritten=16
if [ "$backend" = lsm ]; then # emulated
	files=6
	rounds=2
	rewritten=6
fi
mkdir -p bin/deep elsewhere
for ((i = 0; i < files; i++)); do
	make_file program bin/deep/allowed-$i
	make_file program bin/listed-$i
done
make_file program elsewhere/unknown
make_file program elsewhere/second
make_file program elsewhere/third
list_write unsized "$vendors.list" bin/listed-*
list_write sized "$vendors.sized" bin/listed-*
mkdir -p "$vendors"
cp "$vendors.list" "$vendors/list"
vendor_write test list
sleep 0.1 # their last change is no news

prefill() {
	"$interdict" status --json | jq -r ".prefill.$1"
}

prefill_is() {
	[ "$(prefill state)" = "$1" ]
}

# idle_threads: those of the monitor that do it, by their scheduling policy: SCHED_IDLE is 5.
idle_threads() {
	cat /proc/"$monitor"/task/*/stat 2>/dev/null | sed -n 's/.*(prefill) //p' | awk '$39 == 5' | wc -l
}

has_idle_threads() {
	[ "$(idle_threads)" -eq "$1" ]
}

hashed() {
	"$interdict" status --json | jq .counters.hashed
}

# each EXPECTED-STATUS FILE...: all of them end like that.
each() {
	local wanted=$1 file status
	shift
	for file in "$@"; do
		status=0
		timeout 5 "$probe" exec "$file" >/dev/null 2>&1 || status=$?
		[ $status -eq "$wanted" ] || { echo "$file: status $status"; return 1; }
	done
}

# What is known is decided while the daemon can do nothing; with lsm, without a hash.
before_known() {
	if [ "$backend" = tracepoint ]; then
		kill -STOP "$monitor"
	else
		hashes=$(hashed)
	fi
}

after_known() {
	if [ "$backend" = tracepoint ]; then
		kill -CONT "$monitor"
	else
		# `interdict status` is in no directory that was looked at.
		equal "$1" "" "$([ "$(hashed)" -le $((hashes + 1)) ] || echo "$(hashed) hashes, before $hashes")"
	fi
}

config_write '[prefill]' "directories = $work/bin"
monitor_start enforce || bail "the monitor does not start"
check "pre-fill ends" wait_for 120 prefill_is "done"
equal "nothing of it is left running" 0 "$(idle_threads)"
check "it has seen more than the configured directory" [ "$(prefill seen)" -gt $((2 * files)) ]
check "it has stored what it hashed" [ "$(prefill stored)" -ge $((2 * files)) ]
# The probe itself, and what `timeout` needs.
each "$PROBE_RAN" elsewhere/unknown >/dev/null
before_known
check "programs that nobody has executed run without the daemon" each "$PROBE_RAN" bin/deep/allowed-*
check "listed ones are denied without it" each "$(denied_status)" bin/listed-*
after_known "none of them was hashed when it was executed"
check "one that was not looked at is decided too" each "$PROBE_RAN" elsewhere/second
matches "status shows it" '^prefill +done: [0-9]+ files, [0-9]+ known before, [0-9]+ hashed' \
	"$("$interdict" status)"
check "the monitor ends" monitor_stop

# --- when it runs --------------------------------------------------------------

config_write '[prefill]' 'enabled = no'
monitor_start enforce || bail "the monitor does not start"
equal "it can be switched off" off "$(prefill state)"
check "that monitor ends" monitor_stop

# A file that takes longer than this test, and no room.
truncate -s 200G bin/large
chmod 755 bin/large
cp "$vendors.sized" "$vendors/list"
config_write '[prefill]' "directories = $work/bin" 'threads = 2'
monitor_start enforce || bail "the monitor does not start"
equal "with sizes there is no need" "not needed" "$(prefill state)"
cp "$vendors.list" "$vendors/list"
monitor_reload || not_ok "a reload is answered"
check "a reload without sizes begins it" wait_for 10 prefill_is running
check "its threads have idle priority" wait_for 10 has_idle_threads 2
check "meanwhile an unknown file runs" each "$PROBE_RAN" elsewhere/third
seen=$(prefill seen)
monitor_reload || not_ok "another reload is answered"
check "another reload does not begin anew" [ "$(prefill seen)" -ge "$seen" ]
check "all that has sizes again" cp "$vendors.sized" "$vendors/list"
monitor_reload || not_ok "a third reload is answered"
equal "ends it" "not needed" "$(prefill state)"
check "and its threads" wait_for 30 has_idle_threads 0
cp "$vendors.list" "$vendors/list"
monitor_reload || not_ok "a fourth reload is answered"
check "it runs again" wait_for 10 has_idle_threads 2
begin=${EPOCHREALTIME/./}
check "the monitor ends while it runs" monitor_stop INT
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
check "within 5 seconds" [ $took -lt 5000 ]
rm bin/large

# --- a writer meanwhile ----------------------------------------------------------

# Both of one size, and large enough for writes to meet reads.
make_file program clean
make_file program listed
for file in clean listed; do
	head -c 500000 /dev/zero >>$file
done
rm -r bin && mkdir bin
for ((i = 0; i < rewritten; i++)); do
	cp clean bin/$i
done
list_write unsized "$vendors/list" listed
config_write '[prefill]' "directories = $work/bin" 'threads = 2'
writes=0
wrong=
changed=0
# More rounds than that where no write has met a hash yet: that is for the scheduler to say.
for ((round = 0; round < rounds || (changed == 0 && round < 10 * rounds); round++)); do
	"$probes/churn" clean listed bin/* >churn.out &
	writer=$!
	monitor_start enforce || bail "the monitor does not start"
	wait_for 120 prefill_is "done" || wrong+=" round $round: not done;"
	kill -TERM $writer
	wait $writer || wrong+=" round $round: the writer has failed;"
	writes=$((writes + $(cat churn.out)))
	changed=$((changed + $(prefill changed)))
	for file in bin/*; do
		wanted=$PROBE_RAN
		! cmp -s "$file" listed || wanted=$(denied_status)
		each "$wanted" "$file" >each.out || wrong+=" round $round: $(cat each.out), wanted $wanted;"
		# What it was decided by is what it is decided by again.
		each "$wanted" "$file" >each.out || wrong+=" round $round, again: $(cat each.out);"
	done
	monitor_stop || wrong+=" round $round: the monitor has not ended;"
done
equal "files that are rewritten meanwhile are decided by what they hold then" "" "$wrong"
check "they were" [ "$writes" -gt $((rewritten * rounds)) ]
check "some while they were hashed" [ "$changed" -gt 0 ]
echo "# $writes writes, $changed files changed while they were hashed"
finish
