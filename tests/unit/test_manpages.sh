#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The manual says what the program does: its commands and options, the configuration's options
# with their defaults, the keys of vendor files, the fields' flags and health actions. Each
# comparison goes both ways.
set -uo pipefail

export LC_ALL=C
source_root=${INTERDICT_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build_root=${INTERDICT_BUILD:-$source_root/build}
interdict=${INTERDICT:-$build_root/interdict}
man=$source_root/user/man
results=0
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# same NAME WANTED GOT: two lists of lines, in any order, and neither is empty.
same() {
	local wanted got difference
	wanted=$(sort -u <<<"$2")
	got=$(sort -u <<<"$3")
	results=$((results + 1))
	if [ -n "$wanted" ] && [ "$wanted" = "$got" ]; then
		printf 'ok %d - %s\n' "$results" "$1"
		return
	fi
	difference=$(diff <(printf '%s\n' "$wanted") <(printf '%s\n' "$got") | grep '^[<>]')
	failures=$((failures + 1))
	printf 'not ok %d - %s\n# < only in the program, > only in the manual\n# %s\n' "$results" \
		"$1" "${difference//$'\n'/$'\n'# }"
}

# section PAGE MACRO TITLE: the lines of a page between this heading and the next of its kind.
section() {
	awk -v macro="$2" -v title="$3" '
	$1 == macro { inside = substr($0, length(macro) + 2) == title; next }
	$1 == ".Sh" { inside = 0 }
	inside' "$man/$1"
}

# Options that stand at the beginning of a help text's line: with their arguments' help.
# The arguments are a command, or `list` and a verb.
help_options() {
	"$interdict" "$@" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'
}

# All words of a help text that look like options.
help_words() {
	"$interdict" "$@" --help | grep -o -- '--[a-z][a-z-]*' | sed 's/^--//' | grep -vx help
}

# options_agree PAGE COMMAND [VERB]: those of the help text are those of the page's subsection.
options_agree() {
	local page=$1 options manual words
	shift
	options=$(help_options "$@")
	manual=$(section "$page" .Ss "${*: -1}" | sed -n 's/^\.It Fl -\([a-z-]*\).*/\1/p')
	words=$(help_words "$@")
	# "none" on both sides: a command without options is one too.
	same "options of $*" "${options:-none}" "${manual:-none}"
	same "options of $* in its usage line" "${options:-none}" "${words:-none}"
}

# synopsis PAGE: a line "COMMAND: OPTION" for each option there.
synopsis() {
	section "$1" .Sh SYNOPSIS | awk '
	$1 == ".Cm" { command = substr($0, 5) }
	$1 == ".Op" && $2 == "Fl" && command { print command ": " substr($3, 2) }
	$1 == ".Fl" && command && $2 != "-help" { print command ": " substr($2, 2) }'
}

# Rows "section key default" of the table in config.c, its macros resolved.
config_rows() {
	local text name value
	text=$(tr '\n\t' '  ' <"$source_root/user/monitor/config.c" |
		grep -Eo 'OPTION\("[^;]*\),' | sed 's/), *OPTION(/),\nOPTION(/g; s/), *}.*/),/')
	while read -r name value; do
		text=${text//"$name"/$value}
	done < <(sed -En 's/^#define[ \t]+(CONFIG_VENDORS_DIR|CONFIG_WARNING_LISTS|CONFIG_STATE_DIR|OUTPUT_SYSLOG_PATH)[ \t]+(".*")/\1 \2/p' \
		"$source_root"/user/*/*.h)
	sed -En 's/^OPTION\("([^"]*)", "([^"]*)".*"([^"]*)"\),.*/\1 \2 \3/p' <<<"$text"
}

# The same of the manual page: .Ss [section], .It Cm key ..., Default: and .Cm default.
config_manual() {
	awk '
	$1 == ".Ss" { section = substr($2, 2, length($2) - 2) }
	$1 == ".Sh" { section = "" }
	$1 == ".It" && $2 == "Cm" && section != "" { key = $3 }
	$0 == "Default:" { wanted = 1; next }
	wanted && $1 == ".Cm" { print section, key, $2; wanted = 0 }
	' "$man/interdict.conf.5"
}

# "section key from A to B" of every option that takes a number, as the program says it when it
# is given none; and as the manual does.
config_ranges() {
	local section key rest
	while read -r section key rest; do
		printf '[%s]\n%s = nonsense\n' "$section" "$key" >"$work/conf"
		"$interdict" run --config "$work/conf" 2>&1 |
			sed -En "s/.* expected .*(from [0-9A-Za-z]+ to [0-9A-Za-z]+).*/$section $key \\1/p"
	done < <(config_rows)
}

config_manual_ranges() {
	awk '
	$1 == ".Ss" { section = substr($2, 2, length($2) - 2) }
	$1 == ".Sh" { section = "" }
	$1 == ".It" && $2 == "Cm" && section != "" { key = $3 }
	key != "" && match($0, /from [0-9A-Za-z]+ to [0-9A-Za-z]+/) {
		print section, key, substr($0, RSTART, RLENGTH)
	}
	' "$man/interdict.conf.5"
}

# And of the configuration that ships: [section], #key = default.
config_shipped() {
	awk '
	/^\[/ { section = substr($1, 2, length($1) - 2) }
	/^#[a-z-]+ = / { print section, substr($1, 2), $3 }
	' "$source_root/user/etc/interdict.conf"
}

# Rows "section key" of the tables of vendor files, and of their page.
vendor_rows() {
	sed -En 's/^[ \t]*\{ \{ "([a-z]+)", "([a-z0-9-]+)", .*/\1 \2/p' \
		"$source_root/user/policy/vendor.c" "$source_root/user/policy/vendor_exempt.c"
}

vendor_manual() {
	awk '
	$1 == ".Ss" { section = $2; gsub(/[][]/, "", section) }
	$1 == ".Sh" { section = "" }
	$1 == ".It" && $2 == "Cm" && section != "" { print section, $3 }
	' "$man/interdict.vendor.5"
}

if [ ! -x "$interdict" ]; then
	echo "Bail out! no program $interdict"
	exit 1
fi

commands=$("$interdict" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
same "every command has its part of interdict(8)" "$commands" \
	"$(sed -n 's/^\.Ss \([a-z]*\)$/\1/p' "$man/interdict.8")"
same "every command stands in the synopsis" "$commands" \
	"$(section interdict.8 .Sh SYNOPSIS | sed -n 's/^\.Cm \([a-z]*\)$/\1/p')"
# `scan` has a page of its own, and no options in that of the others.
for command in $commands; do
	[ "$command" = scan ] || options_agree interdict.8 "$command"
done
options_agree interdict-scan.8 scan
synopsis=$(synopsis interdict.8; synopsis interdict-scan.8)
same "every option stands in the synopsis" \
	"$(for command in $commands; do help_options "$command" | sed "s/^/$command: /"; done)" \
	"$(grep -v ': help$' <<<"$synopsis")"

verbs=$("$interdict" list --help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
same "every verb of list has its part of interdict-list(8)" "$verbs" \
	"$(section interdict-list.8 .Sh VERBS | sed -n 's/^\.Ss \([a-z-]*\)$/\1/p')"
same "every verb of list stands in the synopsis" "$verbs" \
	"$(section interdict-list.8 .Sh SYNOPSIS | sed -n 's/^\.Cm list \([a-z-]*\)$/\1/p')"
for verb in $verbs; do
	options_agree interdict-list.8 list "$verb"
done
list_synopsis=$(synopsis interdict-list.8)
same "every option of list's verbs stands in the synopsis" \
	"$(for verb in $verbs; do help_options list "$verb" | sed "s/^/list $verb: /"; done)" \
	"$list_synopsis"

known=$(sed 's/.*: //' <<<"$synopsis"$'\n'"$list_synopsis"; echo help)
same "every option that the manual names is one" "$known" \
	"$(cat "$man"/*.[578] | grep -Eo '\bFl -[a-z-]+' | sed 's/Fl -//')"

same "options of the configuration and their defaults, in the manual" \
	"$(config_rows)" "$(config_manual)"
same "ranges of the configuration's numbers" "$(config_ranges)" "$(config_manual_ranges)"
same "options of the configuration and their defaults, in the file that ships" \
	"$(config_rows)" "$(config_shipped)"
same "keys of vendor files" "$(vendor_rows)" "$(vendor_manual)"
same "formats of lists" "$("$interdict" list import --format '?' | awk '{ print $1 }')" \
	"$(section interdict.vendor.5 .Ss Formats | sed -n 's/^\.It Li //p')"

# path-reversed does not leave the decoder.
same "flags of alerts" \
	"$(sed -En 's/^[ \t]*\{ EVENT_[A-Z_]+, "([a-z-]+)" \},/\1/p' "$source_root/user/output/events.c" |
		grep -vx path-reversed)" \
	"$(section interdict-events.5 .Ss "What an alert says" |
		sed -n '/^\.It Em flags/,$s/^\.It Li //p' | sed 's/ , /\n/g')"
same "actions of health records" \
	"$({
		grep -hoE '(report_(health|policy)|monitor_health_counters)\(monitor(->report)?, "[a-z-]+"' \
			"$source_root"/user/monitor/*.c
		grep -hoE '\.action = "[a-z-]+"' "$source_root"/user/monitor/*.c
		sed -n '/^static const char \*health_of_counter/,/^}/p' "$source_root/user/monitor/monitor_status.c" |
			grep -o 'return "[a-z-]*"'
	} | sed 's/.*"\(.*\)"/\1/')" \
	"$(section interdict-events.5 .Ss "Health records" | sed -n 's/^\.It Li //p')"
same "severities of the system log" "$(sed -n '/^int alert_severity/,/^}/p
	/^int health_severity/,/^}/p' "$source_root/user/output/events.c" |
	grep -o 'LOG_[A-Z]*' | sed 's/LOG_//; s/.*/\L&/')" \
	"$(section interdict-events.5 .Ss "System log" | sed -n 's/^\.It .* Ta //p')"

same "fields of a scan's findings" \
	"$(sed -En 's/^\t\{ (NULL|"[a-z0-9]+"), (NULL|"[^"]+"), FIELD_.*/\1 \2/p' \
		"$source_root/user/scan/scan_fields.c" | sed 's/NULL/-/g; s/"//g')" \
	"$(section interdict-scan.8 .Ss Fields | sed -En 's/^\.It (Li )?([^ ]+) Ta (Li )?([^ ]+) Ta .*/\2 \4/p' |
		grep -v '^Sy ')"

# lint NAME PAGE: mandoc has nothing to say about it.
lint() {
	local said
	results=$((results + 1))
	if said=$(mandoc -T lint -W warning "$2" 2>&1) && [ -z "$said" ]; then
		printf 'ok %d - %s\n' "$results" "$1"
	else
		failures=$((failures + 1))
		printf 'not ok %d - %s\n# %s\n' "$results" "$1" "${said//$'\n'/$'\n'# }"
	fi
}

for page in "$man"/*.[578]; do
	name=${page##*/}
	if command -v mandoc >/dev/null; then
		lint "mandoc finds nothing wrong with $name" "$page"
	else
		results=$((results + 1))
		printf 'ok %d - %s # SKIP no mandoc: scripts/deps test installs it\n' "$results" "lint of $name"
	fi
done

printf '1..%d\n' "$results"
exit $((failures > 0))
