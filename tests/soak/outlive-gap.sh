#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# As tests/host/outlive-gap.sh, ten times as long.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/outlive.sh"
need_root

gap_test 100 100 20
finish
