#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# No false denial: a real userland works as before under enforce, with lists whose entries have
# the sizes of its own programs, and with bare digests, which have every file hashed.
. "$(dirname "$0")/../lib.sh"
need_root

prefill=yes
# The second with what the first has left in the caches; emulation is slow.
rounds="1 2 3"
[ "$backend" != lsm ] || rounds="1 2"
mkdir -p "$vendors"
make_file program listed
make_file program other

# What a server does all day, as one text: the same before and under the monitor.
day() {
	local directory
	directory=$(mktemp -d "$work/day.XXXXXX") && cd "$directory" || return
	seq 1 300 | sed 's/^/line /' >lines
	sort -r lines | uniq -c | awk '{ s += $3 } END { print s }'
	grep -c 7 lines
	tar -czf lines.tar.gz lines && mkdir out && tar -xzf lines.tar.gz -C out && cmp lines out/lines && echo same
	gzip -c lines | gunzip | sha256sum
	xz -c lines | xz -dc | wc -l
	perl -e 'print join(",", map { $_ * 2 } 1 .. 5), "\n"'
	find /usr/bin -maxdepth 1 -name 'b*sh' | sort
	bash -c 'for i in 1 2 3; do echo $((i * i)); done | paste -sd+'
	printf '#!/bin/sh\necho script $1\n' >script && chmod 755 script && ./script argument
	printf '#!/usr/bin/env perl\nprint "env $0[0]";' >script.pl && chmod 755 script.pl && ./script.pl | head -c 3
	cp /bin/busybox busybox-own && ./busybox-own echo applet && ln busybox-own busybox-hard &&
		ln -s busybox-own busybox-soft && ./busybox-hard echo hard && ./busybox-soft echo soft
	echo '{"a":[1,2,3]}' | jq -c '.a | add'
	find . -type f -print0 | xargs -0 -n 1 basename | sort
	env -i /usr/bin/id -u
	readlink /proc/self/exe
	diff lines out/lines && echo equal
	hello
	(ulimit -c 0; timeout 5 sleep 0.1; echo $?)
	cd "$work" && rm -r "$directory"
}

expected=$(day 2>&1)
matches "baseline: the day's work works" "^Hello" "$expected"

# False entries: the size of each program here, the digest of none.
# shellcheck disable=SC2012
stat -L -c %s /usr/bin/* /usr/lib/x86_64-linux-gnu/*.so* 2>/dev/null | sort -un >sizes
{
	echo sha256,size
	generate "$(wc -l <sizes)" 3 | paste -d , - sizes
	echo "$(digest listed),$(size listed)"
} >sized
{
	generate 500 4
	digest listed
} >unsized

for kind in sized unsized; do
	cp $kind "$vendors/list"
	vendor_write test list
	monitor_start enforce || bail "the monitor does not start"
	denied "$kind: the listed file is denied" exec "$work/listed"
	wrong=
	for round in $rounds; do
		got=$(day 2>&1)
		[ "$got" = "$expected" ] || wrong+="round $round: $(diff <(echo "$expected") <(echo "$got"))"$'\n'
	done
	equal "$kind: the days of work go on as before" "" "$wrong"
	(
		day >/dev/null 2>&1 &
		day >/dev/null 2>&1 &
		wait
	)
	runs "$kind: another file runs" exec "$work/other"
	sleep 1
	equal "$kind: nothing but the listed file was denied" 0 \
		"$(count_records ".interdict.decision == \"deny\" and .file.hash.sha256 != \"$(digest listed)\"")"
	# An open is only reported: who opened may be gone before the daemon looks at the file.
	equal "$kind: nothing that was executed or mapped was unhashable" "" \
		"$(records '.event.reason == "unhashable" and .event.action != "open"' | head -n 3)"
	check "$kind: the monitor ends" monitor_stop
done
finish
