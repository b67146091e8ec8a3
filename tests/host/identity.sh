#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# What has no digest yet: first executions of files that an [identity] names are suspects, with
# their digest and the command that would list them; where the vendor says so they are learned.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
# Small, to be filled.
mount -t tmpfs -o mode=755,size=256k tmpfs "$vendors" || bail "no tmpfs"
later umount "$vendors"
# Directories that only root can write to all the way up: under /var/tmp nothing is learned.
mkdir -p /mnt
mount -t tmpfs -o mode=755 tmpfs /mnt || bail "no tmpfs"
named=/mnt/named
mkdir -p $named "$work/elsewhere"
make_file program other
list_write sized "$vendors/other.csv" other

# identity_write LINE...: a vendor that is known by these.
identity_write() {
	{
		printf '[vendor]\nid = acme\nname = Acme Ltd\n[authority]\ncitation = Order 9\n[identity]\n'
		printf '%s\n' "$@"
	} >"$vendors/acme.vendor.new"
	mv "$vendors/acme.vendor.new" "$vendors/acme.vendor"
}

suspects() {
	count_records '.interdict.decision == "suspect"'
}

# Of which file nothing may come: waits for a file that is named, executed after it.
marks=0
settle() {
	marks=$((marks + 1))
	make_file program "$named/mark-$marks"
	"$probe" exec "$named/mark-$marks" >/dev/null
	await_record ".file.path == \"$named/mark-$marks\" and .interdict.decision == \"suspect\"" ||
		not_ok "a file that is named is noticed"
}

counter() {
	"$interdict" status --json | jq ".counters[\"$1\"]"
}

# --- nobody is known by more than digests ---

vendor_write other other.csv
monitor_start audit || bail "the monitor does not start"
make_file program $named/nobody
runs "no identity: a program runs" exec $named/nobody
equal "no identity: no first execution is reported" 0 "$(counter first)"

# --- reported ---

identity_write "path = $named/*"
monitor_reload
runs "a program that its path names runs" exec $named/nobody
reported "it is suspect, with its digest" ".interdict.decision == \"suspect\" and
	.event.action == \"exec\" and .file.path == \"$named/nobody\" and
	.file.hash.sha256 == \"$(digest $named/nobody)\" and .event.kind == \"alert\" and
	.log.level == \"warning\""
reported "with what names it, its vendor and the authority" ".file.path == \"$named/nobody\" and
	.interdict.suspect.by == \"path:$named/*\" and .interdict.vendor.id == \"acme\" and
	.interdict.authority.citation == [\"Order 9\"] and .interdict.phase == \"prohibited\""
reported "with the command that would list it" ".file.path == \"$named/nobody\" and
	(.interdict.suspect.command | startswith(\"interdict list build \") and
	contains(\"--vendor-file $vendors/acme.vendor \") and endswith(\" $named/nobody\"))"
reported "with who executed it" ".file.path == \"$named/nobody\" and .process.pid > 1 and
	.process.user.id == \"0\""
check "the kernel counts first executions" test "$(counter first)" -gt 0

command=$(jq -r --arg path $named/nobody 'select(.file.path == $path).interdict.suspect.command' "$events")
check "that command works" eval "${command/#interdict/\"\$interdict\"}"
check "and lists it" grep -q "^$(digest $named/nobody),$(size $named/nobody)," "$vendors/acme.built.csv"
rm "$vendors/acme.built.csv"

runs "it runs again" exec $named/nobody
make_file program elsewhere/program
runs "a program elsewhere runs" exec "$work/elsewhere/program"
settle
equal "a file is reported once" 1 "$(count_records ".file.path == \"$named/nobody\"")"
equal "a file elsewhere is not" 0 "$(count_records ".file.path == \"$work/elsewhere/program\"")"

make_file program fresh
cat fresh >$named/nobody
runs "changed, it runs" exec $named/nobody
reported "changed, it is reported with its new digest" ".interdict.decision == \"suspect\" and
	.file.path == \"$named/nobody\" and .file.hash.sha256 == \"$(digest fresh)\""
monitor_reload
runs "after a reload it runs" exec $named/nobody
settle
equal "a reload reports nothing anew" 2 "$(count_records ".file.path == \"$named/nobody\"")"

make_file script "$named/script it's"
"$named/script it's" >/dev/null
reported "a script counts as the file itself" ".file.path == \"$named/script it's\" and
	.file.hash.sha256 == \"$(digest "$named/script it's")\" and .interdict.decision == \"suspect\""
reported "its name is quoted for a shell" \
	'.interdict.suspect.command // "" | endswith(" '"'$named/script it'\\\\\\\\''s'"'")'
make_file script $named/interpreted "$named/interpreter"
cp /bin/sh $named/interpreter
$named/interpreted >/dev/null
reported "an interpreter is one too" ".file.path == \"$named/interpreter\" and
	.interdict.decision == \"suspect\""
reported "and so is its script" ".file.path == \"$named/interpreted\" and
	.interdict.decision == \"suspect\""

# It has to be there still when it is looked for: nothing else leads into its namespace.
cp "$(command -v sleep)" $named/private
unshare --mount --propagation private -- $named/private 1
reported "in a mount namespace of its own it is reported with its digest" \
	".file.path == \"$named/private\" and .interdict.decision == \"suspect\" and
	.file.hash.sha256 == \"$(digest $named/private)\" and
	.interdict.suspect.command == null"

make_file program $named/listed
list_write sized "$vendors/other.csv" other $named/listed
monitor_reload
runs "one that a list holds runs in audit" exec $named/listed
reported "and is reported as listed" ".file.path == \"$named/listed\" and
	.interdict.decision == \"audit\""
settle
equal "but is no suspect" 0 "$(count_records ".file.path == \"$named/listed\" and
	.interdict.decision == \"suspect\"")"

identity_write "path = $named/*" '[schedule]' 'announced = 2020-01-01' 'prohibited = 2020-01-02' \
	'retired = 2020-01-03'
make_file program $named/retired
before=$(suspects)
monitor_reload
runs "of a retired vendor it runs" exec $named/retired
equal "no first execution is reported for it" false \
	"$("$interdict" status --json | jq .identity.enabled)"
equal "and nothing is suspect" "$before" "$(suspects)"

# --- packages, units ---

if [ -x /usr/bin/hello ] && [ -s /var/lib/dpkg/info/hello.list ]; then
	identity_write 'package = hell?'
	monitor_reload
	cp /usr/bin/hello elsewhere/hello
	elsewhere/hello >/dev/null
	/usr/bin/hello >/dev/null
	reported "a program that its package names is suspect" ".file.path == \"/usr/bin/hello\" and
		.interdict.decision == \"suspect\" and .interdict.suspect.by == \"package:hell?\" and
		.package.name == \"hello\""
	equal "a copy of it elsewhere has no package" 0 \
		"$(count_records ".file.path == \"$work/elsewhere/hello\"")"
else
	skip "a program that its package names is suspect" "no hello in dpkg's database"
fi

# A unit is a cgroup below slices: acme-agent.service, and one that a user made.
units=$work/cgroups
mkdir "$units" && mount -t cgroup2 cgroup2 "$units" || bail "no cgroup2"
later umount "$units"
unit=$units/interdict.slice/acme-agent.service
users=$units/interdict.slice/user@1.service/acme-agent.service
mkdir -p "$unit" "$users"
later rmdir "$users" "${users%/*}" "$unit" "${unit%/*}"
in_unit() {
	(
		echo $BASHPID >"$1/cgroup.procs"
		shift
		exec "$@"
	)
}
identity_write 'unit = acme-a*'
monitor_reload
cp "$(command -v sleep)" elsewhere/agent
cp elsewhere/agent elsewhere/unknown
[ ! -s /var/lib/dpkg/info/hello.list ] || in_unit "$unit" /usr/bin/hello >/dev/null
in_unit "$unit" "$work/elsewhere/agent" 0.5
in_unit "$users" "$work/elsewhere/unknown" 0.5
reported "a program that its unit names is suspect" ".file.path == \"$work/elsewhere/agent\" and
	.interdict.decision == \"suspect\" and .interdict.suspect.by == \"unit:acme-a*\""
equal "the unit of a user's manager names nothing" 0 \
	"$(count_records ".file.path == \"$work/elsewhere/unknown\"")"
equal "nor does a unit name the tools of the system that it runs" 0 \
	"$(count_records '.file.path == "/usr/bin/hello" and
		(.interdict.suspect.by // "" | startswith("unit:"))')"
check "the monitor ends" monitor_stop

# --- learned ---

kind_of_learned() {
	jq -r 'select(.interdict.health.action == "'"$1"'") | .interdict.health.message // .message' "$events"
}

learned=$vendors/acme.learned.csv
identity_write "path = $named/*" 'learn = yes'
make_file program "$named/first, one"
monitor_start enforce || bail "the monitor does not start"
runs "learn: the first execution runs" exec "$named/first, one"
reported "learn: it is suspect" ".file.path == \"$named/first, one\" and
	.interdict.decision == \"suspect\""
reported "learn: it is learned" '.interdict.health.action == "learned"'
reported "learn: a policy with it is put in force" '.interdict.health.action == "reload"'
denied "learn: the second execution is denied" exec "$named/first, one"
cp "$named/first, one" elsewhere/copy
denied "learn: a copy elsewhere is denied too" exec "$work/elsewhere/copy"
equal "learn: the list is root's" "0 644" "$(stat -c '%u %a' "$learned")"
check "learn: the list has it, with size and path" \
	grep -q "^$(digest "$named/first, one"),$(size "$named/first, one"),.*\"$named/first, one\"" "$learned"
check "learn: and where it is from" grep -q "learned $(date +%F) from $named/first, one" "$learned"
equal "learn: nothing else lies beside it" "acme.learned.csv acme.vendor other.csv other.vendor" \
	"$(find "$vendors" -mindepth 1 -printf '%f\n' | sort | paste -sd ' ')"

make_file program $named/second
runs "learn: the first execution of another runs" exec $named/second
check "learn: it is added" wait_for 10 grep -q "$(digest $named/second)" "$learned"
equal "learn: and the first one stays" 2 "$(grep -c "^[0-9a-f]" "$learned")"
await_record '.interdict.policy.generation == 3 and .interdict.health.action == "reload"'
denied "learn: its second execution is denied" exec $named/second
denied "learn: the first one still is" exec "$named/first, one"

# not_learned NAME FILE REASON COMMAND...: suspect, but reported only.
not_learned() {
	local name=$1 file=$2 reason=$3
	shift 3
	"$@" >/dev/null 2>&1
	if await_record ".interdict.decision == \"suspect\" and .file.path == \"$file\"" &&
		await_record ".interdict.health.action == \"learn-refused\" and
			(.interdict.health.message // .message | contains(\"$file\") and contains(\"$reason\"))" &&
		! grep -q "$(digest "$file")" "$learned"; then
		ok "$name: suspect, not learned"
	else
		not_ok "$name: suspect, not learned" "$(tail -n 4 "$events")"
	fi
}

make_file program $named/users
chown 1 $named/users
not_learned "a user's file" $named/users "belong to root" "$probe" exec $named/users
make_file program $named/writable
chmod 775 $named/writable
not_learned "a file that others may write to" $named/writable "may write to it" \
	"$probe" exec $named/writable
cp $named/private $named/namespace
echo >>$named/namespace
not_learned "a file in another mount namespace" $named/namespace "mount namespace" \
	unshare --mount --propagation private -- $named/namespace 1
mkdir -m 777 $named/open
make_file program $named/open/door
not_learned "a file in a directory of others" $named/open/door "may change" \
	"$probe" exec $named/open/door
cp /bin/sh $named/shell
not_learned "what this host needs" $named/shell "host needs it" $named/shell -c :

if [ -x /usr/bin/hello ] && [ -s /var/lib/dpkg/info/hello.list ]; then
	cp /usr/bin/hello $named/tool
	not_learned "a copy of a tool that a package has" $named/tool "has the same file" $named/tool
else
	skip "a copy of a tool that a package has" "no hello in dpkg's database"
fi

# A full disk: the suspect stands, and what was learned before holds.
make_file program $named/full
head -c 300000 /dev/zero >"$vendors/filler" 2>/dev/null
runs "a full disk: it runs" exec $named/full
reported "a full disk: it is suspect" ".file.path == \"$named/full\" and
	.interdict.decision == \"suspect\""
reported "a full disk: the failure is a record" \
	'.interdict.health.action == "learn-failed" and .log.level == "crit"'
denied "a full disk: what was learned holds" exec $named/second
rm "$vendors/filler"

equal "nothing but that was refused" 0 \
	"$(count_records '.interdict.health.action == "reload-refused"')"
check "the monitor ends at last" monitor_stop

identity_write "path = $named/*"
monitor_start enforce || bail "the monitor does not start"
denied "what was learned holds when nothing more is learned" exec $named/second
make_file program $named/third
runs "then a suspect runs" exec $named/third
settle
runs "and runs again" exec $named/third
check "the monitor ends at the very last" monitor_stop
finish
