#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# interdict scan as a person uses it: formats, order, exit statuses, what the coverage says against
# what find(1) says, hostile names, interruption, and how long it takes.
. "$(dirname "$0")/../lib.sh"

vendors=$work/v
tree=$work/tree
mkdir -p "$vendors" "$tree/sub/deep"
chmod 755 "$work"

scan() {
	"$interdict" scan --config /dev/null --vendors "$vendors" "$@"
}

# status NAME WANTED COMMAND...: its exit status; its output is left in out and err.
status() {
	local name=$1 wanted=$2 got=0
	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	if [ "$got" = "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "exit status $got, wanted $wanted: $*
$(tail -n 20 "$work/out" "$work/err")"
	fi
}

# coverage WORDS: the number after these words in the coverage of the last text.
coverage() {
	sed -n "s/^# $1: //p" "$work/out"
}

# as_nobody COMMAND...
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

echo restricted >"$tree/sub/listed"
cp "$tree/sub/listed" "$tree/another"
echo restrictex >"$tree/same-size"
echo "of another size" >"$tree/other"
: >"$tree/empty"
ln "$tree/other" "$tree/sub/deep/link"
ln -s . "$tree/loop"
mkfifo "$tree/fifo"
list_write sized "$vendors/list.csv" "$tree/sub/listed"
vendor_write test list.csv

# --- exit statuses and text

status "listed files are found" 1 scan "$tree"
equal "text: a line a finding, sorted by path" \
	"listed path=$tree/another
listed path=$tree/sub/listed" "$(sed -n 's/^\(listed path=[^ ]*\).*/\1/p' "$work/out")"
matches "text: what a person wants to know" \
	"vendor=test phase=prohibited product=Test version=1.0 sha256=$(digest "$tree/another") size=11" \
	"$(grep another "$work/out")"
equal "files seen: as many inodes as find sees" \
	"$(find "$tree" -type f -printf '%i\n' | sort -u | wc -l)" "$(coverage "files seen")"
equal "and their further names" 1 "$(coverage "further names of them")"
equal "directories read: as many as find sees" "$(find "$tree" -type d | wc -l)" \
	"$(coverage "directories read")"
equal "links and FIFOs, not opened" 2 "$(coverage "links, devices, sockets and FIFOs, not opened")"
equal "hashed: those of the listed size" "$(find "$tree" -type f -size 11c | wc -l)" \
	"$(coverage hashed)"
equal "bytes hashed" 33 "$(coverage "bytes hashed")"
equal "matched" 2 "$(coverage matched)"
equal "complete" complete "$(coverage coverage)"
matches "the policy's digest" "^[0-9a-f]{64}: 1 entries" \
	"$(sed -n 's/^# policy //p' "$work/out")"
matches "no claim about what is inside of files" "embedded" "$(cat "$work/out")"
matches "no claim about processes" "not looked at: processes" "$(cat "$work/out")"
grep -v '^#' "$work/out" >"$work/first"
status "a second scan" 1 scan --full-speed "$tree"
equal "finds exactly the same" "$(cat "$work/first")" "$(grep -v '^#' "$work/out")"

status "nothing listed" 0 scan "$tree/sub/deep"
status "a path that is a file" 1 scan "$tree/another"
status "a path through a link" 1 scan "$tree/loop/loop/sub"
status "a path that is not there" 2 scan "$tree" "$work/absent"
matches "is named" "absent.*No such file" "$(cat "$work/err")"
status "an unknown format" 2 scan --format xml "$tree"
status "an unknown option" 2 scan --nonsense
status "no policy" 2 "$interdict" scan --config /dev/null --vendors "$work/nowhere" "$tree"

mkdir "$work/closed"
echo something >"$work/closed/file"
chmod 700 "$work/closed"
if [ "$(id -u)" -eq 0 ]; then
	status "what may not be read makes a scan incomplete" 2 as_nobody "$interdict" scan \
		--config /dev/null --vendors "$vendors" "$work/closed"
	equal "and is counted" 1 "$(coverage "skipped: permission")"
	matches "and named" "skipped, permission: $work/closed: Permission denied" "$(cat "$work/out")"
	matches "and so is that it was not root" "not as root" "$(cat "$work/out")"
	status "a finding counts more than a gap" 1 as_nobody "$interdict" scan \
		--config /dev/null --vendors "$vendors" "$work/closed" "$tree"
else
	skip "what may not be read" "needs root, to become another"
fi

# --- formats

status "json" 1 scan --format json "$tree"
check "json: one document" jq -es 'length == 1' "$work/out"
equal "json: the findings" "$tree/another $tree/sub/listed" \
	"$(jq -r '[.findings[].path] | join(" ")' "$work/out")"
equal "json: the coverage" "$(find "$tree" -type f -size 11c | wc -l) true false" \
	"$(jq -r '.coverage | "\(.files.hashed) \(.complete) \(.interrupted)"' "$work/out")"
status "ecs" 1 scan --format ecs "$tree"
equal "ecs: a document a finding, and one for the coverage" "alert alert state" \
	"$(jq -r .event.kind "$work/out" | paste -sd ' ')"
equal "ecs: digest, vendor and rule" "$(digest "$tree/another") test test/$(digest "$tree/another" | cut -c 1-16)" \
	"$(jq -rs '.[0] | "\(.file.hash.sha256) \(.interdict.vendor.id) \(.rule.id)"' "$work/out")"
equal "ecs: the coverage" 2 "$(jq -rs '.[2].interdict.coverage.files.matched' "$work/out")"
status "csv" 1 scan --format csv "$tree"
equal "csv: a header and a row a finding" 3 "$(wc -l <"$work/out")"
matches "csv: the columns" '^kind,path,name,vendor,' "$(head -n 1 "$work/out")"
matches "csv: the coverage is on standard error" "coverage: complete" "$(cat "$work/err")"
equal "csv: as many fields in each row" 1 \
	"$(sed 's/"[^"]*"//g' "$work/out" | awk -F , '{ print NF }' | sort -u | wc -l)"

# --- output file

echo old >"$work/report"
status "an output file is not touched by a scan that fails" 2 \
	scan --output "$work/report" "$work/absent"
equal "it is as it was" old "$(cat "$work/report")"
status "an output file" 1 scan --format json --output "$work/report" "$tree"
check "holds the report" jq -e '.findings | length == 2' "$work/report"
equal "and nothing goes to standard output" "" "$(cat "$work/out")"
equal "and nothing is left beside it" 1 "$(find "$work" -maxdepth 1 -name '*report*' | wc -l)"
status "an output file that cannot be written" 2 scan --output "$work/nowhere/report" "$tree"
if [ -e /dev/full ]; then
	full() {
		scan "$tree" >/dev/full
	}
	status "no room for the output" 2 full
fi

# --- hostile names

mkdir "$work/names"
for name in $'new\nline' $'\e[31mred\e[0m' $'bad\xff' 'quote"comma,' ' blank ' '-rf' '=cmd()' \
	$'rtl\xe2\x80\xaeexe'; do
	cp "$tree/another" "$work/names/$name"
done
status "hostile names" 1 scan "$work/names"
equal "text: each is one line" 8 "$(grep -c '^listed ' "$work/out")"
equal "text: nothing that a terminal would obey" "" \
	"$(LC_ALL=C grep -n $'[\x01-\x09\x0b-\x1f\x7f-\xff]' "$work/out")"
status "hostile names as json" 1 scan --format json "$work/names"
equal "json: each is there" 8 "$(jq '.findings | length' "$work/out")"
check "json: escaped as the events are" jq -e \
	'[.findings[].path | select(endswith("/new\\x0aline"))] | length == 1' "$work/out"
status "hostile names as csv" 1 scan --format csv "$work/names"
equal "csv: each is one row" 9 "$(wc -l <"$work/out")"
matches "csv: quoted as RFC 4180 has it" "^listed,\"$work/names/quote\"\"comma,\",,test," \
	"$(grep quote "$work/out")"
status "hostile names as ecs" 1 scan --format ecs "$work/names"
equal "ecs: each is a document" 9 "$(jq -c .event.kind "$work/out" | wc -l)"
# The escape character comes before all that is printable, and is written with a backslash.
matches "sorted by bytes, not by how they are written" "31mred" \
	"$(jq -r 'select(.file) | .file.path' "$work/out" | head -n 1)"
check "and the others as sort has them" sort -c <(jq -r 'select(.file) | .file.path' "$work/out" | tail -n +2)

# --- package files

echo "a package" >"$work/names/x_1.0_amd64.deb"
mkdir "$work/v2"
printf 'sha256,product\n%s,Package\n' "$(digest "$work/names/x_1.0_amd64.deb")" >"$work/v2/archives.csv"
printf '[vendor]\nid = packer\n[lists]\narchive = archives.csv\n' >"$work/v2/packer.vendor"
status "a package file of an archive list" 1 "$interdict" scan --config /dev/null \
	--vendors "$work/v2" "$work/names"
matches "is named" "^archive path=$work/names/x_1.0_amd64.deb vendor=packer" "$(head -n 1 "$work/out")"
equal "and no other file is read" 1 "$(coverage hashed)"
status "check knows it too" 1 "$interdict" check --config /dev/null --vendors "$work/v2" \
	"$work/names/x_1.0_amd64.deb"
matches "by the same list" "package file.*packer.*archives.csv:2" "$(tr '\n' ' ' <"$work/out")"

# --- interruption

mkdir "$work/slow"
truncate -s 64G "$work/slow/sparse"
cp "$tree/another" "$work/slow/found"
digest "$tree/another" >"$work/v2/bare"
printf '[vendor]\nid = bare\n[lists]\nfile = bare\n' >"$work/v2/bare.vendor"
# interrupt SIGNAL [PATH]: starts a scan that would take minutes, sends the signal, waits.
interrupt() {
	local pid got=0 begin=$SECONDS
	# Not a background job of the script: those ignore SIGINT.
	env --default-signal=INT "$interdict" scan --config /dev/null --vendors "$work/v2" \
		"${2-$work/slow}" >"$work/out" 2>"$work/err" </dev/null &
	pid=$!
	sleep 1
	kill -"$1" $pid
	wait $pid || got=$?
	took=$((SECONDS - begin))
	return $got
}
got=0
interrupt INT || got=$?
equal "interrupted: what was found decides the status" 1 $got
equal "interrupted: the coverage says so" interrupted "$(coverage coverage)"
matches "interrupted: what was found until then" "^listed path=$work/slow/found" \
	"$(grep '^listed' "$work/out")"
equal "interrupted: what was not finished" 1 "$(coverage "skipped: stopped before")"
check "interrupted: at once" [ "$took" -le 10 ]
got=0
interrupt TERM "$work/slow/sparse" || got=$?
equal "terminated, with nothing found: not everything was looked at" 2 $got
equal "terminated: the coverage says so" interrupted "$(coverage coverage)"
equal "progress: none in a pipe" 0 "$(grep -c $'\r' "$work/err")"
if command -v script >/dev/null; then
	script -qec "timeout --foreground --signal=INT 2 '$interdict' scan --config /dev/null \
		--vendors '$work/v2' '$work/slow'" /dev/null >"$work/terminal" </dev/null
	matches "progress on a terminal" 'scanning: [12] files, .*B/s' \
		"$(tr '\r' '\n' <"$work/terminal")"
else
	skip "progress on a terminal" "no script(1)"
fi

# --- the whole machine

cp "$(command -v sleep)" "$work/runs"
echo "made other" >>"$work/runs"
list_write sized "$vendors/runs.csv" "$work/runs"
vendor_write runs runs.csv
package=$(dpkg-query -W -f '${Package}\n' 2>/dev/null | head -n 1)
printf '[vendor]\nid = installed\n[identity]\npackage = %s\n' "${package:-none}" \
	>"$vendors/installed.vendor"
"$work/runs" 300 &
runs=$!
later kill $runs
until [ "$(readlink /proc/$runs/exe)" = "$work/runs" ]; do sleep 0.1; done
rm "$work/runs"
status "the whole machine" 1 scan --format json --full-speed
equal "a file that runs and is deleted" "$runs [\"deleted\"]" "$(jq -r --arg path "$work/runs" \
	'.findings[] | select(.kind == "running" and .path == $path) | "\(.pid) \(.flags)"' "$work/out")"
equal "files at rest" 2 "$(jq --arg path "$tree/" \
	'[.findings[] | select(.kind == "listed" and (.path | startswith($path)))] | length' "$work/out")"
if [ -n "$package" ]; then
	equal "an installed package" "$package $(dpkg-query -W -f '${Version}' "$package")" \
		"$(jq -r '.findings[] | select(.kind == "package") | "\(.name) \(.version)"' "$work/out" | head -n 1)"
	equal "packages looked at" "$(dpkg-query -W -f '${db:Status-Status}\n' | grep -c '^installed$')" \
		"$(jq .coverage.installed.packages "$work/out")"
else
	skip "an installed package" "no dpkg here"
fi
equal "the file system of / was seen" true \
	"$(jq '.coverage.file_systems[] | select(.mount_point == "/") | .seen' "$work/out" | head -n 1)"
equal "that of /proc was not" "false pseudo" "$(jq -r \
	'.coverage.file_systems[] | select(.mount_point == "/proc") | "\(.seen) \(.reason)"' "$work/out" | head -n 1)"
equal "no path was asked for" "true 0" \
	"$(jq -r '.coverage | "\(.whole_machine) \(.paths | length)"' "$work/out")"
kill $runs

# --- time

seconds() {
	local begin end
	begin=$(date +%s%N)
	"$@" >/dev/null 2>&1
	end=$(date +%s%N)
	echo $((end - begin))
}
mkdir "$work/v3"
{
	echo sha256,size
	for i in $(seq 1000); do printf '%032x%032x,%d\n' "$i" "$i" $((i * 1237)); done
} >"$work/v3/list.csv"
printf '[vendor]\nid = many\n[lists]\nfile = list.csv\n' >"$work/v3/many.vendor"
fast() {
	"$interdict" scan --config /dev/null --vendors "$work/v3" --full-speed /usr
}
stat_all() {
	find /usr -type f -size +0 -printf '%s\n'
}
status "a scan of /usr with 1,000 sizes" 0 fast
equal "sees all that find sees" "$(find /usr -type f -printf '%i\n' | sort -u | wc -l)" \
	"$(coverage "files seen")"
stat_all >/dev/null
best_find=$(seconds stat_all) best_scan=$(seconds fast)
# One fair comparison is enough, but a machine that is busy with something else may need several.
for _ in 1 2 3 4; do
	[ "$best_scan" -gt $((3 * best_find)) ] || break
	took=$(seconds stat_all)
	[ "$took" -ge "$best_find" ] || best_find=$took
	took=$(seconds fast)
	[ "$took" -ge "$best_scan" ] || best_scan=$took
done
printf '# scan of /usr: %d ms, find: %d ms\n' $((best_scan / 1000000)) $((best_find / 1000000))
# Aimed at is twice; the rest is for a busy machine and for sanitizers.
check "with 1,000 sizes a scan of /usr takes at most 3 times as long as find" \
	[ "$best_scan" -le $((3 * best_find)) ]

finish
