#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# make install and uninstall: what is put where, what an administrator has changed, what is left.
. "$(dirname "$0")/../lib.sh"

run_make() {
	make -C "$source_root" O="$build_root" DESTDIR="$work/root" "$@"
}
etc=$work/root/etc/interdict

check "install" run_make install
check "the program runs from there" "$work/root/usr/local/sbin/interdict" version
check "the manual is there" test -s "$work/root/usr/local/share/man/man8/interdict-list.8"
check "the unit names the program" grep -q "^ExecStart=/usr/local/sbin/interdict run$" \
	"$work/root/lib/systemd/system/interdict.service"
says "the vendor files that are installed are good ones" 0 "0 errors" \
	"$work/root/usr/local/sbin/interdict" list verify --config "$etc/interdict.conf" --vendors "$etc/vendors.d"
# One warning: nothing could be confirmed by which Acronis would be known.
says "the optional ones have no error" 1 "0 errors" \
	"$work/root/usr/local/sbin/interdict" list verify --config "$etc/interdict.conf" --vendors "$etc/vendors.available"

check "the event file is rotated" test -s "$work/root/etc/logrotate.d/interdict"

echo "# ours" >>"$work/root/etc/logrotate.d/interdict"
says "rotating that was changed is named by the next install" 0 \
	"logrotate.d/interdict was changed and stays; see .*/etc/interdict/logrotate.new" run_make install
cp "$source_root/user/etc/logrotate" "$work/root/etc/logrotate.d/interdict"
echo "# ours" >>"$etc/vendors.d/kaspersky.vendor"
says "what was changed is named by the next install" 0 "kaspersky.vendor was changed and stays" \
	run_make install
equal "and stays" "# ours" "$(tail -n 1 "$etc/vendors.d/kaspersky.vendor")"
check "the new one lies beside it" cmp "$source_root/user/etc/vendors.d/kaspersky.vendor" \
	"$etc/vendors.d/kaspersky.vendor.new"

check "uninstall" run_make uninstall
equal "only what was changed is left" "/etc/interdict/vendors.d/kaspersky.vendor" \
	"$(cd root && find . -type f | sed 's/^\.//')"
rm "$etc/vendors.d/kaspersky.vendor"
check "uninstall again" run_make uninstall
equal "nothing of ours is left" "" "$(find root -type f; find root -name '*interdict*')"
finish
