#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of file systems.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/filesystems.sh"
need_root
huge_pages 8
evasion_run sized
finish
