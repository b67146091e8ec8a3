#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The tracepoint backend on kernels below 6.13: without the kernel's means to kill a held task
# that another resumes, enforce has to be asked for by allow-late-kill.
. "$(dirname "$0")/../lib.sh"
need_root
backend=tracepoint

mkdir -p "$vendors"
for i in {0..9}; do
	make_file program listed-$i
	make_file program allowed-$i
done
make_file program audit
list_write sized "$vendors/list" listed-* audit
vendor_write test list

monitor_start audit || bail "the monitor does not start in audit"
runs "audit: a listed file runs" exec "$work/audit"
reported "audit: it is reported" ".file.hash.sha256 == \"$(digest audit)\" and
	.interdict.decision == \"audit\" and .interdict.backend == \"tracepoint\""
runs "audit: another file runs" exec "$work/allowed-0"
check "the monitor ends in audit" monitor_stop

says "enforce is refused without allow-late-kill" 2 "allow-late-kill" timeout 30 "$interdict" run \
	--config "$config" --vendors "$vendors" --mode enforce --backend tracepoint --events "$events"

monitor_start enforce --allow-late-kill || bail "the monitor does not start in enforce"
wrong=
for i in {0..9}; do
	"$probe" exec "$work/listed-$i" >said
	status=$?
	case $status in
	"$PROBE_KILLED" | 103) ;;
	*) wrong+="$(cat said)"$'\n' ;;
	esac
done
equal "enforce: 10 first executions of listed files end by SIGKILL" "" "$wrong"
for i in {0..9}; do
	"$probe" exec "$work/allowed-$i" >said || wrong+="$(cat said)"$'\n'
done
equal "enforce: 10 unlisted files of the same size run" "" "$wrong"
probe_gives "enforce: what is known dies before its first instruction" "$PROBE_KILLED" exec "$work/listed-0"
reported "enforce: reported" ".file.hash.sha256 == \"$(digest listed-0)\" and .interdict.decision == \"deny\""
check "the monitor ends" monitor_stop
finish
