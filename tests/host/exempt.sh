#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# Exemptions: what is exempt runs and is recorded with the id, for one user or for all, until its
# last day; everything else stays denied. A vendor that is capped at audit denies nothing.
. "$(dirname "$0")/../lib.sh"
need_root

nobody=65534
# nobody has to get at the files.
chmod 755 "$work"
mkdir -p "$vendors"
for name in listed all one one-first ended away both watched; do
	make_file program $name
done
make_file script script
make_file code code
make_file program read
chmod 644 read
today=$(date +%F)
tomorrow=$(date -d tomorrow +%F)
yesterday=$(date -d yesterday +%F)

# exempt ID UNTIL [LINE...] -- FILE...
exempt() {
	printf '[exempt %s]\nuntil = %s\napprover = Ann\nreason = a test\nticket = T-%s\n' "$1" "$2" "$1"
	shift 2
	while [ "$1" != -- ]; do
		printf '%s\n' "$1"
		shift
	done
	shift
	sha256sum "$@" | sed 's/\([0-9a-f]*\).*/sha256 = \1/'
}
list_write sized "$vendors/list" listed all one one-first ended away both script code
list_write sized "$vendors/list-closed" read
list_write sized "$vendors/list-second" both
list_write sized "$vendors/list-watched" watched
vendor_write test list "$(exempt ALL "$today" -- all both script code)
$(exempt ONE "$tomorrow" "uid = $nobody" -- one one-first)
$(exempt OLD "$yesterday" -- ended)
$(exempt AWAY "$tomorrow" "host = not-$(uname -n)" -- away)"
vendor_write second list-second
vendor_write closed list-closed "open = deny
$(exempt READ "$tomorrow" -- read)"
vendor_write watched list-watched "open = deny
[vendor]
mode = audit"

# The probe as somebody who is not root.
printf '#!/bin/sh\nexec setpriv --reuid %s --regid %s --clear-groups %q "$@"\n' $nobody $nobody \
	"$probe" >probe-nobody
chmod 755 probe-nobody
by_nobody() {
	local probe=$work/probe-nobody
	"$@"
}

for name in listed all one one-first ended away both watched script; do
	by_nobody runs "baseline: $name runs as nobody" exec "$work/$name"
done

# recorded NAME FILE DECISION [FILTER]
recorded() {
	reported "$1" ".file.hash.sha256 == \"$(sed -n "s/ $2\$//p" digests)\" and
		.interdict.decision == \"$3\" and (${4-true})"
}
sha256sum listed all one one-first ended away both watched script code read | sed 's/  / /' >digests

monitor_start enforce || bail "the monitor does not start"
by_nobody runs "one user: as nobody its first execution ever goes on" exec "$work/one-first"
recorded "one user: that is recorded" one-first exempt \
	".interdict.exemption.id == \"ONE\" and .process.real_user.id == \"$nobody\""
denied "one user: as root it is denied, though it is known" exec "$work/one-first"
recorded "one user: that is recorded too" one-first deny '.process.real_user.id == "0"'
denied "one user: as root its first execution is denied" exec "$work/one"
by_nobody runs "one user: as nobody it runs" exec "$work/one"
recorded "one user: recorded" one exempt '.interdict.exemption.id == "ONE"'

runs "every user: it runs on the last day" exec "$work/all"
recorded "every user: recorded with the id, the end and who answers for it" all exempt \
	".interdict.exemption == {id: \"ALL\", until: \"$today\", approver: \"Ann\", reason: \"a test\",
		ticket: \"T-ALL\"} and .log.level == \"info\" and .event.type == [\"start\", \"allowed\"]"
by_nobody runs "every user: nobody may too" exec "$work/all"
runs "a script runs" exec "$work/script"
recorded "a script: recorded" script exempt '.interdict.exemption.id == "ALL"'
runs "mapped code runs" mmap "$work/code"
recorded "mapped code: recorded" code exempt '.event.action == "map"'
runs "open = deny: it can be read" open "$work/read"
recorded "open = deny: recorded" read exempt '.event.action == "open" and .interdict.exemption.id == "READ"'

denied "another digest of the vendor is denied" exec "$work/listed"
by_nobody denied "by nobody too" exec "$work/listed"
denied "an ended exemption: denied" exec "$work/ended"
recorded "an ended exemption: recorded without an id" ended deny '.interdict | has("exemption") | not'
denied "an exemption of another host: denied" exec "$work/away"
denied "another vendor lists it too: denied" exec "$work/both"
recorded "another vendor: that vendor is named" both deny '.interdict.vendor.id == "second"'
runs "capped at audit: it runs" exec "$work/watched"
recorded "capped at audit: it would have been denied" watched audit '.interdict.mode == "enforce"'
runs "capped at audit: open = deny denies no open" open "$work/watched"

reported "an exemption that ends today is said at the start" '.interdict.health.action == "exemption" and
	.log.level == "warning" and (.message | startswith("exemption ALL of vendor test ends today"))'
reported "one that has ended too" '.interdict.health.action == "exemption" and
	(.message | startswith("exemption OLD of vendor test ended with"))'
equal "but not one of another host" 0 "$(count_records '.message? // "" | contains("AWAY")')"

check_says() {
	says "check: $1" "$2" "$3" "$interdict" check --config "$config" --vendors "$vendors" \
		--mode enforce "${@:4}"
}
check_says "exempt" 1 "all: allowed and reported: exempt" all
check_says "the id and the end" 1 "exemption +ALL until $today, approver Ann, ticket T-ALL" all
check_says "as root" 1 "one: denied" one
check_says "as nobody" 1 "one: allowed and reported: exempt" --uid $nobody one
check_says "ended" 1 "exemption +OLD ended $yesterday" ended
check_says "capped" 1 "watched: allowed and reported: its vendor is capped at audit" watched
says "status: the exemption" 0 "exempt: +ONE ends $tomorrow \(holds\), 2 digests, uid $nobody, ticket T-ONE" \
	"$interdict" status
says "status: capped" 0 "vendor +watched .*capped at audit" "$interdict" status
says "status: what is denied tomorrow" 0 \
	"tomorrow +denied: vendor test, exemption ALL ends today, 3 digests" "$interdict" status

# A policy without them: what stood in the cache is decided anew.
vendor_write test list
check "the exemptions are taken out" monitor_reload
denied "without exemption: denied for everybody" exec "$work/all"
by_nobody denied "without exemption: denied for nobody" exec "$work/one"
check "the monitor ends" monitor_stop

vendor_write test list "$(exempt ALL "$today" -- all)"
monitor_start audit || bail "the monitor does not start in audit"
runs "audit: exempt runs" exec "$work/all"
recorded "audit: recorded as exempt" all exempt '.interdict.mode == "audit"'
runs "audit: listed runs" exec "$work/listed"
recorded "audit: recorded as audit" listed audit
check "the monitor ends in audit" monitor_stop
finish
