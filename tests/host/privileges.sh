#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the daemon gives up once it watches, thread by thread; that what it has left is enough;
# and whose files and directories it trusts.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
for name in listed other later opened; do
	make_file program $name
done
list_write sized "$vendors/list" listed opened
vendor_write test list "[identity]
path = $work/named/*"
# A filter is not to be had in a build with a sanitizer, and status says so.
filter=2
filter_word=on
if grep -q __asan_init "$interdict"; then
	filter=0
	filter_word='off: built with a sanitizer'
fi

# interdict-security(7): sys_ptrace, dac_read_search and checkpoint_restore; the daemon's own
# thread kill and bpf too.
reading=$((1 << 19 | 1 << 2 | 1 << 40))
daemon=$((reading | 1 << 5 | 1 << 39))

# threads KEY: its values in the status files of all threads, the main one left out.
threads() {
	local task
	for task in /proc/"$monitor"/task/*; do
		[ "${task##*/}" = "$monitor" ] || sed -n "s/^$1:[[:space:]]*//p" "$task/status"
	done | sort -u
}
main() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$monitor/task/$monitor/status"
}
hex() {
	printf '%016x' "$1"
}

own=$((16#$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)))
check "baseline: who starts the monitor has more" test $((own & ~daemon)) -ne 0
monitor_start enforce || bail "the monitor does not start"
check "there are other threads" test "$(find /proc/"$monitor"/task -mindepth 1 -maxdepth 1 | wc -l)" -ge 4
for set in CapPrm CapEff CapBnd; do
	equal "main thread: $set" "$(hex $((own & daemon)))" "$(main $set)"
done
for set in CapPrm CapEff; do
	equal "other threads: $set" "$(hex $((own & reading)))" "$(threads $set)"
done
equal "other threads: CapBnd" "$(hex $((own & daemon)))" "$(threads CapBnd)"
for set in CapInh CapAmb; do
	equal "all threads: $set" "0000000000000000 0000000000000000" "$(main $set) $(threads $set)"
done
equal "all threads: a filter" "$filter $filter" "$(main Seccomp) $(threads Seccomp)"
[ $filter -eq 0 ] || equal "all threads: no new privileges" "1 1" "$(main NoNewPrivs) $(threads NoNewPrivs)"
matches "no core dumps" 'Max core file size  *0  *0 ' "$(cat /proc/"$monitor"/limits)"
equal "status: the filter" "$filter_word" "$("$interdict" status --json | jq -r .privileges.seccomp)"
equal "status: the capabilities" "bpf checkpoint_restore dac_read_search kill sys_ptrace" \
	"$("$interdict" status --json | jq -r '.privileges.capabilities | sort | join(" ")')"
matches "status: as text" '^privileges +seccomp: .*, capabilities: .*bpf' "$("$interdict" status)"

# With what is left: other people's processes, files that only they may read, a new policy, and
# with lsm a program that is attached later.
denied "a listed file is denied" exec "$work/listed"
runs "another one runs" exec "$work/other"
chown 65534:65534 listed && chmod 700 listed
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
chmod 755 "$work"
wanted=$(denied_status)
as_nobody "$probe" exec "$work/listed" >said 2>&1
equal "that of another user, for whom alone it is" "$wanted" $?
reported "it is reported with its digest" ".process.user.id == \"65534\" and .interdict.decision == \"deny\" and
	.file.hash.sha256 == \"$(digest listed)\""
list_write sized "$vendors/list" listed later opened
vendor_write test list "open = deny"
check "a reload" monitor_reload
equal "was accepted" accepted "$("$interdict" status --json | jq -r .last_reload.outcome)"
denied "it denies what came with it" exec "$work/later"
denied "open = deny, asked for by a reload: no byte is read" open "$work/opened"
runs "of another one it is" open "$work/other"
mv "$events" "$events.1" && kill -USR1 "$monitor"
check "the event file is opened anew" wait_for 10 test -f "$events"
check "the monitor ends" monitor_stop
check "and takes its socket with it" test ! -e /run/interdict/control.sock

# What follows is the same on every kernel.
[ "$backend" = tracepoint ] || finish

# Directories of its own.
chmod 777 /run/interdict
monitor_start audit || bail "the monitor does not start"
equal "the run directory is closed to others" 750 "$(stat -c %a /run/interdict)"
matches "with a warning" 'warning: /run/interdict: was open to others \(mode 0777\)' "$(cat "$monitor_log")"
equal "the control socket" "600 0" "$(stat -c '%a %u' /run/interdict/control.sock)"
as_nobody "$interdict" status >said 2>&1
equal "is for root only" 2 $?
check "the monitor ends" monitor_stop

# refused NAME REGEX [OPTION...]: it does not start, and says why.
refused() {
	local name=$1 regex=$2
	shift 2
	says "$name" 2 "$regex" timeout 20 "$interdict" run --config "$config" --vendors "$vendors" \
		--backend "$backend" --events "$events" "$@"
}
chown 65534 /run/interdict
refused "a run directory of another user is refused" '/run/interdict: .*belongs to uid 65534'
chown 0 /run/interdict
mkdir -p logs a/b
ln -s logs link
refused "an event file behind a link is refused" 'symbolic links' --events "$work/link/events"
chmod 777 logs
refused "in a directory of everybody's too" 'others may not write' --events "$work/logs/events"
chmod 755 logs
cp -a "$vendors" a/b/vendors
chmod 777 a
refused "vendor files below a directory of everybody's are refused" \
	'which is above it, is writable by others' --vendors "$work/a/b/vendors"
chmod 755 a
cp "$config" a/b/interdict.conf
ln -s interdict.conf a/b/link.conf
refused "a configuration that is a link is refused" 'symbolic links are not followed' \
	--config "$work/a/b/link.conf"
chmod 666 a/b/interdict.conf
refused "one that others may write to is refused" 'writable by everybody' \
	--config "$work/a/b/interdict.conf"
printf '[monitor]\nwarning-lists = %s\n' "$work/warn" >>"$config"
mkdir warn
echo '{"name": "x", "list": []}' >warn/x.json
chmod 666 warn/x.json
monitor_start audit --vendors "$work/a/b/vendors" --events "$events" || bail "the monitor does not start"
ok "with all of this put right it starts"
matches "a warning list that others may write to is left out" \
	'warning: .*/x\.json: left out: .*writable by everybody' "$(cat "$monitor_log")"
check "the monitor ends at last" monitor_stop
finish
