#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The commands as a person uses them: help, errors that say what to do, exit statuses, JSON.
. "$(dirname "$0")/../lib.sh"
need_root

mkdir -p "$vendors"
make_file program listed
make_file program allowed
list_write sized "$vendors/list" listed
vendor_write test list
config_write

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
chmod 755 "$work"

for verb in run check status doctor selftest reload version; do
	says "$verb --help" 0 "[Uu]sage:? *interdict $verb" "$interdict" $verb --help
	says "$verb: an unknown option" 2 "." "$interdict" $verb --nonsense
done
says "no command" 2 "run" "$interdict"
says "an unknown command" 2 "nonsense" "$interdict" nonsense
says "version" 0 "[0-9]+\.[0-9]+" "$interdict" version
says "the schema" 0 "interdict\.decision" "$interdict" run --schema

says "run without root" 2 "root" as_nobody "$interdict" run --vendors "$vendors"
says "status without a monitor" 2 "." "$interdict" status
says "reload without a monitor" 2 "." "$interdict" reload

check_files() {
	"$@" check --config "$config" --vendors "$vendors" "$work/$file"
}
for user in root nobody; do
	as=()
	[ $user = root ] || as=(as_nobody)
	file=listed
	says "check, $user: a listed file" 1 "$(digest listed)" check_files ${as[@]+"${as[@]}"} "$interdict"
	says "check, $user: names the vendor" 1 "test" check_files ${as[@]+"${as[@]}"} "$interdict"
	file=allowed
	says "check, $user: another file" 0 "." check_files ${as[@]+"${as[@]}"} "$interdict"
	file=absent
	says "check, $user: a file that is not there" 2 "absent" check_files ${as[@]+"${as[@]}"} "$interdict"
done
is_json() {
	"$@" | jq -es 'length == 1 and (.[0] | type == "object")' 
}
file=listed
check "check --format ecs: JSON" jq -es '.[0].file.hash.sha256' < <("$interdict" check --config "$config" --vendors "$vendors" --format ecs "$work/listed")
check "doctor --json" is_json "$interdict" doctor --json
says "doctor: names the backend" 0 "$backend" "$interdict" doctor
says "doctor: what no backend sees" 0 "written into pages" "$interdict" doctor
says "doctor: a fork that is under way" 0 "fork.2. was under way" "$interdict" doctor
says "doctor: nothing is said of digests" 1 "" grep -c "keeps no digest" <("$interdict" doctor)
says "doctor: opens by io_uring" 0 "(ok|missing) +io_uring is off" "$interdict" doctor

for mode in audit enforce; do
	monitor_start $mode || bail "the monitor does not start"
	says "$mode: status" 0 "$mode" "$interdict" status
	says "$mode: status names the backend" 0 "$backend" "$interdict" status
	says "$mode: status names the vendor" 0 "test" "$interdict" status
	check "$mode: status --json" is_json "$interdict" status --json
	before=$("$interdict" status --json | jq '.counters["seen.exec"]')
	"$probe" exec "$work/allowed" >/dev/null
	after=$("$interdict" status --json | jq '.counters["seen.exec"]')
	check "$mode: executions are counted" test "${after:-0}" -gt "${before:-0}"
	check "$mode: the monitor ends" monitor_stop
done
finish
