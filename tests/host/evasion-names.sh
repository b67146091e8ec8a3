#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Rows of the evasion table that are no "file, run it": paths that are as long as they get, a program
# that has lost its name and executes itself again, file systems that a process answers for, with
# unverifiable-fs = deny.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/driver.sh"
need_root

chmod 755 "$work"
modprobe -q fuse 2>/dev/null

# A row's cell has failed if one of its tests has.
declare -A cells=()

# row NAME STAGE COMMAND...: as check, for the cell of the row.
row() {
	local row=$1 stage=$2
	shift 2
	if "$@" >"$work/.row" 2>&1; then
		ok "$row: $stage"
	else
		cells[$row-${stage#control in }]=FAILED
		not_ok "$row: $stage" "$(cat "$work/.row")"
	fi
}

row_end() {
	row_print "$1" "${cells[$1-audit]:-reported}" "${cells[$1-enforce]:-denied}"
}

gives() {
	local wanted=$1 status=0
	shift
	"$@" || status=$?
	[ "$status" -eq "$wanted" ] || { echo "status $status, wanted $wanted"; return 1; }
}

# found FILTER: a record comes that has it.
found() {
	await_record "$1" || { echo "no record with $1"; tail -n 3 "$events"; return 1; }
}

# --- long paths --------------------------------------------------------------

# path_make DIRECTORY LENGTH: a directory below it whose path has so many bytes, with some that
# control a terminal; changes into it.
path_make() {
	local length component
	mkdir -p "$1" && cd "$1" || return
	for ((length = ${#1}; length < $2; length += ${#component} + 1)); do
		printf -v component '\n\x01\x1b[2J%0200d' 0
		component=${component:0:$(($2 - length - 1))}
		[ -n "$component" ] || component=x
		mkdir "$component" && cd "$component" || return
	done
}

# The whole path with the file's name is as long as open(2) takes it, or longer than it takes.
declare -A long_length=([longest]=$((4095 - 5)) [longer]=6000)

cd_long() {
	local next
	cd "$work/$1-$2" || return
	while next=(*) && [ -d "${next[0]}" ]; do
		cd "${next[0]}" || return
	done
}

in_long() (
	cd_long "$1" "$2" && "$probe" exec ./file linger
)

long_recorded() {
	found ".file.hash.sha256 == \"${digests[$1-$2]}\" and .interdict.decision == \"$3\" and
		((.file.path | startswith(\"$work/$1-$2/\") and endswith(\"/file\")) or
		 any(.interdict.flags[]?; . == \"path-cut\"))"
}

declare -A digests=()
mkdir -p "$vendors"
echo sha256,size >"$vendors/list"

# With sizes, or the daemon is busy with whatever runs on this machine.
list_add() {
	printf '%s,%s\n' "$(digest "$1")" "$(size "$1")" >>"$vendors/list"
}

for name in longest longer; do
	for stage in audit enforce allowed; do
		make_file program "$work/file"
		path_make "$work/$name-$stage" "${long_length[$name]}" || bail "no long path"
		mv "$work/file" .
		digests[$name-$stage]=$(digest file)
		[ $stage = allowed ] || list_add file
		cd "$work" || bail "$work"
	done
	row "path of ${long_length[$name]} bytes" baseline gives 0 in_long $name audit
done

# --- itself again ------------------------------------------------------------

# again_start STAGE: a program that waits; its file is gone.
again_start() {
	local file=$work/again-$1 fd
	cp "$probes/nameless" "$file"
	echo "$1" >>"$file"
	digests[again-$1]=$(digest "$file")
	case $1 in audit | enforce) list_add "$file" ;; esac
	mkfifo "$file.fifo"
	"$probe" exec "$file" again "$file.fifo" >"$file.said" 2>&1 &
	again[$1]=$!
	exec {fd}<>"$file.fifo"
	again_fd[$1]=$fd
	wait_for 5 again_waits "$file" && rm "$file"
}

again_waits() {
	[ -n "$(fuser "$1" 2>/dev/null)" ]
}

# again_run STAGE: lets it go on; its status.
again_run() {
	local status=0
	echo >&"${again_fd[$1]}"
	wait "${again[$1]}" || status=$?
	cat "$work/again-$1.said"
	return "$status"
}

declare -A again=() again_fd=()
for stage in baseline audit enforce allowed-audit allowed-enforce; do
	again_start $stage || bail "$stage does not start"
done
row "deleted program, /proc/self/exe" baseline gives 0 again_run baseline

# --- file systems that a process answers for ---------------------------------

user="FUSE of a user namespace, unverifiable-fs = deny"
liar="FUSE that lies, unverifiable-fs = deny"
tmpfs="user namespace's tmpfs, unverifiable-fs = deny"

# fuse_make NAME STAGE
fuse_make() {
	local directory=$work/$1-$2
	mkdir "$directory"
	make_file program "$directory/file"
	make_file program "$directory/clean"
	mknod -m 666 "$directory/fuse" c 10 229
	chown 65534:65534 "$directory"
}

fuse_run() {
	"$probe" exec "$probes/fuse_file" "$3" "$work/$1-$2/file"
}

tmpfs_run() {
	"$probe" exec "$probes/mounts" user:user-tmpfs "$work/$1-$2/file"
}

for name in user liar tmpfs; do
	for stage in audit enforce; do
		fuse_make $name $stage
		[ $name = tmpfs ] || list_add "$work/$name-$stage/file"
	done
done
make_file program "$work/on-disk"
row "$user" baseline gives 0 fuse_run user audit user:direct
row "$liar" baseline gives 0 fuse_run liar audit direct
row "$tmpfs" baseline gives 0 tmpfs_run tmpfs audit

doctor_says() {
	"$interdict" doctor | grep -A 1 "process answers for" | grep "$1"
}

mounted() {
	exec {fuse}<>/dev/fuse
	mkdir -p "$work/mounted"
	mount -i -t fuse -o "fd=$fuse,rootmode=40000,user_id=0,group_id=0" test "$work/mounted"
}
check "FUSE is mounted" mounted
check "doctor: FUSE, and what helps" doctor_says "unverifiable-fs = deny"
umount -l "$work/mounted"
exec {fuse}>&-

# --- audit -------------------------------------------------------------------

vendor_write test list
config_write '[monitor]' 'unverifiable-fs = deny'
exec_decided() {
	found ".event.action == \"exec\" and .file.hash.sha256 == \"$1\" and
		.interdict.decision == \"$2\""
}

monitor_start audit || bail "the monitor does not start in audit"
for name in longest longer; do
	row_name="path of ${long_length[$name]} bytes"
	row "$row_name" audit gives 0 in_long $name audit
	row "$row_name" audit long_recorded $name audit audit
	row "$row_name" "control in audit" gives 0 in_long $name allowed
done
row "deleted program, /proc/self/exe" audit gives 0 again_run audit
row "deleted program, /proc/self/exe" audit exec_decided "${digests[again-audit]}" audit
row "deleted program, /proc/self/exe" "control in audit" gives 0 again_run allowed-audit
# Whatever is executed there, listed or not.
unhashable() {
	found ".event.action == \"exec\" and .interdict.decision == \"$2\" and
		.event.reason == \"unhashable\" and (.file.path | startswith(\"$work/$1/\"))"
}
row "$user" audit gives 0 fuse_run user audit user:direct
row "$user" audit unhashable user-audit audit
row "$liar" audit gives 0 fuse_run liar audit direct
row "$liar" audit unhashable liar-audit audit
row "$tmpfs" audit gives 0 tmpfs_run tmpfs audit
row "$tmpfs" audit unhashable tmpfs-audit audit
check "audit: the monitor ends" monitor_stop

# --- enforce -----------------------------------------------------------------

monitor_start enforce || bail "the monitor does not start in enforce"
for name in longest longer; do
	row_name="path of ${long_length[$name]} bytes"
	row "$row_name" enforce gives "$(denied_status)" in_long $name enforce
	row "$row_name" enforce long_recorded $name enforce deny
	row "$row_name" "control in enforce" gives 0 in_long $name allowed
	row_end "$row_name"
done
row "deleted program, /proc/self/exe" enforce gives "$(denied_status)" again_run enforce
row "deleted program, /proc/self/exe" enforce exec_decided "${digests[again-enforce]}" deny
row "deleted program, /proc/self/exe" "control in enforce" gives 0 again_run allowed-enforce
row_end "deleted program, /proc/self/exe"
row "$user" enforce gives "$(denied_status)" fuse_run user enforce user:direct
row "$user" enforce unhashable user-enforce deny
row "$liar" enforce gives "$(denied_status)" fuse_run liar enforce direct
row "$liar" enforce unhashable liar-enforce deny
row "$tmpfs" enforce gives "$(denied_status)" tmpfs_run tmpfs enforce
row "$tmpfs" enforce unhashable tmpfs-enforce deny
runs "unverifiable-fs = deny: what is on the disk runs" exec "$work/on-disk"
row_end "$user"
row_end "$liar"
row_end "$tmpfs"
check "enforce: the monitor ends" monitor_stop

finish
