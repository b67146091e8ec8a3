# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The table of techniques, and what has to hold for each row:
#
#   baseline   without the monitor the restricted file runs, or the row proves nothing
#   audit      it runs, and is reported with its digest
#   enforce    it does not run, not at the first try and not from the cache, and is reported
#   control    in both modes another file of the same size runs and is not reported
#
# Sourced after lib.sh; call techniques_run sized|unsized.
#
# name | technique of the probe | type of file | place | how | event.action
#
# place: disk (ext4), tmpfs, lower, upper, copied-up (overlayfs).
# how:   -        the file itself
#        link, symlink, copy, rename: under another name; the last two while the monitor runs
#        interpreter: as what the #! line of an allowed script names
#        chain:       as a script named by the #! line of an allowed script
#        loader:      as the argument of ld.so
#        needed, dlopen: as a library of an allowed program
read -r -d '' technique_table <<'TABLE'
exec | exec | program | disk | - | exec
exec on tmpfs | exec | program | tmpfs | - | exec
exec of an overlay's lower file | exec | program | lower | - | exec
exec of an overlay's upper file | exec | program | upper | - | exec
exec of a copied-up file | exec | program | copied-up | - | exec
hard link | exec | program | disk | link | exec
symlink | exec | program | disk | symlink | exec
copy under another name | exec | program | disk | copy | exec
renamed | exec | program | disk | rename | exec
O_PATH descriptor | opath | program | disk | - | exec
/proc/self/fd | proc-fd | program | disk | - | exec
memfd | memfd | program | disk | - | exec
sealed memfd | memfd-sealed | program | disk | - | exec
unlinked file | unlinked | program | disk | - | exec
unlinked file on tmpfs | unlinked | program | tmpfs | - | exec
unlinked file on overlay | unlinked | program | upper | - | exec
O_TMPFILE | tmpfile | program | disk | - | exec
exec by a thread | thread | program | disk | - | exec
posix_spawn | spawn | program | disk | - | exec
vfork | vfork | program | disk | - | exec
dynamic program | exec | dynamic | disk | - | exec
script | exec | script | disk | - | exec
script on tmpfs | exec | script | tmpfs | - | exec
script on overlay | exec | script | lower | - | exec
interpreter of a script | exec | program | disk | interpreter | exec
interpreter on overlay | exec | program | upper | interpreter | exec
script named by a script | exec | script | disk | chain | exec
ld.so ./program | exec | dynamic | disk | loader | map
ld.so ./program on tmpfs | exec | dynamic | tmpfs | loader | map
library at start | exec | library | disk | needed | map
library at start on overlay | exec | library | upper | needed | map
library by dlopen | exec | library | disk | dlopen | map
mapped executable | mmap | code | disk | - | map
mapped executable, shared | mmap-shared | code | disk | - | map
mapped executable on tmpfs | mmap | code | tmpfs | - | map
mapped executable on overlay | mmap | code | lower | - | map
made executable later | mprotect | code | disk | - | map
made executable later on tmpfs | mprotect | code | tmpfs | - | map
made executable later on overlay | mprotect | code | upper | - | map
READ_IMPLIES_EXEC | implied | code | disk | - | map
TABLE

trim() {
	local text=$1
	text=${text#"${text%%[! ]*}"}
	printf '%s' "${text%"${text##*[! ]}"}"
}

# Fills the arrays name, technique, type, place, how, action.
techniques_read() {
	local line fields i
	name=() technique=() type=() place=() how=() action=()
	while IFS= read -r line; do
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
	done <<<"$technique_table"
}

# Makes the places: $work/{disk,tmpfs,lower,upper,over}; over is mounted by places_mount.
places_make() {
	mkdir -p "$work"/{disk,tmpfs,lower,over,overlay}
	mount -t tmpfs tmpfs "$work/tmpfs" || bail "no tmpfs"
	later umount "$work/tmpfs"
}

places_mount() {
	mkdir -p "$work/overlay"/{upper,work}
	modprobe -q overlay 2>/dev/null
	mount -t overlay overlay \
		-o "lowerdir=$work/lower,upperdir=$work/overlay/upper,workdir=$work/overlay/work" \
		"$work/over" || bail "no overlayfs"
	later umount "$work/over"
}

# The directory of each file of ROW in STAGE, before and after the overlay is mounted.
make_directory() {
	case ${place[$1]} in
	disk | tmpfs) directory=$work/${place[$1]}/$1-$2 ;;
	upper) directory=$work/over/$1-$2 ;;
	lower | copied-up) directory=$work/lower/$1-$2 ;;
	esac
}

run_directory() {
	case ${place[$1]} in
	disk | tmpfs) directory=$work/${place[$1]}/$1-$2 ;;
	*) directory=$work/over/$1-$2 ;;
	esac
}

# The restricted file of ROW in STAGE: sets $path.
file_path() {
	local directory
	run_directory "$1" "$2"
	path=$directory/file
	[ "${type[$1]}" != library ] || path=$directory/libtarget.so
}

# file_make ROW STAGE: makes its restricted file, and what goes with it.
file_make() {
	local row=$1 directory
	make_directory "$1" "$2"
	if [ "${type[row]}" = library ]; then
		make_file library "$directory/libtarget.so"
	else
		make_file "${type[row]}" "$directory/file"
	fi
	case ${how[row]} in
	link) ln "$directory/file" "$directory/other" ;;
	symlink) ln -s "$directory/file" "$directory/other" ;;
	interpreter | chain) make_file script "$directory/other" "$directory/file" ;;
	esac
}

# files_make upper|other: the files of the overlay's upper directory, or all others.
files_make() {
	local row stage directory directories=() chmod_later=yes
	for row in "${!name[@]}"; do
		for stage in $stages; do
			make_directory "$row" "$stage"
			if [ "${place[row]}" = upper ] && [ "$1" = upper ]; then
				directories+=("$directory")
			elif [ "${place[row]}" != upper ] && [ "$1" = other ]; then
				directories+=("$directory")
			fi
		done
	done
	mkdir -p "${directories[@]}"
	for row in "${!name[@]}"; do
		if [ "${place[row]}" = upper ] && [ "$1" = other ]; then continue; fi
		if [ "${place[row]}" != upper ] && [ "$1" = upper ]; then continue; fi
		for stage in $stages; do file_make "$row" "$stage"; done
	done
	find "${directories[@]}" -type f -exec chmod 755 {} +
}

# file_run ROW STAGE: by the row's technique; the probe's message in $said, its status returned.
file_run() {
	local row=$1 path status other
	file_path "$1" "$2"
	other=${path%/*}/other
	case ${how[row]} in
	copy) cp "$path" "$other" ;;
	rename) mv "$path" "$other" ;;
	esac
	case ${how[row]} in
	link | symlink | copy | rename | interpreter | chain)
		said=$("$probe" "${technique[row]}" "$other" linger 2>&1)
		;;
	loader) said=$("$probe" "${technique[row]}" /lib64/ld-linux-x86-64.so.2 "$path" 2>&1) ;;
	needed)
		said=$(LD_LIBRARY_PATH=${path%/*} "$probe" "${technique[row]}" \
			"$probes/needs_library" 2>&1)
		;;
	dlopen) said=$("$probe" "${technique[row]}" "$probes/load_library" "$path" 2>&1) ;;
	# The daemon can find what has no name only while the process is there.
	*) said=$("$probe" "${technique[row]}" "$path" linger 2>&1) ;;
	esac
	status=$?
	[ "${how[row]}" != rename ] || mv "$other" "$path"
	return $status
}

# rows_try STAGE WANTED: every row; prints those whose status is another, as "row<TAB>message".
rows_try() {
	local row status
	for row in "${!name[@]}"; do
		status=0
		file_run "$row" "$1" || status=$?
		[ $status -eq "$2" ] || printf '%s\t%s (status %d)\n' "$row" "$said" $status
	done
}

# The records so far, as "digest action decision" lines.
records_digest() {
	jq -r '[.file.hash.sha256 // "-", .event.action, .interdict.decision // "-"] | join(" ")' \
		"$events" | sort -u
}

# rows_result STAGE PART FAILED-LINES [RECORDS DECISION]: one result a row. RECORDS has to have
# one of the row's file, its action and DECISION; none of the file at all if that is "none".
rows_result() {
	local row message path wanted
	local -A failed=()
	while IFS=$'\t' read -r row message; do
		[ -z "$row" ] || failed[$row]+="$message"$'\n'
	done <<<"$3"
	for row in "${!name[@]}"; do
		if [ -n "${failed[$row]-}" ]; then
			not_ok "${name[row]}: $2" "${failed[$row]}"
			continue
		fi
		if [ $# -gt 3 ]; then
			file_path "$row" "$1"
			wanted="${digests[$path]} ${action[row]} $5"
			if [ "$5" = none ] && [[ $4 == *"${digests[$path]}"* ]]; then
				not_ok "${name[row]}: $2" "reported: $(grep "${digests[$path]}" <<<"$4")"
				continue
			elif [ "$5" != none ] && [[ $'\n'$4$'\n' != *$'\n'$wanted$'\n'* ]]; then
				not_ok "${name[row]}: $2" "no record: $wanted
but of this file: $(grep "${digests[$path]}" <<<"$4" | cut -d ' ' -f 2-)"
				continue
			fi
		fi
		ok "${name[row]}: $2"
	done
}

# The last record there can be is waited for by running a marker of our own.
settle() {
	local marker=$work/disk/marker-$1
	"$probe" exec "$marker" >/dev/null 2>&1
	await_record ".file.hash.sha256 == \"$(digest "$marker")\"" 20
}

techniques_run() {
	local kind=$1 row stage path failed seen control stages="audit enforce allowed"
	local line listed=(disk/marker-audit disk/marker-enforce) all=() touched=()
	local -A digests=()
	techniques_read
	places_make
	files_make other
	places_mount
	files_make upper
	for row in "${!name[@]}"; do
		for stage in $stages; do
			file_path "$row" "$stage"
			all+=("$path")
			[ "$stage" = allowed ] || listed+=("$path")
			[ "${place[row]}" != copied-up ] || touched+=("$path")
		done
	done
	# Touched, a lower file is copied up.
	touch "${touched[@]}"
	while read -r line; do
		digests[${line:66}]=${line:0:64}
	done < <(sha256sum "${all[@]}")
	make_file program disk/marker-audit
	make_file program disk/marker-enforce

	rows_result audit baseline "$(rows_try audit "$PROBE_RAN")"

	mkdir -p "$vendors"
	list_write "$kind" "$vendors/list" "${listed[@]}"
	vendor_write test list

	monitor_start audit || bail "the monitor does not start in audit"
	failed=$(rows_try audit "$PROBE_RAN")
	control=$(rows_try allowed "$PROBE_RAN")
	settle audit || not_ok "audit: the last record comes"
	seen=$(records_digest)
	rows_result audit audit "$failed" "$seen" audit
	rows_result allowed "control in audit" "$control" "$seen" none
	check "audit: the monitor ends" monitor_stop

	monitor_start enforce || bail "the monitor does not start in enforce"
	failed=$(rows_try enforce "$(denied_status)"; rows_try enforce "$(denied_status)")
	control=$(rows_try allowed "$PROBE_RAN"; rows_try allowed "$PROBE_RAN")
	settle enforce || not_ok "enforce: the last record comes"
	seen=$(records_digest)
	rows_result enforce enforce "$failed" "$seen" deny
	rows_result allowed "control in enforce" "$control" "$seen" none
	check "enforce: the monitor ends" monitor_stop
}
