#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# protect = yes: what root does to end, trace or disarm the monitor works without it, and is
# refused with it; what stays allowed works; and the ways that remain are known.
. "$(dirname "$0")/../lib.sh"
need_root

pins=/sys/fs/bpf/interdict
pin=
# What is pinned outlives the daemon: one row needs that.
release=no
mkdir -p "$vendors"
for name in listed other later; do
	make_file program $name
done
list_write sized "$vendors/list" listed
vendor_write test list

# Asked to end by itself: a signal may be refused.
monitor_kill() {
	[ -n "$monitor" ] || return 0
	"$interdict" stop >/dev/null 2>&1
	wait_for 10 ended "$monitor" || kill -KILL "$monitor"
	monitor=
}

# --- what root may try; $monitor is the victim. Each gives 0 if it worked.

# fdinfo KEY TYPE: an id, as the daemon's descriptors show it.
fdinfo() {
	local file
	for file in /proc/"$monitor"/fdinfo/*; do
		grep -q "^$1_type:[[:space:]]*$2\$" "$file" 2>/dev/null || continue
		sed -n "s/^$1_id:[[:space:]]*//p" "$file"
		return
	done
}
open_memory() {
	( exec 3<>"/proc/$monitor/mem" )
}
# PTRACE_SEIZE; it ends with the tracer.
seize() {
	perl -e 'exit(syscall(101, 0x4206, $ARGV[0] + 0, 0, 0) == 0 ? 0 : 1)' "$monitor"
}
# pidfd_getfd(2) of its descriptor 3, by pidfd_open(2).
take_descriptor() {
	perl -e '$p = syscall(434, $ARGV[0] + 0, 0); exit($p >= 0 && syscall(438, $p, 3, 0) >= 0 ? 0 : 1)' "$monitor"
}
lower() {
	perl -e 'exit(setpriority(0, $ARGV[0], 19) ? 0 : 1)' "$monitor"
}
read_limits() {
	grep -q 'Max open files' "/proc/$monitor/limits"
}
# A per-CPU array (type 6) by its id: bpftool asks for a descriptor to be written to.
write_map() {
	bpftool map lookup id "$(fdinfo map 6)" key 0 0 0 0
}
take_program() {
	bpftool prog show id "$(fdinfo prog 29)"
}
# A pin by its name; without one there is nothing to be opened.
open_pin() {
	bpftool map show pinned "$pin"
}
move_pins() {
	mv $pins ${pins}_away && mv ${pins}_away $pins
}
remove_pin() {
	rm "$pin"
}
unmount_pins() {
	umount /sys/fs/bpf
}

attacks="a stop signal|kill -STOP MONITOR
a tracer|seize
its memory|open_memory
a descriptor of its|take_descriptor
another limit|prlimit --pid MONITOR --nofile=64:64
another priority|lower
another scheduler|chrt -i -p 0 MONITOR
a map by its id|write_map
a program by its id|take_program
a map by its pin|open_pin
the pins moved|move_pins
a pin removed|remove_pin
the pins unmounted|unmount_pins
SIGKILL|kill -KILL MONITOR"

each_attack() {
	local name command
	while IFS='|' read -r name command; do
		"$1" "$name" ${command//MONITOR/$monitor}
	done <<<"$attacks"
}

# Those that end the monitor, or take its pins, get another one for the next.
fresh() {
	monitor_kill
	rm -rf $pins
	monitor_start enforce || bail "the monitor does not start"
	found=$(find $pins -name counters 2>/dev/null | head -n 1)
	# With protection nobody sees them; they are where they were.
	pin=${found:-$pin}
}
works() {
	local name=$1
	shift
	case $* in
	*KILL*)
		check "baseline: $name" "$@"
		wait_for 10 ended "$monitor" && ok "baseline: $name: it has ended"
		fresh
		;;
	*STOP*)
		check "baseline: $name" "$@"
		check "baseline: $name: it is stopped" wait_for 5 is_stopped
		kill -CONT "$monitor"
		;;
	unmount_pins)
		check "baseline: $name" "$@"
		# Another one of ours: below it is that of the machine, which nobody unmounts.
		mount -t bpf bpf /sys/fs/bpf
		fresh
		;;
	*) check "baseline: $name" "$@" ;;
	esac
}
is_stopped() {
	[ "$(state "$monitor")" = T ]
}
refused_count() {
	"$interdict" status --json | jq -r '.counters["protect.refused"]'
}
refuses() {
	local name=$1 before
	shift
	before=$(refused_count)
	if "$@" >said 2>&1; then
		not_ok "protect: $name is refused" "it worked: $*"
	elif [ "$(refused_count)" -gt "$before" ]; then
		ok "protect: $name is refused"
	else
		not_ok "protect: $name is refused" "it failed, but not by us: $(cat said)"
	fi
}

config_write '[monitor]' 'protect = no'
fresh
equal "baseline: status" false "$("$interdict" status --json | jq .privileges.protect)"
each_attack works
monitor_kill

config_write '[monitor]' 'protect = yes'
fresh
equal "status" true "$("$interdict" status --json | jq .privileges.protect)"
each_attack refuses
matches "it runs on as before" '^[RS]$' "$(state "$monitor")"
reported "the attempts are a health record" '.interdict.health.action == "protect"'

# What stays allowed.
denied "the listed file is denied" exec "$work/listed"
runs "another one runs" exec "$work/other"
check "who it is can be read" read_limits
check "root may ask whether it is there" kill -0 "$monitor"
list_write sized "$vendors/list" listed later
check "SIGHUP reloads" monitor_reload
denied "with what came" exec "$work/later"
check "and so does the command" "$interdict" reload
refuses "the new policy's maps: a map by its id" write_map
mkdir other-bpffs
check "another bpffs can be mounted" mount -t bpf bpf other-bpffs
check "and unmounted" umount other-bpffs
sleep 100 &
check "other processes can be killed" kill -KILL $!
check "a map of somebody else can be made" bpftool map create /sys/fs/bpf/theirs type array key 4 value 4 entries 1 name theirs
check "and written to" bpftool map update pinned /sys/fs/bpf/theirs key 0 0 0 0 value 1 0 0 0
check "and removed" rm /sys/fs/bpf/theirs

# interdict-security(7) lists these. If one of them fails, that page is wrong.
cgroup=/sys/fs/cgroup/interdict-test
is_frozen() {
	grep -q 'frozen 1' $cgroup/cgroup.events
}
mkdir -p $cgroup && echo "$monitor" >$cgroup/cgroup.procs
echo 1 >$cgroup/cgroup.freeze
check "known way: the freezer of its control group" wait_for 5 is_frozen
echo 0 >$cgroup/cgroup.freeze

check "the way out: interdict stop" "$interdict" stop
check "the monitor has ended" wait_for 10 ended "$monitor"
monitor=
check "nothing of it is pinned any more" test ! -e $pins
runs "the listed file runs" exec "$work/listed"

fresh
echo "$monitor" >$cgroup/cgroup.procs
echo 1 >$cgroup/cgroup.kill
check "known way: the kernel kills all of its control group" wait_for 10 ended "$monitor"
monitor=
denied "its programs stay, and deny" exec "$work/listed"
check "interdict stop ends these too" "$interdict" stop
runs "the listed file runs again" exec "$work/listed"
rmdir $cgroup

backend=tracepoint
says "with tracepoints there is no protection, and it says so" 2 'protect = yes needs the lsm backend' \
	timeout 20 "$interdict" run --config "$config" --vendors "$vendors" --backend tracepoint --mode audit
finish
