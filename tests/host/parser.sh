#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
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

# is_confined: without a command, each of which costs more than the parser has time for. Its own
# filter is the last of what confines it; the monitor's is there from the fork on.
parser='' filters=0
is_confined() {
	local name number
	while read -r name number; do
		[ "$name" != Seccomp_filters: ] || [ "$number" -le "$filters" ] || return 0
	done 2>/dev/null <"/proc/$parser/status"
	return 1
}

# catch_parser PID: stops the confined child of that process while it reads. Its status is in
# $status then.
status=
catch_parser() {
	local until=$((${EPOCHREALTIME/./} + 20000000)) file=/proc/$1/task/$1/children
	filters=$(sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$1/status")
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
catch_parser "$monitor" || bail "no confined child was seen during a reload"
for set in CapInh CapPrm CapEff CapAmb; do
	equal "the parser has no capability: $set" 0000000000000000 "$(field $set)"
done
# A monitor that cannot change its bounding set any more cannot change a child's either.
bound=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/"$monitor"/status)
check "nor one within bounds that its monitor has not" \
	test $((0x$(field CapBnd) & ~0x$bound)) = 0
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

# An archive of a command's: what cannot be changed back is changed there too.
head -c 28M /dev/zero >program
printf '\177ELF' | dd of=program conv=notrunc status=none
tar -czf archive.tar.gz program
"$interdict" list build --output built.csv archive.tar.gz 2>said &
builder=$!
catch_parser $builder || bail "no confined child was seen while an archive was read"
equal "who reads an archive has no capability" "0000000000000000 0000000000000000" \
	"$(field CapEff) $(field CapBnd)"
equal "is nobody" "65534 65534 65534 65534" "$(field Uid)"
equal "has a seccomp filter" 2 "$(field Seccomp)"
equal "and two descriptors, the archive and a pipe" "archive pipe" \
	"$(readlink /proc/"$parser"/fd/* | sed -E 's,.*/archive.tar.gz$,archive,; s,^pipe:.*,pipe,' | sort | xargs)"
kill -KILL "$parser"
wait $builder
equal "killed, it makes the list incomplete" "2 1" \
	"$? $(grep -c 'archive.tar.gz: cannot be read: the parser was ended by signal 9' said)"
check "left alone, it is read" "$interdict" list build --output built.csv archive.tar.gz
equal "with what is in it" "$(digest program)" "$(sed -n '2s/,.*//p' built.csv)"
finish
