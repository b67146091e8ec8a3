/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <linux/ioprio.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "atomic_file.h"
#include "cleanup.h"
#include "command.h"
#include "config.h"
#include "context.h"
#include "log.h"
#include "problems.h"
#include "scan.h"
#include "scan_report.h"
#include "sequences.h"
#include "util.h"

#define PROBLEMS_SHOWN 20
#define NICEST	       19

const char cmd_scan_help[] =
	"usage: interdict scan [OPTION...] [PATH...]\n"
	"\n"
	"Compares files at rest with the policy: those of all local file systems, the files\n"
	"that processes execute and map (deleted ones too), and the names of installed\n"
	"packages, units and loaded modules; or only the files of the given paths. Needs no\n"
	"running monitor. Ends with what was covered, and what was not.\n"
	"\n"
	"  --all            network and user-space file systems too\n"
	"  --format FORMAT  text, csv, json, or ecs: one JSON document a finding\n"
	"  --output FILE    write to this file, which is replaced when the scan is over\n"
	"  --full-speed     not at the lowest priority for processor and disk\n"
	"  --vendors DIR    directory of *.vendor files (" CONFIG_VENDORS_DIR ")\n"
	"  --config FILE    configuration (" CONFIG_PATH ", if it is there)\n"
	"\n"
	"The findings are sorted. Text has the coverage in lines that begin with #; csv has it\n"
	"on standard error. Ctrl-C ends the scan and shows what was covered.\n"
	"\n"
	"Exit status: 0 nothing found, 1 restricted software found, 2 usage error, or nothing\n"
	"was found and not everything could be looked at.\n";

static atomic_bool stop;

struct arguments {
	const char *config, *vendors, *output;
	enum scan_format format;
	bool all, full_speed;
};

static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "full-speed", no_argument, NULL, 's' },
		{ "vendors", required_argument, NULL, 'v' },
		{ "config", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'a') {
			arguments->all = true;
		} else if (option == 's') {
			arguments->full_speed = true;
		} else if (option == 'o') {
			arguments->output = optarg;
		} else if (option == 'v') {
			arguments->vendors = optarg;
		} else if (option == 'c') {
			arguments->config = optarg;
		} else if (option != 'f') {
			return -EINVAL;
		} else if (scan_format_parse(optarg, &arguments->format) < 0) {
			log_error("scan: --format is text, csv, json or ecs");
			return -EINVAL;
		}
	}
	return 0;
}

static int load(const struct arguments *arguments, struct config *config,
		struct policy **ret_policy)
{
	const char *path = arguments->config ? arguments->config : CONFIG_PATH;
	struct problems *problems = problems_new();
	char absolute[PATH_MAX];
	const char *vendors = arguments->vendors;
	int r = -ENOMEM;

	if (problems && config_init(config) == 0) {
		r = config_load(path, !arguments->config, problems, config);
		if (vendors && realpath(vendors, absolute))
			vendors = absolute;
		if (vendors && config_set(config, "monitor", "vendors", vendors, problems) < 0)
			r = -EINVAL;
		if (r == 0)
			r = policy_load(config->vendors_dir, problems, ret_policy);
		if (r == 0)
			r = sequences_check(config->state_dir, *ret_policy, problems);
		problems_print(problems, PROBLEMS_SHOWN);
	}
	problems_free(problems);
	return r;
}

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

static void catch_signals(void)
{
	/* A second one, for the impatient, ends the program at once. */
	const struct sigaction action = { .sa_handler = on_signal,
					  .sa_flags = (int)SA_RESETHAND | SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* After everybody else, on processor and disk; inherited by the threads of the scan. */
static void step_back(void)
{
	(void)setpriority(PRIO_PROCESS, 0, NICEST);
	syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0));
}

static int run(const struct arguments *arguments, const struct policy *policy, char **paths,
	       size_t path_count, struct scan **ret_scan)
{
	struct problems *problems = problems_new();
	struct progress *progress = progress_new("scanning", 0, 0);
	const struct scan_options options = {
		.policy = policy,
		.today = schedule_today(time(NULL)),
		.paths = paths,
		.path_count = path_count,
		.remote = arguments->all,
		.stop = &stop,
		.progress = progress,
		.problems = problems,
	};
	int r = problems ? scan_run(&options, ret_scan) : -ENOMEM;

	progress_end(progress);
	if (problems)
		problems_print(problems, PROBLEMS_SHOWN);
	if (r < 0 && (!problems || problems_errors(problems) == 0))
		log_error("scan: %s", strerror(-r));
	problems_free(problems);
	return r;
}

static int write_file(const struct scan_report *report, const struct arguments *arguments)
{
	_cleanup_(atomic_file_release) struct atomic_file file = { 0 };
	int r = atomic_file_begin(arguments->output, 0640, &file);

	if (r == 0)
		r = scan_report_write(report, arguments->format, file.stream);
	if (r == 0)
		r = atomic_file_commit(&file);
	return r;
}

static int write_report(const struct scan_report *report, const struct arguments *arguments)
{
	_cleanup_free_ char *quoted = NULL;
	int r;

	if (arguments->output)
		r = write_file(report, arguments);
	else
		r = scan_report_write(report, arguments->format, stdout);
	if (r < 0) {
		quoted = arguments->output ? problem_quote(arguments->output,
							    strlen(arguments->output)) :
					     NULL;
		log_error("scan: cannot write to %s: %s", quoted ? quoted : "standard output",
			  strerror(-r));
		return r;
	}
	if (arguments->format == SCAN_CSV)
		(void)scan_report_coverage(report, stderr);
	return 0;
}

static int report(const struct arguments *arguments, const struct policy *policy,
		  const struct scan *scan)
{
	struct context context;
	const struct scan_report what = {
		.scan = scan,
		.policy = policy,
		.context = &context,
		.today = schedule_today(time(NULL)),
	};

	context_init(&context);
	policy_digest(policy, context.policy_digest);
	if (write_report(&what, arguments) < 0)
		return EXIT_TROUBLE;
	if (scan_get_findings(scan)->count > 0)
		return EXIT_FOUND;
	return scan_is_complete(scan_get_coverage(scan)) ? EXIT_FINE : EXIT_TROUBLE;
}

int cmd_scan(int argc, char **argv)
{
	struct arguments arguments = { .format = SCAN_TEXT };
	struct config config = { 0 };
	struct policy *policy = NULL;
	struct scan *scan = NULL;
	int status = EXIT_TROUBLE;

	if (parse(argc, argv, &arguments) < 0)
		return EXIT_TROUBLE;
	catch_signals();
	if (load(&arguments, &config, &policy) == 0) {
		if (!arguments.full_speed)
			step_back();
		if (run(&arguments, policy, argv + optind, (size_t)(argc - optind), &scan) == 0)
			status = report(&arguments, policy, scan);
	}
	/* A thread that has not come back from a file system still looks at all of this. */
	if (scan && scan_get_coverage(scan)->stuck) {
		fflush(NULL);
		_exit(status);
	}
	scan_free(scan);
	policy_free(policy);
	config_release(&config);
	return status;
}
