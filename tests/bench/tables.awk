# SPDX-License-Identifier: BSD-2-Clause
# The tables of the benchmark, from machine.tsv, results.tsv, targets and said.tsv, in this order
# (lib.sh has their columns). -v style=text or markdown.
BEGIN {
	FS = "\t"
	split("none floor floor-calls floor-tell floor-hold floor-hooks again audit enforce unsized unsized-enforce execsnoop opensnoop bpftrace auditd auditd-open fapolicyd", subjects, " ")
	title["none"] = "none (microseconds)"
	title["again"] = "none, a second time"
	title["floor"] = "counting BPF program on sched_process_exec"
	title["floor-calls"] = "empty programs on sys_enter and sys_exit"
	title["floor-tell"] = "a process that is told of each new program"
	title["floor-hold"] = "the same, and the program waits for it"
	title["floor-hooks"] = "empty programs on the LSM hooks of executions, mappings and opens"
	title["audit"] = "interdict, audit"
	title["enforce"] = "interdict, enforce"
	title["unsized"] = "interdict, audit, list without sizes"
	title["unsized-enforce"] = "interdict, enforce, list without sizes"
	title["execsnoop"] = "execsnoop (libbpf-tools)"
	title["opensnoop"] = "opensnoop (libbpf-tools)"
	title["bpftrace"] = "execsnoop.bt (bpftrace)"
	title["auditd"] = "auditd, execve rule"
	title["auditd-open"] = "auditd, with opens of one directory"
	title["fapolicyd"] = "fapolicyd, deny list of 1,000 digests"
	split("exec shell build opens first", works, " ")
	heading["exec"] = "static exec"
	heading["shell"] = "shell loop of /bin/true"
	heading["build"] = "configure and make"
	heading["opens"] = "open+close, hot"
	heading["first"] = "distinct programs, first run"
	backend["host"] = "host, `tracepoint` backend"
	backend["vm"] = "virtual machine, `lsm` backend"
}

/^#/ { next }
FILENAME ~ /machine\.tsv$/ { described[$1] = $2; next }

FILENAME ~ /results\.tsv$/ {
	key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4 SUBSEP $5
	middle[key] = $7
	least[key] = $8
	most[key] = $9
	count[key] = $6
	machines[$1]
	if ($2 == "programs" && $5 == "instructions")
		programs[++program_rows] = $1 FS $4 FS $3
	else if ($2 != "peers" && $2 != "programs")
		others[++other_rows] = $0
	next
}

FILENAME ~ /targets$/ { targets[++target_rows] = $0; next }
FILENAME ~ /said\.tsv$/ { said[++said_rows] = $0; next }

END {
	for (i = 1; i <= 2; i++) {
		machine = i == 1 ? "host" : "vm"
		if (machine in machines) {
			print (i == 1 ? "" : "\n") describe(machine) "\n"
			peers(machine)
		}
	}
	print "\n" "Targets: the figure, and beside it the floor, a program that does nothing else (tests/bench/floor.bpf.c):\n"
	head(3, "target" FS "machine" FS "interdict" FS "limit" FS "measured" FS "floor" FS "")
	for (i = 1; i <= target_rows; i++)
		target(targets[i])
	end_table()
	if (program_rows) {
		print "\nPrograms in the kernel, all that `enforce` attaches:\n"
		head(3, "machine" FS "backend" FS "program" FS "instructions" FS "verified" FS "ns a run")
		for (i = 1; i <= program_rows; i++)
			program(programs[i])
		end_table()
	}
	if (other_rows) {
		print "\nAll other figures, median and extremes over the rounds:\n"
		head(4, "machine" FS "section" FS "work" FS "under" FS "median" FS "minimum" FS "maximum" FS "unit")
		for (i = 1; i <= other_rows; i++)
			if (split(others[i], part, FS))
				row(part[1] FS part[2] FS part[3] FS part[4] FS short(part[7]) FS \
					short(part[8]) FS short(part[9]) FS part[5])
		end_table()
	}
	if (said_rows)
		print ""
	for (i = 1; i <= said_rows; i++)
		if (split(said[i], part, FS))
			print (style == "markdown" ? "- " : "  ") part[1] ", " part[2] ", " part[3] ": " part[4]
}

function describe(machine)
{
	return toupper(substr(backend[machine], 1, 1)) substr(backend[machine], 2) ". " described[machine]
}

function peers(machine, i, j, line, key, any)
{
	line = "ratio to none: median (minimum to maximum)"
	for (j = 1; j in works; j++)
		line = line FS heading[works[j]]
	head(1, line)
	for (i = 1; i in subjects; i++) {
		line = title[subjects[i]]
		any = 0
		for (j = 1; j in works; j++) {
			key = machine SUBSEP "peers" SUBSEP works[j] SUBSEP subjects[i] SUBSEP \
				(subjects[i] == "none" ? "us" : "ratio")
			any += key in middle
			line = line FS (key in middle ? cell(key) : "")
		}
		if (any)
			row(line)
	}
	end_table()
}

function cell(key)
{
	return short(middle[key]) " (" short(least[key]) " to " short(most[key]) ")"
}

function short(value)
{
	return value >= 1000 ? sprintf("%d", value + 0.5) : value >= 20 ? sprintf("%.1f", value) : sprintf("%.2f", value)
}

function program(line, part, key)
{
	split(line, part, FS)
	key = part[1] SUBSEP "programs" SUBSEP part[3] SUBSEP part[2] SUBSEP
	row(line FS middle[key "instructions"] + 0 FS middle[key "verified"] + 0 FS \
		((key "ns") in middle ? middle[key "ns"] + 0 : ""))
}

# The limit itself, its first sign apart, or -1 if what it is derived from was not measured.
function limit_of(text, machine, section, part, here, there)
{
	sub(/^>/, "", text)
	if (split(text, part, "~") < 2)
		return text + 0
	here = machine SUBSEP section SUBSEP part[2] SUBSEP "none" SUBSEP "us"
	there = "host" SUBSEP section SUBSEP part[2] SUBSEP "none" SUBSEP "us"
	return (here in middle) && (there in middle) ? part[1] * middle[here] / middle[there] : -1
}

# Judged as it is measured, not as it is rounded for the table.
function target(line, part, key, floor, limit, least_wanted, verdict)
{
	split(line, part, FS)
	if (!(part[1] in machines))
		return
	key = part[1] SUBSEP part[2] SUBSEP part[3] SUBSEP part[4] SUBSEP part[5]
	floor = part[1] SUBSEP part[2] SUBSEP part[3] SUBSEP (part[8] == "" ? "floor" : part[8]) SUBSEP part[5]
	limit = limit_of(part[6], part[1], part[2])
	least_wanted = part[6] ~ /^>/
	verdict = !(key in middle) || limit < 0 ? "not measured" : \
		(least_wanted ? middle[key] >= limit : middle[key] <= limit) ? "met" : "missed"
	row(part[7] FS part[1] FS part[4] FS (least_wanted ? "at least " : "") (limit < 0 ? part[6] : short(limit)) \
		(part[5] == "ratio" ? "" : " " part[5]) FS (key in middle ? cell(key) : "") FS \
		(floor in middle ? short(middle[floor]) : "") FS verdict)
}

# --- one table: its rows are kept until their widths are known -----------------

function head(text_columns, line)
{
	lines = 0
	left = text_columns
	row(line)
}

function row(line)
{
	table[++lines] = line
}

function end_table(i, j, n, part, wide, text)
{
	for (i = 1; i <= lines; i++) {
		n = split(table[i], part, FS)
		for (j = 1; j <= n; j++)
			if (length(part[j]) > wide[j])
				wide[j] = length(part[j])
	}
	for (i = 1; i <= lines; i++) {
		n = split(table[i], part, FS)
		text = style == "markdown" ? "|" : " "
		for (j = 1; j <= n; j++)
			text = text (style == "markdown" ? " " part[j] " |" : sprintf(j <= left ? " %-*s" : " %*s", wide[j], part[j]))
		print text
		if (i == 1 && style == "markdown") {
			text = "|"
			for (j = 1; j <= n; j++)
				text = text (j <= left ? "---|" : "---:|")
			print text
		}
	}
}
