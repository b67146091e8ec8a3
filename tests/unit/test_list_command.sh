#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `interdict list` as a person uses it: import, show, verify, diff; their exit statuses, and
# what is left behind when they fail. Needs no root.
set -uo pipefail

export LC_ALL=C
source_root=${INTERDICT_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build_root=${INTERDICT_BUILD:-$source_root/build}
interdict=${INTERDICT:-$build_root/interdict}
results=0
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

if [ ! -x "$interdict" ]; then
	echo "Bail out! no program $interdict"
	exit 1
fi
cd "$work" || exit 1
chmod 755 .

result() {
	results=$((results + 1))
	if [ "$1" = 0 ]; then
		printf 'ok %d - %s\n' "$results" "$2"
		return
	fi
	failures=$((failures + 1))
	printf 'not ok %d - %s\n# %s\n' "$results" "$2" "${3//$'\n'/$'\n'# }"
}

# equal NAME WANTED GOT
equal() {
	local wrong=1
	[ "$2" = "$3" ] && wrong=0
	result $wrong "$1" "wanted: $2"$'\n'"got:    $3"
}

# list STATUS ARGUMENTS...: runs it; out and err hold what it said, an `equal` its status.
list() {
	local wanted=$1
	shift
	"$interdict" list "$@" >"$work/.out" 2>"$work/.err"
	status=$?
	out=$(<"$work/.out")
	err=$(<"$work/.err")
	equal "list $*: exit status" "$wanted" "$status"
}

# says NAME TEXT SAID
says() {
	local wrong=1
	[[ $3 == *"$2"* ]] && wrong=0
	result $wrong "$1" "not said: $2"$'\n'"in: $3"
}

# Everything in the directory but our own files: what a failure must not add to.
left() {
	find . -mindepth 1 -name '.*' ! -name .out ! -name .err
}

a=$(printf 'a%.0s' {1..64})
b=$(printf 'b%.0s' {1..64})
c=$(printf 'c%.0s' {1..64})
head=sha256,size,product,version,package,path,source

# The frame.
list 0 --help
says "the help names the verbs" "import" "$out"
list 2
list 2 frobnicate
says "an unknown verb is named" "no verb 'frobnicate'" "$err"
list 2 import
says "no file was given" "no file was given" "$err"
list 2 import --frobnicate x

# Formats.
list 0 import --format '?'
says "--format ? lists formats" "sha256sum" "$out"
list 2 import --format nonsense /dev/null
says "an unknown format is an error" "expected the name of a list format" "$err"

printf '%s  /opt/b\n%s *./a name\n' "$b" "$a" >sums
printf '\xef\xbb\xbf%s\r\n\r\n%s\r\n%s' "${c^^}" "$a" "$c" >plain
printf 'SHA256 (/opt/bsd) = %s\n' "$c" >bsd
printf 'sha256,size,product\n%s,5,"kesl, ""12"""\n' "$a" >native.csv
gzip -c sums >sums.gz

list 0 import sums
equal "sha256sum: sorted by path, with its file as source" \
	"$head"$'\n'"$a,,,,,./a name,sums"$'\n'"$b,,,,,/opt/b,sums" "$out"
says "the summary names format and entries" "sums: sha256sum, 2 entries" "$err"
list 0 import plain
equal "plain: byte order mark, CRLF, blank line, upper case, no last newline, twice" \
	"$head"$'\n'"$a,,,,,,plain"$'\n'"$c,,,,,,plain" "$out"
says "what repeats is counted" "3 entries, 1 of them repeated" "$err"
list 0 import bsd
says "BSD sums" "$c,,,,,/opt/bsd,bsd" "$out"
list 0 import native.csv
says "the native format with quotes" "$a,5,\"kesl, \"\"12\"\"\",,,,native.csv" "$out"
cp .out again.csv
list 0 import again.csv
equal "what was written is read as it was" "$(<again.csv)" "$out"
list 0 import sums.gz
says "gzip" "$b,,,,,/opt/b,sums.gz" "$out"
list 0 import --product P --version 'V 1' --source S plain
says "--product, --version and --source" "$a,,P,V 1,,,S" "$out"
list 0 import --product P native.csv
says "what a row says itself stays" "kesl" "$out"
"$interdict" list import - <sums >.out 2>.err
equal "standard input: exit status" 0 $?
says "standard input" "$a,,,,,./a name,standard input" "$(<.out)"
list 0 import <(cat plain)
says "a pipe" "$c" "$out"
list 0 import sums native.csv plain
equal "several files are one list" \
	"$head"$'\n'"$c,,,,,,plain"$'\n'"$b,,,,,/opt/b,sums"$'\n'"$a,5,\"kesl, \"\"12\"\"\",,,./a name,sums" "$out"

# Digests that cannot be enforced are counted.
printf '%s\n%s\n%s\n' "${a:0:32}" "${a:0:40}" "$a" >mixed
list 0 import --format plain mixed
says "MD5 and SHA-1 are counted" "1 entry; not enforceable: 1 MD5, 1 SHA-1" "$err"
equal "and no others" "$head"$'\n'"$a,,,,,,mixed" "$out"
printf '%s\n' "${a:0:32}" >md5
list 2 import md5
says "nothing but MD5 is no list" "no usable entry" "$err"
equal "and writes nothing" "" "$out"
list 2 import /dev/null

# Malformed lines.
printf '%s  good\nnot a line\n%s  also\n%sx  bad\n' "$a" "$b" "${c:0:63}" >dirty
list 2 import --output dirty.csv dirty
says "a malformed line is named by number" "dirty:2: " "$err"
says "with its text" "\"not a line\"" "$err"
says "and so is the next one" "dirty:4: " "$err"
equal "no file was written" "" "$(ls dirty.csv 2>/dev/null)"
list 2 import dirty
equal "nor anything on standard output" "" "$out"
list 1 import --keep-going --output dirty.csv dirty
equal "--keep-going writes the rest" "$head"$'\n'"$b,,,,,also,dirty"$'\n'"$a,,,,,good,dirty" \
	"$(<dirty.csv)"
says "and still names what is missing" "dirty:4: " "$err"
printf 'sha256,size\n%s,5\n' "$a" >five.csv
printf 'sha256,size\n%s,6\n' "$a" >six.csv
list 2 import five.csv six.csv
says "two sizes for one digest" "six.csv:2: expected one size for $a: 5, as in five.csv:2, found 6" "$err"
list 2 import --output x.csv sums /nonexistent
says "a file that is not there" "/nonexistent: cannot be opened: No such file" "$err"
list 2 import .
says "a directory" "Is a directory" "$err"
head -c 40 sums.gz >cut.gz
list 2 import --keep-going --output x.csv cut.gz
equal "a list that ends early is not written, whatever was asked" "" "$(ls x.csv 2>/dev/null)"

# The output file.
(umask 077 && "$interdict" list import --output new.csv sums 2>/dev/null)
equal "a new file: mode" 644 "$(stat -c %a new.csv)"
says "a new file: contents" "$a" "$(<new.csv)"
ln -s new.csv link.csv
exec {old}<new.csv
list 0 import --output link.csv plain
equal "a link stays one" new.csv "$(readlink link.csv)"
says "what it leads to is replaced" "$c" "$(<new.csv)"
says "who has the old one open reads all of it" "/opt/b" "$(cat <&"$old")"
exec {old}<&-
before=$(<new.csv)
list 2 import --output new.csv dirty
equal "a failure leaves the old file" "$before" "$(<new.csv)"
mkdir directory
list 2 import --output directory sums
list 2 import --output /nonexistent/x.csv sums
mkfifo fifo
list 2 import --output fifo sums
equal "what is no regular file is not replaced" fifo "$(stat -c %F fifo)"
(ulimit -f 1 && trap '' XFSZ && for ((i = 0; i < 100; i++)); do printf '%032x%032x  /opt/file%d\n' $i 0 $i; done |
	"$interdict" list import --output new.csv - 2>.err)
equal "a full disk: exit status" 2 $?
says "a full disk is an error" "cannot write new.csv: File too large" "$(<.err)"
equal "a full disk leaves the old file" "$before" "$(<new.csv)"
equal "no temporary file was left behind" "" "$(left)"
"$interdict" list import sums >/dev/full 2>.err
equal "standard output is full: exit status" 2 $?
says "standard output is full" "No space left on device" "$(<.err)"

# A reader that goes away: an error like any other, not a death by signal.
for ((i = 0; i < 20000; i++)); do printf '%032x%032x  /opt/file%d\n' $i 0 $i; done >long
for verb in import show; do
	{ "$interdict" list $verb long 2>.err; echo $? >.status; } | head -n 1 >/dev/null
	equal "broken pipe, $verb: exit status" 2 "$(<.status)"
	says "broken pipe, $verb" "Broken pipe" "$(<.err)"
done

# Show.
mkdir -m 755 vendors
printf '[vendor]\nid = acme\n[lists]\nfile = acme.csv\narchive = packages\n' >vendors/acme.vendor
printf 'sha256,size,product,version,path\n%s,5,scan,2,/opt/s\n%s,6,agent,1,"/opt/\033[1m"\n' "$a" "$b" \
	>vendors/acme.csv
printf '%s  acme.deb\n' "$c" >vendors/packages
chmod 644 vendors/*
list 0 show --vendors vendors
equal "show: text" "acme - -: 1 package file
  $c          - acme.deb (package file)
acme agent 1: 1 entry
  $b          6 \"/opt/\\x1b[1m\"
acme scan 2: 1 entry
  $a          5 /opt/s" "$out"
list 0 show --vendors vendors --format csv
equal "show: CSV" "vendor,kind,sha256,size,product,version,package,path,source
acme,archive,$c,,,,,acme.deb,
acme,file,$b,6,agent,1,,/opt/?[1m,
acme,file,$a,5,scan,2,,/opt/s," "$out"
list 0 show --vendors vendors --format json
equal "show: JSON" "acme.deb /opt/\\x1b[1m /opt/s" "$(jq -r '[.[].path] | join(" ")' <<<"$out")"
list 0 show --vendors vendors --by vendor
equal "show: by vendor" "acme: 2 entries, 1 package file" "$out"
list 0 show --vendors vendors --by product --format csv
equal "show: by product" "vendor,product,entries,archives
acme,,0,1
acme,agent,1,0
acme,scan,1,0" "$out"
list 0 show --vendors vendors --by version --format json
equal "show: by version" "agent 1 1" "$(jq -r '.[1] | "\(.product) \(.version) \(.entries)"' <<<"$out")"
list 0 show sums
says "show: a list that is named" "sums - -: 2 entries" "$out"
list 2 show dirty
says "show: a malformed line" "dirty:2: " "$err"
list 2 show --by colour sums
list 2 show --format xml sums
list 2 show --vendors vendors sums
list 2 show --vendors /nonexistent

# Diff.
printf 'sha256,size,product,version,path\n%s,5,p,1,/a\n%s,6,p,1,/b\n' "$a" "$b" >old.csv
printf 'sha256,size,product,version,path\n%s,5,p,2,/a\n%s,7,p,1,/b\n%s,8,q,,\n' "$a" "$c" "${c/c/d}" >new.csv
list 0 diff old.csv old.csv
equal "diff: nothing to say" "" "$out"
list 1 diff old.csv new.csv
equal "diff: text" "changed  $a p 1 /a, version 1 -> 2
changed  $b p 1 /b, size 6 -> 7, now $c
added    ${c/c/d} q - -" "$out"
list 1 diff new.csv old.csv
says "diff: the other way round" "removed  ${c/c/d} q - -" "$out"
list 1 diff --format csv old.csv new.csv
says "diff: CSV" "changed,$b,$c,6,7,p,p,1,1,,,/b,/b" "$out"
list 1 diff --format json old.csv new.csv
equal "diff: JSON" "changed changed added" "$(jq -r '[.[].change] | join(" ")' <<<"$out")"
list 0 diff sums sums.gz
"$interdict" list diff old.csv - <again.csv >/dev/null 2>&1
equal "diff: standard input" 1 $?
list 2 diff old.csv
list 2 diff - -
list 2 diff old.csv dirty
says "diff: a malformed line" "dirty:4: " "$err"
list 2 diff old.csv /nonexistent
"$interdict" list diff old.csv new.csv >/dev/full 2>/dev/null
equal "diff: standard output is full" 2 $?

# Verify: what is not about this host's own files. No configuration but ours.
mkdir -m 755 warnings
printf '[monitor]\nwarning-lists = %s/warnings\n' "$work" >conf
chmod 644 conf
verify() {
	list "$1" verify --config conf "${@:2}"
}
verify 0 --vendors vendors
says "verify: what was checked" "vendors  1, 2 entries, 1 of package files" "$out"
says "verify: lists" "acme.csv: csv, 2 entries" "$out"
says "verify: nothing found" "verify   0 errors, " "$out"
printf '{"name": "known good", "list": ["%s"]}' "$b" >warnings/w.json
verify 1 --vendors vendors
says "verify: a warning list" "acme.csv:3: vendor acme lists a digest of the warning list \"known good\"" "$err"
rm warnings/w.json
printf '[vendor]\nid = best\n[lists]\nfile = best.csv\n' >vendors/best.vendor
printf 'sha256,size\n%s,5\n' "$a" >vendors/best.csv
chmod 644 vendors/*
verify 1 --vendors vendors
says "verify: duplicates across vendors" "best.csv:2: vendor best lists what vendor acme lists in vendors/acme.csv:2" "$err"
verify 0 sums
says "verify: a list that is named" "sums: sha256sum, 2 entries" "$out"
chmod 666 sums
verify 1 sums
says "verify: others may write to it" "would be refused if a vendor file named it: the file is writable by everybody" "$err"
chmod 644 sums
verify 2 dirty
says "verify: a malformed line" "dirty:2: " "$err"
printf '%s  empty\n%s  other\n' "$(sha256sum </dev/null | cut -d ' ' -f 1)" "$a" >empty
verify 2 empty
says "verify: the empty file" "digest of the empty file" "$err"
sha256sum /bin/sh | sed 's,/bin/sh,/opt/sh,' >shell
verify 2 shell
says "verify: what this host needs" "shell:1: vendor file1 lists /bin/sh (the shell), which this host needs" "$err"
verify 2 --vendors /nonexistent
verify 2 --vendors vendors sums
list 2 verify --config /nonexistent sums
# A file of a package: by its size, and without a size by its path.
if owned=$(dpkg-query -L coreutils 2>/dev/null | grep '/bin/uname$'); then
	digest=$(sha256sum <"$owned" | cut -d ' ' -f 1)
	printf 'sha256,size\n%s,%s\n' "$digest" "$(stat -c %s "$owned")" >owned.csv
	verify 1 owned.csv
	says "verify: a file of a package" "owned.csv:2: vendor file1 lists $owned, which belongs to the installed package coreutils" "$err"
	printf '%s  /usr/bin/uname\n' "$digest" >owned
	verify 1 owned
	says "verify: the same without a size" "owned:1: vendor file1 lists $owned, which belongs" "$err"
	printf '%s\n' "$digest" >owned
	verify 0 owned
	says "verify: without size and path, it is said" "1 entries have neither size nor path" "$out"
	mkdir -m 755 own
	printf '[vendor]\nid = own\n[lists]\nfile = l\n[identity]\npackage = core*\n' >own/own.vendor
	cp owned.csv own/l
	chmod 644 own/*
	verify 0 --vendors own
	says "verify: the vendor's own package is none of that" "verify   0 errors" "$out"
else
	results=$((results + 1))
	printf 'ok %d - verify: files of packages # SKIP no dpkg\n' "$results"
fi

printf '1..%d\n' "$results"
exit $((failures > 0))
