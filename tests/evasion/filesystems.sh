# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Other file systems: what the places are is said in places.sh, how a FUSE file is served in
# tests/probes/fuse_file.c.
. "$source_root/tests/evasion/driver.sh"
. "$source_root/tests/evasion/places.sh"

read -r -d '' evasion_table <<'TABLE'
mapped executable on tmpfs of huge pages | mmap | code | huge-tmpfs | - | map
made executable later on ramfs | mprotect | code | ramfs | - | map
made executable later on ramfs, written meanwhile | mprotect | code | ramfs | copied | map
mapped executable on hugetlbfs | mmap | code | hugetlbfs | - | map
image written under ext4 | exec | program | ext4 | image | exec
exec on xfs | exec | program | xfs | - | exec
made executable later on xfs | mprotect | code | xfs | - | map
image written under btrfs | exec | program | btrfs | image | exec
FUSE | honest | program | disk | fuse | exec
FUSE, other bytes to who reads than to who maps | direct | program | disk | fuse | exec | missed fuse
equal inode number in another subvolume | exec | program | subvolume | twin | exec
exec in a btrfs snapshot | exec | program | snapshot | - | exec
exec on squashfs | exec | program | squashfs | - | exec
made executable later on squashfs | mprotect | code | squashfs | - | map
exec on erofs | exec | program | erofs | - | exec
made executable later on erofs | mprotect | code | erofs | - | map
TABLE

# Made while the monitor runs, which counts that it was open for writing.
how_copied() {
	cp "$1" "${1%/*}/other"
	run_other "$@"
}

how_fuse_make() {
	modprobe -q fuse 2>/dev/null
	make_file program "${1%/*}/clean"
	mknod -m 666 "${1%/*}/fuse" c 10 229
}

# It must be the file's own bytes that ran.
how_fuse() {
	said=$("$probe" exec "$probes/fuse_file" "$2" "$1" 2>&1) || return
	[[ $said == *"$(grep -ao 'RAN-[0-9a-f]*' "$1")"* ]] || return 99
}

# The allowed file of the same inode number first.
how_twin() {
	said=$("$probe" exec "$(twin_path "$1")" 2>&1) || return "$PROBE_REFUSED"
	how_- "$@"
}

# image_write PATH FROM TO: in the image that the file system of PATH lies in; forgets the pages.
image_write() {
	local image=${1#"$work"/} offset
	image=$work/images/${image%%/*}
	sync "$1"
	grep -abo "$2" "$image" >"$work/.offsets" || return
	while IFS=: read -r offset _; do
		printf %s "$3" | dd of="$image" bs=1 seek="$offset" conv=notrunc status=none
	done <"$work/.offsets"
	dd if="$1" iflag=nocache count=0 status=none
	grep -aq "$3" "$1"
}

# The image holds an allowed file's bytes, which run; then the file's own again. Without checksums,
# which btrfs would keep otherwise.
how_image_make() {
	local bytes
	[[ $1 != "$work/btrfs/"* ]] || chattr +C "${1%/*}"
	bytes=$1.bytes
	mv "$1" "$bytes"
	cat "$bytes" >"$1"
	chmod 755 "$1"
	rm "$bytes"
	next_tag
	echo "$tag" >"$work/image-tag-${1//'/'/-}"
}

how_image() {
	local own other
	own=$(grep -ao 'RAN-[0-9a-f]*' "$1")
	other=RAN-$(cat "$work/image-tag-${1//'/'/-}")
	image_write "$1" "$own" "$other" || return 99
	said="before: $("$probe" exec "$1" 2>&1)"
	image_write "$1" "$other" "$own" || return 99
	[[ $said == *": ran: "* ]] || return 99
	how_- "$@"
}

place_huge-tmpfs_prepare() {
	mount -t tmpfs -o huge=always tmpfs "$work/huge-tmpfs" || bail "no tmpfs of huge pages"
	later umount "$work/huge-tmpfs"
}

place_ramfs_prepare() {
	mount -t ramfs ramfs "$work/ramfs" || bail "no ramfs"
	later umount "$work/ramfs"
}

# Huge pages are only written by mapping them.
place_made[hugetlbfs]=$work/hugetlbfs-tree

place_hugetlbfs_finish() {
	local path to
	mount -t hugetlbfs -o pagesize=2M hugetlbfs "$work/hugetlbfs" || bail "no hugetlbfs"
	later umount "$work/hugetlbfs"
	while IFS= read -r path; do
		to=$work/hugetlbfs/${path#"$work/hugetlbfs-tree/"}
		mkdir -p "${to%/*}"
		truncate -s 2M "$path" "$to"
		chmod 755 "$to"
		"$probes/overwrite" mapped "$path" "$to" || bail "no huge pages"
	done < <(find "$work/hugetlbfs-tree" -type f)
}
