#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table, attacks on the hold (tests/evasion/hold.sh).
. "$(dirname "$0")/../lib.sh"
need_root
. "$source_root/tests/evasion/hold.sh"
chmod 755 "$work"
mkdir -p "$vendors"
if [ "$backend" = lsm ]; then
	hold_attacks 1
else
	hold_attacks 12
fi
finish
