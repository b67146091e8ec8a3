#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of other ways to run bytes.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/ways.sh"
need_root
evasion_run sized
ways_absent
finish
