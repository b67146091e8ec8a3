#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of what was there before the monitor.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/before.sh"
need_root
evasion_run sized
finish
