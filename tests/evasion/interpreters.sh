# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2016 # for driver.sh; for sh -c
#
# What an interpreter reads is no execution for the kernel: it is an open, which `open = deny`
# refuses. The interpreter is allowed, its script is the restricted file.
. "$source_root/tests/evasion/driver.sh"

read -r -d '' evasion_table <<'TABLE'
sh script | exec | script | disk | sh | open
sh < script | exec | script | disk | sh-input | open
bash -c '. script' | exec | script | disk | source | open
perl script | exec | script | disk | perl | open
python3 script | exec | script | disk | python | open
python3 < script | exec | script | disk | python-input | open
python3 -c exec(open(script)) | exec | script | disk | python-open | open
sh script on tmpfs | exec | script | tmpfs | sh | open
open | open | script | disk | - | open
openat2 | openat2 | script | disk | - | open
opened by open_by_handle_at | by-handle | script | disk | - | open
opened again by /proc/self/fd | reopen | script | disk | - | open
opened by io_uring | ring-open | script | disk | - | open | tracepoint: missed ring-open
TABLE

# A Java runtime does not fit into the virtual machine.
if [ -x /usr/bin/java ]; then
	evasion_table+="
java -jar | exec | script | disk | java | open"
fi

how_sh() {
	said=$("$probe" "$2" /bin/sh "$1" 2>&1)
}

how_sh-input() {
	said=$("$probe" "$2" /bin/sh -c 'exec /bin/sh <"$0"' "$1" 2>&1)
}

how_source() {
	said=$("$probe" "$2" /bin/bash -c '. "$0"' "$1" 2>&1)
}

# Perl and Python agree on this one.
print_make() {
	next_tag
	printf 'print("RAN-%s\\n");\n' "$tag" >"$1"
}

how_perl_make() { print_make "$1"; }
how_python_make() { print_make "$1"; }
how_python-input_make() { print_make "$1"; }
how_python-open_make() { print_make "$1"; }

# silent STATUS: an interpreter that may open its script and not read it (lsm without
# file_post_open) may take it for an empty one, and say nothing.
silent() {
	local status=$1
	[ "$status" -ne 99 ] || [[ $said != *": status 0x0: " ]] || status=$PROBE_DENIED
	return "$status"
}

how_perl() {
	local status=0
	said=$("$probe" "$2" /usr/bin/perl "$1" 2>&1) || status=$?
	silent "$status"
}

how_python() {
	said=$("$probe" "$2" /usr/bin/python3 "$1" 2>&1)
}

how_python-input() {
	local status=0
	said=$("$probe" "$2" /bin/sh -c 'exec /usr/bin/python3 <"$0"' "$1" 2>&1) || status=$?
	silent "$status"
}

# The probe tells from the first line of what is printed.
how_python-open() {
	said=$("$probe" "$2" /usr/bin/python3 -c 'import sys
try: exec(open(sys.argv[1]).read())
except PermissionError as error: sys.exit(str(error))' "$1" 2>&1)
}

# An archive with one class, whose main() prints the line: made without a compiler. Stored, not
# compressed, so that all have one size.
how_java_make() {
	local directory=${1%/*}/jar
	next_tag
	mkdir -p "$directory/META-INF"
	printf 'Manifest-Version: 1.0\nMain-Class: Target\n' >"$directory/META-INF/MANIFEST.MF"
	java_class "RAN-$tag" >"$directory/Target.class"
	bsdtar -C "$directory" --format zip --options zip:compression=store -cf "$1" META-INF Target.class
}

# java_class TEXT: the class Target, by the Java Virtual Machine Specification, chapter 4.
java_class() {
	python3 -c '
import struct, sys
def text(value): return b"\x01" + struct.pack(">H", len(value)) + value.encode()
def one(kind, index): return struct.pack(">BH", kind, index)
def two(kind, first, second): return struct.pack(">BHH", kind, first, second)
constants = [one(7, 2), text("Target"), one(7, 4), text("java/lang/Object"), text("main"),
    text("([Ljava/lang/String;)V"), text("Code"), two(9, 9, 11), one(7, 10),
    text("java/lang/System"), two(12, 12, 13), text("out"), text("Ljava/io/PrintStream;"),
    one(8, 15), text(sys.argv[1]), two(10, 17, 19), one(7, 18), text("java/io/PrintStream"),
    two(12, 20, 21), text("println"), text("(Ljava/lang/String;)V")]
code = bytes([0xb2, 0, 8, 0x12, 14, 0xb6, 0, 16, 0xb1])
body = struct.pack(">HHI", 2, 1, len(code)) + code + struct.pack(">HH", 0, 0)
sys.stdout.buffer.write(struct.pack(">IHHH", 0xcafebabe, 0, 52, len(constants) + 1)
    + b"".join(constants) + struct.pack(">HHHHHH", 0x21, 1, 3, 0, 0, 1)
    + struct.pack(">HHHHHI", 9, 5, 6, 1, 7, len(body)) + body + struct.pack(">H", 0))' "$1"
}

# It keeps the reason to itself.
how_java() {
	local status=0
	said=$("$probe" "$2" /usr/bin/java -jar "$1" 2>&1) || status=$?
	[ $status -ne 99 ] || [[ $said != *"Unable to access jarfile"* ]] || status=$PROBE_DENIED
	return "$status"
}
