# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the programs in the kernel cost, in instructions, and the budget that holds it there:
# tests/budget.tsv, one line a program of each backend on each series of kernels. Sourced after
# lib.sh by tests/budget, which prints and renews, and by the test.
#
#   budget_load BACKEND      starts the monitor with all programs of the backend
#   budget_measure BACKEND   the programs of $monitor: series, backend, name, instructions as the
#                            kernel holds them, instructions that its verifier walked, ns, runs
#   budget_times             gives them something to do, and has the kernel take their time
#   budget_of BACKEND        lines of the budget for this kernel
#
# Instructions are the same on every run of one kernel with one compiler; another compiler or
# another minor version of the kernel moves them a little, hence the margin.

budget_file=$source_root/tests/budget.tsv
budget_margin=10 # per cent

budget_series() {
	uname -r | grep -o '^[0-9]*\.[0-9]*'
}

# Which backends this kernel offers.
budget_backends() {
	[ "$backend" != lsm ] || echo lsm
	echo tracepoint
}

# In enforce, because in audit not all are attached, with a list that nothing matches. Without
# the programs of protect = yes: they refuse to be looked at.
budget_load() {
	mkdir -p "$vendors"
	printf '%s,4242,,,\n' "$(generate 1 7)" | sed '1i sha256,size,product,version,path' >"$vendors/list"
	vendor_write test list
	config_write
	if [ "$1" = lsm ]; then
		monitor_start enforce --backend lsm
	else
		monitor_start enforce --backend tracepoint --allow-late-kill
	fi
}

budget_times() {
	local before
	before=$(sysctl -n kernel.bpf_stats_enabled)
	later sysctl -q -w kernel.bpf_stats_enabled="$before"
	sysctl -q -w kernel.bpf_stats_enabled=1
	for _ in {1..200}; do
		/bin/true
	done
	sysctl -q -w kernel.bpf_stats_enabled="$before"
}

# The kernel tells the holder of a descriptor what the verifier counted (aba64c7da983, "bpf: Add
# verified_insns to bpf_prog_info and fdinfo", 5.16).
budget_measure() {
	local file id
	for file in /proc/"$monitor"/fdinfo/*; do
		id=$(awk '/^prog_id:/ { id = $2 } /^verified_insns:/ { print id }' "$file" 2>/dev/null)
		[ -n "$id" ] || continue
		printf '%s\t%s\t%s\t%s\n' "$(budget_series)" "$1" \
			"$(bpftool -j prog show id "$id" | jq -r '"\(.name)\t\(.bytes_xlated / 8)"')" \
			"$(awk -F '\t' '{ value[$1] = $2 }
			END {
				runs = value["run_cnt:"]
				printf "%d\t%d\t%d", value["verified_insns:"],
					runs ? value["run_time_ns:"] / runs : 0, runs
			}' "$file")"
	done | sort -u
}

budget_of() {
	awk -F '\t' -v series="$(budget_series)" -v backend="$1" \
		'$1 == series && $2 == backend' "$budget_file"
}
