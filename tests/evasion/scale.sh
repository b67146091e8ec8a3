# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Size and number as an attack: files that take long to hash, more tasks at once than there is room
# to hold, more files than there is room to remember. In each what is listed does not run, and what
# others run meanwhile does, in time.
. "$source_root/tests/evasion/attacks.sh"

others=65533
attacker=65534

# counts LINE: without the time.
counts() {
	echo "${1% in * ms}"
}

took() {
	sed -n 's/.* in \([0-9]*\) ms$/\1/p' <<<"$1"
}

# all_denied COUNT: what "many" prints then.
all_denied() {
	if [ "$backend" = lsm ]; then
		echo "ran 0 denied $1 killed 0 other 0"
	else
		echo "ran 0 denied 0 killed $1 other 0"
	fi
}

all_ran() {
	echo "ran $1 denied 0 killed 0 other 0"
}

# less NAME VALUE LIMIT
less() {
	if [ "$2" -lt "$3" ]; then
		ok "$1"
		echo "# $2"
	else
		not_ok "$1" "$2, and $3 is too much"
	fi
}

# Ends a row: FAILED if anything has failed since the last one.
row_end() {
	local cell=denied
	[ "$failures" -eq "$failed_before" ] || cell=FAILED
	row_print "$1" "${2:-reported}" "$cell"
	failed_before=$failures
}
failed_before=0

# burst COUNT TOGETHER: COUNT distinct programs, of which each tenth is listed, by a list without
# sizes, so that each has to be hashed.
burst() {
	local count=$1 together=$2 name="scale: $1 distinct executables in a burst" listed=() i line base
	mkdir burst listed
	"$probes/many" make "$probes/target" burst "$count" || bail "no files"
	for ((i = 0; i < count / 10; i++)); do
		listed+=("burst/$((i * 10))")
	done
	line=$("$probes/many" run "$together" $others burst)
	equal "$name: baseline" "$(all_ran "$count")" "$(counts "$line")"
	base=$(took "$line")
	mv "${listed[@]}" listed/
	list_write unsized "$vendors/list" listed/*
	vendor_write test list

	# The daemon finds all of them at once, later, which is what it is short of time for.
	monitor_start audit || bail "the monitor does not start in audit"
	kill -STOP "$monitor"
	line=$("$probes/many" run "$together" $others listed)
	kill -CONT "$monitor"
	equal "$name: audit: they run" "$(all_ran $((count / 10)))" "$(counts "$line")"
	wait_for 20 burst_reported audit
	equal "$name: audit: each is reported" "$((count / 10))" "$(burst_digests audit)"
	check "$name: audit: the monitor ends" monitor_stop

	monitor_start enforce || bail "the monitor does not start in enforce"
	line=$("$probes/many" run "$together" $others burst)
	equal "$name: none is denied" "$(all_ran $((count - count / 10)))" "$(counts "$line")"
	echo "# $(took "$line") ms for $((count - count / 10)), $base ms for $count without"
	line=$("$probes/many" run "$together" $others listed)
	equal "$name: the listed ones do not run" "$(all_denied $((count / 10)))" "$(counts "$line")"
	wait_for 20 burst_reported deny
	equal "$name: each denial is reported" "$((count / 10))" "$(burst_digests deny)"
	equal "$name: nothing was unhashable" 0 "$(count_records \
		".event.reason == \"unhashable\" and (.file.path | startswith(\"$work\"))")"
	line=$("$probes/many" run "$together" $others burst)
	equal "$name: again, now known" "$(all_ran $((count - count / 10)))" "$(counts "$line")"
	burst_argv
	check "$name: no task is left stopped" wait_for 5 none_left_stopped
	check "$name: the monitor ends" monitor_stop
	row_end "$name"
	rm -rf burst
}

burst_digests() {
	jq -r "select(.interdict.decision == \"$1\" and .file.hash.sha256).file.hash.sha256" "$events" |
		sort -u | wc -l
}

burst_reported() {
	[ "$(burst_digests "$1")" -ge "$(find listed -type f | wc -l)" ]
}

# Two megabytes of arguments, and of environment, of what is listed and of what is not.
burst_argv() {
	local name="scale: 2 MB of arguments and of environment" text words=() status=0 said
	text=$(head -c 100000 /dev/zero | tr '\0' x)
	for _ in {1..19}; do
		words+=("$text")
	done
	make_file program argv-allowed
	said=$("$probe" exec "$work/argv-allowed" "${words[@]}") || status=$?
	equal "$name: another program runs" "$PROBE_RAN" $status
	status=0
	said=$("$probe" exec "$work/listed/0" "${words[@]}") || status=$?
	equal "$name: the listed one does not" "$(denied_status)" $status
	reported "$name: the record says that it is cut" \
		".file.path == \"$work/listed/0\" and any(.interdict.flags[]?; . == \"argv-cut\")"
	status=0
	for i in {1..15}; do
		export "LONG_$i=${words[0]}"
	done
	said=$("$probe" exec "$work/listed/10") || status=$?
	for i in {1..15}; do
		unset "LONG_$i"
	done
	equal "$name: nor with the environment" "$(denied_status)" $status
	row_end "$name"
}

# sparse NAME SIZE: a program with a hole behind it.
sparse() {
	make_file program "$1"
	truncate -s "$2" "$1" || bail "no file of $2"
}

# big_files FLOOD: FLOOD processes of one user execute a program of 6 GB, and one a program of
# 16 TiB, while another user runs small ones and one of 64 MiB.
big_files() {
	local flood=$1 name="scale: 6 GB and 16 TiB, sparse, $1 at once" line idle pids=() i
	mkdir -p tmpfs idle busy listed-small
	mount -t tmpfs tmpfs tmpfs || bail "no tmpfs"
	later umount "$work/tmpfs"
	"$probes/many" make "$probes/target" idle 20
	"$probes/many" make "$probes/target" busy 20
	"$probes/many" make "$probes/target" listed-small 20
	sparse huge 6G
	sparse tmpfs/endless 16T
	sparse medium 64M
	chmod 755 huge tmpfs/endless medium
	line=$("$probes/many" flood 2 $attacker "$work/huge")
	equal "$name: baseline, 6 GB" "$(all_ran 2)" "$(counts "$line")"
	line=$("$probes/many" flood 2 $attacker "$work/tmpfs/endless")
	equal "$name: baseline, 16 TiB" "$(all_ran 2)" "$(counts "$line")"
	list_write sized "$vendors/list" listed-small/*
	for i in huge tmpfs/endless medium; do # their sizes pass the gate
		printf '%s,%d,Big,1,\n' "$(sha256sum <<<"$i" | cut -c 1-64)" "$(size "$i")" >>"$vendors/list"
	done
	vendor_write test list
	config_write "[hold]" "deadline = 8s"

	monitor_start enforce || bail "the monitor does not start"
	idle=$(took "$("$probes/many" run 1 $others idle)")
	"$probes/many" flood "$flood" $attacker "$work/huge" >flood.out &
	pids+=($!)
	"$probes/many" flood 1 $attacker "$work/tmpfs/endless" >endless.out &
	pids+=($!)
	later kill "${pids[@]}"
	sleep 1
	line=$("$probes/many" run 1 $others busy)
	equal "$name: another user's programs run" "$(all_ran 20)" "$(counts "$line")"
	less "$name: in time" "$(took "$line")" $((10 * idle + 4000))
	echo "# 20 programs: $(took "$line") ms, without the large files $idle ms"
	equal "$name: another user's listed programs do not" "$(all_denied 20)" \
		"$(counts "$("$probes/many" run 4 $others listed-small)")"
	if [ "$backend" = tracepoint ]; then
		line=$("$probes/many" run 1 $others "$work/medium")
		equal "$name: another user's program of 64 MiB runs" "$(all_ran 1)" "$(counts "$line")"
		less "$name: that in time, too" "$(took "$line")" 6000
	fi
	line=$(timeout 5 "$interdict" status --json | jq -r .mode)
	equal "$name: the daemon answers" enforce "$line"
	wait "${pids[@]}"
	equal "$name: none of 6 GB ran" "0 0" \
		"$(sed -n 's/ran \([0-9]*\) .* other \([0-9]*\) .*/\1 \2/p' flood.out)"
	equal "$name: nor of 16 TiB" "$(all_denied 1)" "$(counts "$(cat endless.out)")"
	reported "$name: reported as unhashable" \
		".file.path == \"$work/tmpfs/endless\" and .event.reason == \"unhashable\" and
			.interdict.decision == \"deny\""
	[ "$backend" != lsm ] || equal "$name: no soft lockup" 0 "$(dmesg | grep -c 'soft lockup')"
	check "$name: no task is left stopped" wait_for 5 none_left_stopped
	equal "$name: nothing is held any more" 0 "$("$interdict" status --json | jq .hold.held)"
	equal "$name: the daemon was never stalled" 0 "$("$interdict" status --json | jq .counters.no_coverage)"
	check "$name: the monitor ends" monitor_stop
	row_end "$name" -
	rm huge tmpfs/endless
	config_write
}

# More files mapped shared and writable than can be remembered (tracepoint; lsm keeps it in the
# inode): nothing is cached from then on, which has to be said, and what is listed stays so.
tainted_files() {
	local name="scale: 66,000 files mapped shared and writable"
	make_file program taint-listed
	make_file program taint-allowed
	chmod 755 taint-*
	list_write sized "$vendors/list" taint-listed
	vendor_write test list
	monitor_start enforce || bail "the monitor does not start"
	denied "$name: listed, before" exec "$work/taint-listed"
	mkdir -m 777 taint
	check "$name: mapped" "$probes/many" taint "$work/taint" 66000
	denied "$name: listed" exec "$work/taint-listed"
	runs "$name: another program" exec "$work/taint-allowed"
	if [ "$backend" = tracepoint ]; then
		reported "$name: it is said" '(.interdict.counters.taint_full? // 0) > 0'
		matches "$name: status says it" "digests +none is kept any more" "$("$interdict" status)"
		matches "$name: doctor says it" "keeps no digest any more" "$("$interdict" doctor)"
	fi
	check "$name: the monitor ends" monitor_stop
	row_end "$name" -
}

# COUNT copies of one listed file, TOGETHER at a time: each copy is a file that nobody has seen.
storm_of_copies() {
	local count=$1 together=$2 name="scale: $1 copies of a listed file, $2 at a time"
	mkdir copies
	make_file program copied
	eval "tee copies/{1..$count}" <copied >/dev/null
	find copies -type f -exec chmod 755 {} +
	equal "$name: baseline" "$(all_ran "$together")" \
		"$(counts "$("$probes/many" run "$together" $attacker copies/[1-"$together"])")"
	list_write sized "$vendors/list" copied
	vendor_write test list
	monitor_start enforce || bail "the monitor does not start"
	equal "$name: none runs" "$(all_denied "$count")" \
		"$(counts "$("$probes/many" run "$together" $attacker copies)")"
	all_reported() {
		[ "$("$interdict" status --json | jq .account.reported)" -ge "$count" ]
	}
	check "$name: each is reported" wait_for 20 all_reported
	equal "$name: no alert is lost" 0 "$("$interdict" status --json | jq .account.lost_alerts)"
	check "$name: no task is left stopped" wait_for 5 none_left_stopped
	check "$name: the monitor ends" monitor_stop
	row_end "$name" -
	rm -rf copies
}

held_so_far() {
	"$interdict" status --json | jq '.counters.held // 0'
}

# A user who maps more files than digests are remembered (tracepoint; lsm keeps them in the inodes):
# what he has pushed out is looked at anew.
digests_turned_over() {
	local name="scale: 17,000 files mapped, more than digests are kept" before pids=() pid
	mkdir -m 777 turning
	mount -t tmpfs -o mode=777 tmpfs turning || bail "no tmpfs"
	later umount "$work/turning"
	make_file program turned-listed
	make_file program turned-allowed
	list_write sized "$vendors/list" turned-listed
	printf '%064x,4096,Page,1,\n' 4711 >>"$vendors/list"
	vendor_write test list
	runs "$name: baseline" exec "$work/turned-listed"
	monitor_start enforce || bail "the monitor does not start"
	denied "$name: listed, before" exec "$work/turned-listed"
	runs "$name: another program, before" exec "$work/turned-allowed"
	before=$(held_so_far)
	denied "$name: listed, known" exec "$work/turned-listed"
	equal "$name: what is known is not held" "$before" "$(held_so_far)"
	for _ in 1 2; do
		"$probes/many" map 8500 $attacker turning &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		check "$name: mapped" wait "$pid"
	done
	before=$(held_so_far)
	denied "$name: listed" exec "$work/turned-listed"
	# Mostly it was, and is held once more; which ones a full map drops is the kernel's choice.
	echo "# unknown again: $(($(held_so_far) - before))"
	runs "$name: another program" exec "$work/turned-allowed"
	check "$name: the monitor ends" monitor_stop
	row_end "$name" -
}

# Arguments in memory that never comes: what the record says of them must keep nobody waiting.
stalled_arguments() {
	local name="scale: a storm of denials with arguments that never come" line file source technique i
	mkdir -p stalled-idle
	make_file program stalled-program
	make_file code stalled-code
	touch mountpoint
	modprobe -q fuse 2>/dev/null
	mknod -m 666 "$work/fuse" c 10 229
	mount --bind "$work/fuse" /dev/fuse || bail "no /dev/fuse"
	later umount /dev/fuse
	chown $attacker mountpoint
	chmod 755 stalled-program
	for source in fuse userfaultfd; do
		matches "$name: baseline, $source, exec" "^ran [1-9]" "$(stalled $source exec stalled-program)"
		matches "$name: baseline, $source, map" "^ran $storm " "$(stalled $source map stalled-code)"
	done
	"$probes/many" make "$probes/target" stalled-idle 40
	for i in {0..3}; do
		make_file program "stalled-listed-$i"
		chmod 755 "stalled-listed-$i"
	done
	list_write sized "$vendors/list" stalled-program stalled-code stalled-listed-*
	vendor_write test list
	monitor_start enforce || bail "the monitor does not start"
	i=0
	for source in fuse userfaultfd; do
		for technique in exec map; do
			file=stalled-program
			[ $technique = exec ] || file=stalled-code
			stalled $source $technique $file >stalled.out &
			line=$("$probes/many" run 1 $others stalled-idle/$((i * 10)) stalled-idle/$((i * 10 + 1)))
			equal "$name: $source, $technique: another user's programs run" "$(all_ran 2)" "$(counts "$line")"
			denied "$name: $source, $technique: another listed program" exec "$work/stalled-listed-$i"
			if await_record ".file.path == \"$work/stalled-listed-$i\"" 3; then
				ok "$name: $source, $technique: its record comes in time"
			else
				not_ok "$name: $source, $technique: its record comes in time"
			fi
			wait $!
			matches "$name: $source, $technique: none runs" "^ran 0 " "$(cat stalled.out)"
			echo "# $source, $technique: $(cat stalled.out)"
			i=$((i + 1))
		done
	done
	reported "$name: reported, without the arguments" ".file.path == \"$work/stalled-code\" and
		.event.action == \"map\" and any(.interdict.flags[]?; . == \"argv-missing\")"
	equal "$name: the daemon was never stalled" 0 "$("$interdict" status --json | jq .counters.no_coverage)"
	check "$name: no task is left stopped" wait_for 5 none_left_stopped
	check "$name: the monitor ends" monitor_stop
	row_end "$name" -
}

# stalled SOURCE TECHNIQUE FILE
stalled() {
	"$probes/stalled" "$1" "$2" $storm "$work/mountpoint" $attacker "$work/$3" 2>&1
}
storm=15
