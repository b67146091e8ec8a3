#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# kernel: 6.1
# From a vendor's package to an auditor's answer: a list is built from the .deb, the package is
# installed, its program runs in grace, is denied the day after, runs under an exemption, and is
# denied when that ends; a scan finds every file of it and nothing else.
. "$(dirname "$0")/../lib.sh"
need_root

# --- a product, packed as its vendor would ---

mkdir -p tree/DEBIAN tree/opt/acme/bin tree/opt/acme/lib tree/usr/share/doc/acme
make_file program tree/opt/acme/bin/agent
make_file dynamic tree/opt/acme/bin/console
make_file library tree/opt/acme/lib/libacme.so
make_file script tree/opt/acme/bin/setup
echo "How to use it." >tree/usr/share/doc/acme/README
cat >tree/DEBIAN/control <<-END
	Package: acme-agent
	Version: 4.2-1
	Architecture: amd64
	Maintainer: Acme <acme@example.org>
	Description: a product that may not run
END
check "the package is built" dpkg-deb --root-owner-group --build tree acme.deb
files="opt/acme/bin/agent opt/acme/bin/console opt/acme/bin/setup opt/acme/lib/libacme.so"

mkdir -p "$vendors"
check "list build reads the package" \
	"$interdict" list build --product "Acme Agent" --output "$vendors/acme.csv" acme.deb
wanted=$(cd tree && for file in $files; do
	echo "$(digest "$file") $(size "$file") /$file"
done | sort)
got=$("$interdict" list show --format json "$vendors/acme.csv" |
	jq -r '.. | objects | select(.sha256? and .path?) | "\(.sha256) \(.size) \(.path)"' | sort)
equal "the list has its programs, its library and its script, and no text" "$wanted" "$got"
rm -r tree

check "the package is installed" dpkg --install acme.deb
rm acme.deb
agent=/opt/acme/bin/agent

# --- phases ---

clock_moves

schedule="[schedule]
announced = 2031-05-01
prohibited = 2031-06-01"
vendor_write acme acme.csv "$schedule"

runs "baseline: it runs" exec $agent
date -s "2031-05-31 12:00:00" >/dev/null
monitor_start enforce || bail "the monitor does not start"
runs "in grace: it runs" exec $agent
reported "in grace: reported, with its product and the days left" \
	".file.path == \"$agent\" and .interdict.decision == \"grace\" and .interdict.days_left == 1 and
	.interdict.entry.product == \"Acme Agent\" and .interdict.vendor.id == \"acme\""

clock_set "2031-06-01 12:00:00"
denied "the day after: denied" exec $agent
reported "the day after: reported as denied" \
	".file.path == \"$agent\" and .interdict.decision == \"deny\" and .event.action == \"exec\""
runs "the day after: another program runs" exec "$probes/target"

# --- an exemption ---

vendor_write acme acme.csv "$schedule
[exempt LEGACY-7]
sha256 = $(digest $agent)
until = 2031-06-02
approver = The security officer
reason = The migration takes two more days
ticket = CHG-4711"
check "reload with an exemption" monitor_reload
runs "exempt: it runs" exec $agent
reported "exempt: recorded with the exemption" \
	".file.path == \"$agent\" and .interdict.decision == \"exempt\" and .interdict.exemption.id == \"LEGACY-7\""
denied "exempt: another file of the product is denied" exec /opt/acme/bin/console

clock_set "2031-06-02 23:00:00"
runs "the last day of the exemption: it runs" exec $agent
clock_set "2031-06-03 00:00:05"
denied "the day after the exemption: denied" exec $agent
check "the monitor ends" monitor_stop

# --- what an auditor asks ---

status=0
"$interdict" scan --vendors "$vendors" --format json --output scan.json 2>scan.err || status=$?
equal "scan says that restricted software was found" 1 $status
equal "scan finds every file of it and nothing else" \
	"$(printf '/%s\n' $files | sort)" "$(jq -r '.findings[].path' scan.json | sort)"
dpkg --purge acme-agent >/dev/null 2>&1
status=0
"$interdict" scan --vendors "$vendors" --format json --output scan.json 2>scan.err || status=$?
equal "after its removal scan finds nothing" "0 0" "$status $(jq '.findings | length' scan.json)"
finish
