# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# The ways to run a file that every monitor of this kind has to know: by name and without one, as
# a script, an interpreter, a library, a mapping.
. "$source_root/tests/evasion/driver.sh"
evasion_again=yes

read -r -d '' evasion_table <<'TABLE'
exec | exec | program | disk | - | exec
exec on tmpfs | exec | program | tmpfs | - | exec
exec of an overlay's lower file | exec | program | lower | - | exec
exec of an overlay's upper file | exec | program | upper | - | exec
exec of a copied-up file | exec | program | copied-up | - | exec
hard link | exec | program | disk | link | exec
symlink | exec | program | disk | symlink | exec
copy under another name | exec | program | disk | copy | exec
renamed | exec | program | disk | rename | exec
O_PATH descriptor | opath | program | disk | - | exec
/proc/self/fd | proc-fd | program | disk | - | exec
memfd | memfd | program | disk | - | exec
sealed memfd | memfd-sealed | program | disk | - | exec
unlinked file | unlinked | program | disk | - | exec
unlinked file on tmpfs | unlinked | program | tmpfs | - | exec
unlinked file on overlay | unlinked | program | upper | - | exec
O_TMPFILE | tmpfile | program | disk | - | exec
exec by a thread | thread | program | disk | - | exec
posix_spawn | spawn | program | disk | - | exec
vfork | vfork | program | disk | - | exec
dynamic program | exec | dynamic | disk | - | exec
script | exec | script | disk | - | exec
script on tmpfs | exec | script | tmpfs | - | exec
script on overlay | exec | script | lower | - | exec
interpreter of a script | exec | program | disk | interpreter | exec
interpreter on overlay | exec | program | upper | interpreter | exec
script named by a script | exec | script | disk | interpreter | exec
ld.so ./program | exec | dynamic | disk | loader | map
ld.so ./program on tmpfs | exec | dynamic | tmpfs | loader | map
library at start | exec | library | disk | needed | map
library at start on overlay | exec | library | upper | needed | map
library by dlopen | exec | library | disk | dlopen | map
mapped executable | mmap | code | disk | - | map
mapped executable, shared | mmap-shared | code | disk | - | map
mapped executable on tmpfs | mmap | code | tmpfs | - | map
mapped executable on overlay | mmap | code | lower | - | map
made executable later | mprotect | code | disk | - | map
made executable later on tmpfs | mprotect | code | tmpfs | - | map
made executable later on overlay | mprotect | code | upper | - | map
READ_IMPLIES_EXEC | implied | code | disk | - | map
as a user: exec | user:exec | program | disk | - | exec
as a user: exec on tmpfs | user:exec | program | tmpfs | - | exec
as a user: script | user:exec | script | disk | - | exec
as a user: memfd | user:memfd | program | disk | - | exec
as a user: mapped executable | user:mmap | code | disk | - | map
as a user: made executable later | user:mprotect | code | disk | - | map
as a user: READ_IMPLIES_EXEC | user:implied | code | disk | - | map
TABLE

# Under another name, made before the monitor starts.
how_link_make() {
	ln "$1" "${1%/*}/other"
}

how_link() {
	run_other "$@"
}

how_symlink_make() {
	ln -s "$1" "${1%/*}/other"
}

how_symlink() {
	run_other "$@"
}

# Under another name, made while the monitor runs.
how_copy() {
	cp "$1" "${1%/*}/other"
	run_other "$@"
}

how_rename() {
	local status=0
	mv "$1" "${1%/*}/other"
	run_other "$@" || status=$?
	mv "${1%/*}/other" "$1"
	return $status
}

# As what the #! line of an allowed script names.
how_interpreter_make() {
	make_file script "${1%/*}/other" "$1"
}

how_interpreter() {
	run_other "$@"
}

how_loader() {
	said=$("$probe" "$2" /lib64/ld-linux-x86-64.so.2 "$1" 2>&1)
}

# As a library of an allowed program.
how_needed() {
	said=$(LD_LIBRARY_PATH=${1%/*} "$probe" "$2" "$probes/needs_library" 2>&1)
}

how_dlopen() {
	said=$("$probe" "$2" "$probes/load_library" "$1" 2>&1)
}
