#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Every technique against bare digests: everything executable is hashed.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/techniques.sh"
need_root
techniques_run unsized
finish
