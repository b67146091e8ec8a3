#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# One row of each kind of the basic evasion table against a list without sizes: everything executed
# is hashed, here by the kernel. The whole table takes minutes under emulation.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/basic.sh"
need_root
evasion_table=$(grep -E "^(exec|exec of an overlay's upper file|memfd|unlinked file|script|interpreter of a script|ld.so ./program|library by dlopen|mapped executable|made executable later|READ_IMPLIES_EXEC) \|" <<<"$evasion_table")
equal "rows" 11 "$(wc -l <<<"$evasion_table")"
evasion_run unsized
finish
