#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# An entry that is a file of this distribution's packages: in force, and warned of, without
# anybody having asked.
. "$(dirname "$0")/../lib.sh"
need_root

hello=/usr/bin/hello
[ -x $hello ] || bail "no $hello; see scripts/deps"
mkdir -p "$vendors"
make_file program other
list_write sized "$vendors/list" $hello other
vendor_write test list

monitor_start audit || bail "the monitor does not start"
reported "warned of, with package and path" '.interdict.health.action == "hygiene" and
	(.message | contains("/usr/bin/hello") and contains("package hello")) and
	.log.level == "warning"'
equal "audit: it runs" "Hello, world!" "$($hello)"
reported "and it is in force" ".file.path == \"$hello\" and .interdict.decision == \"audit\""

# The vendor's own package is meant.
vendor_write test list "[identity]
package = hello"
before=$(count_records '.interdict.health.action == "hygiene"')
check "reload with the package in [identity]" monitor_reload
sleep 3
list_write sized "$vendors/list" other
vendor_write test list
check "reload without the entry" monitor_reload
sleep 3
equal "neither is warned of" "$before" "$(count_records '.interdict.health.action == "hygiene"')"
check "the monitor ends" monitor_stop
finish
