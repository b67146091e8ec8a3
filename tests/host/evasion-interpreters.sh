#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of interpreters and opens, with `open = deny`.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/interpreters.sh"
need_root
evasion_run sized 'open = deny'
finish
