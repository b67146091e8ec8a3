/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "command.h"
#include "control_client.h"
#include "events.h"
#include "pins.h"
#include "util.h"

#define NS_PER_S 1000000000ULL

const char cmd_status_help[] =
	"usage: interdict status [--json]\n"
	"\n"
	"Shows what the running monitor does: mode, backend, policy, vendors with their\n"
	"phase, their next dates and exemptions, what is denied from tomorrow on, what\n"
	"somebody has to look at, counters, what was lost, and how the last reload ended.\n"
	"Without a monitor: what one that has ended has left attached.\n"
	"\n"
	"  --json   the same as one JSON object\n"
	"\n"
	"Exit status: 0 a monitor runs, 2 it does not or cannot be asked.\n";

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "-";
}

static long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

/* "today", "in 1 day", "in 12 days", "3 days ago" */
static void print_distance(long long days)
{
	long long count = days < 0 ? -days : days;

	if (days == 0)
		printf("today");
	else
		printf("%s%lld day%s%s", days > 0 ? "in " : "", count, count == 1 ? "" : "s",
		       days < 0 ? " ago" : "");
}

static void print_milestones(const json_t *vendor)
{
	const json_t *milestone;
	size_t i;

	json_array_foreach(json_object_get(vendor, "milestones"), i, milestone) {
		printf("  %s       %s ", i == 0 ? "next:" : "then:", text_of(milestone, "name"));
		print_distance(number_of(milestone, "days"));
		printf(" (%s)\n", text_of(milestone, "date"));
	}
}

static void print_exemptions(const json_t *vendor)
{
	const json_t *exemption;
	size_t i;

	json_array_foreach(json_object_get(vendor, "exemptions"), i, exemption) {
		const char *state = text_of(exemption, "state");

		printf("  exempt:     %s %s %s (%s), %lld digests", text_of(exemption, "id"),
		       streq(state, "ended") ? "ended" : "ends", text_of(exemption, "until"), state,
		       number_of(exemption, "digests"));
		if (json_object_get(exemption, "uid"))
			printf(", uid %lld", number_of(exemption, "uid"));
		if (json_object_get(exemption, "host"))
			printf(", host %s", text_of(exemption, "host"));
		printf(", ticket %s, approver %s\n", text_of(exemption, "ticket"),
		       text_of(exemption, "approver"));
	}
}

static void print_vendors(const json_t *policy)
{
	const json_t *vendor;
	size_t i;

	json_array_foreach(json_object_get(policy, "vendors"), i, vendor) {
		printf("vendor       %s (%s): %s", text_of(vendor, "id"), text_of(vendor, "name"),
		       text_of(vendor, "phase"));
		if (json_object_get(vendor, "days_left"))
			printf(", %lld days left", number_of(vendor, "days_left"));
		printf(", %lld entries, open %s%s\n", number_of(vendor, "entries"),
		       text_of(vendor, "open"),
		       streq(text_of(vendor, "mode"), "audit") ? ", capped at audit" : "");
		print_milestones(vendor);
		print_exemptions(vendor);
	}
}

/* What would be, says the monitor in audit: it denies nothing tomorrow either. */
static void print_tomorrow(const json_t *policy, const char *mode)
{
	const char *what = streq(mode, "enforce") ? "denied" : "would be denied in enforce";
	const json_t *denial;
	size_t i;

	json_array_foreach(json_object_get(policy, "tomorrow"), i, denial) {
		printf("tomorrow     %s: vendor %s, ", what, text_of(denial, "vendor"));
		if (json_object_get(denial, "exemption"))
			printf("exemption %s ends today, %lld digests\n",
			       text_of(denial, "exemption"), number_of(denial, "digests"));
		else
			printf("prohibited from then on, %lld entries\n",
			       number_of(denial, "digests"));
	}
}

static void print_warnings(const json_t *policy)
{
	const json_t *warning;
	size_t i;

	json_array_foreach(json_object_get(policy, "warnings"), i, warning)
		printf("warning      %s\n", text_of(warning, "text"));
}

static void print_counters(const json_t *counters)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)counters, key, value) {
		if (json_integer_value(value))
			printf("counter      %-16s %lld\n", key,
			       (long long)json_integer_value(value));
	}
}

static void print_output(const char *name, const json_t *output)
{
	printf("%-12s given %lld, written %lld, waiting %lld, lost %lld%s%s\n", name,
	       number_of(output, "given"), number_of(output, "written"),
	       number_of(output, "waiting"), number_of(output, "lost"),
	       *text_of(output, "error") ? ", last error: " : "", text_of(output, "error"));
}

static void print_account_output(const char *name, const json_t *output)
{
	if (json_is_object(output))
		printf("  %-9s  written %lld, repeats of these %lld, lost %lld, waiting %lld\n", name,
		       number_of(output, "written"), number_of(output, "repeated"),
		       number_of(output, "lost"), number_of(output, "waiting"));
}

/* Where every record of the kernel has gone. */
static void print_account(const json_t *account)
{
	printf("accounted    %s, difference %lld: sent %lld, found %lld = lost %lld, undecodable "
	       "%lld, dismissed %lld, waiting %lld, alerts %lld\n",
	       json_is_true(json_object_get(account, "closes")) ? "yes" : "NO",
	       number_of(account, "difference"), number_of(account, "sent"),
	       number_of(account, "found"),
	       number_of(account, "lost_alerts") + number_of(account, "lost_telemetry"),
	       number_of(account, "undecodable"), number_of(account, "dismissed"),
	       number_of(account, "waiting"), number_of(account, "reported"));
	print_account_output("events:", json_object_get(account, "events"));
	print_account_output("syslog:", json_object_get(account, "syslog"));
}

static void print_reload(const json_t *reload)
{
	time_t when = (time_t)number_of(reload, "time");
	struct tm local;
	char text[64];

	if (!json_is_object(reload))
		return;
	localtime_r(&when, &local);
	strftime(text, sizeof(text), "%F %T", &local);
	printf("last reload  %s at %s%s%s\n", text_of(reload, "outcome"), text,
	       *text_of(reload, "error") ? ": " : "", text_of(reload, "error"));
}

static void print_identity(const json_t *identity)
{
	if (!json_is_true(json_object_get(identity, "enabled")))
		return;
	printf("identity     first executions %lld, named %lld, listed %lld, suspect %lld, dropped %lld, "
	       "learned %lld, not learned %lld\n",
	       number_of(identity, "seen"), number_of(identity, "named"),
	       number_of(identity, "listed"), number_of(identity, "suspect"),
	       number_of(identity, "dropped"), number_of(identity, "learned"),
	       number_of(identity, "refused"));
}

static void print_prefill(const json_t *prefill)
{
	printf("prefill      %s", text_of(prefill, "state"));
	if (json_object_get(prefill, "seen"))
		printf(": %lld files, %lld known before, %lld hashed (%lld MiB), %lld changed meanwhile, "
		       "%lld stored, %.1f s",
		       number_of(prefill, "seen"), number_of(prefill, "known"),
		       number_of(prefill, "hashed"), number_of(prefill, "bytes") >> 20,
		       number_of(prefill, "changed"), number_of(prefill, "stored"),
		       json_number_value(json_object_get(prefill, "seconds")));
	putchar('\n');
}

static void print_privileges(const json_t *privileges)
{
	const json_t *name;
	size_t i;

	printf("privileges   seccomp: %s, protect: %s, capabilities:", text_of(privileges, "seccomp"),
	       json_is_true(json_object_get(privileges, "protect")) ? "yes" : "no");
	json_array_foreach(json_object_get(privileges, "capabilities"), i, name)
		printf("%s %s", i ? "," : "", json_string_value(name));
	putchar('\n');
}

/* Whether the compiled lists are on disk, for the next start, and out of memory. */
static void print_cache(const json_t *policy)
{
	const json_t *cache = json_object_get(policy, "cache");
	bool failed = json_object_get(cache, "error");

	printf("cache        %s%s%s%s\n", text_of(cache, "state"), failed ? ": " : "",
	       failed ? text_of(cache, "error") : "",
	       json_is_true(json_object_get(policy, "resident")) ?
		       ", no file to lie in: the policy is in memory" : "");
}

static void print_status(const json_t *status)
{
	const json_t *policy = json_object_get(status, "policy");
	const json_t *hold = json_object_get(status, "hold");
	const json_t *report = json_object_get(status, "report");

	printf("interdict    %s, pid %lld, up %lld s\n", text_of(status, "version"),
	       number_of(status, "pid"), number_of(status, "uptime"));
	printf("mode         %s\n", text_of(status, "mode"));
	printf("programs     %zu, %s\n", json_array_size(json_object_get(status, "programs")),
	       json_is_true(json_object_get(status, "pinned")) ? "stay when the monitor ends" :
								 "end with the monitor");
	printf("backend      %s (%s), hash source %s\n", text_of(status, "backend"),
	       json_is_true(json_object_get(hold, "strict")) ? "strict" : "late kill",
	       text_of(status, "hash_source"));
	print_privileges(json_object_get(status, "privileges"));
	printf("policy       %lld, %lld entries, digest %.16s, from %s\n",
	       number_of(policy, "generation"), number_of(policy, "entries"),
	       text_of(policy, "digest"), text_of(status, "vendors_dir"));
	print_cache(policy);
	print_vendors(policy);
	print_tomorrow(policy, text_of(status, "mode"));
	print_warnings(policy);
	print_reload(json_object_get(status, "last_reload"));
	printf("hold         %s, now %lld, released %lld, killed %lld, recovered %lld, overdue %lld\n",
	       json_is_true(json_object_get(hold, "enabled")) ? "on" : "off",
	       number_of(hold, "held"), number_of(hold, "released"), number_of(hold, "killed"),
	       number_of(hold, "recovered"), number_of(hold, "overdue"));
	if (json_is_false(json_object_get(status, "keeps_digests")))
		printf("digests      none is kept any more: no room to remember another file mapped "
		       "shared and writable\n");
	print_prefill(json_object_get(status, "prefill"));
	printf("alerts       %lld given, record %lld is the last, %lld wait to be collapsed\n",
	       number_of(report, "alerts"), number_of(report, "sequence"),
	       number_of(report, "collapsed"));
	print_account(json_object_get(status, "account"));
	print_identity(json_object_get(status, "identity"));
	print_output("events", json_object_get(report, "events"));
	print_output("syslog", json_object_get(report, "syslog"));
	print_counters(json_object_get(status, "counters"));
}

/* What is attached although no monitor answers. */
static void report_leftovers(bool json)
{
	struct pins_state state;
	uint64_t now = clock_boottime();
	long long attached, silent;
	const char *mode;

	if (geteuid() != 0 || !pins_look(&state))
		return;
	attached = state.loaded && state.loaded < now ? (long long)((now - state.loaded) / NS_PER_S) : 0;
	silent = state.known && state.heartbeat < now ?
			 (long long)((now - state.heartbeat) / NS_PER_S) :
			 0;
	mode = state.known ? mode_name(state.mode) : "unknown";
	if (json)
		printf("{ \"monitor\": false, \"programs\": %u, \"mode\": \"%s\", "
		       "\"backend\": \"%s\", \"attached\": %lld, \"silent\": %lld, \"held\": %u }\n",
		       state.programs, mode, backend_name(state.backend), attached, silent,
		       state.held);
	else if (state.programs)
		printf("%u programs of one that has ended stay attached: %s mode, %s backend, for %lld s;\n"
		       "its last heartbeat is %lld s old; %u tasks are held. The next monitor takes them\n"
		       "over, `interdict stop` ends them.\n",
		       state.programs, mode, backend_name(state.backend), attached, silent,
		       state.held);
	else
		printf("nothing is attached; %u tasks of one that has ended are held\n", state.held);
}

int cmd_status(int argc, char **argv)
{
	bool json;
	json_t *status;

	if (command_parse_json(argc, argv, &json) < 0)
		return EXIT_TROUBLE;
	status = control_client_ask("status");
	if (!status) {
		report_leftovers(json);
		return EXIT_TROUBLE;
	}
	if (json) {
		json_dumpf(status, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		print_status(status);
	}
	json_decref(status);
	return EXIT_FINE;
}
