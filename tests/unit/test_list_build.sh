#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# interdict list build: real packages and archives in, and every digest, size, path and name in
# the list is what other programs find: sha256sum, stat, dpkg, rpm.
# shellcheck source=tests/lib.sh
source "$(dirname "$0")/../lib.sh"

build() {
	status=0
	"$interdict" list build "$@" >out.csv 2>err </dev/null || status=$?
}

# The list's digests, sorted.
digests() {
	tail -n +2 out.csv | cut -d , -f 1 | sort
}

# digests_of FILE...: what sha256sum finds, sorted, each once.
digests_of() {
	sha256sum -- "$@" | sed 's/^\\//' | cut -c 1-64 | sort -u
}

# row FILE: the row of the list with its digest.
row() {
	grep "^$(digest "$1")," out.csv
}

# lists NAME STATUS FILE...: the list has exactly these files' digests, and that exit status.
lists() {
	local name=$1 wanted=$2
	shift 2
	if [ "$status" -ne "$wanted" ]; then
		not_ok "$name" "exit status $status, wanted $wanted: $(cat err)"
	else
		equal "$name" "$(digests_of "$@")" "$(digests)"
	fi
}

# --- what the archives hold ----------------------------------------------------

true_program=$(type -P true)
tree=$work/tree
mkdir -p "$tree/opt/acme/bin" "$tree/opt/acme/lib" "$tree/usr/share/doc/acme" "$tree/lib/modules/6.1"
cd "$tree/opt/acme" || bail "no tree"
{ cat "$true_program"; echo program; } >bin/program
{ cat "$true_program"; echo object; } >lib/libacme.so.1
printf '#!/bin/sh\necho acme\n' >bin/script
printf '#!/usr/bin/python3\nprint(1)\n' >lib/not-executable.py
printf 'neither ELF nor script' >bin/by-mode
printf '#!/bin/sh\necho comma\n' >'bin/a, "b" c'
printf '#!/bin/sh\necho utf8\n' >$'bin/sch\xc3\xb6n'
echo 'only text' >"$tree/usr/share/doc/acme/README"
: >bin/empty
chmod 755 bin/*
chmod 644 'bin/a, "b" c'
ln bin/program bin/hard-link
ln -s program bin/symbolic-link
mkdir -p "$work/jar/META-INF" "$work/jar/native"
echo 'Manifest-Version: 1.0' >"$work/jar/META-INF/MANIFEST.MF"
{ cat "$true_program"; echo in-the-jar; } >"$work/jar/native/libjni.so"
(cd "$work/jar" && bsdtar --format zip -cf "$tree/opt/acme/lib/acme.jar" META-INF native)
{ cat "$true_program"; echo module; } >"$work/acme.ko"
xz -k -c "$work/acme.ko" >"$tree/lib/modules/6.1/acme.ko.xz"
cd "$work" || exit 1

# What counts in it, in the order that sha256sum takes them.
software=()
for name in bin/program lib/libacme.so.1 bin/script lib/not-executable.py bin/by-mode \
	'bin/a, "b" c' $'bin/sch\xc3\xb6n' lib/acme.jar; do
	software+=("$tree/opt/acme/$name")
done
software+=("$tree/lib/modules/6.1/acme.ko.xz" acme.ko jar/native/libjni.so)
modeless=()
for name in "${software[@]}"; do
	[ "${name##*/}" = by-mode ] || modeless+=("$name")
done

# --- directories and files -----------------------------------------------------

build "$tree"
lists "a directory: what counts, links once, empty and text files never" 0 "${software[@]}"
equal "its rows have the size" "$(stat -c %s "$tree/opt/acme/bin/script")" \
	"$(row "$tree/opt/acme/bin/script" | cut -d , -f 2)"
matches "and the path, quoted where it must be" \
	'^[0-9a-f]{64},[0-9]+,,,,"/.*/opt/acme/bin/a, ""b"" c",file on ' \
	"$(row "$tree/opt/acme/bin/a, \"b\" c")"
cp out.csv first.csv
build --threads 1 "$tree"
check "two runs give the same bytes, whatever the number of threads" cmp first.csv out.csv
"$interdict" list import first.csv >again.csv 2>err
check "what was built is read back the same" cmp first.csv again.csv
build --no-archives "$tree"
lists "--no-archives leaves the jar and the module closed" 0 "${software[@]:0:9}"
build --all-files --no-archives "$tree"
mapfile -d '' all < <(find "$tree" -type f -size +0 -print0)
lists "--all-files lists every file but the empty one" 0 "${all[@]}"
build --product 'Acme Suite' --version 7 "$tree/opt/acme/bin/script"
matches "--product and --version" "^$(digest "$tree/opt/acme/bin/script"),20,Acme Suite,7,,/" \
	"$(cat out.csv)"
build "$tree/usr"
equal "nothing that counts is an error" "2:" "$status:$(cat out.csv)"
build "$tree/opt/acme/bin/symbolic-link"
lists "a link that the user names is followed" 0 "$tree/opt/acme/bin/program"
build "$tree/opt/acme/bin" "$work/nowhere"
equal "a source that is not there: the rest is written, and the exit status is 2" "2:5" \
	"$status:$(digests | wc -l)"
matches "and it is named" "error: .*/nowhere: No such file" "$(cat err)"

# --- packages ------------------------------------------------------------------

mkdir -p "$tree/DEBIAN"
printf '%s\n' 'Package: acme-agent' 'Version: 1:12.0.1-3' 'Architecture: amd64' \
	'Maintainer: x <x@example.org>' 'Description: x' >"$tree/DEBIAN/control"
printf '#!/bin/sh\nexit 0\n' >"$tree/DEBIAN/postinst"
chmod 755 "$tree/DEBIAN/postinst"
for compression in xz gzip zstd none; do
	deb=acme_$compression.deb
	dpkg-deb --root-owner-group -Z$compression --build "$tree" "$deb" >/dev/null 2>&1 ||
		bail "dpkg-deb -Z$compression"
	build "$deb"
	lists "a .deb with $compression, but not its maintainer scripts" 0 "${software[@]}"
done
rm -r "$tree/DEBIAN"
mv acme_xz.deb acme.deb
build acme.deb
deb_digest=$(digest acme.deb)
equal "product, version, package, path and source of a .deb's file" \
	",acme-agent,1:12.0.1-3,acme-agent,/opt/acme/bin/script,acme.deb sha256:$deb_digest" \
	",$(row "$tree/opt/acme/bin/script" | cut -d , -f 3-)"
equal "the chain that leads to a file in a jar in a .deb" \
	"native/libjni.so,acme.deb!data.tar.xz!./opt/acme/lib/acme.jar sha256:$deb_digest" \
	"$(row jar/native/libjni.so | cut -d , -f 6-)"
equal "a module in its compressed file has the path without the suffix" \
	"/lib/modules/6.1/acme.ko" "$(row acme.ko | cut -d , -f 6)"

mkdir -p rpm
cat >rpm/acme.spec <<END
%define __os_install_post %{nil}
%define _build_id_links none
Name: acme-rpm
Epoch: 3
Version: 9.1
Release: 4
Summary: x
License: x
BuildArch: noarch
%define _binaries_in_noarch_packages_terminate_build 0
%description
x
%install
cp -a $tree/. %{buildroot}/
%pre
exit 0
%files
/opt
/lib
/usr
END
for payload in w9.gzdio w7.xzdio w3.zstdio w9.bzdio; do
	rm -rf rpm/RPMS
	if ! HOME=$work rpmbuild -bb --define "_topdir $work/rpm" --define "_binary_payload $payload" \
		rpm/acme.spec >rpm.log 2>&1; then
		not_ok "an .rpm with $payload" "$(tail -n 5 rpm.log)"
		continue
	fi
	mv rpm/RPMS/*/*.rpm acme.rpm
	build acme.rpm
	lists "an .rpm with $payload" 0 "${software[@]}"
done
equal "product, version, package and path of an .rpm's file" \
	"acme-rpm,3:9.1-4,acme-rpm,/opt/acme/bin/script" \
	"$(row "$tree/opt/acme/bin/script" | cut -d , -f 3-6)"
matches "the source is the .rpm" ",acme.rpm sha256:$(digest acme.rpm)$" \
	"$(row "$tree/opt/acme/bin/program")"
# The name tag, 1000 = 0x3e8, becomes another one, in the signatures' header too if it is there.
sed 's/\x00\x00\x03\xe8\x00\x00\x00\x06/\x00\x00\x03\xff\x00\x00\x00\x06/g' acme.rpm \
	>nameless-2.0-1.noarch.rpm
build nameless-2.0-1.noarch.rpm
equal "an .rpm without a name in its header has that of the file" "nameless,2.0-1,nameless" \
	"$(row "$tree/opt/acme/bin/program" | cut -d , -f 3-5)"
matches "and that is said" "warning: .*nameless.* its header has no name" "$(cat err)"

# Alpine: gzip streams one behind the other, all but the last without an end of the archive.
printf 'pkgname = acme-apk\npkgver = 2.5-r1\n' >.PKGINFO
printf '#!/bin/sh\nexit 0\n' >.post-install
{
	tar -cf - .PKGINFO .post-install | head -c 2048 | gzip
	(cd "$tree" && tar -cf - opt lib usr | gzip)
} >acme.apk
build acme.apk
lists "an Alpine .apk" 0 "${software[@]}"
equal "its names" "acme-apk,2.5-r1,acme-apk,/opt/acme/bin/script" \
	"$(row "$tree/opt/acme/bin/script" | cut -d , -f 3-6)"

# --- archives ------------------------------------------------------------------

for kind in tar tar.gz tar.xz tar.zst tar.bz2 tar.lzma cpio cpio.gz zip iso; do
	case $kind in
	tar) flags=(--format gnutar) ;;
	tar.gz) flags=(--format pax --gzip) ;;
	tar.xz) flags=(--format ustar --xz) ;;
	tar.zst) flags=(--format pax --zstd) ;;
	tar.bz2) flags=(--format pax --bzip2) ;;
	tar.lzma) flags=(--format pax --lzma) ;;
	cpio) flags=(--format newc) ;;
	cpio.gz) flags=(--format odc --gzip) ;;
	zip) flags=(--format zip) ;;
	iso) flags=(--format iso9660) ;;
	esac
	bsdtar "${flags[@]}" -cf "acme.$kind" -C "$tree" . 2>/dev/null || bail "bsdtar $kind"
	build "acme.$kind"
	lists "a .$kind" 0 "${software[@]}"
	[ "$kind" = iso ] && continue
	matches "with relative paths in a .$kind" ',opt/acme/bin/script,' \
		"$(row "$tree/opt/acme/bin/script")"
	matches "and others than ASCII" $',opt/acme/bin/sch\xc3\xb6n,' \
		"$(row "$tree/opt/acme/bin/"$'sch\xc3\xb6n')"
done
cp acme.iso image
build image
lists "an image without its name" 0 "${software[@]}"
cp "$tree/opt/acme/lib/acme.jar" manifest.zip
build manifest.zip
lists "a zip with a manifest is a jar" 0 manifest.zip jar/native/libjni.so
(cd jar && bsdtar --format zip -cf ../late.zip native META-INF && bsdtar --format zip -cf ../plain.zip native)
build late.zip
lists "also if the manifest comes late" 0 late.zip jar/native/libjni.so
build plain.zip
lists "any other zip is not" 0 jar/native/libjni.so
for suffix in gz zst; do
	if [ $suffix = gz ]; then gzip -c acme.ko >acme.ko.gz; else zstd -q -c acme.ko >acme.ko.zst; fi
	build acme.ko.$suffix
	lists "a module in .$suffix: as it lies, and the module inside" 0 acme.ko.$suffix acme.ko
done

mkdir -p nest/a
cp acme.deb nest/a/inner.deb
tar -czf nest/middle.tar.gz -C nest a
bsdtar --format zip -cf outer.zip -C nest middle.tar.gz
build outer.zip
lists "a .deb in a tar in a zip" 0 "${software[@]}"
equal "the names of the inner package, and the chain to it" \
	"acme-agent,1:12.0.1-3,acme-agent,/opt/acme/bin/script,outer.zip!middle.tar.gz!a/inner.deb sha256:$(digest outer.zip)" \
	"$(row "$tree/opt/acme/bin/script" | cut -d , -f 3-)"
mkdir downloads
cp acme.deb acme.rpm downloads
build downloads
lists "packages in a directory are opened" 0 "${software[@]}"

# --- hostile archives ----------------------------------------------------------

# refuses NAME REGEX COMMAND...: ends soon, with status 2, and says so.
refuses() {
	local name=$1 regex=$2
	shift 2
	status=0
	timeout 30 "$interdict" list build "$@" >out.csv 2>err || status=$?
	if [ $status -ne 2 ]; then
		not_ok "$name" "exit status $status: $(cat err)"
	else
		matches "$name" "$regex" "$(cat err)"
	fi
}

# As much as a zip of its size may hold (64 MiB and 250 times the size), and a third more.
truncate -s 120M zeros
bsdtar --format zip -cf bomb.zip zeros
refuses "a bomb is refused, by its member's name" 'bomb.zip!zeros: unpacks like a bomb' bomb.zip
bsdtar --format zip -cf nested-bomb.zip bomb.zip
refuses "and inside of another archive" 'nested-bomb.zip!bomb.zip.*: unpacks like a bomb' \
	nested-bomb.zip
tar -czf bomb.tar.gz zeros
refuses "and compressed as a whole" 'bomb.tar.gz.*: unpacks like a bomb' bomb.tar.gz
build --max-ratio 2000 --all-files bomb.zip
lists "--max-ratio lets it pass" 0 zeros bomb.zip
rm zeros
gzip -c acme.tar.gz | gzip -c >twice.tar.gz
refuses "an archive that is compressed again and again" \
	'error: .*/twice.tar.gz: ' twice.tar.gz
refuses "--max-depth" 'middle.tar.gz!a/inner.deb: .* limit of 2' --max-depth 2 outer.zip
refuses "--max-members" 'more members in all than the limit of 3' --max-members 3 acme.tar
refuses "--max-member-size" \
	'/bin/.*: the member is above the limit in bytes of 1024' --max-member-size 1K acme.tar
refuses "--max-size" 'all members together are above the limit in bytes of 20480' \
	--max-size 20K acme.tar.gz

bsdtar --format zip --options zip:encryption=traditional --passphrase secret -cf secret.zip \
	-C "$tree" opt/acme/bin/program
refuses "an encrypted member" 'secret.zip!opt/acme/bin/program: encrypted' secret.zip

# Wherever it is cut, something is missing, and that is never passed over in silence.
size=$(size acme.deb)
cut_well=yes
for ((at = 100; at < size; at += size / 40)); do
	head -c $at acme.deb >cut.deb
	build cut.deb
	[ $status -eq 2 ] || cut_well="no, at $at of $size: status $status, $(cat err)"
done
equal "a .deb that is cut" yes "$cut_well"
for kind in rpm tar.gz tar.xz tar.zst tar.bz2 zip iso; do
	head -c $(($(size "acme.$kind") / 3)) "acme.$kind" >"cut.$kind"
	refuses "a .$kind that is cut" "error: .*cut.$kind" "cut.$kind"
done
# One byte in the middle: the checksums of these formats notice.
for kind in deb tar.gz tar.xz tar.bz2 zip; do
	cp "acme.$kind" "damaged.$kind"
	at=$(($(size "acme.$kind") / 2))
	byte=$(od -An -tu1 -j $at -N 1 "acme.$kind")
	printf '%b' "\\x$(printf %02x $((byte ^ 255)))" |
		dd of="damaged.$kind" bs=1 seek=$at conv=notrunc status=none
	refuses "a damaged .$kind" "error: .*damaged.$kind" "damaged.$kind"
done
printf 'PK\3\4 and then nothing that makes sense' >nonsense.zip
refuses "what only looks like an archive" 'error: .*nonsense.zip' nonsense.zip

printf '#!/bin/sh\necho hostile\n' >hostile
marker=$work/outside
tar -cf hostile.tar --transform "s,hostile,../../../..$marker," -P hostile
build hostile.tar
lists "a path that leads out of the archive is only text" 0 hostile
check "and nothing was written there" test ! -e "$marker"
tar -cf hostile.tar --transform 's,hostile,a\nb,' hostile 2>/dev/null
build hostile.tar
equal "a line end in a name does not end the row" "0:2" "$status:$(wc -l <out.csv)"
mkdir links
ln -s /etc/passwd links/passwd
mkfifo links/pipe
tar -cf links.tar -C links .
build --all-files links.tar
lists "links and devices in archives are no contents" 0 links.tar

# --- what is installed ---------------------------------------------------------

build --package 'hell[o]'
wanted=()
while IFS= read -r name; do
	if [ -f "$name" ] && [ ! -L "$name" ] && [ -s "$name" ] &&
		{ [ -x "$name" ] || [ "$(head -c 2 "$name")" = '#!' ]; }; then
		wanted+=("$(realpath "$name")")
	fi
done < <(dpkg -L hello)
lists "--package: what sha256sum finds of the package hello" 0 "${wanted[@]}"
matches "with its version" ",hello,$(dpkg-query -W -f '${Version}' hello),hello,/usr/bin/hello,dpkg on " \
	"$(cat out.csv)"
build --package 'no-such-package-*' "$tree/opt/acme/bin/script"
equal "a package that is not there is an error, and the rest is written" "2:1" \
	"$status:$(digests | wc -l)"
matches "and named" 'no installed package has a name like "?no-such-package-\*' "$(cat err)"

cat >acme.vendor <<END
[vendor]
id = acme
name = Acme
[identity]
package = hello
package = kesl-that-is-not-installed
path = $tree/opt/acme/bin/*
path = /nonexistent/acme/*
END
build --vendor-file acme.vendor
in_bin=()
for name in "${software[@]}"; do
	[[ $name == */opt/acme/bin/* ]] && in_bin+=("$name")
done
lists "--vendor-file: packages and paths of [identity]" 0 "${in_bin[@]}" "${wanted[@]}"
printf '[vendor]\nid = acme\n' >empty.vendor
build --vendor-file empty.vendor
matches "a vendor file without [identity]" 'empty.vendor: .*expected an \[identity\]' "$(cat err)"

# --- the output ----------------------------------------------------------------

build --output list.csv acme.deb
equal "--output: nothing on standard output, a list for everybody" "0::644" \
	"$status:$(cat out.csv):$(stat -c %a list.csv)"
build --output list.csv "$tree/usr"
equal "a list that cannot be made leaves the old one" "2:$((${#software[@]} + 1))" \
	"$status:$(wc -l <list.csv)"
check "no other file is left beside it" test -z "$(find . -maxdepth 1 -name '*list.csv?*')"

truncate -s 40G huge
chmod 755 huge
"$interdict" list build --output interrupted.csv huge >out.csv 2>err &
pid=$!
sleep 0.5
kill -INT $pid
status=0
wait $pid || status=$?
equal "an interrupt ends it in good order, with nothing written" "2:no:" \
	"$status:$([ -e interrupted.csv ] && echo yes || echo no):$(cat out.csv)"
matches "and it is said" 'interrupted; nothing was written' "$(cat err)"
truncate -s 500M huge
(while sleep 0.02; do printf x >>huge; done) &
writer=$!
build huge "$tree/opt/acme/bin/script"
kill $writer
wait $writer 2>/dev/null
lists "a file that changes while it is read is left out, the rest is written" 2 \
	"$tree/opt/acme/bin/script"
matches "and it is named" 'error: .*/huge: changed twice while it was read' "$(cat err)"
if command -v script >/dev/null; then
	truncate -s 1G huge
	script -qec "'$interdict' list build --output terminal.csv huge" /dev/null >terminal </dev/null
	matches "progress on a terminal" 'hashing: [0-9]+ %, 0 files, .*B/s' "$(tr '\r' '\n' <terminal)"
	build --output terminal.csv huge
	equal "none in a pipe" 0 "$(grep -c $'\r' err)"
else
	skip "progress on a terminal" "no script(1)"
fi

# --- usage ---------------------------------------------------------------------

says "no source" 2 'no source was given' "$interdict" list build
says "an unknown option" 2 'unrecognized option' "$interdict" list build --nonsense
says "a limit that is no number" 2 '--max-ratio takes a number from 1' \
	"$interdict" list build --max-ratio 0 "$tree"
says "a size that is too large" 2 '--max-size takes a number' \
	"$interdict" list build --max-size 9999999999T "$tree"
says "help" 0 '^usage: interdict list build' "$interdict" list build --help

finish
