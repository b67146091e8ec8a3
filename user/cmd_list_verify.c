/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list verify`: everything that the monitor checks when it loads lists,
 * and what takes too long to be checked then.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_list.h"
#include "cmd_list_policy.h"
#include "command.h"
#include "hygiene.h"
#include "log.h"
#include "protect.h"
#include "secure_file.h"
#include "sequences.h"
#include "table.h"
#include "util.h"

const char cmd_list_verify_help[] =
	"usage: interdict list verify [OPTION...] [FILE...]\n"
	"\n"
	"Checks the vendor files and all their lists, or the lists that are named, in any\n"
	"format. Errors are what the monitor would refuse: a line that is malformed, two\n"
	"sizes of one digest, the empty file, a file that this host needs, files that\n"
	"others may write to, a signed list without a good signature or older than before.\n"
	"Warnings are entries that get into lists by mistake: digests of another vendor too,\n"
	"those on a warning list, and files of an installed package (dpkg, rpm) that the\n"
	"vendor's [identity] does not name.\n"
	"\n"
	"  --config FILE    configuration (" CONFIG_PATH ", if it is there)\n"
	"  --vendors DIR    directory of *.vendor files, if no FILE is named\n"
	"  --deep           if some entry has no size, compare every executable and library\n"
	"                   of installed packages with the lists: gigabytes\n"
	"\n"
	"Run it as root, to see what the monitor sees: files that could not be read are said\n"
	"and do not count. Exit status: 0 all is well, 1 warnings, 2 errors.\n";

static int parse(int argc, char **argv, struct list_policy_source *source, bool *ret_deep)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "vendors", required_argument, NULL, 'v' },
		{ "deep", no_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c')
			source->config = optarg;
		else if (option == 'v')
			source->vendors = optarg;
		else if (option == 'd')
			*ret_deep = true;
		else
			return -EINVAL;
	}
	source->files = (const char *const *)argv + optind;
	source->file_count = (size_t)(argc - optind);
	if (source->vendors && source->file_count > 0) {
		log_error("list verify: either --vendors or files");
		return -EINVAL;
	}
	return 0;
}

/* A list need not be safe before a vendor file names it: a warning, not an error. */
static void check_mode(const char *path, struct problems *problems)
{
	struct problems *found = problems_new();
	const struct problem *first;
	int fd = -EBADF;

	if (!found)
		return;
	if (!streq(path, "-") && secure_open_file(path, NULL, found, &fd) < 0) {
		first = problems_first_error(found);
		problems_add(problems, PROBLEM_WARNING, path, 0,
			     "would be refused if a vendor file named it: %s",
			     first ? first->text : "out of memory");
	}
	cleanup_close(&fd);
	problems_free(found);
}

static void print_lists(const struct policy *policy)
{
	for (size_t i = 0; i < policy_list_count(policy); i++) {
		const struct policy_list *list = policy_list(policy, i);
		_cleanup_free_ char *path = problem_quote(list->path, strlen(list->path));

		printf("list     %s: %s, %u %s%s\n", path ? path : "?",
		       list->format ? list->format : "empty", list->rows,
		       list->rows == 1 ? "entry" : "entries",
		       list->archive ? " of package files" : "");
	}
}

static void print_owned(const struct hygiene_owned *owned)
{
	printf("packages %zu paths of installed packages, %zu files read\n", owned->paths,
	       owned->hashed);
	if (owned->blind > 0 && !owned->deep)
		printf("         %zu entries have neither size nor path: only --deep compares "
		       "them\n",
		       owned->blind);
}

/* @ret_unread: warnings that are about files of this machine, and not about entries. */
static int check_policy(const struct policy *policy, const struct config *config, bool deep,
			struct problems *problems, size_t *ret_unread)
{
	size_t warnings = problems_warnings(problems);
	const struct package_db_options database = { .rpm = true };
	struct hygiene_owned owned = { .database = &database, .deep = deep };
	int older = sequences_check(config->state_dir, policy, problems);
	int r = protect_check(policy, problems);

	*ret_unread = problems_warnings(problems) - warnings;
	/* What is listed is in the problems: see what else there is. */
	if (r == 0 || r == -EINVAL)
		r = hygiene_check(policy, config->warning_lists, problems);
	if (r == 0)
		r = hygiene_check_owned(policy, &owned, problems);
	if (r == 0)
		r = older;
	if (r < 0)
		return r;
	*ret_unread += owned.unreadable > 0;
	print_lists(policy);
	printf("vendors  %zu, %zu entries, %zu of package files\n", policy_vendor_count(policy),
	       policy_entry_count(policy), policy_archive_count(policy));
	print_owned(&owned);
	return 0;
}

static int verify(const struct list_policy_source *source, bool deep, struct problems *problems,
		  struct config *config, size_t *ret_unread)
{
	struct policy *policy = NULL;
	int r = list_policy_load(source, problems, config, &policy);

	for (size_t i = 0; r == 0 && i < source->file_count; i++)
		check_mode(source->files[i], problems);
	if (r == 0)
		r = check_policy(policy, config, deep, problems, ret_unread);
	policy_free(policy);
	if (r < 0 && problems_errors(problems) == 0)
		log_error("list verify: %s", strerror(-r));
	return r;
}

int cmd_list_verify(int argc, char **argv)
{
	struct problems *problems = problems_new();
	struct list_policy_source source = { 0 };
	struct config config = { 0 };
	bool deep = false;
	size_t unread = 0;
	int status = EXIT_TROUBLE;

	if (problems && parse(argc, argv, &source, &deep) == 0) {
		int r = verify(&source, deep, problems, &config, &unread);

		problems_print(problems, 2 * PROBLEMS_KEPT_MAX);
		printf("verify   %zu errors, %zu warnings%s\n", problems_errors(problems),
		       problems_warnings(problems),
		       r < 0 ? "; not all could be checked" : "");
		if (table_flush(stdout) == 0 && r == 0 && problems_errors(problems) == 0)
			status = problems_warnings(problems) > unread ? EXIT_FOUND : EXIT_FINE;
	}
	problems_free(problems);
	config_release(&config);
	return status;
}
