#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of files without a name.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/nameless.sh"
need_root
huge_pages 4
evasion_run sized
finish
