/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "check.h"
#include "cleanup.h"
#include "command.h"
#include "config.h"
#include "escape.h"
#include "features.h"
#include "log.h"
#include "output.h"
#include "problems.h"
#include "sequences.h"
#include "util.h"

#define DPKG_DIRECTORY "/var/lib/dpkg"
#define PROBLEMS_SHOWN 20

const char cmd_check_help[] =
	"usage: interdict check [OPTION...] FILE...\n"
	"\n"
	"Says what would happen to each file, and why. Needs neither root nor a running\n"
	"monitor: it reads the vendor files and hashes the files itself.\n"
	"\n"
	"  --config FILE    configuration (" CONFIG_PATH ", if it is there)\n"
	"  --vendors DIR    directory of *.vendor files (" CONFIG_VENDORS_DIR ")\n"
	"  --mode MODE      as if the monitor ran in this mode: audit or enforce\n"
	"  --uid NUMBER     as if this user executed it; exemptions may be for one user only\n"
	"  --backend NAME   as if it used this backend: auto, lsm or tracepoint\n"
	"  --format FORMAT  text, or ecs: one JSON document a file, as the record of its\n"
	"                   execution would be; the process in it is this command\n"
	"\n"
	"Files only; for the files of a directory: find DIR -type f -exec interdict check {} +\n"
	"\n"
	"Exit status: 0 nothing restricted, 1 restricted software found, 2 usage error, or some\n"
	"file could not be checked, whatever was found among the others.\n";

struct arguments {
	const char *config, *vendors, *mode, *backend;
	uint32_t uid;
	bool ecs;
};

/* What was set up for checking, and what came of it. */
struct session {
	struct config config;
	struct policy *policy;
	struct packages *packages;
	struct output *output; /* for ECS; NULL: text */
	struct context context;
	struct checker checker;
	const char *backend_text;
	char **argv;
	int argc;
	bool found, trouble;
};

static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "vendors", required_argument, NULL, 'v' },
		{ "mode", required_argument, NULL, 'm' },
		{ "uid", required_argument, NULL, 'u' },
		{ "backend", required_argument, NULL, 'b' },
		{ "format", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	const char *format = "text", *user = NULL;
	uint64_t uid = getuid();
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			arguments->config = optarg;
		else if (option == 'v')
			arguments->vendors = optarg;
		else if (option == 'm')
			arguments->mode = optarg;
		else if (option == 'b')
			arguments->backend = optarg;
		else if (option == 'u')
			user = optarg;
		else if (option == 'f')
			format = optarg;
		else
			return -EINVAL;
	}
	arguments->ecs = streq(format, "ecs");
	if (!arguments->ecs && !streq(format, "text")) {
		log_error("check: --format is text or ecs");
		return -EINVAL;
	}
	if (user && parse_u64(user, EXEMPTION_ANY_UID - 1, &uid) < 0) {
		log_error("check: --uid is the number of a user");
		return -EINVAL;
	}
	arguments->uid = (uint32_t)uid;
	if (optind == argc) {
		log_error("check: no file was given; see `interdict check --help`");
		return -EINVAL;
	}
	return 0;
}

static int configure(const struct arguments *arguments, struct problems *problems,
		     struct config *config)
{
	const char *path = arguments->config ? arguments->config : CONFIG_PATH;
	int r = config_load(path, !arguments->config, problems, config);
	const struct {
		const char *key, *value;
	} settings[] = {
		{ "mode", arguments->mode },
		{ "backend", arguments->backend },
		{ "vendors", arguments->vendors },
	};
	char absolute[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const char *value = settings[i].value;

		if (!value)
			continue;
		if (streq(settings[i].key, "vendors") && realpath(value, absolute))
			value = absolute;
		if (config_set(config, "monitor", settings[i].key, value, problems))
			r = -EINVAL;
	}
	return r;
}

/* Which backend would decide here, and how well: it may take root to find out. */
static void find_backend(struct session *session)
{
	static const enum backend order[] = { BACKEND_LSM, BACKEND_TRACEPOINT };
	struct features_verdict verdict;
	struct features features;

	features_probe(&features);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (session->config.backend != BACKEND_NONE && session->config.backend != order[i])
			continue;
		features_judge(&features, order[i], &verdict);
		if (!verdict.usable)
			continue;
		session->checker.backend = session->context.backend = order[i];
		session->context.hash_source = verdict.source;
		session->backend_text = verdict.strict ? "strict" : "late kill";
		return;
	}
	session->backend_text =
		features.privileged ? "none works on this kernel" : "not known without root";
}

static int prepare(struct session *session, const struct arguments *arguments)
{
	struct problems *problems = problems_new();
	int r = -ENOMEM;

	if (problems && config_init(&session->config) == 0) {
		r = configure(arguments, problems, &session->config);
		if (r == 0)
			r = policy_load(session->config.vendors_dir, problems, &session->policy);
		if (r == 0)
			r = sequences_check(session->config.state_dir, session->policy, problems);
		problems_print(problems, PROBLEMS_SHOWN);
	}
	problems_free(problems);
	if (r < 0)
		return r;
	session->packages = packages_new(DPKG_DIRECTORY);
	if (session->packages)
		packages_set_unbounded(session->packages);
	context_init(&session->context);
	session->context.mode = session->config.mode;
	policy_digest(session->policy, session->context.policy_digest);
	session->checker = (struct checker){
		.policy = session->policy,
		.packages = session->packages,
		.mode = session->config.mode,
		.today = schedule_today(time(NULL)),
		.uid = arguments->uid,
	};
	find_backend(session);
	if (!arguments->ecs)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	r = output_file_new("-", OUTPUT_ECS, &session->output);
	if (r < 0)
		log_error("check: cannot write to standard output: %s", strerror(-r));
	return r;
}

static void release(struct session *session)
{
	output_free(session->output);
	packages_free(session->packages);
	policy_free(session->policy);
	config_release(&session->config);
}

/* Text from outside, escaped so that it can do nothing to a terminal or a line. */
static char *quote(const char *text)
{
	struct buffer buffer = { 0 };

	escape_append_value(&buffer, text, strlen(text), SIZE_MAX);
	buffer_append_char(&buffer, '\0');
	return buffer.data;
}

static void print_field(const char *name, const char *value)
{
	_cleanup_free_ char *quoted = value && value[0] ? quote(value) : NULL;

	if (quoted)
		printf("  %-10s %s\n", name, quoted);
}

static void print_fields(const char *name, char *const *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		print_field(name, values[i]);
}

/* What an execution meets with, in a few words. */
static const char *outcome(const struct check_result *result)
{
	const struct event *event = &result->alert.event;

	if (result->archive)
		return "a listed package file, which nobody executes: allowed";
	switch (event->decision) {
	case DECISION_DENY:
		return "denied";
	case DECISION_AUDIT:
		return event->action & POLICY_AUDIT_ONLY
			       ? "allowed and reported: its vendor is capped at audit"
			       : "allowed and reported; mode = enforce would deny it";
	case DECISION_GRACE:
		return "allowed and reported, in grace";
	case DECISION_EXEMPT:
		return "allowed and reported: exempt";
	}
	if (event->reason == REASON_LISTED)
		return (event->action & POLICY_ACTION_MASK) == POLICY_ACTION_IGNORE
			       ? "allowed: its vendor is retired"
			       : "allowed and reported: its vendor is announced";
	return result->size_cleared ? "allowed: no entry has its size" : "allowed: not listed";
}

/* The next date of the schedule, and those after it. */
static void print_next(const struct schedule *schedule, int32_t today)
{
	struct milestone milestones[SCHEDULE_MILESTONES];
	size_t count = schedule_upcoming(schedule, today, milestones);

	if (count > 0)
		printf("  %-10s ", "next");
	for (size_t i = 0; i < count; i++) {
		char date[SCHEDULE_DATE_SIZE];

		schedule_format_date(milestones[i].day, date);
		printf("%s%s %s", i > 0 ? ", " : "", milestones[i].name, date);
	}
	if (count > 0)
		putchar('\n');
}

static void print_exemption(const struct checker *checker, const struct exemption *exemption)
{
	_cleanup_free_ char *approver = quote(exemption->approver);
	_cleanup_free_ char *ticket = quote(exemption->ticket);
	char date[SCHEDULE_DATE_SIZE];

	schedule_format_date(exemption->until, date);
	printf("  %-10s %s %s %s", "exemption", exemption->id,
	       exemption->until < checker->today ? "ended" : "until", date);
	if (exemption->uid != EXEMPTION_ANY_UID)
		printf(", for uid %u", exemption->uid);
	if (!policy_exempts_here(exemption))
		printf(", for another host");
	printf(", approver %s, ticket %s\n", approver ? approver : "", ticket ? ticket : "");
}

/* Those of the file, whether they hold or not. */
static void print_exemptions(const struct checker *checker, const struct vendor *vendor,
			     const uint8_t digest[INTERDICT_DIGEST_SIZE])
{
	for (size_t i = 0; i < vendor->exemption_count; i++) {
		const struct exemption *exemption = &vendor->exemptions[i];

		for (size_t j = 0; j < exemption->digest_count; j++) {
			if (memcmp(exemption->digest[j], digest, INTERDICT_DIGEST_SIZE) != 0)
				continue;
			print_exemption(checker, exemption);
			break;
		}
	}
}

static void print_entry(const struct checker *checker, const struct entry *entry)
{
	const struct policy *policy = checker->policy;
	const struct vendor *vendor = policy_vendor(policy, entry->vendor);
	enum phase phase = schedule_phase(&vendor->schedule, checker->today);
	_cleanup_free_ char *list = quote(policy_list_file(policy, entry->list));
	_cleanup_free_ char *name = quote(vendor->name);

	printf("  %-10s %s%s%s\n", "vendor", vendor->id, name ? " " : "", name ? name : "");
	printf("  %-10s %s:%u\n", "entry", list ? list : "", entry->line);
	print_field("product", policy_entry_product(policy, entry));
	print_field("version", policy_entry_version(policy, entry));
	print_field("source", policy_entry_source(policy, entry));
	printf("  %-10s %s", "phase", phase_name(phase));
	if (phase == PHASE_GRACE)
		printf(", %d days left",
		       (int)schedule_days_left(&vendor->schedule, checker->today));
	if (vendor->audit_only)
		printf(", capped at audit");
	putchar('\n');
	print_next(&vendor->schedule, checker->today);
	print_exemptions(checker, vendor, entry->digest);
	print_fields("authority", vendor->citation.item, vendor->citation.count);
	print_fields("reference", vendor->url.item, vendor->url.count);
}

/* The entry that decides first, then those of other vendors with the same digest. */
static void print_entries(const struct checker *checker, const struct check_result *result)
{
	uint32_t deciding = result->alert.entry;
	const struct entry *entry;
	uint32_t number;

	if (result->archive)
		print_entry(checker, result->archive);
	if (!deciding)
		return;
	print_entry(checker, policy_entry(checker->policy, deciding));
	number = policy_find(checker->policy, result->alert.event.digest);
	for (; (entry = policy_entry(checker->policy, number)); number++) {
		if (memcmp(entry->digest, result->alert.event.digest, INTERDICT_DIGEST_SIZE) != 0)
			break;
		if (number != deciding)
			print_entry(checker, entry);
	}
}

static void print_result(const struct session *session, const char *path,
			 const struct check_result *result)
{
	const struct alert *alert = &result->alert;
	_cleanup_free_ char *quoted = quote(path);
	char hex[DIGEST_HEX_SIZE];

	printf("%s: %s\n", quoted ? quoted : "", outcome(result));
	if (alert->path && !streq(alert->path, path))
		print_field("path", alert->path);
	digest_to_hex(alert->event.digest, hex);
	if (result->has_digest)
		printf("  %-10s %s\n", "digest", hex);
	else
		printf("  %-10s none: %s%s\n", "digest", strerror(-result->error),
		       result->size_cleared ? "" : "; inside the size gate, so it is unhashable");
	printf("  %-10s %llu\n", "size", (unsigned long long)alert->event.file.size);
	print_field("package", alert->package);
	print_field("build-id", alert->build_id);
	print_field("soname", alert->soname);
	print_field("elf-note", alert->elf_package);
	print_entries(&session->checker, result);
	if (alert->event.reason == REASON_NONE || result->archive)
		return;
	if (alert->entry)
		printf("  %-10s %s\n", "open", decision_name(result->open));
	printf("  %-10s %s\n", "mode", mode_name(session->checker.mode));
	if (session->checker.backend == BACKEND_NONE)
		printf("  %-10s %s\n", "backend", session->backend_text);
	else
		printf("  %-10s %s (%s)\n", "backend", backend_name(session->checker.backend),
		       session->backend_text);
}

static void complain(const char *path, int error)
{
	_cleanup_free_ char *quoted = quote(path);

	if (error == -EISDIR)
		log_error("check: %s is a directory; for its files: "
			  "find DIR -type f -exec interdict check {} +",
			  quoted);
	else if (error == -EINVAL)
		log_error("check: %s is no regular file", quoted);
	else
		log_error("check: %s: %s", quoted, strerror(-error));
}

/* Keeps in the record that it was this command, and no execution. */
static void name_command(const struct session *session, struct alert *alert)
{
	struct buffer line = { 0 };

	buffer_append(&line, "interdict", sizeof("interdict"));
	for (int i = 0; i < session->argc; i++) {
		buffer_append_string(&line, session->argv[i]);
		buffer_append_char(&line, '\0');
	}
	if (!line.failed)
		alert_set_args(alert, line.data, line.size);
	buffer_release(&line);
}

static void check_one(struct session *session, const char *path)
{
	static uint64_t sequence;
	struct check_result result;
	int r = check_file(&session->checker, path, &result);

	if (r < 0) {
		complain(path, r);
		session->trouble = true;
		return;
	}
	if (result.error && !result.size_cleared)
		session->trouble = true;
	if (result.alert.entry &&
	    (result.alert.event.action & POLICY_ACTION_MASK) != POLICY_ACTION_IGNORE)
		session->found = true;
	if (result.archive && result.alert.phase != PHASE_RETIRED)
		session->found = true;
	if (session->output) {
		result.alert.sequence = ++sequence;
		name_command(session, &result.alert);
		if (output_alert(session->output, &session->context, &result.alert) < 0)
			session->trouble = true;
	} else {
		print_result(session, path, &result);
	}
	check_release(&result);
}

int cmd_check(int argc, char **argv)
{
	struct session session = { .argv = argv, .argc = argc };
	struct arguments arguments = { 0 };
	int status = EXIT_TROUBLE;

	if (parse(argc, argv, &arguments) < 0)
		return EXIT_TROUBLE;
	if (prepare(&session, &arguments) == 0) {
		for (int i = optind; i < argc; i++)
			check_one(&session, argv[i]);
		if (!session.trouble)
			status = session.found ? EXIT_FOUND : EXIT_FINE;
	}
	release(&session);
	return status;
}
