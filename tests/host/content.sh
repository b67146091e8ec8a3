#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A digest lasts as long as the content: a file that changes is hashed again, in every way of
# changing it that keeps name, inode and size. Enforce; each file has run and been cached before.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors" disk tmpfs lower upper overlay over
mount -t tmpfs tmpfs tmpfs && later umount "$work/tmpfs"
modprobe -q overlay 2>/dev/null
mount -t overlay overlay -o "lowerdir=lower,upperdir=upper,workdir=overlay" over || bail "no overlayfs"
later umount "$work/over"

make_file program listed
make_file program allowed
make_file code listed-code
make_file code allowed-code
list_write sized "$vendors/list" listed listed-code
vendor_write test list

# What changes FROM into the content of TO, without a new inode where there can be an old one.
overwrite() {
	cat "$1" >"$2"
}
overwrite_keep_time() {
	touch -r "$2" "$work/time"
	cat "$1" >"$2"
	touch -r "$work/time" "$2"
}
overwrite_part() {
	dd if="$1" of="$2" bs=64k conv=notrunc status=none
}
overwrite_direct() {
	# whole blocks bypass the page cache; the rest goes through it
	dd if="$1" of="$2" bs=4096 oflag=direct conv=notrunc status=none count=2
	dd if="$1" of="$2" bs=4096 seek=2 skip=2 conv=notrunc status=none
}
overwrite_mapped() {
	"$probes/overwrite" mapped "$1" "$2"
}
rename_over() {
	cp "$1" "$2.new"
	mv "$2.new" "$2"
}
truncate_fill() {
	truncate -s 0 "$2"
	overwrite_part "$1" "$2"
}

# The control, without the monitor: the change works, and what it makes runs.
baseline() {
	local way=$1 directory=$2 before after
	cp -p allowed "$directory/file"
	before=$(digest "$directory/file")
	$way "$work/listed" "$work/$directory/file" 2>/dev/null || return 1
	after=$(digest "$directory/file")
	[ "$before" != "$after" ] && [ "$after" = "$(digest listed)" ] && "$probe" exec "$work/$directory/file"
}

ways="overwrite overwrite_keep_time overwrite_part overwrite_mapped rename_over truncate_fill"
places="disk tmpfs over"
for directory in $places; do
	for way in $ways; do
		check "$directory, $way: baseline" baseline $way $directory
	done
done
check "disk, overwrite_direct: baseline" baseline overwrite_direct disk

monitor_start enforce || bail "the monitor does not start"
change() {
	local directory=$1 way=$2
	cp -p allowed "$directory/file"
	if ! "$probe" exec "$work/$directory/file" >/dev/null || ! "$probe" exec "$work/$directory/file" >/dev/null; then
		not_ok "$directory, $way: the allowed content runs"
		return
	fi
	$way "$work/listed" "$work/$directory/file"
	denied "$directory, $way: listed content is denied" exec "$work/$directory/file"
	$way "$work/allowed" "$work/$directory/file"
	runs "$directory, $way: allowed content runs again" exec "$work/$directory/file"
}
for directory in $places; do
	for way in $ways; do
		change $directory $way
	done
done
change disk overwrite_direct

for directory in $places; do
	cp -p allowed-code "$directory/code"
	# On overlayfs a digest is kept only once the change time has settled, and mprotect
	# needs a digest that is kept.
	sleep 0.1
	runs "$directory, mapping: the allowed content runs" mprotect "$work/$directory/code"
	overwrite "$work/listed-code" "$work/$directory/code"
	denied "$directory, mapping: listed content is denied, mmap" mmap "$work/$directory/code"
	denied "$directory, mapping: listed content is denied, mprotect" mprotect "$work/$directory/code"
done

# Changes as fast as they go: within one tick of the clock too.
for directory in $places; do
	wrong=
	cp -p allowed "$directory/fast"
	for _ in {1..15}; do
		cat listed >"$directory/fast"
		"$probe" exec "$work/$directory/fast" >said
		[ $? -eq "$(denied_status)" ] || wrong+="listed: $(cat said)"$'\n'
		cat allowed >"$directory/fast"
		"$probe" exec "$work/$directory/fast" >said || wrong+="allowed: $(cat said)"$'\n'
	done
	equal "$directory: 30 changes in a row, each decided by what is there" "" "$wrong"
done
check "the monitor ends" monitor_stop
finish
