# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The evasion table, and what has to hold for each of its rows:
#
#   baseline   without the monitor the restricted file runs, or the row proves nothing
#   audit      it runs, and is reported with its digest
#   enforce    it does not run, not at the first try and not from the cache, and is reported
#              (under emulation, with lsm, once, unless $evasion_again is set)
#   control    in both modes another file of the same size, by the same technique, runs and is
#              not reported (under emulation in enforce only)
#
# Sourced after lib.sh. A test sets $evasion_table, defines the places and the ways to run that its
# rows name (below), and calls evasion_run sized|unsized. One row a line:
#
#   name | technique of the probe | type of file | place | how | event.action | expected
#
# technique  "user:" before it: as nobody, where the probe runs the file.
# place      where the file lies: place_PLACE_prepare and place_PLACE_finish, if defined, are called
#            before and after its files are made, place_PLACE_settle when all places are there.
#            ${place_made[PLACE]} and ${place_seen[PLACE]} are the directories where files are made
#            and where they are run, $work/PLACE if not set. Places are made in the order of
#            $evasion_places, then of the table.
# how        how it is run: how_HOW PATH TECHNIQUE, in the file's own directory's ${path%/*}; leaves
#            the message in $said and returns a status of the probe (lib.sh). how_HOW_make PATH
#            TYPE, if defined, adds files beside it. "-": the probe runs the file itself.
# expected   caught (the default); unhashable: denied, and reported as that and without a digest,
#            for nothing can be trusted there (an allowed file of a listed size is denied too, so
#            that of the control is longer), "unhashable PATH" if its path begins otherwise than that
#            of its directory; or what the backend does instead and why, as a key
#            of tests/evasion/explained:
#                reported KEY   it runs in enforce too, and is reported
#                missed KEY     it runs, unseen
#            for one backend: `tracepoint: reported KEY`; for both, divided by a comma. What is
#            explained and does not happen fails too: then the explanation has to go.
#
# Each row's cells are printed as a comment for tests/evasion/matrix, which makes the table of the
# README of them.

declare -A place_made=() place_seen=()
evasion_places="disk tmpfs copied-up lower upper"
evasion_again=
explained=$source_root/tests/evasion/explained

trim() {
	local text=$1
	text=${text#"${text%%[! ]*}"}
	printf '%s' "${text%"${text##*[! ]}"}"
}

defined() {
	declare -F "$1" >/dev/null
}

# expect ROW TEXT: sets expected[ROW], reason[ROW] for this backend.
expect() {
	local row=$1 part word key
	local -a parts
	expected[row]=caught reason[row]=
	IFS=',' read -r -a parts <<<"$2"
	for part in "${parts[@]}"; do
		part=$(trim "$part")
		case $part in
		"$backend: "*) part=${part#*: } ;;
		*": "*) continue ;;
		esac
		read -r word key <<<"$part"
		expected[row]=$word reason[row]=$key
	done
	case ${expected[row]} in
	caught) ;;
	unhashable) shown_as[row]=$key reason[row]='' ;;
	reported | missed)
		grep -q "^${reason[row]:-none} |" "$explained" ||
			bail "${name[row]}: '${reason[row]}' is not explained in $explained"
		;;
	*) bail "${name[row]}: expected caught, unhashable, reported KEY or missed KEY, not '$2'" ;;
	esac
}

# Fills the arrays name, technique, type, place, how, action, expected, reason.
evasion_read() {
	local line fields i row=0
	name=() technique=() type=() place=() how=() action=() expected=() reason=() row_text=() shown_as=()
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		IFS='|' read -r -a fields <<<"$line"
		for i in "${!fields[@]}"; do
			fields[i]=$(trim "${fields[i]}")
		done
		name+=("${fields[0]}")
		technique+=("${fields[1]}")
		type+=("${fields[2]}")
		place+=("${fields[3]}")
		how+=("${fields[4]}")
		action+=("${fields[5]}")
		row_text+=("${fields[6]-caught}")
		expect $row "${fields[6]-caught}"
		row=$((row + 1))
	done <<<"$evasion_table"
}

# --- places ------------------------------------------------------------------

place_tmpfs_prepare() {
	mount -t tmpfs tmpfs "$work/tmpfs" || bail "no tmpfs"
	later umount "$work/tmpfs"
}

# An overlay over $work/lower, seen in $work/over.
place_made[copied-up]=$work/lower
place_made[upper]=$work/over
place_seen[copied-up]=$work/over
place_seen[lower]=$work/over
place_seen[upper]=$work/over

overlay_mount() {
	! mountpoint -q "$work/over" || return 0
	mkdir -p "$work"/{lower,over,overlay/upper,overlay/work}
	modprobe -q overlay 2>/dev/null
	mount -t overlay overlay \
		-o "lowerdir=$work/lower,upperdir=$work/overlay/upper,workdir=$work/overlay/work" \
		"$work/over" || bail "no overlayfs"
	later umount "$work/over"
}

place_lower_finish() {
	overlay_mount
}

place_upper_prepare() {
	overlay_mount
}

# Touched, a lower file is copied up.
place_copied-up_settle() {
	local row stage path touched=()
	for row in "${!name[@]}"; do
		[ "${place[row]}" = copied-up ] || continue
		for stage in $stages; do
			file_path "$row" "$stage"
			touched+=("$path")
		done
	done
	touch "${touched[@]}"
}

call_if_defined() {
	if defined "$1"; then "$@"; fi
}

# The places of the table, in order.
places_used() {
	local used=" ${place[*]} " one
	for one in $evasion_places "${place[@]}"; do
		[[ $used == *" $one "* ]] || continue
		used=${used//" $one "/"  "}
		used=${used//" $one "/"  "}
		echo "$one"
	done | awk '!seen[$0]++'
}

# --- files -------------------------------------------------------------------

# The restricted file of ROW in STAGE where it is run, or with `made` where it is made: $path.
file_path() {
	local root=${place_seen[${place[$1]}]:-$work/${place[$1]}}
	[ "${3-}" != made ] || root=${place_made[${place[$1]}]:-$work/${place[$1]}}
	path=$root/$1-$2/file
	[ "${type[$1]}" != library ] || path=${path%/*}/libtarget.so
}

# place_each PLACE COMMAND...: COMMAND ROW STAGE for each file of a place.
place_each() {
	local one=$1 row stage
	shift
	for row in "${!name[@]}"; do
		[ "${place[row]}" = "$one" ] || continue
		for stage in $stages; do
			"$@" "$row" "$stage"
		done
	done
}

note_directory() {
	local path
	file_path "$1" "$2" made
	directories+=("${path%/*}")
}

note_target() {
	local path
	file_path "$1" "$2" made
	note_file "${type[$1]}" "$path"
}

# What lies beside a file; and a control that is longer.
target_others() {
	local path
	if [[ $2 == allowed && ${row_text[$1]} == *unhashable* ]]; then
		file_path "$1" "$2" made
		echo >>"$path"
	fi
	file_path "$1" "$2"
	call_if_defined "how_${how[$1]}_make" "$path" "${type[$1]}"
}

# Makes all files of one place.
place_fill() {
	local directories=()
	place_each "$1" note_directory
	mkdir -p "${directories[@]}"
	place_each "$1" note_target
	make_noted
	place_each "$1" target_others
	make_noted
	find "${directories[@]}" -type f -exec chmod 755 {} +
}

places_make() {
	local one used
	used=$(places_used)
	for one in $used; do
		mkdir -p "${place_made[$one]:-$work/$one}" "${place_seen[$one]:-$work/$one}"
		call_if_defined "place_${one}_prepare"
		place_fill "$one"
		call_if_defined "place_${one}_finish"
	done
	for one in $used; do
		call_if_defined "place_${one}_settle"
	done
}

# --- ways to run -------------------------------------------------------------

# The daemon, where it is what hashes, can find what has no name only while the process is there.
how_-() {
	local linger=
	[[ -z $monitor || $backend = lsm || $1 != *-audit/* ]] || linger=linger
	said=$("$probe" "$2" "$1" $linger 2>&1)
}

# The file that how_HOW_make or how_HOW put beside it.
run_other() {
	how_- "${1%/*}/other" "$2"
}

# --- the run -----------------------------------------------------------------

# rows_try STAGE WANTED: every row; prints those whose status is another, as "row<TAB>message".
# A row that is explained runs in enforce as well.
rows_try() {
	local row status wanted path
	for row in "${!name[@]}"; do
		wanted=$2
		case ${expected[row]} in reported | missed) wanted=$PROBE_RAN ;; esac
		file_path "$row" "$1"
		status=0
		"how_${how[row]}" "$path" "${technique[row]}" || status=$?
		[ $status -eq "$wanted" ] || printf '%s\t%s (status %d, wanted %d)\n' "$row" \
			"${said//$'\n'/ }" $status "$wanted"
	done
}

# The records so far, as "digest action decision" lines, and "PATH action decision" where there is
# no digest, with the slashes of the path as %2F.
records_digest() {
	jq -r '[.file.hash.sha256 // (.file.path // "-" | @uri), .event.action,
		.interdict.decision // "-"] | join(" ")' "$events" | sort -u
}

# record_wanted ROW STAGE DECISION RECORDS: prints what is wrong with the records of the row's file.
# DECISION none: there is none. A row explained as missed has none, one that is reported has any.
record_wanted() {
	local row=$1 decision=$3 path wanted
	file_path "$row" "$2"
	case ${expected[row]}-$decision in
	*-none)
		[[ $4 != *"${digests[$path]}"* ]] ||
			echo "reported: $(grep "${digests[$path]}" <<<"$4")"
		return
		;;
	missed-*)
		! grep "^${digests[$path]} ${action[row]} " <<<"$4" || echo "is not missed"
		return
		;;
	reported-deny) decision='+([a-z])' ;;
	unhashable-*)
		wanted=${shown_as[row]:-${path%/*}/}
		wanted="(${digests[$path]}|${wanted//'/'/%2F}[^ ]*) ${action[row]} $decision"
		grep -Eqx "$wanted" <<<"$4" || printf 'no record: %s\n' "$wanted"
		return
		;;
	esac
	wanted="${digests[$path]} ${action[row]} $decision"
	# A pattern, and no process: under emulation each counts.
	# shellcheck disable=SC2053
	[[ $'\n'$4$'\n' == *$'\n'$wanted$'\n'* ]] ||
		printf 'no record: %s\nbut of this file: %s\n' "$wanted" \
			"$(grep "${digests[$path]}" <<<"$4" | cut -d ' ' -f 2-)"
}

# rows_result STAGE PART FAILED-LINES [RECORDS DECISION]: one result a row; sets ${cell[ROW-PART]}.
rows_result() {
	local row message why
	local -A failed=()
	while IFS=$'\t' read -r row message; do
		[ -z "$row" ] || failed[$row]+="$message"$'\n'
	done <<<"$3"
	for row in "${!name[@]}"; do
		why=${failed[$row]-}
		[ -n "$why" ] || [ $# -lt 4 ] || why=$(record_wanted "$row" "$1" "$5" "$4")
		cell[$row-$2]=
		if [ -n "$why" ]; then
			cell[$row-$2]=FAILED
			not_ok "${name[row]}: $2" "$why"
		elif [ -z "${reason[row]}" ]; then
			ok "${name[row]}: $2"
		else
			ok "${name[row]}: $2 (explained: ${expected[row]}, ${reason[row]})"
		fi
	done
}

# row_print NAME AUDIT ENFORCE, for tests/evasion/matrix: with kernel and backend, a tab between.
row_print() {
	printf '#@ %s\t%s\t%s\t%s\t%s\n' "$1" "$(uname -r)" "$backend" "$2" "$3"
}

# row_absent NAME KEY: what this kernel does not have.
row_absent() {
	grep -q "^$2 |" "$explained" || bail "$1: '$2' is not explained in $explained"
	row_print "$1" "absent ($2)" "absent ($2)"
}

rows_print() {
	local row audit enforce
	for row in "${!name[@]}"; do
		audit=reported enforce=denied
		case ${expected[row]} in
		reported) enforce="reported (${reason[row]})" ;;
		missed) audit="unseen (${reason[row]})" enforce="unseen (${reason[row]})" ;;
		esac
		row_print "${name[row]}" "${cell[$row-audit]:-$audit}" "${cell[$row-enforce]:-$enforce}"
	done
}

# The last record there can be is waited for by running a marker of our own.
settle() {
	local marker=$work/disk/marker-$1
	"$probe" exec "$marker" >/dev/null 2>&1
	await_record ".file.hash.sha256 == \"${digests[$marker]}\"" 20
}

# again ALWAYS COMMAND...: a second time, where there is time for one.
again() {
	local always=$1
	shift
	if [ -n "$always" ] || [ "$backend" != lsm ]; then "$@"; fi
}

# evasion_run sized|unsized [LINES of the vendor file]
evasion_run() {
	local kind=$1 row stage path failed seen control stages="audit enforce allowed"
	local line listed=(disk/marker-audit disk/marker-enforce) all=()
	local -A digests=() cell=()
	evasion_read
	chmod 755 "$work" # for rows of users
	mkdir -p "$work/disk"
	places_make
	for row in "${!name[@]}"; do
		for stage in $stages; do
			file_path "$row" "$stage"
			all+=("$path")
			[ "$stage" = allowed ] || listed+=("$path")
		done
	done
	while read -r line; do
		digests[${line:66}]=${line:0:64}
	done < <(sha256sum "${all[@]}")
	# Known before the monitor runs: where open = deny a listed file is not to be read.
	for stage in audit enforce; do
		path=$work/disk/marker-$stage
		make_file program "$path"
		digests[$path]=$(digest "$path")
	done

	rows_result audit baseline "$(rows_try audit "$PROBE_RAN")"

	mkdir -p "$vendors"
	list_write "$kind" "$vendors/list" "${listed[@]}"
	vendor_write test list "${2-}"

	monitor_start audit || bail "the monitor does not start in audit"
	failed=$(rows_try audit "$PROBE_RAN")
	control=$(again "" rows_try allowed "$PROBE_RAN")
	settle audit || not_ok "audit: the last record comes"
	seen=$(records_digest)
	rows_result audit audit "$failed" "$seen" audit
	again "" rows_result allowed "control in audit" "$control" "$seen" none
	check "audit: the monitor ends" monitor_stop

	monitor_start enforce || bail "the monitor does not start in enforce"
	failed=$(rows_try enforce "$(denied_status)"; again "$evasion_again" rows_try enforce "$(denied_status)")
	control=$(rows_try allowed "$PROBE_RAN"; again "" rows_try allowed "$PROBE_RAN")
	settle enforce || not_ok "enforce: the last record comes"
	seen=$(records_digest)
	rows_result enforce enforce "$failed" "$seen" deny
	rows_result allowed "control in enforce" "$control" "$seen" none
	check "enforce: the monitor ends" monitor_stop
	rows_print
}
