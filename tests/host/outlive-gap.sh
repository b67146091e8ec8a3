#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A listed program is executed all the time while the monitor restarts, reloads and is upgraded.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/outlive.sh"
need_root

if [ "$backend" = lsm ]; then gap_test 4 4 2; else gap_test 10 10 3; fi # emulation is slow
finish
