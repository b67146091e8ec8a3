# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Content that changes after its digest was taken. In each row a file has clean bytes and has run
# twice, so that its digest is known; it gets the restricted bytes, as many, and is run; then the
# clean ones again, by the same way, and these have to run (probes/rewrite.c). The technique is
# "WAY exec|mmap". In the control the bytes that it gets are allowed ones too.
. "$source_root/tests/evasion/driver.sh"

read -r -d '' evasion_table <<'TABLE'
overwritten in place | in-place exec | program | disk | change | exec
overwritten, times and mode restored | in-place-restored exec | program | disk | change | exec
truncated by descriptor, rewritten | truncate-fd exec | program | disk | change | exec
truncated by path, rewritten | truncate-path exec | program | disk | change | exec
opened O_TRUNC, rewritten | truncate-open exec | program | disk | change | exec
pwritev2, RWF_APPEND | append exec | program | disk | change | exec
pwritev2, RWF_NOWAIT | no-wait exec | program | disk | change | exec
O_DIRECT | direct exec | program | disk | change | exec
io_submit | aio exec | program | disk | change | exec
io_uring write | ring-write exec | program | disk | change | exec
io_uring write, registered file and buffer | ring-fixed exec | program | disk | change | exec
renamed over | rename exec | program | disk | change | exec
names exchanged | exchange-names exec | program | disk | change | exec
unlinked, another linked | link exec | program | disk | change | exec
shared mapping | mapped exec | program | disk | change | exec
shared mapping, msync | mapped-synced exec | program | disk | change | exec
shared mapping that stays | kept-mapping mmap | code | disk | change | map
descriptor that stays open | kept-descriptor mmap | code | disk | change | map
/proc/PID/mem into a shared mapping | proc-mem exec | program | disk | change | exec
copy_file_range | copy_file_range exec | program | disk | change | exec
sendfile | sendfile exec | program | disk | change | exec
splice | splice exec | program | disk | change | exec
vmsplice and tee | vmsplice exec | program | disk | change | exec
hole punched, rewritten | punched exec | program | disk | change | exec
zeroed range, rewritten | zeroed exec | program | disk | change | exec
range collapsed | collapsed exec | program | disk | change | exec
range inserted | inserted exec | program | disk | change | exec
EXT4_IOC_MOVE_EXT | move-extents mmap | code | disk | zeroes | map
EXT4_IOC_SWAP_BOOT | swap-boot exec | program | ram-ext4 | change | exec
descriptor by SCM_RIGHTS | passed exec | program | disk | change | exec
open_by_handle_at | by-handle exec | program | disk | change | exec
another mount, remounted | other-mount exec | program | disk | change | exec
overwritten in place, tmpfs | in-place exec | program | tmpfs | change | exec
truncated by path, rewritten, tmpfs | truncate-path exec | program | tmpfs | change | exec
io_uring write, tmpfs | ring-write exec | program | tmpfs | change | exec
pages pinned by io_uring, tmpfs | ring-pinned exec | program | tmpfs | change | exec
shared mapping, tmpfs | mapped exec | program | tmpfs | change | exec
shared mapping that stays, tmpfs | kept-mapping mmap | code | tmpfs | change | map
copy_file_range, tmpfs | copy_file_range exec | program | tmpfs | change | exec
splice, tmpfs | splice exec | program | tmpfs | change | exec
hole punched, rewritten, tmpfs | punched exec | program | tmpfs | change | exec
overwritten in place, overlay | in-place exec | program | upper | change | exec
overwritten, times and mode restored, overlay | in-place-restored exec | program | upper | change | exec
truncated by path, rewritten, overlay | truncate-path exec | program | upper | change | exec
renamed over, overlay | rename exec | program | upper | change | exec
shared mapping, overlay | mapped exec | program | upper | change | exec
shared mapping that stays, overlay | kept-mapping mmap | code | upper | change | map
descriptor that stays open, overlay | kept-descriptor mmap | code | upper | change | map
O_DIRECT, overlay | direct exec | program | upper | change | exec
io_uring write, overlay | ring-write exec | program | upper | change | exec
overwritten in place, xfs | in-place exec | program | ram-xfs | change | exec
FICLONE, xfs | reflink exec | program | ram-xfs | change | exec
FICLONERANGE, xfs | reflink-range exec | program | ram-xfs | change | exec
O_DIRECT, xfs | direct exec | program | ram-xfs | change | exec
XFS_IOC_SWAPEXT | xfs-swap-extents exec | program | ram-xfs | change | exec
shared mapping, xfs | mapped exec | program | ram-xfs | change | exec
range collapsed, xfs | collapsed exec | program | ram-xfs | change | exec
overwritten in place, btrfs | in-place exec | program | ram-btrfs | change | exec
FICLONE, btrfs | reflink exec | program | ram-btrfs | change | exec
FICLONERANGE, btrfs | reflink-range exec | program | ram-btrfs | change | exec
O_DIRECT, btrfs | direct exec | program | ram-btrfs | change | exec
shared mapping, btrfs | mapped exec | program | ram-btrfs | change | exec
pages pinned by a late FUSE read | fuse-pinned exec | program | disk | change-fuse | exec
pages pinned by a late FUSE read, tmpfs | fuse-pinned exec | program | tmpfs | change-fuse | exec
XFS_IOC_OPEN_BY_HANDLE | xfs-handle exec | program | ram-xfs | change | exec
written after it was mapped | - | code | disk | written | map | missed written-later
TABLE

# XFS_IOC_EXCHANGE_RANGE, 6.10.
modprobe -q xfs 2>/dev/null
if grep -qw xfs_ioc_exchange_range /proc/kallsyms; then
	evasion_table+="
XFS_IOC_EXCHANGE_RANGE | xfs-exchange exec | program | ram-xfs | change | exec"
fi

# Memory that the machine was told to take for storage (memmap= of scripts/vm).
modprobe -q -a nd_e820 nd_pmem 2>/dev/null
if [ -b /dev/pmem0 ]; then
	evasion_table+="
overwritten in place, DAX | in-place exec | program | dax | change | exec
shared mapping, DAX | mapped exec | program | dax | change | exec
shared mapping that stays, DAX | kept-mapping mmap | code | dax | change | map"
fi

content_absent() {
	[ -b /dev/pmem0 ] || row_absent "shared mapping, DAX" no-dax
}

# --- file systems whose digests are kept: not on a loop device, but in memory ----------------

ram_device=

# ram_mount TYPE [MKFS-OPTION...]
ram_mount() {
	local format=$1 number
	shift
	modprobe -q zram 2>/dev/null
	modprobe -q "$format" 2>/dev/null
	number=$(cat /sys/class/zram-control/hot_add) || bail "no zram"
	later ram_remove "$number"
	echo 400M >"/sys/block/zram$number/disksize" || bail "no room in zram$number"
	"mkfs.$format" -q "$@" "/dev/zram$number" >/dev/null 2>&1 || bail "mkfs.$format"
	[ "$format" != xfs ] || xfs_exchanges "/dev/zram$number"
	mount "/dev/zram$number" "$work/ram-$format" || bail "no $format"
	later umount "$work/ram-$format"
}

# Bit 6 of features_incompat lets ranges be exchanged; Debian's mkfs.xfs does not know it.
xfs_exchanges() {
	[[ $evasion_table == *"| xfs-exchange "* ]] || return 0
	xfs_db -x -c "sb 0" -c "write -d features_incompat 0x4b" "$1" >/dev/null 2>&1 || bail xfs_db
}

# The last user may still be letting go of it.
ram_remove() {
	wait_for 5 eval "echo $1 >/sys/class/zram-control/hot_remove"
}

place_ram-ext4_prepare() {
	ram_mount ext4
}

place_ram-xfs_prepare() {
	ram_mount xfs
}

place_ram-btrfs_prepare() {
	ram_mount btrfs
}

place_dax_prepare() {
	mkfs.ext4 -q -b 4096 /dev/pmem0 || bail "mkfs.ext4 /dev/pmem0"
	mount -o dax=always /dev/pmem0 "$work/dax" || bail "no DAX"
	later umount "$work/dax"
}

# --- the change -------------------------------------------------------------------------------

# rewrite PATH TECHNIQUE LISTED. In audit nobody is held until the daemon has looked.
rewrite() {
	local technique status=0
	read -r -a technique <<<"$2"
	# It has tried twice itself.
	if [ -n "$monitor" ] && [ -e "${1%/*}/tried" ]; then
		read -r said <"${1%/*}/tried"
		return "${said##* }"
	fi
	unset REWRITE_LINGER
	[[ $1 != *-audit/* ]] || export REWRITE_LINGER=1
	said=$("$probes/rewrite" "${technique[@]}" "${1%/*}/changing" "${1%/*}/clean" "$3" 2>&1) ||
		status=$?
	[[ -z $monitor || $1 == *-allowed/* ]] || echo "${said//$'\n'/ } $status" >"${1%/*}/tried"
	return $status
}

how_change_make() {
	note_file "$2" "${1%/*}/clean"
}

how_change() {
	rewrite "$1" "$2" "$1"
}

how_change-fuse_make() {
	modprobe -q fuse 2>/dev/null
	how_change_make "$@"
}

how_change-fuse() {
	how_change "$@"
}

# Clean is what has something else than a zero at its end.
how_zeroes_make() {
	cp "$1" "${1%/*}/clean"
	printf x | dd of="${1%/*}/clean" bs=1 seek=$(($(size "$1") - 1)) conv=notrunc status=none
}

how_zeroes() {
	rewrite "$1" "$2" "$1"
}

# The word behind the code is all that differs.
how_written_make() {
	make_file "$2" "${1%/*}/clean"
	dd if="$1" of="${1%/*}/word" bs=1 skip=6 count=8 status=none
}

# The daemon looks at what was opened and mapped before it is changed.
how_written() {
	said=$(REWRITE_LINGER=1 "$probes/rewrite" in-place written "${1%/*}/changing" "${1%/*}/clean" \
		"=$(cat "${1%/*}/word")" 2>&1)
}
