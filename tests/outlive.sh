# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2154 # the scripts use what is set here, lib.sh sets the rest
#
# The gap test, sourced after lib.sh: a listed program is executed all the time while the monitor
# is killed, ended, reloaded and replaced by another version. None of it runs, and every denial is
# a record or a counted loss.
#
#   gap_test RESTARTS RELOADS UPGRADES
release=no

# Built with another INTERDICT_ABI: it cannot use what this one leaves, nor the other way round.
other_version=$probes/interdict-other

# Records of all monitors of the script.
everything=$work/everything.json

collect() {
	cat "$events" >>"$everything" 2>/dev/null
}

# end_monitor KILL|TERM: its programs stay.
end_monitor() {
	if [ "$1" = KILL ]; then
		monitor_kill
	else
		monitor_stop TERM
	fi
	collect
}

# restart KILL|TERM PROGRAM [OPTION...]: ends the monitor and starts this one.
restart() {
	local interdict=$2
	end_monitor "$1"
	shift 2
	monitor_start enforce "$@"
}

links() {
	find /sys/fs/bpf/interdict -mindepth 1 -maxdepth 1 -name 'links-*' | wc -l
}

sets() {
	find /sys/fs/bpf/interdict -mindepth 1 -maxdepth 1 -name 'maps-*' | wc -l
}

# Denials that were recorded, and those that were counted as lost.
recorded() {
	jq -s 'map(select(.interdict.decision == "deny" and .event.action == "exec") |
		1 + (.interdict.repeat // 0)) | add // 0' "$everything"
}

lost() {
	jq -s 'map(select(.interdict.health.action == "loss").message // "" |
		capture("^(?<n>[0-9]+) more: .*alerts").n | tonumber) | add // 0' "$everything"
}

# heeds_end PID: it has a handler for SIGTERM, the 15th signal.
heeds_end() {
	[[ $(sed -n 's/^SigCgt:.*\(.\)...$/\1/p' "/proc/$1/status") == [4-7c-f] ]]
}

gap_test() {
	# Under emulation the loop would have the processors for itself.
	local pause=3000
	[ "$backend" != lsm ] || pause=15000
	local restarts=$1 reloads=$2 upgrades=$3 i ending=KILL loop kills=0 failed=0 said begin
	mkdir -p "$vendors"
	make_file program listed
	list_write sized "$vendors/list" listed
	vendor_write test list
	: >"$everything"
	begin=${EPOCHREALTIME/./}

	"$probes/exec_loop" 3000 "$work/listed" >baseline &
	loop=$!
	wait_for 10 heeds_end $loop
	sleep 0.5
	kill $loop
	wait $loop
	matches "baseline: it runs" "^ran [1-9][0-9]* denied 0 killed 0 other 0$" "$(cat baseline)"

	monitor_start enforce || bail "the monitor does not start"
	"$probes/exec_loop" $pause "$work/listed" >attempts &
	loop=$!
	later end_process $loop
	for ((i = 0; i < restarts; i++)); do
		restart $ending "$interdict" || failed=$((failed + 1))
		[ $ending = TERM ] || kills=$((kills + 1))
		[ $ending = KILL ] && ending=TERM || ending=KILL
	done
	equal "$restarts restarts" 0 $failed
	for ((i = 0; i < reloads; i++)); do
		printf '%s,%d,Other,1,\n' "$(echo $i | sha256sum | cut -c 1-64)" $((100000 + i)) >>"$vendors/list"
		"$interdict" reload >/dev/null || failed=$((failed + 1))
	done
	equal "$reloads reloads" 0 $failed
	# There and back: by version, and by the size of a buffer.
	for ((i = 0; i < upgrades; i++)); do
		case $((i % 4)) in
		0) restart $ending "$other_version" || failed=$((failed + 1)) ;;
		1) restart $ending "$interdict" || failed=$((failed + 1)) ;;
		2)
			config_write "[buffers]" "alerts = 512K"
			restart $ending "$interdict" || failed=$((failed + 1))
			;;
		3)
			config_write
			restart $ending "$interdict" || failed=$((failed + 1))
			;;
		esac
		[ $ending = TERM ] || kills=$((kills + 1))
		[ $ending = KILL ] && ending=TERM || ending=KILL
	done
	equal "$upgrades upgrades" 0 $failed
	kill $loop
	wait $loop
	equal "one load of programs and one set of maps are left" "1 1" "$(links) $(sets)"
	says "stop" 0 "stopped" "$interdict" stop
	monitor_kill
	collect
	accounted "$(cat attempts)" $kills
	echo "# $(((${EPOCHREALTIME/./} - begin) / 1000000)) s"
}

# accounted "ran A denied B killed C other D" KILLS
accounted() {
	local ran denied killed other records losses word sum
	read -r word ran word denied word killed word other <<<"$1"
	records=$(recorded)
	losses=$(lost)
	sum=$((records + losses))
	echo "# $1; $records recorded, $losses counted as lost, $2 kills"
	equal "none of $((ran + denied + killed + other)) executions ran" 0 "$ran"
	equal "none ended otherwise" 0 "$other"
	if [ "$backend" = lsm ]; then
		equal "all were denied" 0 "$killed"
	else
		equal "all were killed" 0 "$denied"
	fi
	# Both loads act on a call while one replaces the other, and a kill may repeat one record.
	echo "# $((sum - denied - killed)) of them twice"
	if [ $sum -ge $((denied + killed)) ] && [ $sum -le $(((denied + killed) * 11 / 10 + $2)) ]; then
		ok "each is a record or a counted loss"
	else
		not_ok "each is a record or a counted loss" "$((denied + killed)) denied, $sum accounted for"
	fi
}
