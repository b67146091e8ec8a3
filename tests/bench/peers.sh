# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Interdict and its peers, one at a time: subject_start NAME, subject_stop NAME. Of each it is
# made sure, after it has watched, that it did (subject_stop fails otherwise), and its own counter
# of losses is said. Sourced after lib.sh, by sections that have made the root (root_make).
#
#   none             nothing: the baseline          again        the same, once more: what of a
#   floor            a program that counts executions            difference is the machine's own
#   floor-calls      programs on sys_enter and sys_exit that do nothing
#   floor-tell       tells a process of each distinct program
#   floor-hold       and stops it until that has it go on
#   floor-hooks      LSM programs that do nothing; all of these are floor.bpf.c
#   audit, enforce   interdict, sized list of 1,000 entries that match nothing
#   unsized, unsized-enforce   the same without sizes
#   execsnoop, opensnoop       libbpf-tools, output to a file
#   bpftrace         its execsnoop.bt, the same
#   auditd           a rule for execve, its log on the disk
#   auditd-open      the same, and one for opens below the directory of the opened files
#   fapolicyd        a deny list of 1,000 digests, on the root's mount only
#
# One thing stays until the next boot: a kernel whose audit was enabled once gives new tasks an audit
# context (audit_alloc() in kernel/auditsc.c), and makes their system calls that little bit slower,
# unless a rule `never,task` is there, as it is here for all but auditd.
#
# What else belongs to the machine is as it was before afterwards, also when the section is ended by a
# signal; tests/bench/run makes sure. Audit and fapolicyd are only used where nobody else does.

peer=       # process of the subject that runs
root=$work/root
later peer_stop

# The tmpfs with everything that is executed and opened. fapolicyd marks the mounts of a type, so
# the others that are in use go, in this mount namespace.
root_make() {
	local mount
	while read -r mount; do
		case $mount in /tmp | /run | /run/* | /var/* | /dev) ;; *) umount -l "$mount" 2>/dev/null ;; esac
	done < <(awk '$3 == "tmpfs" { print $2 }' /proc/self/mounts)
	# Where libbpf-tools look for tracepoints.
	[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
	mkdir -p "$root" && mount -t tmpfs -o size=1g bench "$root" && later umount -l "$root" || return
	tar -C "$root" -xf "$BENCH_ROOT" && install "$programs/driver" "$programs/program" "$root/usr/bin/" &&
		mknod -m 666 "$root/dev/null" c 1 3
}

# In the root, on the one CPU: the driver's commands.
in_root() {
	pinned chroot "$root" "$@"
}

# policies: vendor files of a sized and of an unsized list.
policies() {
	local list
	for list in sized unsized; do
		vendors=$work/$list
		mkdir -p "$vendors"
		vendor_write bench list
	done
	generate 1000 1 >"$work/unsized/list"
	# Of the sizes that programs have, and none of a file that is executed here.
	awk 'BEGIN { srand(2); print "sha256,size,product,version,path" }
		{ print $0 "," 4096 + int(rand() * 1000000) * 4 + 1 ",Test,1.0,x" }' \
		"$work/unsized/list" >"$work/sized/list"
}

interdict_start() {
	vendors=$work/$2
	monitor_start "$1"
}

interdict_stop() {
	local status
	status=$("$interdict" status --json) && monitor_stop || return
	seen=$(jq '.counters["seen.exec"] // 0' <<<"$status")
	lose "$1" "$(jq '.account.lost_alerts + .account.lost_telemetry' <<<"$status")"
}

# lose SUBJECT COUNT: by the subject's own counter, over all rounds; losses_say says them.
declare -A losses=() stops=()

lose() {
	losses[$1]=$((${losses[$1]-0} + ${2:-0}))
	stops[$1]=$((${stops[$1]-0} + 1))
}

losses_say() {
	local subject
	for subject in "${!losses[@]}"; do
		said "$subject" "${losses[$subject]} records lost in ${stops[$subject]} runs, by its own counter"
	done
}

# peer_start COMMAND...: output to $work/peer.log.
peer_start() {
	"$@" >"$work/peer.log" 2>&1 </dev/null 7>&- &
	peer=$!
}

peer_stop() {
	[ -n "$peer" ] || return 0
	kill -"${1:-TERM}" "$peer" 2>/dev/null
	wait_for 10 ended "$peer" || pkill -KILL -P "$peer" || kill -KILL "$peer"
	wait "$peer" 2>/dev/null
	peer=
}

# --- BPF programs -------------------------------------------------------------

# floor_start PROGRAM...: beside the one that counts.
floor_start() {
	peer_start "$programs/floor" "$programs/floor.bpf.o" bench_exec "$@"
	wait_for 10 grep -q ready "$work/peer.log"
}

floor_stop() {
	peer_stop
	seen=$(sed -n 's/^counted //p' "$work/peer.log")
}

# Their header stays in a buffer: that they watch shows in programs that were not there. Not in
# how many there are: those of the subject before may go meanwhile.
snoop_start() {
	program_ids >"$work/programs.before"
	peer_start "$1"
	wait_for 20 new_programs && sleep 0.5 && ! ended "$peer"
}

program_ids() {
	bpftool prog list 2>/dev/null | sed -n 's/^\([0-9]*\): .*/\1/p' | sort
}

new_programs() {
	[ -n "$(program_ids | comm -13 "$work/programs.before" -)" ]
}

snoop_stop() {
	peer_stop INT
	seen=$(grep -c -v '^PID\|^PCOMM\|^TIME\|^Attaching' "$work/peer.log")
	lose "$1" "$(awk '/^[Ll]ost / { lost += $2 } END { print lost + 0 }' "$work/peer.log")"
}

# --- audit --------------------------------------------------------------------

audit_value() {
	auditctl -s | awk -v name="$1" '$1 == name { print $2 }'
}

# Whether audit is nobody's here. Everybody else's figures are those of a machine without it.
audit_take() {
	command -v auditctl >/dev/null || { audit_reason="no auditctl here" && return 1; }
	auditctl -s >"$work/audit.before" 2>&1 || {
		audit_reason="the kernel has no audit: $(head -n 1 "$work/audit.before")"
		return 1
	}
	if [ "$(audit_value pid)" != 0 ] || [ "$(audit_value enabled)" = 2 ] || [ "$(auditctl -l)" != "No rules" ]; then
		audit_reason="audit is in use on this machine, and is left alone"
		return 1
	fi
	audit_taken=yes
	later audit_release
	auditctl -a never,task >/dev/null
}

audit_release() {
	[ -n "${audit_taken-}" ] || return 0
	auditctl -d never,task
	auditctl -d "${execve_rule[@]}"
	auditctl -d "${open_rule[@]}"
	auditctl --reset-lost
	auditctl -b "$(awk '$1 == "backlog_limit" { print $2 }' "$work/audit.before")"
	auditctl -e "$(awk '$1 == "enabled" { print $2 }' "$work/audit.before")"
} >/dev/null 2>&1

# shellcheck disable=SC2054 # the commas are auditctl's
execve_rule=(always,exit -F arch=b64 -S execve -S execveat -k bench)
# shellcheck disable=SC2054
open_rule=(always,exit -F arch=b64 -S open -S openat -S openat2 -F "dir=$root/files" -k bench)

auditd_start() {
	mkdir -p "$work/audit/plugins" && chmod 750 "$work/audit" "$work/audit/plugins"
	rm -f "$work/audit/log"*
	sed "s|^log_file = .*|log_file = $work/audit/log|; s|^plugin_dir = .*|plugin_dir = $work/audit/plugins|
		s|^log_group = .*|log_group = root|; s|^max_log_file = .*|max_log_file = 100|" \
		>"$work/audit/auditd.conf" <<-'END2'
		local_events = yes
		write_logs = yes
		log_file = /var/log/audit/audit.log
		log_group = adm
		log_format = ENRICHED
		flush = INCREMENTAL_ASYNC
		freq = 50
		max_log_file = 8
		num_logs = 5
		priority_boost = 4
		name_format = NONE
		max_log_file_action = ROTATE
		space_left = 2
		space_left_action = IGNORE
		admin_space_left = 1
		admin_space_left_action = IGNORE
		disk_full_action = IGNORE
		disk_error_action = IGNORE
		q_depth = 2000
		overflow_action = IGNORE
		plugin_dir = /etc/audit/plugins.d
	END2
	auditctl --reset-lost >/dev/null 2>&1
	peer_start auditd -n -c "$work/audit" -s enable
	wait_for 10 audit_listens || return
	{
		auditctl -d never,task
		auditctl -b 8192
		auditctl -a "${execve_rule[@]}" || return
		[ "$1" != auditd-open ] || auditctl -a "${open_rule[@]}" || return
	} >/dev/null 2>&1
}

audit_listens() {
	[ "$(audit_value pid)" = "$peer" ]
}

auditd_stop() {
	lose "$1" "$(audit_value lost)"
	{
		auditctl -d "${execve_rule[@]}"
		[ "$1" != auditd-open ] || auditctl -d "${open_rule[@]}"
		auditctl -a never,task
	} >/dev/null 2>&1
	sleep 0.5
	peer_stop
	auditctl -e 0 >/dev/null
	seen=$(cat "$work"/audit/log* | grep -c 'key="bench"')
}

# --- fapolicyd ----------------------------------------------------------------

# Its marks are those of the mounts of one type in this mount namespace: nobody outside waits for
# it. Should it hang, then its end ends all waits: a kill by the kernel's timer, whatever this
# script does meanwhile.
fapolicyd_deadline=300

fapolicyd_take() {
	local directory
	command -v fapolicyd >/dev/null || {
		fapolicyd_reason="no fapolicyd here"
		return 1
	}
	if pgrep -x fapolicyd >/dev/null; then
		fapolicyd_reason="fapolicyd is in use on this machine, and is left alone"
		return 1
	fi
	later rm -f /run/fapolicyd.pid
	for directory in etc var/lib run; do
		mkdir -p "$work/fapolicyd/$directory" "/$directory/fapolicyd" &&
			mount --bind "$work/fapolicyd/$directory" "/$directory/fapolicyd" || return
	done
	cat >/etc/fapolicyd/fapolicyd.conf <<-'END2'
		permissive = 0
		nice_val = 14
		q_size = 640
		uid = 0
		gid = 0
		do_stat_report = 1
		detailed_report = 0
		db_max_size = 50
		subj_cache_size = 1549
		obj_cache_size = 8191
		watch_fs = tmpfs
		trust = file
		integrity = none
		syslog_format = rule,dec,perm,auid,pid,exe,:,path,ftype,trust
		rpm_sha256_only = 0
		allow_filesystem_mark = 0
	END2
	sed "s/BENCH-00000000/BENCH-fapolicy/" "$programs/program" >"$root/denied" && chmod 755 "$root/denied"
	# One rule: 1.1.7 does not take a named set here, and a thousand rules cost it more.
	{
		printf 'deny perm=any all : sha256hash=%s' "$(digest "$root/denied")"
		sed 's/^/,/' "$work/unsized/list" | tr -d '\n'
		printf '\nallow perm=any all : all\n'
	} >/etc/fapolicyd/compiled.rules
	echo "/usr/bin/true 0 $(printf '' | sha256sum | cut -c 1-64)" >/etc/fapolicyd/fapolicyd.trust
}

fapolicyd_start() {
	rm -f /run/fapolicyd.pid
	peer_start timeout -s KILL "$fapolicyd_deadline" fapolicyd --debug-deny
	wait_for 10 fapolicyd_denies
}

fapolicyd_denies() {
	! timeout 5 "$root/denied" 2>/dev/null
}

fapolicyd_stop() {
	fapolicyd_denies && seen=1 || seen=0
	peer_stop
}

# --- all ------------------------------------------------------------------------

subject_start() {
	subject_run "$1" || return
	case $1 in
	none | again) ;;
	# But who sees that he is looked at, as opensnoop does, never rests.
	*) rests "${peer:-$monitor}" || true ;;
	esac
}

subject_run() {
	case $1 in
	none | again) ;;
	floor) floor_start ;;
	floor-calls) floor_start bench_enter bench_exit ;;
	floor-tell) floor_start bench_tell ;;
	floor-hold) floor_start bench_hold ;;
	floor-hooks) floor_start bench_check bench_mmap bench_mprotect bench_open bench_post_open ;;
	audit | enforce) interdict_start "$1" sized ;;
	unsized) interdict_start audit unsized ;;
	unsized-enforce) interdict_start enforce unsized ;;
	execsnoop | opensnoop) snoop_start "$1" ;;
	bpftrace) snoop_start execsnoop.bt ;;
	auditd | auditd-open) auditd_start "$1" ;;
	fapolicyd) fapolicyd_start ;;
	*) bail "unknown subject $1" ;;
	esac
}

# Fails if it has not seen anything of what ran.
subject_stop() {
	seen=1
	case $1 in
	none | again) ;;
	floor | floor-*) floor_stop ;;
	audit | enforce | unsized | unsized-enforce) interdict_stop "$1" ;;
	execsnoop | opensnoop | bpftrace) snoop_stop "$1" ;;
	auditd | auditd-open) auditd_stop "$1" ;;
	fapolicyd) fapolicyd_stop ;;
	esac
	[ "${seen:-0}" -gt 0 ]
}
