#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The race of tests/host/evasion-race.sh, for a minute on each file system.
RACE_SECONDS=60 exec bash "$(dirname "$0")/../host/evasion-race.sh"
