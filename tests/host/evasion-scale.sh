#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table, size and number (tests/evasion/scale.sh).
. "$(dirname "$0")/../lib.sh"
need_root
. "$source_root/tests/evasion/scale.sh"
chmod 755 "$work"
mkdir -p "$vendors"
if [ "$backend" = lsm ]; then
	burst 300 50
	big_files 32
	storm_of_copies 100 8
else
	burst 10000 1000
	big_files 4500
	tainted_files
	storm_of_copies 2000 8
	digests_turned_over
fi
stalled_arguments
finish
