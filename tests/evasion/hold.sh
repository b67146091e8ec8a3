# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Attacks on the hold: somebody else, or the kernel on somebody's behalf, resumes, traces, or goes
# on for a task that waits for the monitor's decision (tests/probes/hold_attack.c). For each:
#
#   baseline   without the monitor the file runs under the attack
#   audit      it runs, and is reported with its digest
#   enforce    of some first executions of listed files none runs
#   control    other files run, or, where the attack is one on the hold, are killed for it; with
#              the lsm backend nothing is held, and all of them run
#
# One row a line: name | technique | type of file | user | control runs|killed | explained
# explained: a key of tests/evasion/explained; with the tracepoint backend the file may also run
# before it is killed, or be run by another process.
. "$source_root/tests/evasion/attacks.sh"

read -r -d '' attacks <<'TABLE'
hold: nobody interferes | none | program | 0 | runs
hold: nobody interferes, as a user | none | program | 65534 | runs
hold: one SIGCONT | once | program | 65534 | killed
hold: SIGCONT in a loop | storm | program | 65534 | killed
hold: SIGCONT in a loop, by root | storm | program | 0 | killed
hold: SIGCONT by four senders on all CPUs | storms | program | 65534 | killed
hold: SIGCONT to the process group | group | program | 65534 | killed
hold: SIGCONT to all of a user's processes | all | program | 65534 | killed
hold: SIGCONT to the thread | tgkill | program | 65534 | killed
hold: SIGSTOP and SIGCONT in turn | stop-cont | program | 65534 | killed
hold: SIGCONT by PR_SET_PDEATHSIG | pdeathsig | program | 65534 | killed
hold: SIGCONT by F_SETSIG | setsig | program | 65534 | killed
hold: SIGCONT to an orphaned process group | orphan | program | 65534 | killed
hold: SIGCONT by a terminal that hangs up | hangup | program | 65534 | killed
hold: PTRACE_ATTACH on a held task | attach | program | 65534 | killed
hold: PTRACE_ATTACH around the exec | attach-race | program | 65534 | killed
hold: PTRACE_SEIZE on a held task | seize | program | 65534 | killed
hold: PTRACE_SEIZE right after the exec | seize-race | program | 65534 | killed
hold: PTRACE_INTERRUPT in a loop | interrupt | program | 65534 | killed
hold: traced by its parent, which detaches | traceme | program | 65534 | killed
hold: a parent that resumes stopped children | shell | program | 65534 | killed
hold: a parent that waits for stops | watched | program | 65534 | runs
hold: its parent ends | parent-ends | program | 65534 | runs
hold: its parent is killed | parent-killed | program | 65534 | runs
hold: first process of a pid namespace | namespace | program | 0 | killed
hold: first process of a user's pid namespace | namespace | program | 65534 | killed
hold: the pid of a held task, used again | pid-again | program | 0 | runs
hold: SIGCONT in a loop to a setuid program | storm | setuid | 65534 | killed
hold: its cgroup is frozen and thawed | freeze | program | 0 | runs
hold: a thread maps, another runs it | map-thread | code | 65534 | runs
hold: a thread maps with all pages, another runs it | map-populate | code | 65534 | runs
hold: a thread maps, another forks | map-fork | code | 65534 | runs | fork-under-way
hold: mapped by a process that shares the memory | map-shared | code | 65534 | killed
hold: mapped in the memory of a parent in vfork | map-vfork | code | 65534 | killed
TABLE

# Fills the arrays name, technique, type, user, control, reason.
attacks_read() {
	local line fields i
	name=() technique=() type=() user=() control=() reason=()
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		IFS='|' read -r -a fields <<<"$line"
		for i in "${!fields[@]}"; do
			fields[i]=${fields[i]#"${fields[i]%%[! ]*}"}
			fields[i]=${fields[i]%"${fields[i]##*[! ]}"}
		done
		name+=("${fields[0]}")
		technique+=("${fields[1]}")
		type+=("${fields[2]}")
		user+=("${fields[3]}")
		control+=("${fields[4]}")
		reason+=("${fields[5]-}")
	done <<<"$attacks"
}

# The files of each row: audit, and TRIES of listed and allowed.
attacks_files() {
	local row i kind
	for row in "${!name[@]}"; do
		mkdir "$row"
		kind=${type[row]/setuid/program}
		note_file "$kind" "$row/audit"
		for ((i = 0; i < $1; i++)); do
			note_file "$kind" "$row/listed-$i"
			note_file "$kind" "$row/allowed-$i"
		done
	done
	make_noted
	chmod 755 ./*/
	for row in "${!name[@]}"; do
		[ "${type[row]}" != setuid ] || chmod 4755 "$row"/*
	done
}

# attack ROW KIND NUMBER
attack() {
	"$probes/hold_attack" "${technique[$1]}" "$work/$1/$2-$3" "${user[$1]}"
}

attack_audit() {
	"$probes/hold_attack" "${technique[$1]}" "$work/$1/audit" "${user[$1]}" >said 2>&1
}

# What is reported in audit: "DIGEST ACTION" lines.
audit_records() {
	jq -r 'select(.interdict.decision == "audit") | .file.hash.sha256 + " " + .event.action' \
		"$events" | sort -u
}

# audit_reported COUNT: of that many files.
audit_reported() {
	[ "$(audit_records | cut -d ' ' -f 1 | sort -u | wc -l)" -ge "$1" ]
}

# Statuses other than these, of "STATUS:COUNT ...", are wrong.
only() {
	local pair
	for pair in $1; do
		[[ " $2 " = *" ${pair%:*} "* ]] || return 1
	done
}

# The cgroup that "freeze" puts the task into.
freezer_make() {
	local root
	root=$(findmnt -n -t cgroup2 -o TARGET | tail -n 1)
	HOLD_FREEZER=$root/interdict-test-$$
	mkdir "$HOLD_FREEZER" || bail "no cgroup of version 2"
	later rmdir "$HOLD_FREEZER"
	export HOLD_FREEZER
}

# hold_attacks TRIES
hold_attacks() {
	local tries=$1 row result may seen line
	local -A cell=() digests=()
	attacks_read
	freezer_make
	attacks_files "$tries"
	list_write sized "$vendors/list" ./*/audit ./*/listed-*
	vendor_write test list
	while read -r line; do
		row=${line:68} # behind the digest, two blanks and "./"
		digests[${row%%/*}]=${line:0:64}
	done < <(sha256sum ./*/audit)

	for row in "${!name[@]}"; do
		check "${name[row]}: baseline" attack_audit "$row"
	done

	monitor_start audit || bail "the monitor does not start in audit"
	for row in "${!name[@]}"; do
		if ! attack_audit "$row"; then
			not_ok "${name[row]}: audit" "$(cat said)"
			cell[$row-audit]=FAILED
		fi
	done
	wait_for 10 audit_reported "${#name[@]}"
	seen=$(audit_records)
	for row in "${!name[@]}"; do
		[ -z "${cell[$row-audit]-}" ] || continue
		if grep -qx "${digests[$row]} ${action[${type[row]}]}" <<<"$seen"; then
			ok "${name[row]}: audit"
		else
			not_ok "${name[row]}: audit" "it is not reported"
			cell[$row-audit]=FAILED
		fi
	done
	check "audit: the monitor ends" monitor_stop

	monitor_start enforce || bail "the monitor does not start in enforce"
	for row in "${!name[@]}"; do
		result=$(outcomes "$tries" attack "$row" listed)
		may=$(denied_status)
		if [ -n "${reason[row]}" ] && [ "$backend" = tracepoint ]; then
			grep -q "^${reason[row]} |" "$source_root/tests/evasion/explained" ||
				bail "'${reason[row]}' is not explained"
			may+=" $PROBE_LATE"
			cell[$row-enforce]="reported (${reason[row]})"
		fi
		if only "$result" "$may"; then
			ok "${name[row]}: enforce"
		else
			not_ok "${name[row]}: enforce" "$result"
			cell[$row-enforce]=FAILED
		fi
		may=$PROBE_RAN
		[ "$backend" = lsm ] || [ "${control[row]}" = runs ] || may+=" $PROBE_KILLED"
		result=$(outcomes "$tries" attack "$row" allowed)
		if only "$result" "$may"; then
			ok "${name[row]}: control"
		else
			not_ok "${name[row]}: control" "$result"
			cell[$row-enforce]=FAILED
		fi
	done
	check "no task is left stopped" wait_for 5 none_left_stopped
	equal "nothing is held any more" 0 "$("$interdict" status --json | jq .hold.held)"
	check "enforce: the monitor ends" monitor_stop
	for row in "${!name[@]}"; do
		row_print "${name[row]}" "${cell[$row-audit]:-reported}" "${cell[$row-enforce]:-denied}"
	done
}

PROBE_LATE=103
declare -A action=([program]=exec [setuid]=exec [code]=map)
