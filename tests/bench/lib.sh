# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # the sections use what is set here
#
# What the sections of the benchmark share. A section is one file, tests/bench/NN-NAME.sh: a
# program of its own that sources this file, measures, and ends with `finish`. tests/bench/run
# runs it, on each machine that a comment line in its head names:
#
#   # machines: host vm        on the running kernel, and in the machine of scripts/vm
#   # quick: yes               also with QUICK=1; or no, or on which machine: host
#
# From tests/lib.sh, which is sourced here: $work (on the disk, goes away), later, wait_for, bail,
# finish, make_file, list_write, generate, vendor_write, monitor_start and monitor_stop, in a mount
# namespace of its own. Set here:
#
#   $machine       host or vm                    $quick     yes, or empty
#   $rounds        9, with $quick 3; 3 and 1     $programs  directory of what tests/bench/*.c builds
#                  in the virtual machine, whose clock counts instructions
#   $cpu           the one that measured work is pinned to: pinned COMMAND...
#
# Measuring. A *work* is what is timed, a *subject* is what watches meanwhile, and the first one
# is the baseline:
#
#   each_round FUNCTION SUBJECT...         calls FUNCTION ROUND SUBJECT for each subject in each
#                                          round, each round beginning with the next subject
#   sample WORK SUBJECT ROUND VALUE UNIT   one measurement; smaller is better or not, no matter
#   value WORK SUBJECT VALUE UNIT          a figure that is measured once (a size, a count)
#   seconds COMMAND...                     runs it, pinned; sets $elapsed, in seconds
#   rests PID                              waits until the process does nothing, 20 s at most: what
#                                          one does at first is not what it costs from then on
#   said SUBJECT TEXT                      a line below the tables: a counter of losses, a version
#   missing SUBJECT REASON                 what cannot run here, and why
#
# The samples of a work, subject and unit become one row: median, minimum, maximum over the
# rounds. Where the work has samples of the subject `none` in the same unit, a second row has the
# unit `ratio`: each sample divided by that of `none` in the same round, and of these again median,
# minimum and maximum (summary.awk). No rows of other sections are compared.
#
# Results. All is appended to files in build/bench:
#
#   samples.tsv    machine section work subject round unit value
#   results.tsv    machine section work subject unit n median minimum maximum   (from samples.tsv)
#   said.tsv       machine section subject text
#
# What is promised about a row stands in tests/bench/targets.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

section=$(basename "$0" .sh)
section=${section#[0-9][0-9]-}
machine=${BENCH_MACHINE:-host}
quick=${BENCH_QUICK-}
rounds=9
[ -z "$quick" ] || rounds=3
[ "$machine" = host ] || rounds=$((rounds / 3))
rounds=${BENCH_ROUNDS:-$rounds}
programs=${BENCH_PROGRAMS:-$build_root/tests/bench}
bench_results=${BENCH_RESULTS:-$build_root/bench}
cpu=$(($(nproc) - 1))
mkdir -p "$bench_results"

# rotated SHIFT WORD...: the words, one a line, beginning with another one each time.
rotated() {
	local shift=$1 i
	shift
	for ((i = 0; i < $#; i++)); do
		echo "${@:$(((i + shift) % $# + 1)):1}"
	done
}

# With BENCH_LOCK=FILE each round waits for a lock on the file, and others may hold it in between.
each_round() {
	local function=$1 round subject
	shift
	for ((round = 1; round <= rounds; round++)); do
		if [ -n "${BENCH_LOCK-}" ]; then
			exec 7>"$BENCH_LOCK"
			flock -w 1200 7 || bail "no lock on $BENCH_LOCK"
		fi
		progress "round $round of $rounds"
		for subject in $(rotated $((round - 1)) "$@"); do
			"$function" "$round" "$subject" 7>&-
		done
		[ -z "${BENCH_LOCK-}" ] || exec 7>&-
	done
}

progress() {
	printf '# %s/%s: %s\n' "$machine" "$section" "$*"
}

row() {
	local file=$1 IFS=$'\t'
	shift
	printf '%s\n' "$*" >>"$bench_results/$file"
}

sample() {
	[[ $4 =~ ^[0-9.]+$ ]] || bail "no measurement of $1 under $2 in round $3: '$4'"
	row samples.tsv "$machine" "$section" "$1" "$2" "$3" "$5" "$4"
}

value() {
	sample "$1" "$2" 1 "$3" "$4"
}

# One line a subject and text, however many rounds say it.
said() {
	local line
	line=$(printf '%s\t%s\t%s\t%s' "$machine" "$section" "$1" "$2")
	grep -qxF -- "$line" "$bench_results/said.tsv" 2>/dev/null || echo "$line" >>"$bench_results/said.tsv"
}

missing() {
	said "$1" "not run: $2"
}

# Whatever watches is not pinned, and inherits nothing from here.
pinned() {
	taskset -c "$cpu" "$@"
}

seconds() {
	local begin=$EPOCHREALTIME
	pinned "$@" || return
	elapsed=$(awk -v begin="$begin" -v end="$EPOCHREALTIME" 'BEGIN { printf "%.6f", end - begin }')
}

rests() {
	wait_for 20 at_rest "$1"
}

# The processor time of the process, in ticks, stands still.
at_rest() {
	local before
	before=$(ticks "$1")
	sleep 0.5
	[ "$before" = "$(ticks "$1")" ]
}

ticks() {
	awk '{ sub(/.*\)/, ""); print $12 + $13 }' "/proc/$1/stat"
}
