# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Files without a name, by the name of another process's descriptor, or named after they were
# written: beside the plain cases of basic.sh. How `nameless` runs them is said in
# tests/probes/nameless.c.
. "$source_root/tests/evasion/driver.sh"
. "$source_root/tests/evasion/places.sh" # for huge_pages

read -r -d '' evasion_table <<'TABLE'
read-only descriptor, AT_EMPTY_PATH | descriptor-read | program | disk | nameless | exec
/proc/PID/fd of another process | descriptor-of-other | program | disk | nameless | exec
/proc/self/map_files | map-files | program | disk | nameless | exec
memfd, MFD_EXEC | memfd-exec | program | disk | nameless | exec
memfd, MFD_NOEXEC_SEAL, mapped | memfd-noexec | code | disk | nameless | map
memfd opened again read-only | memfd-reopened | program | disk | nameless | exec
memfd rewritten after an allowed run | memfd-rewritten | program | disk | rewritten | exec
memfd of huge pages, mapped | memfd-huge | code | disk | huge | map
memfd passed to another process | memfd-passed | program | disk | nameless | exec
SysV shared memory | sysv-shared | code | disk | nameless | map | lsm: unhashable /SYSV
SysV shared memory by i386's ipc(2) | sysv-shared-i386 | code | disk | nameless | map | lsm: unhashable /SYSV
unlinked, passed to another process | unlinked-passed | program | disk | nameless | exec
unlinked, mapped executable | unlinked-mapped | code | disk | nameless | map
unlinked library by dlopen | unlinked-library | library | disk | nameless | map
O_TMPFILE linked later | linked-later | program | disk | nameless | exec
working directory deleted | deleted-directory | program | disk | nameless | exec
TABLE

how_nameless() {
	said=$("$probe" exec "$probes/nameless" "$2" "$1" 2>&1)
}

# With an allowed file of the same size beside it.
how_rewritten_make() {
	make_file program "${1%/*}/clean"
}

how_rewritten() {
	how_nameless "$@"
}

# A huge page full.
how_huge_make() {
	truncate -s 2M "$1"
}

how_huge() {
	how_nameless "$@"
}
