#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The evasion table of content that changes after its digest was taken.
. "$(dirname "$0")/../lib.sh"
. "$source_root/tests/evasion/content.sh"
need_root
evasion_run sized
content_absent
finish
