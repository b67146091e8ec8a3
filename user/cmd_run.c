/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "fields.h"
#include "log.h"
#include "monitor.h"
#include "problems.h"
#include "util.h"

const char cmd_run_help[] =
	"usage: interdict run [OPTION...]\n"
	"\n"
	"Starts the monitor in the foreground: hooks execution, executable mappings, opens and\n"
	"kernel modules, and reports (audit) or denies (enforce) what a vendor file lists.\n"
	"\n"
	"  --config FILE         configuration (" CONFIG_PATH ", if it is there)\n"
	"  --vendors DIR         directory of *.vendor files (" CONFIG_VENDORS_DIR ")\n"
	"  --mode MODE           audit or enforce\n"
	"  --backend BACKEND     auto, lsm or tracepoint\n"
	"  --hold yes|no         tracepoint: stop a task until its file is hashed\n"
	"  --allow-late-kill     tracepoint: accept that a listed program may run for a moment\n"
	"  --release             nothing outlives the monitor: what it denies ends with it\n"
	"  --format FORMAT       of the event file: text or ecs\n"
	"  --events FILE         event file, - for standard output\n"
	"  --schema              print the fields of ECS records, and end\n"
	"  --verbose             say more on standard error\n"
	"\n"
	"Options override the configuration. Signals: SIGHUP reads the vendor files again,\n"
	"SIGUSR1 opens the event file anew, SIGTERM and SIGINT end the monitor.\n"
	"What it has put into the kernel stays there and goes on without it, until the next one\n"
	"takes it over or `interdict stop` ends it.\n"
	"\n"
	"Exit status: 0 ended by a signal, 2 it could not start.\n";

enum {
	OPTION_CONFIG,
	OPTION_SCHEMA,
	OPTION_RELEASE,
	OPTION_VERBOSE,
	OPTION_SETTING, /* and above: OPTION_SETTING + index in settings[] */
};

/* Options that say what a line of the configuration says. */
static const struct setting {
	const char *name;
	const char *section;
	const char *key;
	bool flag; /* no argument: yes */
} settings[] = {
	{ "vendors", "monitor", "vendors", false },
	{ "mode", "monitor", "mode", false },
	{ "backend", "monitor", "backend", false },
	{ "hold", "hold", "hold", false },
	{ "allow-late-kill", "hold", "allow-late-kill", true },
	{ "format", "output", "format", false },
	{ "events", "output", "events", false },
};

/* What the command line says, in its order; applied after the configuration. */
struct arguments {
	const char *config;
	const char *values[ARRAY_SIZE(settings)];
	bool schema;
	bool release;
};

static int parse(int argc, char **argv, struct arguments *arguments)
{
	struct option options[ARRAY_SIZE(settings) + 5] = {
		{ "config", required_argument, NULL, OPTION_CONFIG },
		{ "schema", no_argument, NULL, OPTION_SCHEMA },
		{ "verbose", no_argument, NULL, OPTION_VERBOSE },
		{ "release", no_argument, NULL, OPTION_RELEASE },
	};
	int option;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		options[4 + i] = (struct option){
			.name = settings[i].name,
			.has_arg = settings[i].flag ? no_argument : required_argument,
			.val = OPTION_SETTING + (int)i,
		};
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == OPTION_CONFIG)
			arguments->config = optarg;
		else if (option == OPTION_SCHEMA)
			arguments->schema = true;
		else if (option == OPTION_RELEASE)
			arguments->release = true;
		else if (option == OPTION_VERBOSE)
			log_set_level(LOG_LEVEL_DEBUG);
		else if (option != '?')
			arguments->values[option - OPTION_SETTING] = optarg ? optarg : "yes";
		else
			return -EINVAL;
	}
	if (optind < argc) {
		log_error("run: '%s' is too much; see `interdict run --help`", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

/* The configuration wants absolute paths; a command line may say others. */
static int apply(struct config *config, const struct setting *setting, const char *value,
		 struct problems *problems)
{
	char absolute[PATH_MAX];

	if (streq(setting->name, "vendors") && realpath(value, absolute))
		value = absolute;
	if (streq(setting->name, "events") && value[0] != '/' && !streq(value, "-")) {
		char directory[PATH_MAX];

		if (getcwd(directory, sizeof(directory)) &&
		    (size_t)snprintf(absolute, sizeof(absolute), "%s/%s", directory, value) <
			    sizeof(absolute))
			value = absolute;
	}
	return config_set(config, setting->section, setting->key, value, problems);
}

static int configure(const struct arguments *arguments, struct problems *problems,
		     struct config *config)
{
	const char *path = arguments->config ? arguments->config : CONFIG_PATH;
	int error = config_load(path, !arguments->config, problems, config);

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (!arguments->values[i])
			continue;
		if (apply(config, &settings[i], arguments->values[i], problems))
			error = -EINVAL;
	}
	return error;
}

int cmd_run(int argc, char **argv)
{
	struct arguments arguments = {};
	struct problems *problems;
	struct config config;
	int error;

	if (parse(argc, argv, &arguments))
		return EXIT_TROUBLE;
	if (arguments.schema) {
		fields_print(stdout);
		return EXIT_FINE;
	}
	problems = problems_new();
	if (!problems || config_init(&config)) {
		log_error("out of memory");
		return EXIT_TROUBLE;
	}
	error = configure(&arguments, problems, &config);
	config.release = arguments.release;
	problems_print(problems, 20);
	problems_free(problems);
	if (!error)
		error = monitor_run(&config);
	config_release(&config);
	return error ? EXIT_TROUBLE : EXIT_FINE;
}
