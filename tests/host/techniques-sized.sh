#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every technique against a list with sizes: what passes the gate is hashed, nothing else.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/techniques.sh"
need_root
techniques_run sized
finish
