#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# What a record says (AU-3), and that no file name or argument can forge one, in both formats.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in audit text deny long; do
	make_file program $name
done
forged=$'evil\n{"event":{"action":"exec"}} decision="allow" \x01\xff\xfe"\\'
make_file program forged
mv forged "$forged"
deep=$work
while [ ${#deep} -lt 3600 ]; do
	deep+=/$(printf '%0200d' 0)
done
mkdir -p "$deep"
make_file program "$work/deep"
(cd "$deep" && cp "$work/deep" .)
list_write sized "$vendors/list" audit text deny long deep
printf '%s,%s,Forged,1,\n' "$(digest "$forged")" "$(size "$forged")" >>"$vendors/list"
vendor_write test list

baseline() {
	"$probe" exec "$work/$forged" && "$probe" exec "$deep/deep"
}
check "baseline: both odd paths execute" baseline

# as_nobody COMMAND...: real, effective and saved user and group.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
chmod 755 "$work"

# fields_hold MODE RECORD TEST...: one result each, by one run of jq. There is one such record.
fields_hold() {
	local mode=$1 record=$2 program='' test answer
	shift 2
	for test; do
		program+="(try ($test) catch false), "
	done
	equal "$mode: it is one record" 1 "$(count_records "$record")"
	while read -r answer && test=$1 && shift; do
		if [ "$answer" = true ]; then
			ok "$mode: $test"
		else
			not_ok "$mode: $test" "$(records "$record")"
		fi
	done < <(records "$record" | head -n 1 | jq "[${program}empty] | .[] | . != false and . != null")
	equal "$mode: every field was looked at" 0 $#
}

# What the daemon looks up itself needs a process that is still there.
cp /bin/sleep linger
printf '%s' "$$" >>linger
list_write sized "$vendors/list-linger" linger
vendor_write linger list-linger
monitor_start audit || bail "the monitor does not start"
(cd /usr && exec "$work/linger" 3) &
linger=$!
later end_process $linger
reported "directory, user and parent are looked up" ".interdict.vendor.id == \"linger\" and
	.process.working_directory == \"/usr\" and .process.real_user.name == \"root\" and
	(.process.parent.executable | test(\"bash\"))"
check "the monitor ends" monitor_stop

for mode in audit enforce; do
	file=audit decision=audit
	[ $mode = audit ] || file=deny decision=deny
	monitor_start $mode || bail "the monitor does not start"
	# The pid of the one that executes is the probe's child: a shell that execs says it.
	as_nobody bash -c 'cd /usr && echo $$ >&3 && exec "$0" one "two words" ""' "$work/$file" \
		>/dev/null 2>&1 3>pid
	record=".file.hash.sha256 == \"$(digest $file)\" and .event.action == \"exec\""
	reported "$mode: a record" "$record"
	tests=(
		".event.action == \"exec\"" ".interdict.decision == \"$decision\""
		".interdict.mode == \"$mode\"" ".interdict.backend == \"$backend\""
		".event.reason == \"listed\"" ".process.pid == $(cat pid)"
		".process.real_user.id == \"65534\"" ".process.user.id == \"65534\""
		".process.real_group.id == \"65534\""
		".file.path == \"$work/$file\"" ".file.size == $(size $file)"
		".file.inode == \"$(stat -c %i $file)\""
		".process.args == [\"$work/$file\", \"one\", \"two words\", \"\"]"
		".interdict.vendor.id == \"test\" and .rule.ruleset == \"test\""
		".rule.name == \"Test 1.0\"" ".rule.reference == \"https://example.org/order\""
		".interdict.authority.citation == [\"Test order 1\"]"
		".interdict.phase == \"prohibited\"" ".interdict.policy.generation >= 1"
		".interdict.namespace.mnt == $(stat -L -c %i /proc/self/ns/mnt)"
		".interdict.namespace.pid == $(stat -L -c %i /proc/self/ns/pid)"
		".event.kind == \"alert\" and (.event.category | index(\"process\"))"
		".host.hostname == \"$(cat /proc/sys/kernel/hostname)\""
		".\"@timestamp\" | test(\"^20[0-9-]+T[0-9:.]+Z$\")"
	)
	fields_hold "$mode" "$record" "${tests[@]}"

	"$probe" exec "$work/$forged" >/dev/null
	reported "$mode: the forged name is one record" ".file.hash.sha256 == \"$(digest "$forged")\""
	equal "$mode: every line is one document" "$(wc -l <"$events")" "$(jq -c . "$events" | wc -l)"
	equal "$mode: no record was forged" 0 "$(count_records '.interdict.decision == "allow" or .interdict == null')"

	"$probe" exec "$deep/deep" >/dev/null
	reported "$mode: a path of ${#deep} bytes comes whole" \
		".file.path == \"$deep/deep\" and .file.hash.sha256 == \"$(digest deep)\""
	"$probe" exec "$work/long" "$(head -c 100000 /dev/zero | tr '\0' x)" >/dev/null
	reported "$mode: long arguments are cut, and the record says so" \
		".file.hash.sha256 == \"$(digest long)\" and any(.interdict.flags[]?; . == \"argv-cut\") and
		(.process.args | join(\"\") | length) > 3500"
	check "$mode: the monitor ends" monitor_stop
done

# The text format: one line a record, whatever the file is called.
"$interdict" run --release --config "$config" --vendors "$vendors" --mode audit --backend "$backend" \
	--format text --events "$work/events.txt" >"$monitor_log" 2>&1 &
monitor=$!
text_ready() {
	grep -q ' health start ' "$work/events.txt"
}
wait_for 30 text_ready || bail "the monitor does not start: $(cat "$monitor_log")"
"$probe" exec "$work/$forged" >/dev/null
"$probe" exec "$work/text" >/dev/null
text_there() {
	grep -q "$(digest text)" "$work/events.txt"
}
check "text: a record" wait_for 10 text_there
equal "text: the forged name is one line" 1 "$(grep -c " exec .*$(digest "$forged")" events.txt)"
record_line='^20[0-9-]+T[0-9:.+-]+ (audit|health) [a-z]+ level='
equal "text: every line is a record" 0 "$(grep -Ecv "$record_line" events.txt)"
equal "text: no control characters" 0 "$(grep -c '[[:cntrl:]]' events.txt)"
check "text: the monitor ends" monitor_stop

# SIGUSR1: the file is opened anew after its rotation.
monitor_start audit || bail "the monitor does not start"
mv "$events" "$events.old"
kill -USR1 "$monitor"
check "SIGUSR1: the event file is there again" wait_for 10 test -e "$events"
"$probe" exec "$work/audit" >/dev/null
reported "SIGUSR1: records go to the new file" ".file.hash.sha256 == \"$(digest audit)\""
check "the monitor ends at last" monitor_stop
finish
