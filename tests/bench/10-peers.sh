#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# machines: host vm
# quick: yes
#
# The same work under nothing, under the least that monitors can be, under interdict, and under
# what else would be installed (peers.sh). Works, all in one root on a tmpfs, pinned to one CPU:
#
#   exec    a static program of 38 KB, by vfork(2) and execve(2)
#   shell   a loop of 50 times /bin/true in bash
#   build   ./configure && make -j2 of a small project (project)
#   opens   open and close, 1,000 files, hot
#   first   400 distinct programs, each executed for the first time
#
# Under emulation, and with QUICK=1, less of each. With QUICK=1 in the virtual machine only
# interdict and a floor, without shell and build; on the host one floor, and no bpftrace.
. "$(dirname "$0")/lib.sh"
. "$source_root/tests/bench/peers.sh"
need_root

# Subjects that cannot be measured here.
declare -A gone=()
floors=(floor-calls floor-tell floor-hold)
[ "$machine" = host ] || floors=(floor-hooks)
subjects=(none floor "${floors[@]}" again audit enforce unsized unsized-enforce execsnoop opensnoop bpftrace auditd auditd-open fapolicyd)
works=(exec shell build opens first)
executions=4000 loops=20 passes=200 files=1000 distinct=400 sources=12 checks=18
if [ -n "$quick" ]; then
	executions=1000 loops=6 passes=50 sources=4 checks=9
	subjects=(none floor-calls again audit enforce unsized unsized-enforce execsnoop opensnoop auditd fapolicyd)
fi
if [ "$machine" = vm ]; then
	executions=200 loops=4 passes=10 sources=1 checks=3 distinct=200
	if [ -n "$quick" ]; then
		subjects=(none floor-hooks again audit enforce unsized)
		works=(exec opens first)
		executions=100 passes=5 distinct=60
	fi
fi
read -ra subjects <<<"${BENCH_SUBJECTS:-${subjects[*]}}"

prepare() {
	local i
	root_make && policies || return
	mkdir "$root/files" && for ((i = 0; i < files; i++)); do
		echo $i >"$root/files/$i"
	done
	"$source_root/tests/bench/project" "$root/project" $sources $checks
}

# New inodes each time, of new content.
programs_renew() {
	rm -rf "$root/distinct"
	mkdir "$root/distinct"
	"$programs/driver" copies $distinct "$programs/program" "$root/distinct/"
}

work_exec() { in_root driver exec $executions /usr/bin/program; }
work_opens() { in_root driver opens $passes /files; }
work_first() { in_root driver each /distinct; }

work_shell() {
	in_root driver time $loops bash -c 'for ((i = 0; i < 50; i++)); do /bin/true; done'
}

work_build() {
	in_root driver time 1 bash -c "cd /project && ./configure >/dev/null && make -s -j2 && make -s clean"
}

# So that none of the works but `first` is the first to execute a file.
warm_up() {
	in_root driver exec 20 /usr/bin/program
	in_root driver opens 1 /files
	in_root bash -c "/bin/true"
	[[ " ${works[*]} " != *" build "* ]] || in_root bash -c "expr 1; sed p /dev/null; grep x /dev/null
		rm -f /x; make --version; echo 'int main(void) { return 0; }' >/x.c; cc -O2 -o /x /x.c"
}

measure() {
	local round=$1 subject=$2 name begin=$SECONDS
	[ -z "${gone[$subject]-}" ] || return 0
	programs_renew
	if ! subject_start "$subject"; then
		gone[$subject]=yes
		missing "$subject" "did not start: $(tail -n 2 "$work/peer.log" 2>/dev/null | cut -c 1-150 | tr '\n\t' '  ')"
		subject_stop "$subject" || true
		return
	fi
	warm_up >/dev/null 2>&1
	for name in "${works[@]}"; do
		sample "$name" "$subject" "$round" "$(work_"$name")" us
	done
	subject_stop "$subject" || not_ok "$subject saw something of it in round $round" "$(tail "$work/peer.log")"
	progress "$subject: $((SECONDS - begin)) s"
}

prepare || bail "no root to work in"
if [ "$machine" = vm ] && ! command -v bpftrace >/dev/null; then
	missing bpftrace "its compiler, 150 MB of libraries, is not in the virtual machine"
	gone[bpftrace]=yes
fi
audit_take || {
	missing auditd "$audit_reason"
	missing auditd-open "$audit_reason"
	gone[auditd]=yes gone[auditd-open]=yes
}
fapolicyd_take || {
	missing fapolicyd "$fapolicyd_reason"
	gone[fapolicyd]=yes
}
# A machine that has just begun, an emulated one above all, is slower than it will be.
programs_renew
for name in warm_up "${works[@]/#/work_}"; do
	"$name" >/dev/null 2>&1
done
each_round measure "${subjects[@]}"
losses_say
audit_release
ok "measured"
finish
