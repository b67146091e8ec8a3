# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034 # for driver.sh
#
# Other ways to run bytes: other system calls and numberings of them, mappings that become
# executable on a way round, loaders, chains of interpreters, what the kernel runs for others.
. "$source_root/tests/evasion/driver.sh"

read -r -d '' evasion_table <<'TABLE'
execve by int $0x80 | int80-exec | program | disk | - | exec
32-bit program | exec | program | disk | i386 | exec
execveat of a script's descriptor | exec-fd | script | disk | - | exec
execve in a CLONE_VM child | clone | program | disk | - | exec
execve by eight threads at once | threads | program | disk | - | exec
execve by sixteen processes at once | - | program | disk | together | exec
mapped by int $0x80 | int80-mmap | code | disk | - | map
made executable by int $0x80 | int80-mprotect | code | disk | - | map
mapped from an O_DIRECT descriptor | mmap-direct | code | disk | - | map | lsm: unhashable
mapped PROT_EXEC alone | execute-only | code | disk | - | map
pkey_mprotect | pkey-mprotect | code | disk | - | map
made executable page by page | protect-part | code | disk | - | map
last of 9000 mappings made executable | protect-many | code | disk | - | map
made executable after a write to it | protect-written | code | disk | - | map
made executable after mremap | protect-moved | code | disk | - | map
remap_file_pages under READ_IMPLIES_EXEC | remap-implied | code | disk | - | map
READ_IMPLIES_EXEC kept over an exec, 32-bit | exec-implied | code | disk | launcher32 | map
mapped, argv on a userfaultfd page | late-arguments | code | disk | - | map
ld.so --argv0 | exec | dynamic | disk | argv0 | map
ld.so --library-path | exec | library | disk | library-path | map
ld.so --preload | exec | code | disk | preload | map
LD_PRELOAD | exec | code | disk | LD_PRELOAD | map
dlopen of /proc/self/fd/N | exec | library | disk | fd | map
#!/usr/bin/env | exec | script | disk | env | exec
#! chain, four deep | exec | script | disk | chain | exec
binfmt_misc: interpreter | exec | program | disk | binfmt-interpreter | exec
binfmt_misc: interpreter, flag F | exec | program | disk | binfmt-interpreter-F | exec
binfmt_misc: file | exec | script | disk | binfmt | exec
binfmt_misc: file, flag C | exec | script | disk | binfmt-C | exec
binfmt_misc: file, flag O | exec | script | disk | binfmt-O | exec
execve that a seccomp supervisor lets go on | notified-exec | program | disk | - | exec
mapped, which a seccomp supervisor lets go on | notified-mmap | code | disk | - | map
script at the end of a chain of unknown ones | exec | script | disk | nested | exec
sh script, open = audit | exec | script | disk | sh | open | reported open-audit
TABLE

# 6.14.
if "$probe" checked-exec "$probes/target" >/dev/null; then
	evasion_table+="
execve after AT_EXECVE_CHECK | checked-exec | program | disk | - | exec"
fi
make_file code x32-code
if "$probe" x32-mmap "$work/x32-code" >/dev/null; then
	evasion_table+="
mapped by x32's mmap | x32-mmap | code | disk | - | map"
fi

ways_absent() {
	[[ $evasion_table == *"| x32-mmap "* ]] || row_absent "mapped by x32's mmap" no-x32
}

# Where there are modules; the tracepoint backend has no hook that could refuse one.
dummy=$(find "/lib/modules/$(uname -r)" -name dummy.ko 2>/dev/null)
if [ -n "$dummy" ]; then
	evasion_table+="
finit_module | finit_module | code | disk | module | module | tracepoint: reported no-module-hook"
	if [ -e /sys/module/compression ]; then
		evasion_table+="
finit_module, compressed | module-packed | code | disk | module-packed | module | tracepoint: reported no-module-hook"
	fi
fi

# Where the kernel is the test's own.
if [ -e /interdict/init ]; then
	evasion_table+="
run by the kernel: core_pattern | - | script | disk | core | exec"
else
	# The loader of the virtual machine takes no auditor.
	evasion_table+="
LD_AUDIT | exec | code | disk | LD_AUDIT | map"
fi

# tagged FILE PATH: a copy with a digest of its own.
tagged() {
	next_tag
	sed "s/RAN-00000000/RAN-$tag/" "$probes/$1" >"$2"
}

how_i386_make() {
	tagged program32 "$1"
}

how_i386() {
	said=$("$probe" "$2" "$1" 2>&1)
}

how_launcher32() {
	said=$("$probe" "$2" "$probes/program32" "$1" 2>&1)
}

# Statuses as the probe's: all of them ran, or none.
how_together() {
	said=$("$probes/together" 16 "$1" 2>&1)
	case $said in
	"ran 16 "*) return "$PROBE_RAN" ;;
	"ran 0 denied 16 "*) return "$PROBE_DENIED" ;;
	"ran 0 denied 0 killed 16 "*) return "$PROBE_KILLED" ;;
	esac
	return 99
}

loader=/lib64/ld-linux-x86-64.so.2

how_argv0() {
	said=$("$probe" "$2" $loader --argv0 harmless "$1" 2>&1)
}

how_library-path() {
	said=$("$probe" "$2" $loader --library-path "${1%/*}" "$probes/needs_library" 2>&1)
}

# The loader goes on without a library that it cannot map, and says so.
ignored() {
	local status=$1
	[ "$status" -ne 99 ] || [[ $said != *"failed to map segment"* ]] || status=$PROBE_DENIED
	return "$status"
}

how_preload_make() {
	tagged libaudit.so "$1"
}

how_preload() {
	local status=0
	said=$("$probe" "$2" $loader --preload "$1" /bin/true 2>&1) || status=$?
	ignored $status
}

how_LD_PRELOAD_make() {
	tagged libaudit.so "$1"
}

how_LD_PRELOAD() {
	local status=0
	said=$("$probe" "$2" /usr/bin/env "LD_PRELOAD=$1" /bin/true 2>&1) || status=$?
	ignored $status
}

how_LD_AUDIT_make() {
	tagged libaudit.so "$1"
}

how_LD_AUDIT() {
	local status=0
	said=$("$probe" "$2" /usr/bin/env "LD_AUDIT=$1" /bin/true 2>&1) || status=$?
	ignored $status
}

how_fd() {
	said=$("$probe" "$2" "$probes/load_library" /proc/self/fd/9 9<"$1" 2>&1)
}

how_env_make() {
	make_file script "$1" "/usr/bin/env sh"
}

how_env() {
	how_- "$@"
}

how_chain_make() {
	local directory=${1%/*}
	make_file script "$directory/third" "$1"
	make_file script "$directory/second" "$directory/third"
	make_file script "$directory/other" "$directory/second"
}

how_chain() {
	run_other "$@"
}

# Each has the size of a listed script and executes the next one, so each is held for itself.
nested_make() {
	local text
	printf -v text '#!/bin/sh\nexec ./%s' "$2"
	printf '%-*s\n' $(($(size "${1%/*}/file") - 1)) "$text" >"$1"
	[ "$(size "$1")" -eq "$(size "${1%/*}/file")" ] || bail "$1: its size"
}

how_nested_make() {
	nested_make "${1%/*}/other" b
	nested_make "${1%/*}/b" c
	nested_make "${1%/*}/c" file
}

how_nested() {
	said=$(cd "${1%/*}" && "$probe" "$2" ./other 2>&1)
}

how_sh() {
	said=$("$probe" "$2" /bin/sh "$1" 2>&1)
}

# --- binfmt_misc ------------------------------------------------------------------------------

# binfmt_register PATH INTERPRETER FLAGS: files named PATH.x are run by it, by this extension.
binfmt_register() {
	local entry=${1#"$work/"}
	entry=interdict-$$-${entry//\//-}
	binfmt_mount
	echo ":$entry:E::$entry::$2:$3" >/proc/sys/fs/binfmt_misc/register || bail "binfmt_misc: $entry"
	later eval "echo -1 >/proc/sys/fs/binfmt_misc/$entry"
	other=${1%/*}/other.$entry
}

binfmt_mount() {
	[ ! -e /proc/sys/fs/binfmt_misc/register ] || return 0
	modprobe -q binfmt_misc 2>/dev/null
	mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || bail "no binfmt_misc"
}

# The restricted file is the interpreter of an allowed one.
binfmt_interpreter() {
	local other
	chmod 755 "$1"
	binfmt_register "$1" "$1" "$2"
	make_file script "$other"
}

# The restricted file is the one that is run; @2 runs it.
binfmt_file() {
	local other
	binfmt_register "$1" "$2" "$3"
	ln "$1" "$other"
}

run_binfmt() {
	said=$("$probe" "$2" "${1%/*}"/other.interdict-* 2>&1)
}

how_binfmt-interpreter_make() { binfmt_interpreter "$1" ''; }
how_binfmt-interpreter() { run_binfmt "$@"; }
how_binfmt-interpreter-F_make() { binfmt_interpreter "$1" F; }
how_binfmt-interpreter-F() { run_binfmt "$@"; }
how_binfmt_make() { binfmt_file "$1" /bin/sh ''; }
how_binfmt() { run_binfmt "$@"; }
how_binfmt-C_make() { binfmt_file "$1" /bin/sh C; }
how_binfmt-C() { run_binfmt "$@"; }
how_binfmt-O_make() { binfmt_file "$1" "$probes/execfd" O; }
how_binfmt-O() { run_binfmt "$@"; }

# --- what the kernel runs ---------------------------------------------------------------------

# A script that leaves a file behind.
helper_make() {
	next_tag
	printf '#!/bin/sh\necho %s >%s/ran\n' "$tag" "${1%/*}" >"$1"
}

how_core_make() { helper_make "$1"; }

# helper_run SETTING VALUE PATH COMMAND...: it is run for this command.
helper_run() {
	local setting=$1 value=$2 path=$3 before status
	shift 3
	before=$(cat "$setting")
	rm -f "${path%/*}/ran"
	echo "$value" >"$setting"
	"$@" >/dev/null 2>&1
	if wait_for 2 test -s "${path%/*}/ran"; then
		said=ran status=$PROBE_RAN
	else
		said="did not run" status=$(denied_status)
	fi
	echo "$before" >"$setting"
	return "$status"
}

how_core() {
	helper_run /proc/sys/kernel/core_pattern "|$1" "$1" bash -c 'kill -SEGV $$'
}

# --- modules ----------------------------------------------------------------------------------

how_module_make() {
	make_file module "$1" "$dummy"
}

how_module() {
	said=$("$probe" "$2" "$1" dummy 2>&1)
}

how_module-packed_make() {
	make_file module "$1.ko" "$dummy"
	xz --check=crc32 -c "$1.ko" >"$1"
}

how_module-packed() {
	how_module "$@"
}
