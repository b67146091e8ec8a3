#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# machines: host
# quick: yes
#
# `scan` and `list build`, all files in the page cache, beside what hashes or walks without them
# (`none`), so that the ratios compare times:
#
#   large   one file of 512 MiB on one CPU, beside `openssl dgst -sha256`
#   usr     all of /usr with a list without sizes, so that every file is hashed, on all CPUs, beside
#           find /usr -type f -print0 | xargs -0 -P2 sha256sum; with QUICK=1 /usr/lib alone
#   sized   the same tree with a sized list, where nearly nothing is read, beside find -printf ''
. "$(dirname "$0")/lib.sh"
need_root

tree=/usr mebibytes=512
# A pass over /usr takes half a minute, and what is measured several seconds.
[ "$rounds" -le 3 ] || rounds=3
if [ -n "$quick" ]; then
	tree=/usr/lib mebibytes=128
fi

mkdir large
openssl enc -aes-128-ctr -pass pass:x -nosalt -pbkdf2 </dev/zero 2>/dev/null |
	head -c ${mebibytes}M >large/file
generate 1000 1 >bare
generate 1000 2 | awk '{ print $1 "," 4096 + NR * 7919 % 8000000 ",Test,1.0" }' >numbers
for kind in unsized sized; do
	mkdir "$work/$kind"
	vendors=$work/$kind
	vendor_write test list
done
cp bare unsized/list
{ echo sha256,size,product,version; cat numbers; } >sized/list

# It finds nothing: 0; what it could not read is said, and no failure of the measurement.
scan() {
	"$interdict" scan --full-speed --config /dev/null --vendors "$@" >/dev/null 2>&1
	[ $? -ne 1 ] || bail "$tree has what is in a list of random numbers"
}

list_build() {
	"$interdict" list build --all-files --no-archives --product x --version 1 --output "$work/built.csv" \
		"$@" 2>/dev/null
	[ -s "$work/built.csv" ] || bail "no list was built of $*"
}

sums() {
	find "$tree" -type f -print0 | xargs -0 -P2 sha256sum >/dev/null
}

# timed COMMAND...: as `seconds`, on all CPUs.
timed() {
	local begin=$EPOCHREALTIME
	"$@"
	elapsed=$(awk -v begin="$begin" -v end="$EPOCHREALTIME" 'BEGIN { printf "%.6f", end - begin }')
}

pinned_large() {
	case $1 in
	none) pinned openssl dgst -sha256 large/file >/dev/null ;;
	scan) pinned "$interdict" scan --full-speed --config /dev/null --vendors unsized large >/dev/null ;;
	list-build)
		pinned "$interdict" list build --all-files --no-archives --product x --version 1 \
			--output built.csv large/file 2>/dev/null
		;;
	esac
}

measure() {
	local round=$1 subject=$2
	timed pinned_large "$subject"
	sample large "$subject" "$round" "$elapsed" s
	case $subject in
	none) timed sums ;;
	scan) timed scan unsized "$tree" ;;
	list-build) timed list_build "$tree" ;;
	esac
	sample "$(basename "$tree")" "$subject" "$round" "$elapsed" s
	case $subject in
	none) timed find "$tree" -printf '' ;;
	scan) timed scan sized "$tree" ;;
	list-build) return ;;
	esac
	sample sized "$subject" "$round" "$elapsed" s
}

# Into the page cache, as far as it goes.
scan unsized "$tree"
cat large/file >/dev/null
said scan "$(find "$tree" -type f | wc -l) files, $(du -sm "$tree" 2>/dev/null | cut -f 1) MB in $tree"
each_round measure none scan list-build
ok "measured"
finish
