#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The unit under systemd: installed, confined, enforcing, reloaded, killed, hung, restarted with a
# listed program executed all the time, stopped, uninstalled.
INTERDICT_PRIVATE=no
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../units.sh"
need_root

etc=/etc/interdict
events=/var/log/interdict.json
drop_in=/run/systemd/system/interdict.service.d

main_pid() {
	systemctl show -P MainPID interdict
}

# Another process than PID, and ready.
is_another() {
	[ "$(main_pid)" != "$1" ] && systemctl is-active interdict
}

# override LINE...: a drop-in of this boot only.
override() {
	mkdir -p $drop_in
	printf '%s\n' "$@" >$drop_in/test.conf
	systemctl daemon-reload
}

# lines_of FILE: 0 if there is none.
lines_of() {
	if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi
}

# Executes it again and again until told; a line in ran and tried for each.
execute_forever() {
	while [ ! -e stop ]; do
		! "$1" >/dev/null 2>&1 || echo >>ran
		echo >>tried
	done
}

# tried_more NAME COUNT: waits for as many more attempts.
tried_more() {
	local before
	before=$(lines_of tried)
	check "$1" wait_for 20 eval "[ \$(lines_of tried) -ge $((before + $2)) ]"
	equal "... and it ran not once" 0 "$(lines_of ran)"
}

# --- installed -------------------------------------------------------------------

[ ! -e /usr/local/sbin/interdict ] || run_make uninstall
find / -xdev \( -path "$work" -o -path /interdict -o -path /add -o -path /var/log/journal \) -prune -o -print |
	sort >before
check "make install" run_make install
check "the unit has no mistake" systemd-analyze verify --man=no interdict.service

mkdir /opt/agent
agent=/opt/agent/agent
big=/home/big
make_file program $agent
make_file program /opt/agent/second
# Above kernel-max, so the daemon has to hash them; one where it cannot see it by its name.
for file in $big /usr/lib/modules/big; do
	make_file program "$file"
	truncate -s 1500K "$file"
done
make_file program /home/clean
truncate -s 1500K /home/clean
vendors=$etc/vendors.d
vendor_write agent agent.csv
list_write sized $vendors/agent.csv $agent $big /usr/lib/modules/big /usr/bin/free
cp $etc/interdict.conf original.conf
cat >>$etc/interdict.conf <<-END
	[monitor]
	mode = enforce
	[hash]
	kernel-max = 1M
	[output]
	format = ecs
	events = $events
END
for file in $agent $big /usr/lib/modules/big $demo; do
	check "baseline: $file runs" "$file"
done

check "enable --now" systemctl enable --now interdict
is_started "is-active"
check "is-enabled" systemctl is-enabled interdict
exposure=$(systemd-analyze security --no-pager interdict | sed -n 's/.*Overall exposure level.*: \([0-9.]*\).*/\1/p')
check "exposure $exposure of at most 3.0" awk -v "exposure=$exposure" \
	'BEGIN { exit !(exposure ~ /^[0-9.]+$/ && exposure <= 3.0) }'

# --- it denies, and the journal says so ---------------------------------------------

denied "a listed program is denied" exec $agent
runs "another one runs" exec "$probes/target"
check "the demo program is denied to a user" \
	not setpriv --reuid=65534 --regid=65534 --clear-groups $demo
await "which the journal has, with who and what" \
	"^deny exec level=alert path=$demo vendor=demo .* uid=65534 user=nobody .* sha256=$(digest $demo) .*mode=enforce backend=lsm"
# The journal has those of other tests in this machine too.
last_denial() {
	journal | jq -r "select(.MESSAGE | startswith(\"deny exec level=alert path=$demo \")) |
		\"\(.PRIORITY) \(._SYSTEMD_UNIT) \(._PID)\"" | tail -n 1
}
is_last_denial() {
	[ "$(last_denial)" = "$1" ]
}
check "as an alert of the unit's process" wait_for 20 is_last_denial "1 interdict.service $(main_pid)"
denied "a listed program of a package is denied" exec /usr/bin/free
reported "with its package" '.file.path == "/usr/bin/free" and .package.name == "procps"'

# --- confined, and still able -------------------------------------------------------

pid=$(main_pid)
# KILL SETGID SETUID SETPCAP DAC_READ_SEARCH SYS_PTRACE SYS_ADMIN PERFMON BPF CHECKPOINT_RESTORE
allowed=0
for bit in 5 6 7 8 2 19 21 38 39 40; do
	allowed=$((allowed | 1 << bit))
done
bounding=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/"$pid"/status)))
equal "it has no capability that it does not need" 0 $((bounding & ~allowed))
equal "no new privileges, and its calls are filtered" "1 2" \
	"$(sed -n 's/^\(NoNewPrivs\|Seccomp\):\t//p' /proc/"$pid"/status | paste -sd ' ')"
for directory in /usr /boot /home /proc/sys; do
	check "it cannot write to $directory" not nsenter --mount --target "$pid" \
		sh -c "[ -w $directory ]"
done
for directory in $etc /var/log /var/lib/interdict /run/interdict /sys/fs/bpf; do
	check "it can write to $directory" nsenter --mount --target "$pid" sh -c "[ -w $directory ]"
done
equal "its directories are nobody else's" "750 700" "$(stat -c %a /run/interdict /var/lib/interdict | paste -sd ' ')"

for file in $big /usr/lib/modules/big; do
	denied "$file is denied before the daemon has hashed it" exec "$file"
	check "$file: the daemon hashes it, and then it is known" wait_for 20 eval \
		"! $file; has_record '.file.path == \"$file\" and .event.reason == \"listed\"'"
done
check "a clean file of that size runs once it is known" wait_for 20 /home/clean

mkdir /opt/named
make_file program /opt/named/first
printf '[vendor]\nid = named\nname = Named\n[authority]\ncitation = None\n[identity]\npath = /opt/named/*\nlearn = yes\n' \
	>$vendors/named.vendor
check "reload" systemctl reload interdict
runs "what has no digest yet runs once" exec /opt/named/first
check "is learned" wait_for 20 test -s $vendors/named.learned.csv
reported "and put in force" '.interdict.health.action == "reload" and (.message | contains("6 entries"))'
denied "and denied from then on" exec /opt/named/first

# --- reload ----------------------------------------------------------------------------

runs "before a reload: a program that is not listed runs" exec /opt/agent/second
list_write sized $vendors/agent.csv $agent /opt/agent/second
check "reload with it listed" systemctl reload interdict
denied "it is denied" exec /opt/agent/second
cp $vendors/agent.vendor agent.vendor.good
echo "prohibited = someday" >>$vendors/agent.vendor
check "reload of a broken vendor file fails" not systemctl reload interdict
check "the monitor goes on" systemctl is-active interdict
denied "with the policy that it had" exec /opt/agent/second
await "and the journal says so" "health reload-refused .*agent.vendor"
cp agent.vendor.good $vendors/agent.vendor

# --- the daemon killed, hung, restarted --------------------------------------------------

execute_forever $agent &
later touch "$work/stop"
tried_more "a listed program is executed again and again" 20

pid=$(main_pid)
kill -KILL "$pid"
denied "the daemon killed: the program is denied at once" exec $agent
check "the daemon is back by itself" wait_for 30 is_another "$pid"
equal "restarted once" 1 "$(systemctl show -P NRestarts interdict)"
tried_more "the program was executed all the time" 20

override '[Service]' WatchdogSec=4
pid=$(main_pid)
check "restart" systemctl restart interdict
check "by another process" is_another "$pid"
tried_more "and the program executed all the time" 20

pid=$(main_pid)
kill -STOP "$pid"
denied "the daemon stopped by a signal: the program is denied" exec $agent
check "the watchdog ends and restarts it" wait_for 40 is_another "$pid"
matches "which the journal says" "Watchdog timeout" \
	"$(journalctl --boot --output cat --unit interdict | grep -v -e ^deny -e ^audit)"
tried_more "the program was executed all the time" 20
touch stop
wait

# --- the end -----------------------------------------------------------------------------

check "stop" systemctl stop interdict
runs "a stopped monitor denies nothing" exec $agent
await "and said so in the journal" "health stop "
equal "nothing is pinned" "" "$(ls -A /sys/fs/bpf)"

# A daemon that dies and cannot start again.
override '[Unit]' StartLimitBurst=3 '[Service]' RestartSec=100ms
check "start again" systemctl start interdict
echo "nonsense = yes" >>$etc/interdict.conf
kill -KILL "$(main_pid)"
check "with a broken configuration a killed daemon is not tried for ever" \
	wait_for 30 systemctl is-failed interdict
matches "and says why" "interdict.conf:[0-9]+: unknown key: .*nonsense" \
	"$(journalctl --boot --output cat --unit interdict | tail -n 20)"
denied "what it had put in force stays" exec $agent

cp $agent copy
rm -r $drop_in $events $vendors/agent.* $vendors/named.* /opt/agent /opt/named $big /home/clean /usr/lib/modules/big
cp original.conf $etc/interdict.conf
check "uninstall" run_make uninstall
runs "nothing is denied any more" exec "$work/copy"
find / -xdev \( -path "$work" -o -path /interdict -o -path /add -o -path /var/log/journal \) -prune -o -print |
	sort >after
equal "the disk is as it was before" "" "$(diff before after)"
nothing_is_left
finish
