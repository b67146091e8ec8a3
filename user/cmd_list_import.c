/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list import`: lists of any format in, one native list out. A line
 * that is lost without a word would be a program that runs.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "cmd_list.h"
#include "command.h"
#include "listing_read.h"
#include "log.h"
#include "util.h"

const char cmd_list_import_help[] =
	"usage: interdict list import [OPTION...] FILE...\n"
	"\n"
	"Reads lists of digests in any format that is known, also compressed, and writes\n"
	"one list in the native CSV: each digest once, sorted by product, version, package,\n"
	"path and digest. FILE - is standard input. Says on standard error what each file\n"
	"held. Needs no root.\n"
	"\n"
	"  --format NAME   what the files are, instead of what they look like; --format '?'\n"
	"                  lists the formats\n"
	"  --output FILE   replace this file, as a whole and only if all went well; its\n"
	"                  mode will be 0644. Without: standard output\n"
	"  --product NAME  product of the entries that name none\n"
	"  --version TEXT  version of the entries that name none\n"
	"  --source TEXT   provenance of the entries that name none, instead of the name of\n"
	"                  their file\n"
	"  --keep-going    write what is good although some lines were malformed\n"
	"\n"
	"Digests that are no SHA-256 (MD5, SHA-1 and others) are counted, reported and left\n"
	"out: nothing can be enforced by them. Other lines that are no entry are errors.\n"
	"\n"
	"Exit status: 0 every entry was written, 1 written, but malformed lines are missing\n"
	"(--keep-going), 2 nothing was written.\n";

struct arguments {
	const char *format, *output;
	struct listing_defaults defaults;
	bool keep_going;
};

/* What came of the files. */
struct import {
	struct listing *listing;
	struct file_result {
		struct list_facts facts;
		size_t errors;
		bool failed; /* not read to its end */
	} *files;
	size_t count;
	size_t errors;
	bool failed;
};

static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "output", required_argument, NULL, 'o' },
		{ "product", required_argument, NULL, 'p' },
		{ "version", required_argument, NULL, 'v' },
		{ "source", required_argument, NULL, 's' },
		{ "keep-going", no_argument, NULL, 'k' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'f')
			arguments->format = optarg;
		else if (option == 'o')
			arguments->output = optarg;
		else if (option == 'p')
			arguments->defaults.product = optarg;
		else if (option == 'v')
			arguments->defaults.version = optarg;
		else if (option == 's')
			arguments->defaults.source = optarg;
		else if (option == 'k')
			arguments->keep_going = true;
		else
			return -EINVAL;
	}
	if (optind == argc && !(arguments->format && streq(arguments->format, "?"))) {
		log_error("list import: no file was given; see `interdict list import --help`");
		return -EINVAL;
	}
	return 0;
}

static int print_formats(void)
{
	struct list_format_name format;

	for (size_t i = 0; list_format_at(i, &format); i++)
		printf("%-14s %s\n", format.name, format.description);
	return fflush(stdout) == 0 ? EXIT_FINE : EXIT_TROUBLE;
}

static void append_count(struct buffer *line, const char *before, size_t count, const char *what)
{
	if (count == 0)
		return;
	buffer_append_string(line, before);
	buffer_append_u64(line, count);
	buffer_append_string(line, what);
}

/* "csv, 12 entries, 2 of them repeated; not enforceable: 3 MD5; 1 error" */
static void summarise(const struct import *import, size_t number, const char *name)
{
	const struct file_result *file = &import->files[number];
	const struct list_facts *facts = &file->facts;
	_cleanup_free_ char *quoted = problem_quote(name, strlen(name));
	bool weak = false;
	struct buffer line = { 0 };

	buffer_append_string(&line, facts->format ? facts->format : "no list");
	if (facts->compression) {
		buffer_append_string(&line, " in ");
		buffer_append_string(&line, facts->compression);
	}
	buffer_append_string(&line, ", ");
	buffer_append_u64(&line, facts->rows);
	buffer_append_string(&line, facts->rows == 1 ? " entry" : " entries");
	append_count(&line, ", ", listing_merged(import->listing, number), " of them repeated");
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++) {
		_cleanup_free_ char *kind = format_string(" %s", list_weak_name(i));

		append_count(&line, weak ? ", " : "; not enforceable: ", facts->weak[i],
			     kind ? kind : "");
		weak |= facts->weak[i] > 0;
	}
	append_count(&line, "; ", facts->set_aside, " left out (no digest of a file, or the list itself says so)");
	append_count(&line, "; ", file->errors, file->errors == 1 ? " error" : " errors");
	buffer_append_char(&line, '\0');
	log_message(weak || file->errors ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, "%s: %s",
		    quoted ? quoted : "a file", line.failed ? "" : line.data);
	buffer_release(&line);
}

/* Reads one file; what is wrong with it is said at once, before the next one's. */
static void import_file(struct import *import, const char *path, const struct arguments *arguments)
{
	struct file_result *file = &import->files[import->count++];
	struct problems *problems = problems_new();

	if (!problems) {
		import->failed = true;
		return;
	}
	if (listing_read(import->listing, path, arguments->format, &arguments->defaults, problems,
			 &file->facts) < 0)
		import->failed = true;
	file->errors = problems_errors(problems);
	import->errors += file->errors;
	problems_print(problems, PROBLEMS_KEPT_MAX);
	problems_free(problems);
}

static void merge(struct import *import)
{
	struct problems *problems = problems_new();

	if (!problems) {
		import->failed = true;
		return;
	}
	listing_merge(import->listing, NULL, problems);
	import->errors += problems_errors(problems);
	problems_print(problems, PROBLEMS_KEPT_MAX);
	problems_free(problems);
	if (listing_sort(import->listing) < 0) {
		log_error("list import: out of memory");
		import->failed = true;
	}
}

/* Whether what was read is to be written; if not, says why. */
static bool may_write(const struct import *import, bool keep_going)
{
	if (import->failed) {
		log_error("list import: nothing was written, since not all could be read");
		return false;
	}
	if (listing_count(import->listing) == 0) {
		log_error("list import: nothing was written: no usable entry, expected at least "
			  "one SHA-256");
		return false;
	}
	if (import->errors > 0 && !keep_going) {
		log_error("list import: nothing was written; --keep-going writes what is good");
		return false;
	}
	return true;
}

static int run(struct import *import, const struct arguments *arguments, char **paths,
	       size_t count)
{
	for (size_t i = 0; i < count; i++)
		import_file(import, paths[i], arguments);
	if (!import->failed)
		merge(import);
	for (size_t i = 0; i < count && !import->failed; i++)
		summarise(import, i, listing_read_name(paths[i]));
	if (!may_write(import, arguments->keep_going) ||
	    list_write("import", import->listing, arguments->output) < 0)
		return EXIT_TROUBLE;
	log_info("list import: %zu entries written", listing_count(import->listing));
	return import->errors > 0 ? EXIT_FOUND : EXIT_FINE;
}

int cmd_list_import(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct import import = { 0 };
	int status = EXIT_TROUBLE;

	if (parse(argc, argv, &arguments) < 0)
		return EXIT_TROUBLE;
	if (arguments.format && streq(arguments.format, "?"))
		return print_formats();
	import.files = calloc((size_t)(argc - optind), sizeof(*import.files)); /* NOLINT: one at least */
	if (import.files && listing_new(&import.listing) == 0)
		status = run(&import, &arguments, argv + optind, (size_t)(argc - optind));
	else
		log_error("list import: out of memory");
	listing_free(import.listing);
	free(import.files);
	return status;
}
