#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of roots, mounts, namespaces, overlays and odd names.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/mounts.sh"
need_root
evasion_run sized
finish
