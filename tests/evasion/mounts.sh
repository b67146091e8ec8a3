# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Other roots, mounts, namespaces, overlays and odd names. How `mounts` reaches the file is said in
# tests/probes/mounts.c.
. "$source_root/tests/evasion/driver.sh"

read -r -d '' evasion_table <<'TABLE'
chroot | chroot | program | disk | mounts | exec
/proc/PID/root of another process | other-root | program | disk | mounts | exec
bind mount of the file | bind-file | program | disk | mounts | exec
bind mount of the directory, read-only | bind-directory | program | disk | mounts | exec
tmpfs in a private mount namespace | tmpfs | program | disk | mounts | exec
setns to another mount namespace | join-namespace | program | disk | mounts | exec
idmapped mount | idmapped | program | disk | mounts | exec
overlay over an overlay | overlay-nested | program | disk | mounts | exec
overlay, metacopy and redirect | overlay-metacopy | program | disk | mounts | exec
overlay, upper file rewritten | overlay-rewritten | program | disk | mounts-clean | exec
overlay, upper file rewritten within a tick | overlay-tick | program | disk | mounts-clean | exec
overlay, upper file resized | overlay-resized | program | disk | mounts-clean | exec | unhashable
overlay, descriptor of before the copy-up | overlay-stale | code | disk | mounts-clean | map | unhashable
file system that is mounted nowhere | detached | program | disk | mounts | exec
user namespace: tmpfs | user:user-tmpfs | program | disk | mounts | exec
user namespace: bind mount | user:user-bind | program | disk | mounts | exec
user namespace: overlay's lower file | user:user-overlay-lower | program | disk | mounts | exec
user namespace: overlay's upper file | user:user-overlay-upper | program | disk | mounts | exec
user namespace: container | user:container | program | disk | mounts | exec
user namespace: as PID 1 | user:container-init | program | disk | mounts | exec
renamed and linked while it is run | shuffled | program | disk | mounts | exec
newline, control characters, invalid UTF-8 | exec | program | disk | odd-name | exec
TABLE

# What runs as nobody has to get there and to make its directories.
how_mounts_make() {
	chmod 755 "$work"
	chown 65534:65534 "${1%/*}"
}

how_mounts() {
	said=$("$probe" exec "$probes/mounts" "$2" "$1" 2>&1)
}

# With an allowed file of the same size beside it.
how_mounts-clean_make() {
	make_file "$2" "${1%/*}/clean"
	truncate -s "$(size "$1")" "${1%/*}/clean"
}

how_mounts-clean() {
	how_mounts "$@"
}

how_odd-name_make() {
	ln "$1" "${1%/*}/"$'\n"\x01\x1b[2J\xff\xfe\tdeny exec'
}

how_odd-name() {
	said=$("$probe" exec "${1%/*}/"$'\n"\x01\x1b[2J\xff\xfe\tdeny exec' linger 2>&1)
}
