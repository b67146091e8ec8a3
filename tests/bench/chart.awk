# SPDX-License-Identifier: BSD-2-Clause
# results.tsv -> an SVG: for each machine and work of the section `peers` a bar a subject, from 1
# to the median ratio, on a logarithmic scale to 32, with a line from minimum to maximum.
BEGIN {
	FS = "\t"
	split("floor again audit enforce unsized unsized-enforce execsnoop opensnoop bpftrace auditd auditd-open fapolicyd", subjects, " ")
	split("exec shell build opens first", works, " ")
	split("host vm", machines, " ")
	heading["exec"] = "static exec"
	heading["shell"] = "shell loop of /bin/true"
	heading["build"] = "configure and make -j2"
	heading["opens"] = "open+close, hot, 1,000 files"
	heading["first"] = "distinct programs, first run"
	left = 130
	right = 420
	line = 14
	largest = 32
}

$2 == "peers" && $5 == "ratio" {
	middle[$1, $3, $4] = $7
	least[$1, $3, $4] = $8
	most[$1, $3, $4] = $9
}

END {
	for (m = 1; m in machines; m++) {
		y = 24
		for (w = 1; w in works; w++)
			panel(machines[m], works[w], (m - 1) * (right + 60))
		tallest = y > tallest ? y : tallest
	}
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", \
		2 * (right + 60), tallest
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	printf "%s</svg>\n", drawn
}

# Where a ratio lies; what is below 1 by chance lies at 1.
function at(ratio)
{
	ratio = ratio < 1 ? 1 : ratio > largest ? largest : ratio
	return left + (right - left) * log(ratio) / log(largest)
}

function text(x, y, anchor, what)
{
	drawn = drawn sprintf("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what)
}

function stroke(x1, x2, y1, y2, colour)
{
	drawn = drawn sprintf("<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, x2, y1, y2, colour)
}

function panel(machine, work, x, s, top, tick, ratio, any)
{
	for (s = 1; s in subjects; s++)
		any += (machine, work, subjects[s]) in middle
	if (!any)
		return
	text(x + left, y - 4, "start", machine ": " heading[work])
	top = y
	for (s = 1; s in subjects; s++) {
		if (!((machine, work, subjects[s]) in middle))
			continue
		ratio = middle[machine, work, subjects[s]]
		text(x + left - 6, y + 10, "end", subjects[s])
		drawn = drawn sprintf("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"10\" fill=\"%s\"/>\n", \
			x + left, y + 1, at(ratio) - left + 1, \
			subjects[s] ~ /^(audit|enforce|unsized.*)$/ ? "#1f6f8b" : "#b0b7bd")
		stroke(x + at(least[machine, work, subjects[s]]), x + at(most[machine, work, subjects[s]]), \
			y + 6, y + 6, "black")
		text(x + right + 6, y + 10, "start", sprintf("%.2f", ratio))
		y += line
	}
	for (tick = 1; tick <= largest; tick *= 2) {
		stroke(x + at(tick), x + at(tick), top, y, "#dddddd")
		text(x + at(tick), y + 11, "middle", tick)
	}
	y += 40
}
