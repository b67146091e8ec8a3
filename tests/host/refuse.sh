#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# What the monitor refuses: bad policies and configurations at start, with file and line; at a
# reload, where the old policy stays in force and `status` shows the refusal.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/policies.sh"
need_root

mkdir -p "$vendors"
config_write

refused_at_start() {
	says "start: $1" 2 "$2" timeout 20 "$interdict" run --config "$config" --vendors "$vendors" \
		--mode audit --backend "$backend" --events "$events"
}
bad_policies refused_at_start

refused_config() {
	config_write "$2"
	says "configuration: $1" 2 "interdict\.conf:[0-9]+:" timeout 20 "$interdict" run \
		--config "$config" --vendors "$vendors" --mode audit --backend "$backend" --events "$events"
}
refused_config "an unknown key" "colour = red"
refused_config "an unknown section" "[colours]"
refused_config "a bad value" "syslog = perhaps"
config_write

says "start: no vendor directory" 2 "$work/absent" timeout 20 "$interdict" run --config "$config" \
	--vendors "$work/absent" --mode audit --backend "$backend" --events "$events"

# At a reload. What is listed from the beginning stays denied all the time.
good_policy
monitor_start enforce || bail "the monitor does not start with a good policy"
denied "before: the listed file is denied" exec "$work/bad-1"

refused_at_reload() {
	monitor_reload || not_ok "reload: $1: answered"
	if has_record '.interdict.health.action == "reload-refused"' >/dev/null; then
		ok "reload: $1: refused"
	else
		not_ok "reload: $1: refused" "$(tail -n 2 "$events")"
	fi
	denied "reload: $1: the old policy stays" exec "$work/bad-2"
	says "reload: $1: status says why" 0 "$2" "$interdict" status
	: >"$events"
}
bad_policies refused_at_reload

monitor_reload
reported "after: a good policy is taken" '.interdict.health.action == "reload"'
denied "after: the listed file is denied" exec "$work/bad-3"
check "the monitor ends" monitor_stop
finish
