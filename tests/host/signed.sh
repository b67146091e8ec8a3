#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A vendor whose lists have to be signed: the monitor starts with a good list only, and a reload
# with an unsigned, changed, foreign or older one leaves the old policy in force, which still
# denies. A newer one is accepted, and what was in force is remembered over a restart.
. "$(dirname "$0")/../lib.sh"
need_root

if ! command -v minisign >/dev/null; then
	echo "1..0 # SKIP no minisign: scripts/deps test installs it"
	finished=yes
	exit 0
fi

for name in a b c allowed; do
	make_file program $name
done
mkdir -p "$vendors" "$work/lib"
state=$work/lib/interdict
sequences=$state/sequences
list=$vendors/list
minisign -G -W -p "$vendors/key.pub" -s key >/dev/null 2>&1
minisign -G -W -p other.pub -s other >/dev/null 2>&1
config_write '[monitor]' "state = $state"
vendor_write test list "signed-by = key.pub"

# policy SEQUENCE FILE...: a list of these files, signed.
policy() {
	local sequence=$1
	shift
	list_write sized "$list" "$@"
	rm -f "$list.minisig"
	"$interdict" list sign --key key --sequence "$sequence" "$list" >/dev/null
}

# A start that has to fail.
no_start() {
	says "$1" 2 "$2" timeout 30 "$interdict" run --config "$config" --vendors "$vendors" \
		--mode enforce --backend "$backend" --events /dev/null
}

# refused NAME REGEX: the reload is, for this reason, and a is denied as before, b runs as before.
refused() {
	local before
	before=$(count_records '.interdict.health.action == "reload-refused"')
	monitor_reload || not_ok "$1: the reload is answered"
	equal "$1: refused" $((before + 1)) "$(count_records '.interdict.health.action == "reload-refused"')"
	matches "$1: the record says why" "$2" \
		"$(records '.interdict.health.action == "reload-refused"' | tail -n 1 | jq -r .message)"
	denied "$1: the old policy denies" exec "$work/a"
	runs "$1: the new one is not in force" exec "$work/b"
	equal "$1: nothing else is remembered" "$remembered" "$(cat "$sequences")"
}

# Starting.
list_write sized "$list" a
no_start "no start with an unsigned list" 'list: unsigned: expected a signature by key [0-9A-F]{16}'
"$interdict" list sign --key other "$list" >/dev/null
no_start "no start with a list of another key" 'list\.minisig:2: expected a signature by key'
check "nothing is remembered of what was refused" test ! -e "$state/sequences"
policy 100 a
says "check reads it" 1 'a: ' "$interdict" check --config "$config" --vendors "$vendors" "$work/a"
check "check remembers nothing" test ! -e "$state/sequences"
monitor_start enforce || bail "the monitor does not start"
denied "signed: denied" exec "$work/a"
runs "signed: another runs" exec "$work/allowed"
runs "signed: what is not listed yet runs" exec "$work/b"
matches "its sequence is remembered" "^100 [0-9A-F]{16} [0-9a-f]{64} $list\$" "$(cat "$sequences")"
equal "for root only" "600 root 700 root" "$(stat -c '%a %U' "$sequences" "$state" | xargs)"
remembered=$(cat "$sequences")
chmod 755 "$work"
says "who is not root cannot compare, and is told so" 1 'warning: .*sequences: cannot be read' \
	setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$interdict" check --config "$config" --vendors "$vendors" "$work/a"

# Reloads that are refused. Each would put b in force instead of a.
list_write sized "$list" b
refused "changed after it was signed" 'bad signature'
rm "$list.minisig"
refused "unsigned" 'unsigned'
"$interdict" list sign --key other --sequence 200 "$list" >/dev/null
refused "signed by another key" 'expected a signature by key'
policy 99 b
refused "older" 'is 99, and 100 was in force'
policy 100 b
refused "as old, with other contents" 'another list with the sequence .* 100 was'
policy 101 b
sed -i 's/sequence:101/sequence:102/' "$list.minisig"
refused "another comment" 'bad signature: the trusted comment'
rm "$list.minisig"
minisign -S -l -s key -m "$list" >/dev/null 2>&1
refused "the legacy format" 'legacy format'
policy 101 b
mv "$list" elsewhere
cp elsewhere "$list"
chmod 666 "$list.minisig"
refused "a signature that others may write" 'writable by everybody'
policy 101 b
cp "$sequences" good-sequences
echo nonsense >"$sequences"
remembered=nonsense
refused "a damaged memory" 'sequences:1: error: damaged'
cp good-sequences "$sequences"
chmod 600 "$sequences"

# Newer ones, of ours and of minisign.
monitor_reload
runs "newer: what is not listed any more runs" exec "$work/a"
denied "newer: denied" exec "$work/b"
matches "newer: remembered" '^101 ' "$(cat "$sequences")"
list_write sized "$list" a c
minisign -S -s key -m "$list" >/dev/null 2>&1
monitor_reload
denied "signed by minisign: denied" exec "$work/c"
denied "signed by minisign: the other entry too" exec "$work/a"
matches "signed by minisign: its timestamp is remembered" '^1[0-9]{9} ' "$(cat "$sequences")"
check "the monitor ends" monitor_stop

# A restart remembers.
policy 102 b
no_start "no start with an older list" 'is 102, and 1[0-9]{9} was in force'
says "check refuses it too" 2 'is 102, and' \
	"$interdict" check --config "$config" --vendors "$vendors" "$work/a"
says "list verify too" 2 'is 102, and' \
	"$interdict" list verify --config "$config" --vendors "$vendors"
says "scan too" 2 'is 102, and' "$interdict" scan --config "$config" --vendors "$vendors" "$work/a"
list_write sized "$list" a
minisign -S -s key -m "$list" -t "sequence:$(($(date +%s) + 10))" >/dev/null 2>&1
says "list verify takes a newer one" 0 '^verify +0 errors' \
	"$interdict" list verify --config "$config" --vendors "$vendors"
monitor_start audit || bail "the monitor does not start"
runs "a newer one, in audit: runs" exec "$work/a"
reported "and is reported" ".file.hash.sha256 == \"$(digest a)\" and .interdict.decision == \"audit\""

# A policy that cannot be remembered is in force all the same, and that is said.
rm -rf "${work:?}/lib"
monitor_reload
reported "a memory that cannot be written" \
	'.interdict.health.action == "sequences" and .log.level == "crit"'
check "the monitor ends at last" monitor_stop
finish
