#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A reload has its lists parsed by a child of the monitor that can do nothing else. It is caught
# at work and looked at; one that is killed at work is an error of its list, and the policy
# before stays.
. "$(dirname "$0")/../lib.sh"
need_root

make_file program listed
make_file program later
make_file program allowed
mkdir -p "$vendors"
# With sizes, or what looks at the parser here would itself have to be hashed, by a monitor that
# waits for it.
list_write sized "$vendors/list" "$work/listed"
vendor_write test list
monitor_start enforce || bail "the monitor does not start"
denied "the listed program is denied" exec "$work/listed"

# is_confined: without a command, each of which costs more than the parser has time for.
parser=
is_confined() {
	local line
	while read -r line; do
		case $line in Seccomp:?2) return 0 ;; esac
	done 2>/dev/null <"/proc/$parser/status"
	return 1
}

# catch_parser: stops the monitor's confined child while it reads. Its status is in $status then.
status=
catch_parser() {
	local until=$((${EPOCHREALTIME/./} + 20000000)) file=/proc/$monitor/task/$monitor/children
	while [ "${EPOCHREALTIME/./}" -lt "$until" ]; do
		parser=
		read -r parser _ 2>/dev/null <"$file"
		if [ -z "$parser" ] || ! is_confined || ! kill -STOP "$parser" 2>/dev/null; then
			continue
		fi
		status=$(cat "/proc/$parser/status" 2>/dev/null)
		[ -n "$status" ] && return 0
	done
	return 1
}

field() {
	sed -n "s/^$1:[[:space:]]*//p" <<<"$status" | tr '\t' ' '
}

generate 50000 1 | sed "s/$/,$(size listed),Test,1.0,/" >generated
list_write sized "$vendors/list" "$work/listed" "$work/later"
cat generated >>"$vendors/list"
before=$(count_records '.interdict.health.action // "" | startswith("reload")')
kill -HUP "$monitor"
catch_parser || bail "no confined child was seen during a reload"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	equal "the parser has no capability: $set" 0000000000000000 "$(field $set)"
done
equal "it cannot gain any" 1 "$(field NoNewPrivs)"
equal "it has a seccomp filter" 2 "$(field Seccomp)"
equal "it has two descriptors, the list and a pipe" "list pipe" \
	"$(readlink /proc/"$parser"/fd/* | sed -E 's,.*/list$,list,; s,^pipe:.*,pipe,' | sort | xargs)"
equal "it has no memory that it shares with the kernel half" 0 \
	"$(grep -Ec ' rw-s |anon_inode' /proc/"$parser"/maps)"
equal "the monitor has some" yes \
	"$(grep -Eq ' rw-s .*anon_inode' /proc/"$monitor"/maps && echo yes)"
kill -KILL "$parser"
wait_for 20 reloads_above "$before"
equal "it was killed: the list is an error" 1 \
	"$(grep -c 'list: cannot be read: the parser was ended by signal 9' "$monitor_log")"
denied "and the policy before stays" exec "$work/listed"
runs "as it was" exec "$work/later"

monitor_reload
denied "left alone, the same list is loaded" exec "$work/later"
runs "another program runs" exec "$work/allowed"
check "the monitor ends" monitor_stop
finish
