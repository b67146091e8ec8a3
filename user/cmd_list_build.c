/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list build`: nobody publishes a list for the vendor that has to go, but
 * its packages are at hand, or what it installed is.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "cmd_list.h"
#include "command.h"
#include "harvest.h"
#include "log.h"
#include "util.h"

#define PROBLEMS_SHOWN 50

const char cmd_list_build_help[] =
	"usage: interdict list build [OPTION...] [SOURCE...]\n"
	"\n"
	"Makes a list of what a machine would run of some software, with sizes, paths and\n"
	"provenance. A SOURCE is a package file or another archive (.deb .rpm .apk .tar.*\n"
	".cpio .zip .jar .iso, also inside of one another; nothing is unpacked to disk), a\n"
	"directory, or a file. Wanted are programs, shared objects, scripts, kernel modules\n"
	"(compressed ones also as the module inside), jars, and files with a mode that lets\n"
	"them be executed. Two runs over the same software give the same list.\n"
	"\n"
	"  --package GLOB        the files of installed packages (dpkg, rpm); may be repeated\n"
	"  --vendor-file FILE    what this vendor file's [identity] names, as far as it is\n"
	"                        installed: packages, paths, units, modules; may be repeated\n"
	"  --output FILE         replace this file, as a whole; its mode will be 0644.\n"
	"                        Without: standard output\n"
	"  --product NAME        product of all entries, instead of the package's name\n"
	"  --version TEXT        version of all entries, instead of the package's\n"
	"  --all-files           list every file that is not empty\n"
	"  --no-archives         in directories and packages, do not look into archives\n"
	"  --cross               in directories, go into other file systems\n"
	"  --max-depth N         archives inside of one another (8)\n"
	"  --max-members N       members of one source's archives (2000000)\n"
	"  --max-member-size N   bytes of a member, K, M, G or T behind the number (16G)\n"
	"  --max-size N          bytes that one source's archives unpack to (256G)\n"
	"  --max-ratio N         bytes unpacked for each byte of an archive (250)\n"
	"  --threads N           files that are hashed at once (one a processor)\n"
	"\n"
	"Exit status: 0 the list is complete, 2 it is not, for reasons that were said, or there\n"
	"is none.\n";

/* Options that only have a long name. */
enum {
	OPTION_PACKAGE = 1,
	OPTION_VENDOR_FILE,
	OPTION_OUTPUT,
	OPTION_PRODUCT,
	OPTION_VERSION,
	OPTION_ALL_FILES,
	OPTION_NO_ARCHIVES,
	OPTION_CROSS,
	OPTION_MAX_DEPTH,
	OPTION_MAX_MEMBERS,
	OPTION_MAX_MEMBER_SIZE,
	OPTION_MAX_SIZE,
	OPTION_MAX_RATIO,
	OPTION_THREADS,
};

struct arguments {
	struct harvest_options harvest;
	struct strings packages;     /* borrowed texts */
	struct strings vendor_files; /* borrowed texts */
	const char *output;
};

static atomic_bool stop;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

/* The first one ends it in good order, the second one at once. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int append(struct strings *strings, char *text)
{
	char **item = reallocarray(strings->item, strings->count + 1, sizeof(*item));

	if (!item)
		return -ENOMEM;
	strings->item = item;
	item[strings->count++] = text;
	return 0;
}

/* A number from 1 to @max, with K, M, G or T for so many bytes if @sized. */
static int parse_number(const char *name, const char *text, bool sized, uint64_t max,
			uint64_t *ret_number)
{
	static const char units[] = "KMGT";
	_cleanup_free_ char *digits = strdup(text);
	size_t size = strlen(text);
	const char *unit = sized && size > 1 ? strchr(units, text[size - 1]) : NULL;
	unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;
	uint64_t number;

	if (!digits)
		return -ENOMEM;
	if (unit)
		digits[size - 1] = '\0';
	if (parse_u64(digits, max >> shift, &number) == 0 && number > 0) {
		*ret_number = number << shift;
		return 0;
	}
	log_error("list build: %s takes a number from 1 to %llu%s", name, (unsigned long long)max,
		  sized ? ", or one with K, M, G or T" : "");
	return -EINVAL;
}

static int set_limit(int option, const char *text, struct harvest_options *options)
{
	struct archive_limits *limits = &options->limits;
	uint64_t number = 0;
	int r;

	switch (option) {
	case OPTION_MAX_DEPTH:
		r = parse_number("--max-depth", text, false, ARCHIVE_DEPTH_MAX, &number);
		limits->depth = (unsigned int)number;
		return r;
	case OPTION_MAX_MEMBERS:
		return parse_number("--max-members", text, false, UINT32_MAX, &limits->members);
	case OPTION_MAX_MEMBER_SIZE:
		return parse_number("--max-member-size", text, true, INT64_MAX,
				    &limits->member_size);
	case OPTION_MAX_SIZE:
		return parse_number("--max-size", text, true, INT64_MAX, &limits->total_size);
	case OPTION_MAX_RATIO:
		return parse_number("--max-ratio", text, false, UINT32_MAX, &limits->ratio);
	case OPTION_THREADS:
		r = parse_number("--threads", text, false, HARVEST_THREADS_MAX, &number);
		options->threads = (unsigned int)number;
		return r;
	default:
		return -EINVAL;
	}
}

static int set_option(int option, char *text, struct arguments *arguments)
{
	struct harvest_options *harvest = &arguments->harvest;

	switch (option) {
	case OPTION_PACKAGE:
		return append(&arguments->packages, text);
	case OPTION_VENDOR_FILE:
		return append(&arguments->vendor_files, text);
	case OPTION_OUTPUT:
		arguments->output = text;
		return 0;
	case OPTION_PRODUCT:
		harvest->product = text;
		return 0;
	case OPTION_VERSION:
		harvest->version = text;
		return 0;
	case OPTION_ALL_FILES:
		harvest->all_files = true;
		return 0;
	case OPTION_NO_ARCHIVES:
		harvest->closed = true;
		return 0;
	case OPTION_CROSS:
		harvest->cross = true;
		return 0;
	default:
		return set_limit(option, text, harvest);
	}
}

static int parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "package", required_argument, NULL, OPTION_PACKAGE },
		{ "vendor-file", required_argument, NULL, OPTION_VENDOR_FILE },
		{ "output", required_argument, NULL, OPTION_OUTPUT },
		{ "product", required_argument, NULL, OPTION_PRODUCT },
		{ "version", required_argument, NULL, OPTION_VERSION },
		{ "all-files", no_argument, NULL, OPTION_ALL_FILES },
		{ "no-archives", no_argument, NULL, OPTION_NO_ARCHIVES },
		{ "cross", no_argument, NULL, OPTION_CROSS },
		{ "max-depth", required_argument, NULL, OPTION_MAX_DEPTH },
		{ "max-members", required_argument, NULL, OPTION_MAX_MEMBERS },
		{ "max-member-size", required_argument, NULL, OPTION_MAX_MEMBER_SIZE },
		{ "max-size", required_argument, NULL, OPTION_MAX_SIZE },
		{ "max-ratio", required_argument, NULL, OPTION_MAX_RATIO },
		{ "threads", required_argument, NULL, OPTION_THREADS },
		{ NULL, 0, NULL, 0 },
	};
	int option, r;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		r = set_option(option, optarg, arguments);
		if (r < 0)
			return r;
	}
	if (optind < argc || arguments->packages.count > 0 || arguments->vendor_files.count > 0)
		return 0;
	log_error("list build: no source was given; see `interdict list build --help`");
	return -EINVAL;
}

/* A vendor file that cannot be read was reported, and the rest goes on. */
static int add_vendor(struct harvest *harvest, const char *file, struct problems *problems)
{
	struct vendor *vendor = NULL;
	int r = vendor_load(file, problems, &vendor);

	if (r == 0 && !vendor_has_identity(vendor))
		problems_add(problems, PROBLEM_ERROR, file, 0,
			     "expected an [identity] that names something, found none");
	else if (r == 0)
		r = harvest_add_identity(harvest, vendor);
	vendor_free(vendor);
	return r == -ENOMEM || r == -ECANCELED ? r : 0;
}

static int add_sources(struct harvest *harvest, const struct arguments *arguments, char **sources,
		       struct problems *problems)
{
	int r = 0;

	for (; *sources && r == 0; sources++)
		r = harvest_add_path(harvest, *sources);
	if (r == 0 && arguments->packages.count > 0)
		r = harvest_add_packages(harvest, &arguments->packages);
	for (size_t i = 0; i < arguments->vendor_files.count && r == 0; i++)
		r = add_vendor(harvest, arguments->vendor_files.item[i], problems);
	return r;
}

static void summarize(const struct harvest_counts *counts, size_t entries, size_t merged)
{
	log_info("list build: %zu entries, out of %llu files, %llu of them archives; %zu more had "
		 "the contents of one of these",
		 entries, (unsigned long long)counts->files, (unsigned long long)counts->archives,
		 merged);
	if (counts->missing > 0)
		log_info("list build: %llu files that installed packages or units name are not "
			 "there",
			 (unsigned long long)counts->missing);
}

/* Returns 0 if the list was written, complete or not. */
static int finish(struct listing *listing, const struct harvest_counts *counts,
		  const struct arguments *arguments, struct problems *problems)
{
	size_t merged = listing_merge(listing, arguments->output, problems);
	int r;

	problems_print(problems, PROBLEMS_SHOWN);
	if (listing_count(listing) == 0) {
		log_error("list build: none of %llu files is software, so there is no list "
			  "(--all-files takes every file)",
			  (unsigned long long)counts->files);
		return -ENOENT;
	}
	r = listing_sort(listing);
	if (r < 0)
		log_error("list build: %s", strerror(-r));
	else
		r = list_write("build", listing, arguments->output);
	if (r < 0)
		return r;
	summarize(counts, listing_count(listing), merged);
	if (problems_errors(problems) > 0)
		log_error("list build: the list was written, but it is not complete: see above");
	return 0;
}

static int run(const struct arguments *arguments, char **sources, struct listing *listing,
	       struct problems *problems)
{
	struct harvest *harvest = harvest_new(&arguments->harvest, problems);
	struct harvest_counts counts = { 0 };
	int r = harvest ? add_sources(harvest, arguments, sources, problems) : -ENOMEM;

	if (r == 0)
		r = harvest_run(harvest, listing, &counts);
	harvest_free(harvest);
	if (r == 0)
		return finish(listing, &counts, arguments, problems);
	problems_print(problems, PROBLEMS_SHOWN);
	if (r == -ECANCELED)
		log_error("list build: interrupted; nothing was written");
	else
		log_error("list build: %s; nothing was written", strerror(-r));
	return r;
}

int cmd_list_build(int argc, char **argv)
{
	struct arguments arguments = { .harvest = harvest_options_default };
	struct problems *problems = problems_new();
	struct listing *listing = NULL;
	struct utsname system;
	int status = EXIT_TROUBLE;

	arguments.harvest.stop = &stop;
	if (uname(&system) == 0)
		arguments.harvest.host = system.nodename;
	if (!problems || listing_new(&listing) < 0) {
		log_error("list build: out of memory");
	} else if (parse(argc, argv, &arguments) == 0) {
		catch_signals();
		if (run(&arguments, argv + optind, listing, problems) == 0 &&
		    problems_errors(problems) == 0)
			status = EXIT_FINE;
	}
	listing_free(listing);
	problems_free(problems);
	free(arguments.packages.item);
	free(arguments.vendor_files.item);
	return status;
}
