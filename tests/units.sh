# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# What tests of the systemd unit share, in the machine of scripts/vm --systemd --install.

demo=/usr/local/libexec/interdict/interdict-demo

# make of the sources in /add with the build that was given to this machine; nothing is compiled.
run_make() {
	make -s -C /add -o all O="$build_root" "$@"
}

not() {
	! "$@"
}

# journal [MATCH...]: what the monitor has sent to the system log, as JSON, one record a line.
journal() {
	journalctl --boot --output json SYSLOG_IDENTIFIER=interdict SYSLOG_FACILITY=10 "$@"
}

# said: the same as text.
said() {
	journalctl --boot --output cat SYSLOG_IDENTIFIER=interdict SYSLOG_FACILITY=10
}

# lines REGEX: how many of them match.
lines() {
	said | grep -Ec -- "$1"
}

has_said() {
	[ "$(lines "$1")" -ge "$2" ]
}

# await NAME REGEX [COUNT]: the test that so many such records come (1).
await() {
	if wait_for 20 has_said "$2" "${3-1}"; then
		ok "$1"
	else
		not_ok "$1" "${3-1} wanted like: $2
$(said | tail -n 4)"
	fi
}

# is_started NAME: the test that it is; without it the others make no sense.
is_started() {
	if systemctl is-active interdict >/dev/null; then
		ok "$1"
		return
	fi
	not_ok "$1" "$(journalctl --boot --output cat --unit interdict | tail -n 20)"
	bail "the unit does not start"
}

nothing_is_left() {
	equal "nothing of it is left on the disk" "" \
		"$(find / -xdev \( -path /interdict -o -path /add -o -path "$work" \) -prune -o -name '*interdict*' \
			! -name 'interdict-vm.service' -print)"
	equal "nor in /run" "" "$(find /run -name '*interdict*' ! -name '*interdict-vm*' ! -path '/run/systemd/units/*')"
	equal "nor pinned" "" "$(ls -A /sys/fs/bpf)"
}
