#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# `interdict list sign` and `check-signature`, and minisign itself: each verifies what the other
# signed, and neither what was changed.
set -uo pipefail

export LC_ALL=C
source_root=${INTERDICT_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build_root=${INTERDICT_BUILD:-$source_root/build}
interdict=${INTERDICT:-$build_root/interdict}
umask 022

if ! command -v minisign >/dev/null; then
	echo "1..0 # SKIP no minisign: scripts/deps test installs it"
	exit 0
fi
if [ ! -x "$interdict" ]; then
	echo "Bail out! no program $interdict"
	exit 1
fi

results=0
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

result() {
	results=$((results + 1))
	printf '%s %d - %s\n' "$1" "$results" "$2"
	[ "$1" = ok ] || failures=$((failures + 1))
}

# says NAME STATUS REGEX COMMAND...: exits like that and prints a line like that.
says() {
	local name=$1 wanted=$2 regex=$3 status=0 output
	shift 3
	output=$("$@" 2>&1) || status=$?
	if [ $status -eq "$wanted" ] && grep -Eq -- "$regex" <<<"$output"; then
		result ok "$name"
	else
		result "not ok" "$name"
		printf '# wanted status %s and a line like: %s\n# got status %s\n# %s\n' "$wanted" \
			"$regex" $status "${output//$'\n'/$'\n'# }"
	fi
}

equal() {
	if [ "$2" = "$3" ]; then
		result ok "$1"
	else
		result "not ok" "$1"
		printf '# wanted: %s\n# got:    %s\n' "$2" "$3"
	fi
}

sign() {
	"$interdict" list sign "$@" </dev/null
}

# The trusted comment's number, as it lies in the file.
sequence() {
	sed -n 's/^trusted comment: .*sequence:\([0-9]*\).*/\1/p' "$1"
}

list=list.csv
write_list() {
	printf 'sha256,size\n%064x,%d\n' "$1" "$1" >$list
}
write_list 7

# minisign takes less memory where there is less: 32 MiB instead of 1 GiB. A sanitizer's runtime
# does not live with such a limit, so only minisign has it.
password='correct horse'
minisign -G -W -p plain.pub -s plain.key >/dev/null 2>&1
(
	ulimit -v 100000
	printf '%s\n' "$password" "$password" | minisign -G -p locked.pub -s locked.key
) >/dev/null 2>&1
minisign -G -W -p other.pub -s other.key >/dev/null 2>&1
(umask 077 && printf '%s\n' "$password" >password)

# Ours, verified by minisign.
says "signs with a key without a password" 0 '^list.csv.minisig: sequence [0-9]+$' \
	sign --key plain.key $list
says "minisign verifies it" 0 'Signature and comment signature verified' \
	minisign -V -p plain.pub -m $list
says "minisign shows the trusted comment" 0 \
	$'^sequence:[0-9]+\ttimestamp:[0-9]+\tfile:list.csv\thashed$' \
	minisign -V -Q -p plain.pub -m $list
equal "the signature is for everybody to read" 644 "$(stat -c %a $list.minisig)"
says "signs with a password from a file" 0 'sequence' \
	sign --key locked.key --password-file password --comment "for people" $list
says "minisign verifies that" 0 'comment:for people' minisign -V -p locked.pub -m $list
says "signs with a password from a pipe" 0 'sequence' \
	bash -c "echo '$password' | $interdict list sign --key locked.key $list"
says "minisign verifies that too" 0 'verified' minisign -V -p locked.pub -m $list
says "minisign finds another list" 1 'verification failed' \
	bash -c "cp $list.minisig changed.minisig; echo >changed; minisign -V -p locked.pub -m changed"
ln $list name.csv
says "several lists at once" 0 'name.csv.minisig' sign --key plain.key $list name.csv
says "minisign verifies the second" 0 'file:name.csv' minisign -V -p plain.pub -m name.csv

# A password typed at a terminal is not shown, and the terminal is as it was.
if command -v script >/dev/null; then
	rm -f $list.minisig
	(sleep 1; printf '%s\n' "$password"; sleep 1) |
		script -qec "$interdict list sign --key locked.key $list; stty -a" typescript \
			>/dev/null 2>&1
	says "a password from a terminal" 0 'verified' minisign -V -p locked.pub -m $list
	says "it is asked for" 0 'Password of the secret key' cat typescript
	equal "it is not shown" 0 "$(grep -c "$password" typescript)"
	says "the echo is on afterwards" 0 '[^-]echo ' cat typescript
else
	result ok "a password from a terminal # SKIP no script(1)"
fi

# minisign's, verified by ours.
minisign -S -s plain.key -m $list >/dev/null 2>&1
says "verifies what minisign signed" 0 'list.csv: good signature' \
	"$interdict" list check-signature --key plain.pub $list
says "takes its timestamp for the sequence" 0 \
	"sequence +$(sed -n 's/.*timestamp:\([0-9]*\).*/\1/p' $list.minisig)" \
	"$interdict" list check-signature --key plain.pub $list
says "takes a key as text" 0 "key +$(printf %016X "0x$(sed -n 's/.*key //p' plain.pub)")" \
	"$interdict" list check-signature --key "$(tail -n 1 plain.pub)" $list
printf '%s\n' "$password" | minisign -S -s locked.key -m $list \
	-t $'sequence:9\tfile:list.csv' >/dev/null 2>&1
says "verifies what minisign signed with a password" 0 'sequence +9' \
	"$interdict" list check-signature --key locked.pub $list
says "shows the trusted comment, escaped" 0 'comment +"sequence:9\\x09file:list.csv"' \
	"$interdict" list check-signature --key locked.pub $list
says "another key" 1 'expected a signature by key' \
	"$interdict" list check-signature --key other.pub $list
write_list 8
says "other contents" 1 'bad signature: the list is not the one' \
	"$interdict" list check-signature --key locked.pub $list
write_list 7
says "the same contents again" 0 'good' "$interdict" list check-signature --key locked.pub $list
sed -i 's/sequence:9/sequence:8/' $list.minisig
says "another trusted comment" 1 'the trusted comment is not the one' \
	"$interdict" list check-signature --key locked.pub $list
minisign -S -l -s plain.key -m $list >/dev/null 2>&1
says "the legacy format is refused" 1 'legacy format: sign it again, without -l' \
	"$interdict" list check-signature --key plain.pub $list
rm $list.minisig
sign --key plain.key $list >/dev/null
cp $list moved.csv
cp $list.minisig moved.csv.minisig
says "another list's name" 1 'a list of this name' \
	"$interdict" list check-signature --key plain.pub moved.csv
rm $list.minisig
says "unsigned" 1 '^list.csv: unsigned$' "$interdict" list check-signature --key plain.pub $list
says "one bad among good ones" 1 'name.csv: good' \
	"$interdict" list check-signature --key plain.pub name.csv $list
says "a list that is not there" 2 'absent: cannot be opened' \
	"$interdict" list check-signature --key plain.pub absent name.csv
says "the others are checked all the same" 2 'name.csv: good' \
	"$interdict" list check-signature --key plain.pub absent name.csv
says "a key that is none" 2 'a public key of minisign' \
	"$interdict" list check-signature --key $list $list
says "no key" 2 'expected --key' "$interdict" list check-signature $list
says "no list" 2 'no file' "$interdict" list check-signature --key plain.pub

# Sequences go forward.
now=$(date +%s)
sign --key plain.key $list >/dev/null
first=$(sequence $list.minisig)
equal "the first sequence is the time" yes "$([ "$first" -ge "$now" ] && echo yes)"
sign --key plain.key --sequence $((first + 1000)) $list >/dev/null
equal "--sequence" $((first + 1000)) "$(sequence $list.minisig)"
sign --key plain.key $list >/dev/null
equal "the next one is higher" $((first + 1001)) "$(sequence $list.minisig)"
says "none that is lower" 2 "has the sequence $((first + 1001)) already" \
	sign --key plain.key --sequence $((first + 1000)) $list
equal "and the signature stays" $((first + 1001)) "$(sequence $list.minisig)"
says "of another key it says nothing" 0 'does not count' \
	sign --key other.key --sequence 5 $list
equal "so it begins anew" 5 "$(sequence $list.minisig)"
sed -i 's/sequence:5/sequence:9223372036854775807/' $list.minisig
says "a forged sequence does not count" 0 'does not count' sign --key other.key --sequence 6 $list
sign --key other.key --sequence 9223372036854775807 $list >/dev/null
says "the end of the numbers" 2 'highest sequence there is' sign --key other.key $list
echo nonsense >$list.minisig
says "a signature that is none is not overwritten" 2 'remove it to begin anew' \
	sign --key plain.key $list
equal "and stays" nonsense "$(cat $list.minisig)"
rm $list.minisig

# Refusals, none of which leaves a file behind.
chmod 640 plain.key
says "a secret key that others can read" 2 'others can get at this secret \(mode 0640\)' \
	sign --key plain.key $list
chmod 600 plain.key
chmod 644 password
says "a password that others can read" 2 'password: others can get at' \
	sign --key locked.key --password-file password $list
chmod 600 password
(umask 077 && echo wrong >wrong && : >empty)
says "a wrong password" 2 'locked.key: wrong password' \
	sign --key locked.key --password-file wrong $list
says "an empty password file" 2 'expected a password in a line' \
	sign --key locked.key --password-file empty $list
says "no password" 2 'expected a password in a line' sign --key locked.key $list
(umask 077 && head -c 100 plain.key >cut.key)
says "a damaged key" 2 'cut.key: .*expected a secret key of minisign' sign --key cut.key $list
chmod 600 plain.pub
says "a public key" 2 'expected a secret key of minisign' sign --key plain.pub $list
says "no key at all" 2 'expected --key' sign $list
says "no list to sign" 2 'no file' sign --key plain.key
says "a list to sign that is not there" 2 'absent: cannot be read' sign --key plain.key absent
says "a directory" 2 'no regular file' sign --key plain.key .
says "a comment of two lines" 2 'one line' sign --key plain.key --comment $'a\nb' $list
says "a sequence that is none" 2 'a number' sign --key plain.key --sequence x $list
cp $list $'tab\there'
says "a name with a tab" 2 'without control characters' sign --key plain.key $'tab\there'
equal "nothing was left behind" "name.csv.minisig" \
	"$(find . -name '*.minisig*' -newer password -printf '%f\n' | grep -vx 'changed.minisig\|moved.csv.minisig')"

printf '1..%d\n' "$results"
exit $((failures > 0))
