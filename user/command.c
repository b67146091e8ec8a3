/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What verbs have in common: they are found in a table by their names, and explain themselves.
 */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "util.h"

static void usage(const struct command_table *table, FILE *out)
{
	fprintf(out, "usage: %s\n\n", table->synopsis);
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "  %-*s %s\n", table->width, table->commands[i].name,
			table->commands[i].summary);
	fprintf(out, "\n%s", table->epilogue);
}

static bool is_help(const char *text)
{
	return streq(text, "--help") || streq(text, "-h");
}

int command_run(const struct command_table *table, int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		usage(table, stderr);
		return EXIT_TROUBLE;
	}
	if (is_help(name) || streq(name, "help")) {
		usage(table, stdout);
		return EXIT_FINE;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct command *command = &table->commands[i];

		if (!streq(command->name, name))
			continue;
		if (command->help && argc > 2 && is_help(argv[2])) {
			fputs(command->help, stdout);
			return EXIT_FINE;
		}
		return command->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "interdict: no %s '%s'%s; `%s --help` lists them\n", table->kind, name,
		table->of, table->path);
	return EXIT_TROUBLE;
}

int command_parse_json(int argc, char **argv, bool *ret_json)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'j')
			return -EINVAL;
		json = true;
	}
	if (optind < argc) {
		fprintf(stderr, "interdict %s: '%s' is too much\n", argv[0], argv[optind]);
		return -EINVAL;
	}
	*ret_json = json;
	return 0;
}
