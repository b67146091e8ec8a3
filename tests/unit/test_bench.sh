#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the benchmark makes of its samples: medians, ratios within a round, rotation, targets, the
# tables in the README. Nothing is measured.
. "$(dirname "$0")/../lib.sh"
bench=$source_root/tests/bench

# samples ROUND:VALUE...: of one row, the columns of samples.tsv.
samples() {
	local row=$1 one
	shift
	for one in "$@"; do
		printf '%s\t%s\tus\t%s\n' "$row" "${one%:*}" "${one#*:}"
	done
}

summary() {
	awk -f "$bench/summary.awk" | tr '\t' ' '
}

equal "the median of an odd number, by value and not by text" "m s w x us 3 9.0000 8.0000 1000.0" \
	"$(samples $'m\ts\tw\tx' 1:1000 2:8 3:9 | summary)"
equal "the median of an even number" "m s w x us 4 2.5000 1.0000 10.0000" \
	"$(samples $'m\ts\tw\tx' 1:10 2:1 3:3 4:2 | summary)"
equal "a ratio is one of the same round" "m s w x ratio 3 2.0000 0.5000 3.0000" \
	"$({
		samples $'m\ts\tw\tnone' 1:10 2:100 3:1000
		samples $'m\ts\tw\tx' 1:30 2:200 3:500
	} | summary | grep ratio)"
equal "and of the same machine, section and work" "" \
	"$({
		samples $'m\ts\tw\tnone' 1:10
		samples $'n\ts\tw\tx' 1:30
		samples $'m\tt\tw\tx' 1:30
		samples $'m\ts\tv\tx' 1:30
	} | summary | grep ratio)"
equal "a round without a baseline gives none" "m s w x ratio 1 2.0000 2.0000 2.0000" \
	"$({
		samples $'m\ts\tw\tx' 1:30 2:20
		samples $'m\ts\tw\tnone' 2:10
	} | summary | grep ratio)"

# A section that measures nothing: who comes when.
mkdir -p results
cat >"$work/10-order.sh" <<'END2'
. "$INTERDICT_SOURCE/tests/bench/lib.sh"
turn() {
	said "$2" "$1"
	sample work "$2" "$1" "$1" us
}
each_round turn a b c
finish
END2
INTERDICT_SOURCE=$source_root INTERDICT_BUILD=$build_root BENCH_RESULTS=$work/results BENCH_ROUNDS=4 \
	bash "$work/10-order.sh" >said 2>&1
equal "each round begins with the next subject" "a1 b1 c1 b2 c2 a2 c3 a3 b3 a4 b4 c4" \
	"$(awk -F '\t' '{ printf "%s%s%s", sep, $4, $5; sep = " " }' results/samples.tsv)"
equal "rows are named by machine and section" "host order work a" \
	"$(head -n 1 results/samples.tsv | cut -f 1-4 | tr '\t' ' ')"

# A target is judged by what was measured; what was not is not met.
mkdir -p build/bench
row() {
	printf '%s\t%s\t%s\t%s\t%s\t3\t%s\t%s\t%s\n' "$@" "${@:6}" "${@:6}" >>build/bench/results.tsv
}
at_least() {
	: >build/bench/results.tsv
	row host scale records discard /s "$1"
	"$bench/report" "$work/build" | grep "discarded.* at least 200000 " | awk '{ print $NF }'
}
equal "a limit from below: met" met "$(at_least 200000)"
equal "a limit from below: missed" missed "$(at_least 199999)"
verdict() {
	: >build/bench/results.tsv
	row host peers exec audit ratio "$1"
	row host latency fork+exec none us 100
	row vm latency fork+exec none us 1000
	row vm latency "line, p50" audit us "$2"
	"$bench/report" "$work/build" | grep -e "^ *static exec.* host  *audit" -e "p50  *vm  *audit" | awk '{ printf "%s ", $NF }'
}
equal "targets: met" "met met " "$(verdict 1.05 10000)"
equal "targets: missed, by a hair too, and in terms of the other machine's executions" \
	"missed missed " "$(verdict 1.0501 10001)"
says "what was not measured is said" 0 "shell loop.*not measured" "$bench/report" "$work/build"
printf 'before\n%s\nold\n%s\nafter\n' '<!-- tests/bench/report --readme: begin -->' \
	'<!-- tests/bench/report --readme: end -->' >README.md
for round in once again; do
	check "the tables go into the README, $round" env BENCH_README="$work/README.md" \
		"$bench/report" --readme "$work/build"
	equal "between their lines, $round" "before|after|1 table, 0 old" \
		"$(head -n 1 README.md)|$(tail -n 1 README.md)|$(grep -c '^| target' README.md) table, $(grep -c ^old README.md) old"
done
check "the chart is XML with a bar" grep -q '<rect x=.*fill="#1f6f8b"' build/bench/chart.svg
finish
