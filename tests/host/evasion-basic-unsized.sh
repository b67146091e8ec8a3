#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The basic evasion table against a list without sizes: everything executed is hashed.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/basic.sh"
need_root
evasion_run unsized
finish
