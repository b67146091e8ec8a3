# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # the scripts use what is set here
#
# What the test scripts share: results as TAP, files to restrict, policies, the monitor and its
# records. A script sources it, calls the functions, and ends with `finish`.
#
#   results   ok NAME, not_ok NAME [WHY], skip NAME WHY, check NAME COMMAND..., equal NAME WANT GOT
#   files     make_file TYPE PATH [CONTENT], note_file and make_noted for many, digest PATH,
#             list_write sized|unsized FILE PATH...
#   policy    vendor_write ID LIST [LINES of the .vendor file]
#   monitor   monitor_start MODE [OPTION...], monitor_stop, monitor_kill
#   records   await_record FILTER, records FILTER, count_records FILTER (jq filters)
#   clock     clock_moves, clock_set DATE (of a machine that is the test's alone)
#
# The working directory of a script is $work, on the disk; it goes away at the end, with the
# monitor, the mounts and the processes that were noted by later().
set -uo pipefail

# A mount namespace of its own: another monitor on this machine, its run and state directories
# and its pins under bpffs do not meet the test's, and no mount outlives it. With
# INTERDICT_PRIVATE=no the test is about the machine's own.
if [ "$(id -u)" -eq 0 ] && [ -z "${INTERDICT_PRIVATE-}" ]; then
	export INTERDICT_PRIVATE=$$
	exec unshare --mount --propagation private bash "$0" "$@"
fi
if [ "${INTERDICT_PRIVATE:-no}" != no ]; then
	mkdir -p /run/interdict && mount -t tmpfs -o mode=750 tmpfs /run/interdict
	mkdir -p /var/lib/interdict && mount -t tmpfs -o mode=700 tmpfs /var/lib/interdict
	[ ! -d /sys/fs/bpf ] || mount -t bpf bpf /sys/fs/bpf
fi

export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 022

# The directory with the sources, and the one with the build.
source_root=${INTERDICT_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
build_root=${INTERDICT_BUILD:-$source_root/build}
probes=$build_root/tests/probes
# shellcheck disable=SC2034 # for the scripts
probe=$probes/probe
interdict=${INTERDICT:-$build_root/interdict}

# Exit statuses of the probe, see probes/probe.c.
PROBE_RAN=0
PROBE_DENIED=100
PROBE_KILLED=101

# --- results -----------------------------------------------------------------

results=0
failures=0
finished=

ok() {
	results=$((results + 1))
	printf 'ok %d - %s\n' "$results" "$1"
}

# not_ok NAME [WHY]
not_ok() {
	results=$((results + 1))
	failures=$((failures + 1))
	printf 'not ok %d - %s\n' "$results" "$1"
	[ $# -lt 2 ] || printf '# %s\n' "${2//$'\n'/$'\n'# }"
}

skip() {
	results=$((results + 1))
	printf 'ok %d - %s # SKIP %s\n' "$results" "$1" "$2"
}

# check NAME COMMAND...: the command succeeds.
check() {
	local name=$1
	shift
	# Not in a subshell: functions that are checked may set variables and wait for children.
	if "$@" >"$work/.checked" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "failed: $*
$(cat "$work/.checked")"
	fi
}

# equal NAME WANTED GOT
equal() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "wanted: $2
got:    $3"
	fi
}

# matches NAME REGEX TEXT: some line of the text matches.
matches() {
	if grep -Eq -- "$2" <<<"$3"; then
		ok "$1"
	else
		not_ok "$1" "wanted a line like: $2
got: $3"
	fi
}

# The plan comes last: a script that does not get here has none, and has failed.
finish() {
	finished=yes
	[ "$results" -gt 0 ] || failures=1
	printf '1..%d\n' "$results"
	exit $((failures > 0))
}

# A script that cannot go on.
bail() {
	printf 'Bail out! %s\n' "$*"
	exit 1
}

# --- cleaning up -------------------------------------------------------------

work=$(mktemp -d "/var/tmp/interdict-test.XXXXXX") || exit 1
cleanups=()

# later COMMAND...: at the end, last one first.
later() {
	cleanups+=("$(printf '%q ' "$@")")
}

clean_up() {
	local i
	trap - EXIT
	monitor_kill
	for ((i = ${#cleanups[@]} - 1; i >= 0; i--)); do
		eval "${cleanups[i]}" >/dev/null 2>&1
	done
	cd /
	rm -rf --one-file-system "$work"
	if [ -z "$finished" ]; then
		echo "# ended before its plan"
	fi
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

cd "$work" || exit 1

# wait_for SECONDS COMMAND...: until it succeeds; 1 if it never does.
wait_for() {
	local until=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$until" ] || return 1
		sleep 0.05
	done
}

ended() {
	! kill -0 "$1" 2>/dev/null
}

# state PID: its letter in /proc/PID/stat, such as T for stopped; empty if it is gone.
state() {
	sed -n 's/^[0-9]* (.*) \([A-Za-z]\).*/\1/p' "/proc/$1/stat" 2>/dev/null
}

# Processes that wait on each other in a script need no test to fail loudly: kill what is left.
end_process() {
	kill -CONT "$1" 2>/dev/null
	kill -TERM "$1" 2>/dev/null
	wait_for 5 ended "$1" || kill -KILL "$1" 2>/dev/null
}

# --- files to restrict -------------------------------------------------------

# What was given out before is not given out again, or two tests would restrict each other's
# files: the tag is process and number.
tag_number=0

next_tag() {
	tag_number=$((tag_number + 1))
	printf -v tag '%04x%04x' $(($$ & 0xffff)) "$tag_number"
}

# make_file TYPE PATH [CONTENT]: a file of its own digest and, for one type, always one size.
#   program   static, prints RAN-, from its first instruction on
#   dynamic   the same by way of the C library
#   library   libtarget.so, for needs_library and load_library
#   code      begins with code that returns 42, to be mapped
#   script    run by CONTENT (default: /bin/sh); prints RAN-
#   module    the kernel module CONTENT (a path), unsigned
make_file() {
	local tag
	case $1 in
	script)
		next_tag
		printf '#!%s\necho RAN-%s\n' "${3:-/bin/sh}" "$tag" >"$2" && chmod 755 "$2"
		;;
	module)
		# Without its mark the signature is only more bytes at the end.
		next_tag
		sed "s/~Module signature appended~/~Module signature $tag~/" "$3" >"$2"
		;;
	*)
		note_file "$1" "$2"
		make_noted
		;;
	esac || bail "make_file $1 $2"
}

# note_file TYPE PATH [CONTENT]: for make_noted, which makes all at once, but for scripts and
# modules: under emulation each process counts.
noted_files=

note_file() {
	local tag
	case $1 in
	script | module)
		make_file "$@"
		;;
	*)
		next_tag
		noted_files+="$1 $tag $2"$'\n'
		;;
	esac
}

make_noted() {
	local files=$noted_files
	noted_files=
	[ -z "$files" ] || "$probes/make_files" "$probes" <<<"${files%$'\n'}" || bail "make_files"
}

digest() {
	local line
	line=$(sha256sum <"$1")
	echo "${line%% *}"
}

size() {
	stat -L -c %s "$1"
}

# list_write sized|unsized FILE PATH...: the native CSV, or bare digests. Paths without spaces.
list_write() {
	local kind=$1 file=$2
	shift 2
	if [ "$kind" = sized ]; then
		echo sha256,size,product,version,path
		paste -d ' ' <(sha256sum "$@") <(stat -L -c %s "$@") |
			awk '{ print $1 "," $3 ",Test,1.0," $2 }'
	else
		sha256sum "$@" | cut -c 1-64
	fi >"$file.new"
	mv "$file.new" "$file"
}

# generate COUNT SEED: digests that no file has.
generate() {
	awk -v count="$1" -v seed="$2" 'BEGIN {
		srand(seed)
		for (i = 0; i < count; i++) {
			for (j = 0; j < 8; j++)
				printf "%04x%04x", int(rand() * 65536), int(rand() * 65536)
			print ""
		}
	}'
}

# --- policy and monitor ------------------------------------------------------

vendors=$work/vendors
events=$work/events.json
monitor_log=$work/monitor.log
config=$work/interdict.conf
monitor=
# Set by tests/run; by hand: what this machine is good for.
if grep -qw bpf /sys/kernel/security/lsm 2>/dev/null; then
	backend=${INTERDICT_BACKEND:-lsm}
else
	backend=${INTERDICT_BACKEND:-tracepoint}
fi

# vendor_write ID LIST [LINES]: LINES go to the end, [schedule] for example.
vendor_write() {
	mkdir -p "$vendors"
	{
		printf '[vendor]\nid = %s\nname = Vendor %s\n' "$1" "$1"
		printf '[authority]\ncitation = Test order 1\nurl = https://example.org/order\n'
		printf '[lists]\nfile = %s\n' "$2"
		printf '%s\n' "${3-}"
	} >"$vendors/$1.vendor.new"
	mv "$vendors/$1.vendor.new" "$vendors/$1.vendor"
}

# A configuration that keeps tests off the machine's own log, and does not hash the machine's
# programs unless prefill=yes is set. Lines are added as they are given, first to [output].
config_write() {
	{
		[ "${prefill-}" = yes ] || printf '[prefill]\nenabled = no\n'
		printf '[output]\nsyslog = off\n'
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$config"
}

monitor_ready() {
	ended "$monitor" || has_record '.interdict.health.action == "start"'
}

# monitor_start audit|enforce [OPTION...]: in the background, records in $events; waits until
# it watches. Fails with its output shown. Nothing outlives it unless release=no is set.
monitor_start() {
	local mode=$1
	shift
	[ -f "$config" ] || config_write
	rm -f "$events"
	[ "${release-yes}" = no ] || set -- --release "$@"
	"$interdict" run --config "$config" --vendors "$vendors" --mode "$mode" \
		--backend "$backend" --format ecs --events "$events" "$@" </dev/null >"$monitor_log" 2>&1 &
	monitor=$!
	if ! wait_for 30 monitor_ready || ended "$monitor"; then
		echo "# the monitor did not start:"
		sed 's/^/# /' "$monitor_log"
		monitor_kill
		return 1
	fi
}

# Asks it to end; its exit status.
monitor_stop() {
	local status=0
	[ -n "$monitor" ] || return 0
	kill -"${1:-TERM}" "$monitor" 2>/dev/null
	if ! wait_for 15 ended "$monitor"; then
		echo "# the monitor did not end within 15 s of SIG${1:-TERM}"
		kill -KILL "$monitor"
	fi
	wait "$monitor" 2>/dev/null || status=$?
	monitor=
	return $status
}

monitor_kill() {
	[ -n "$monitor" ] || return 0
	kill -KILL "$monitor" 2>/dev/null
	wait "$monitor" 2>/dev/null
	monitor=
}

# SIGHUP, and waits for the record of the new policy, or of its refusal.
monitor_reload() {
	local before
	before=$(count_records '.interdict.health.action // "" | startswith("reload")')
	kill -HUP "$monitor"
	wait_for 20 reloads_above "$before"
}

reloads_above() {
	[ "$(count_records '.interdict.health.action // "" | startswith("reload")')" -gt "$1" ]
}

# jq 1.6 compiles its own library at each start: a quarter of a second under emulation, where gojq
# takes a tenth of that.
jq() {
	gojq "$@"
}

# records FILTER: those for which it is true, one a line.
records() {
	jq -c "select($1)" "$events"
}

count_records() {
	records "$1" 2>/dev/null | wc -l
}

# jq -e is content with no result at all, so there has to be one.
has_record() {
	jq -e -n "[inputs | select($1)] | length > 0" "$events"
}

# await_record FILTER [SECONDS]
await_record() {
	wait_for "${2:-20}" has_record "$1"
}

# reported NAME FILTER: the test that such a record comes.
reported() {
	if await_record "$2"; then
		ok "$1"
	else
		not_ok "$1" "no record with: $2
the last ones:
$(tail -n 3 "$events")"
	fi
}

# --- the clock ---------------------------------------------------------------

# Bash's own SECONDS would follow the clock.
uptime_seconds() {
	cut -d . -f 1 /proc/uptime
}

# clock_moves: to be called before the first date; at the end the clock is right again.
clock_moves() {
	clock_base=$(($(date +%s) - $(uptime_seconds)))
	later clock_restore
}

clock_restore() {
	date -s "@$((clock_base + $(uptime_seconds)))"
}

# clock_set DATE: and time for the monitor to notice.
clock_set() {
	date -s "$1" >/dev/null
	sleep 2
}

is_day() {
	[[ $(date +%F) = "$1" ]]
}

# --- what a file does --------------------------------------------------------

# What a denial looks like: the call fails, or the task dies at it.
denied_status() {
	if [ "$backend" = lsm ]; then echo "$PROBE_DENIED"; else echo "$PROBE_KILLED"; fi
}

# probe_gives NAME STATUS TECHNIQUE FILE...
probe_gives() {
	local name=$1 wanted=$2 status=0 said
	shift 2
	said=$("$probe" "$@" 2>&1) || status=$?
	if [ $status -eq "$wanted" ]; then
		ok "$name"
	else
		not_ok "$name" "wanted status $wanted, got $status: $said"
	fi
}

# runs NAME TECHNIQUE FILE..., denied NAME TECHNIQUE FILE...
runs() {
	local name=$1
	shift
	probe_gives "$name" "$PROBE_RAN" "$@"
}

denied() {
	local name=$1
	shift
	probe_gives "$name" "$(denied_status)" "$@"
}

# says NAME STATUS REGEX COMMAND...: exits like that and prints a line like that.
says() {
	local name=$1 wanted=$2 regex=$3 status=0 output
	shift 3
	output=$("$@" 2>&1 </dev/null) || status=$?
	if [ $status -ne "$wanted" ]; then
		not_ok "$name" "$*: exit status $status, wanted $wanted
$output"
	else
		matches "$name" "$regex" "$output"
	fi
}

need_root() {
	if [ "$(id -u)" -ne 0 ]; then
		echo "1..0 # SKIP needs root"
		finished=yes
		exit 0
	fi
}
