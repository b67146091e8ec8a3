#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The basic evasion table against a list with sizes: what passes the gate is hashed, nothing else.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/basic.sh"
need_root
evasion_run sized
finish
