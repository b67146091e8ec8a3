# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Other roots, mounts, namespaces, file systems and odd names. How `mounts` reaches the file is
# said in tests/probes/mounts.c, what the places are in places.sh.
. "$source_root/tests/evasion/driver.sh"
. "$source_root/tests/evasion/places.sh"

read -r -d '' evasion_table <<'TABLE'
chroot | chroot | program | disk | mounts | exec
/proc/PID/root of another process | other-root | program | disk | mounts | exec
bind mount of the file | bind-file | program | disk | mounts | exec
bind mount of the directory, read-only | bind-directory | program | disk | mounts | exec
tmpfs in a private mount namespace | tmpfs | program | disk | mounts | exec
setns to another mount namespace | join-namespace | program | disk | mounts | exec
idmapped mount | idmapped | program | disk | mounts | exec
overlay over an overlay | overlay-nested | program | disk | mounts | exec
overlay, metacopy and redirect | overlay-metacopy | program | disk | mounts | exec
overlay, upper file rewritten | overlay-rewritten | program | disk | mounts-clean | exec
overlay, upper file rewritten within a tick | overlay-tick | program | disk | mounts-clean | exec
overlay, upper file resized | overlay-resized | program | disk | mounts-clean | exec | unhashable
overlay, descriptor of before the copy-up | overlay-stale | code | disk | mounts-clean | map | unhashable
file system that is mounted nowhere | detached | program | disk | mounts | exec
user namespace: tmpfs | user:user-tmpfs | program | disk | mounts | exec
user namespace: bind mount | user:user-bind | program | disk | mounts | exec
user namespace: overlay's lower file | user:user-overlay-lower | program | disk | mounts | exec
user namespace: overlay's upper file | user:user-overlay-upper | program | disk | mounts | exec
user namespace: container | user:container | program | disk | mounts | exec
user namespace: as PID 1 | user:container-init | program | disk | mounts | exec
renamed and linked while it is run | shuffled | program | disk | mounts | exec
newline, control characters, invalid UTF-8 | exec | program | disk | odd-name | exec
mapped executable on tmpfs of huge pages | mmap | code | huge-tmpfs | - | map
made executable later on ramfs | mprotect | code | ramfs | - | map
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
TABLE

# What runs as nobody has to get there and to make its directories.
how_mounts_make() {
	chmod 755 "$work"
	chown 65534:65534 "${1%/*}"
}

how_mounts() {
	said=$("$probe" exec "$probes/mounts" "$2" "$1" 2>&1)
}

# With an allowed file of the same size beside it.
how_mounts-clean_make() {
	make_file "$2" "${1%/*}/clean"
	truncate -s "$(size "$1")" "${1%/*}/clean"
}

how_mounts-clean() {
	how_mounts "$@"
}

how_fuse_make() {
	modprobe -q fuse 2>/dev/null
	how_mounts-clean_make "$@"
	mknod -m 666 "${1%/*}/fuse" c 10 229
}

# It must be the file's own bytes that ran.
how_fuse() {
	said=$("$probe" exec "$probes/fuse_file" "$2" "$1" 2>&1) || return
	[[ $said == *"$(grep -ao 'RAN-[0-9a-f]*' "$1")"* ]] || return 99
}

how_odd-name_make() {
	ln "$1" "${1%/*}/"$'\n"\x01\x1b[2J\xff\xfe\tdeny exec'
}

how_odd-name() {
	said=$("$probe" exec "${1%/*}/"$'\n"\x01\x1b[2J\xff\xfe\tdeny exec' linger 2>&1)
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
