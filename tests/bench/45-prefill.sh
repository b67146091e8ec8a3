#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# machines: host vm
# quick: yes
#
# The first execution of distinct programs under a list without sizes in enforce, where every one
# has to be hashed: while a task waits for it (`hold` on the host, the kernel in the virtual
# machine), or before, by pre-fill. New inodes each time. Beside it how long pre-fill takes.
. "$(dirname "$0")/lib.sh"
need_root

distinct=400
[ -z "$quick" ] || distinct=200
[ "$machine" != vm ] || distinct=$((distinct / 4))

prefill=yes # not switched off by config_write
vendors=$work/unsized
mkdir "$vendors"
generate 1000 3 >"$vendors/list"
vendor_write test list

renew() {
	rm -rf programs
	mkdir programs
	"$programs/driver" copies "$distinct" "$programs/program" "$work/programs/"
	sleep 0.1 # their last change is no news
}

prefilled() {
	"$interdict" status --json | jq -e '.prefill.state == "done"'
}

measure() {
	local round=$1 subject=$2
	renew
	case $subject in
	unsized) config_write '[prefill]' 'enabled = no' ;;
	unsized-prefill) config_write '[prefill]' "directories = $work/programs" ;;
	esac
	if [ "$subject" != none ]; then
		monitor_start enforce || bail "the monitor does not start"
	fi
	if [ "$subject" = unsized-prefill ]; then
		wait_for 200 prefilled || bail "pre-fill does not end"
		sample "pre-fill" "$subject" "$round" \
			"$("$interdict" status --json | jq .prefill.seconds)" s
	fi
	[ "$subject" = none ] || rests "$monitor"
	pinned "$programs/driver" exec 20 "$programs/program" >/dev/null
	sample first "$subject" "$round" "$(pinned "$programs/driver" each "$work/programs")" us
	[ "$subject" = none ] || monitor_stop
}

each_round measure none unsized unsized-prefill
ok "measured"
finish
