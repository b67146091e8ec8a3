# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Places for the rows of evasion tables beside those of driver.sh: file systems in image files
# under loop devices, each mounted at $work/PLACE. Sourced after driver.sh.
#
#   ext4 xfs btrfs       made empty, mounted read-write
#   squashfs erofs       made of $work/PLACE-tree, seen in $work/PLACE
#   subvolume            a btrfs subvolume; beside it $work/subvolumes/twin, where an allowed file
#                        of the same size, name and inode number lies: twin_path PATH
#   snapshot             the same files as in a subvolume, seen in a read-only snapshot of it
#
# A file system in a loop device is never cached by the monitor: somebody may write to the image.
# Only btrfs does not show what it lies on.

# image_mount TYPE DIRECTORY MEGABYTES [MKFS-OPTION...]: a new file system, mounted.
image_mount() {
	local type=$1 directory=$2 size=$3
	shift 3
	mkdir -p "$work/images" "$directory"
	modprobe -q loop 2>/dev/null
	modprobe -q "$type" 2>/dev/null
	truncate -s "${size}M" "$work/images/${directory##*/}"
	"mkfs.$type" -q "$@" "$work/images/${directory##*/}" >/dev/null || bail "mkfs.$type $directory"
	mount -o loop "$work/images/${directory##*/}" "$directory" || bail "no $type at $directory"
	later umount "$directory"
}

place_ext4_prepare() {
	image_mount ext4 "$work/ext4" 32
}

# Less than this xfs does not make; the image is sparse.
place_xfs_prepare() {
	image_mount xfs "$work/xfs" 320
}

place_btrfs_prepare() {
	image_mount btrfs "$work/btrfs" 128
}

place_made[squashfs]=$work/squashfs-tree

place_squashfs_finish() {
	mkdir -p "$work/images"
	modprobe -q loop 2>/dev/null
	modprobe -q squashfs 2>/dev/null
	mksquashfs "$work/squashfs-tree" "$work/images/squashfs" -quiet -no-progress -comp gzip \
		>/dev/null || bail mksquashfs
	mount -o loop,ro "$work/images/squashfs" "$work/squashfs" || bail "no squashfs"
	later umount "$work/squashfs"
}

place_made[erofs]=$work/erofs-tree

place_erofs_finish() {
	mkdir -p "$work/images"
	modprobe -q loop 2>/dev/null
	modprobe -q erofs 2>/dev/null
	mkfs.erofs "$work/images/erofs" "$work/erofs-tree" >/dev/null || bail mkfs.erofs
	mount -t erofs -o loop,ro "$work/images/erofs" "$work/erofs" || bail "no erofs"
	later umount "$work/erofs"
}

place_made[subvolume]=$work/subvolumes/files
place_seen[subvolume]=$work/subvolumes/files

place_subvolume_prepare() {
	# The driver has made its directory already, on the file system beneath.
	image_mount btrfs "$work/subvolumes" 128
	btrfs -q subvolume create "$work/subvolumes/files" || bail "no subvolume"
}

# A snapshot has all inode numbers of its origin; each file in it then gets other bytes in place.
place_subvolume_finish() {
	local path
	btrfs -q subvolume snapshot "$work/subvolumes/files" "$work/subvolumes/twin" ||
		bail "no snapshot"
	while IFS= read -r path; do
		note_file program "$path"
	done < <(find "$work/subvolumes/twin" -type f)
	make_noted
}

twin_path() {
	printf '%s\n' "${1/"/subvolumes/files/"/"/subvolumes/twin/"}"
}

place_made[snapshot]=$work/snapshots/files
place_seen[snapshot]=$work/snapshots/seen

place_snapshot_prepare() {
	image_mount btrfs "$work/snapshots" 128
	btrfs -q subvolume create "$work/snapshots/files" || bail "no subvolume"
}

place_snapshot_finish() {
	btrfs -q subvolume snapshot -r "$work/snapshots/files" "$work/snapshots/seen" ||
		bail "no snapshot"
}

# huge_pages COUNT: reserved by the kernel, until the end of the test.
huge_pages() {
	local file=/proc/sys/vm/nr_hugepages
	later eval "echo $(cat $file) >$file"
	echo "$1" >$file
	[ "$(cat $file)" -ge "$1" ] || bail "no huge pages"
}
