# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Policies that have to be refused, one a line of bad_cases, each made by a function over a good
# one; and what the refusal has to name. Sourced after lib.sh.
#
# name | function and its arguments | what the message has to match
read -r -d '' bad_cases <<'TABLE'
an unknown key | vendor_line colour=red | bad\.vendor:[0-9]+:.*colour
an unknown section | vendor_line [colours] | bad\.vendor:[0-9]+:.*colours
a line that is none | vendor_line nonsense | bad\.vendor:[0-9]+:
a bad date | vendor_line [schedule] prohibited=2026-02-30 | bad\.vendor:[0-9]+:.*2026-02-30
a date that is none | vendor_line [schedule] announced=soon | bad\.vendor:[0-9]+:.*soon
dates in the wrong order | vendor_line [schedule] announced=2026-03-01 prohibited=2026-02-01 | bad\.vendor:[0-9]+:
a list that is not there | vendor_line file=absent.csv | bad\.vendor:[0-9]+:.*absent\.csv
no id | vendor_without ^id | bad\.vendor:.*id
an id twice | vendor_twice | (bad|twice)\.vendor:[0-9]+:.*bad
a malformed digest | list_line xyz | bad\.list:4:
a digest that is too short | list_line 0123456789abcdef | bad\.list:4:
a digest with a wrong letter | list_line g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef | bad\.list:4:
the digest of the empty file | list_line e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 | bad\.list:4:
the shell | list_file /bin/sh | bad\.list:4:
the C library | list_file /lib/x86_64-linux-gnu/libc.so.6 | bad\.list:4:
no usable entry | list_empty | bad\.list
a bad size | list_csv 12x | bad\.list:2:
a negative size | list_csv -1 | bad\.list:2:
a header without digests | list_header size,product | bad\.list:1:
a truncated archive | list_truncated | bad\.list
a vendor file others may write | mode 666 bad.vendor | bad\.vendor
a list others may write | mode 666 bad.list | bad\.list
a directory others may write | mode 777 . | vendors
a vendor file of another owner | owner nobody bad.vendor | bad\.vendor
a list that is a link | list_link | bad\.list
TABLE

vendor_line() {
	printf '%s\n' "$@" >>"$vendors/bad.vendor"
}

vendor_without() {
	sed -i "/$1/d" "$vendors/bad.vendor"
}

vendor_twice() {
	cp "$vendors/bad.vendor" "$vendors/twice.vendor"
}

list_line() {
	printf '%s\n' "$@" >>"$vendors/bad.list"
}

list_file() {
	list_line "$(digest "$1")"
}

list_empty() {
	printf '# nothing\n\n' >"$vendors/bad.list"
}

list_csv() {
	printf 'sha256,size\n%s,%s\n' "$(digest "$work/bad-1")" "$1" >"$vendors/bad.list"
}

list_header() {
	printf '%s\n1,x\n' "$1" >"$vendors/bad.list"
}

list_truncated() {
	for _ in {1..200}; do digest "$work/bad-1"; done | gzip | head -c 60 >"$vendors/list.cut"
	mv "$vendors/list.cut" "$vendors/bad.list"
}

mode() {
	chmod "$1" "$vendors/$2"
}

owner() {
	chown "$1" "$vendors/$2"
}

list_link() {
	mv "$vendors/bad.list" "$work/elsewhere.list"
	ln -s "$work/elsewhere.list" "$vendors/bad.list"
}

# A good policy of three entries, for a case to spoil.
good_policy() {
	local i
	for i in 1 2 3; do
		[ -f "$work/bad-$i" ] || make_file program "$work/bad-$i"
	done
	chmod 755 "$vendors"
	rm -f "$vendors"/{bad,twice}.* "$work/elsewhere.list"
	list_write unsized "$vendors/bad.list" "$work"/bad-[123]
	vendor_write bad bad.list
}

# bad_policies FUNCTION: calls FUNCTION NAME REGEX for each, with the policy in place.
bad_policies() {
	local line name spoil regex
	while IFS= read -r line; do
		name=${line%% | *}
		regex=${line##* | }
		spoil=${line#* | }
		spoil=${spoil% | *}
		good_policy
		# shellcheck disable=SC2086 # words are meant
		$spoil
		"$1" "$name" "$regex"
	done <<<"$bad_cases"
	good_policy
}
