/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list show`: what lists hold, for a person and for programs. Sorted, so
 * that two outputs can be compared.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_list.h"
#include "cmd_list_policy.h"
#include "command.h"
#include "log.h"
#include "table.h"
#include "util.h"

const char cmd_list_show_help[] =
	"usage: interdict list show [OPTION...] [FILE...]\n"
	"\n"
	"Shows the entries of all vendors, or those of the lists that are named, in any\n"
	"format; FILE - is standard input. Sorted by vendor, product, version, package and\n"
	"path. Digests of package files (archive =) are marked: the monitor does not look\n"
	"for them.\n"
	"\n"
	"  --config FILE    configuration (" CONFIG_PATH ", if it is there)\n"
	"  --vendors DIR    directory of *.vendor files, if no FILE is named\n"
	"  --by WHAT        numbers only: by vendor, product or version\n"
	"  --format FORMAT  text, csv or json\n"
	"\n"
	"Exit status: 0 all is well, 2 usage error, or a list that could not be understood.\n";

enum level {
	LEVEL_VENDOR,
	LEVEL_PRODUCT,
	LEVEL_VERSION,
	LEVEL_ROWS, /* no numbers but the entries themselves */
};

struct row {
	const struct entry *entry;
	bool archive;
};

struct view {
	const struct policy *policy;
	struct row *rows;
	size_t count;
	enum level level;
	enum table_format format;
};

/* Texts of a row on all levels, and what stands below a level. */
static const char *text_at(const struct policy *policy, const struct entry *entry,
			   enum level level)
{
	switch (level) {
	case LEVEL_VENDOR:
		return list_policy_label(policy_vendor(policy, entry->vendor));
	case LEVEL_PRODUCT:
		return policy_entry_product(policy, entry);
	case LEVEL_VERSION:
		return policy_entry_version(policy, entry);
	case LEVEL_ROWS:
		break;
	}
	return "";
}

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct policy *policy = context;
	const struct row *a = left, *b = right;
	int order = (a->entry->vendor > b->entry->vendor) - (a->entry->vendor < b->entry->vendor);

	for (enum level level = LEVEL_PRODUCT; !order && level < LEVEL_ROWS; level++)
		order = strcmp(text_at(policy, a->entry, level), text_at(policy, b->entry, level));
	if (!order)
		order = strcmp(policy_entry_package(policy, a->entry),
			       policy_entry_package(policy, b->entry));
	if (!order)
		order = strcmp(policy_entry_path(policy, a->entry),
			       policy_entry_path(policy, b->entry));
	if (!order)
		order = memcmp(a->entry->digest, b->entry->digest, sizeof(a->entry->digest));
	return order ? order : a->archive - b->archive;
}

static int collect(struct view *view)
{
	size_t entries = policy_entry_count(view->policy);
	size_t archives = policy_archive_count(view->policy);

	view->rows = calloc(entries + archives + 1, sizeof(*view->rows));
	if (!view->rows)
		return -ENOMEM;
	for (size_t i = 0; i < entries; i++)
		view->rows[view->count++] =
			(struct row){ policy_entry(view->policy, (uint32_t)i + 1), false };
	for (size_t i = 0; i < archives; i++)
		view->rows[view->count++] = (struct row){ policy_archive(view->policy, i), true };
	qsort_r(view->rows, view->count, sizeof(*view->rows), compare_rows,
		(struct policy *)view->policy);
	return 0;
}

/* Whether two rows are the same down to and including @level. */
static bool same_group(const struct view *view, const struct row *a, const struct row *b,
		       enum level level)
{
	if (a->entry->vendor != b->entry->vendor)
		return false;
	for (enum level i = LEVEL_PRODUCT; i <= level; i++)
		if (!streq(text_at(view->policy, a->entry, i), text_at(view->policy, b->entry, i)))
			return false;
	return true;
}

/* End of the group that begins with row @first, and how many of it are archives. */
static size_t group_end(const struct view *view, size_t first, enum level level,
			size_t *ret_archives)
{
	size_t end = first;

	*ret_archives = 0;
	for (; end < view->count &&
	       same_group(view, &view->rows[first], &view->rows[end], level);
	     end++)
		*ret_archives += view->rows[end].archive;
	return end;
}

static void print_text(const char *text)
{
	_cleanup_free_ char *quoted = *text ? problem_quote(text, strlen(text)) : NULL;

	fputs(quoted ? quoted : "-", stdout);
}

static void print_counts(size_t entries, size_t archives)
{
	if (entries > 0 || archives == 0)
		printf("%zu %s%s", entries, entries == 1 ? "entry" : "entries",
		       archives > 0 ? ", " : "");
	if (archives > 0)
		printf("%zu %s", archives, archives == 1 ? "package file" : "package files");
}

/* "kaspersky kesl 12.0: 15 entries" */
static void print_heading(const struct view *view, size_t first, enum level level)
{
	size_t archives, end = group_end(view, first, level, &archives);

	for (enum level i = LEVEL_VENDOR; i <= level; i++) {
		if (i > LEVEL_VENDOR)
			putchar(' ');
		print_text(text_at(view->policy, view->rows[first].entry, i));
	}
	fputs(": ", stdout);
	print_counts(end - first - archives, archives);
	putchar('\n');
}

static void print_row(const struct view *view, const struct row *row)
{
	const char *package = policy_entry_package(view->policy, row->entry);
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(row->entry->digest, hex);
	printf("  %s ", hex);
	if (row->entry->size == ENTRY_SIZE_UNKNOWN)
		printf("%10s ", "-");
	else
		printf("%10llu ", (unsigned long long)row->entry->size);
	print_text(policy_entry_path(view->policy, row->entry));
	if (*package) {
		fputs(" from ", stdout);
		print_text(package);
	}
	fputs(row->archive ? " (package file)\n" : "\n", stdout);
}

static int show_text(const struct view *view)
{
	enum level heading = view->level == LEVEL_ROWS ? LEVEL_VERSION : view->level;

	for (size_t i = 0; i < view->count; i++) {
		if (i == 0 ||
		    !same_group(view, &view->rows[i - 1], &view->rows[i], heading))
			print_heading(view, i, heading);
		if (view->level == LEVEL_ROWS)
			print_row(view, &view->rows[i]);
	}
	return table_flush(stdout);
}

static int show_rows(const struct view *view)
{
	static const struct table_column columns[] = {
		{ "vendor", false },  { "kind", false },    { "sha256", false },
		{ "size", true },     { "product", false }, { "version", false },
		{ "package", false }, { "path", false },    { "source", false },
	};
	struct table table = { .out = stdout,
			       .format = view->format,
			       .columns = columns,
			       .column_count = ARRAY_SIZE(columns) };

	table_begin(&table);
	for (size_t i = 0; i < view->count && !ferror(stdout); i++) {
		const struct row *row = &view->rows[i];
		char hex[DIGEST_HEX_SIZE], size[24] = "";
		const char *values[] = {
			text_at(view->policy, row->entry, LEVEL_VENDOR),
			row->archive ? "archive" : "file",
			hex,
			size,
			policy_entry_product(view->policy, row->entry),
			policy_entry_version(view->policy, row->entry),
			policy_entry_package(view->policy, row->entry),
			policy_entry_path(view->policy, row->entry),
			policy_entry_source(view->policy, row->entry),
		};

		digest_to_hex(row->entry->digest, hex);
		if (row->entry->size != ENTRY_SIZE_UNKNOWN)
			snprintf(size, sizeof(size), "%llu", (unsigned long long)row->entry->size);
		table_row(&table, values);
	}
	return table_end(&table);
}

static int show_counts(const struct view *view)
{
	static const char *const names[] = { "vendor", "product", "version" };
	struct table_column columns[LEVEL_ROWS + 2] = { 0 };
	size_t texts = (size_t)view->level + 1;
	struct table table = { .out = stdout,
			       .format = view->format,
			       .columns = columns,
			       .column_count = texts + 2 };

	for (size_t i = 0; i < texts; i++)
		columns[i] = (struct table_column){ names[i], false };
	columns[texts] = (struct table_column){ "entries", true };
	columns[texts + 1] = (struct table_column){ "archives", true };
	table_begin(&table);
	for (size_t i = 0, end; i < view->count && !ferror(stdout); i = end) {
		const char *values[LEVEL_ROWS + 2];
		char entries[24], packages[24];
		size_t archives;

		end = group_end(view, i, view->level, &archives);
		for (size_t level = 0; level < texts; level++)
			values[level] = text_at(view->policy, view->rows[i].entry,
						(enum level)level);
		snprintf(entries, sizeof(entries), "%zu", end - i - archives);
		snprintf(packages, sizeof(packages), "%zu", archives);
		values[texts] = entries;
		values[texts + 1] = packages;
		table_row(&table, values);
	}
	return table_end(&table);
}

static int show(struct view *view)
{
	int r = collect(view);

	if (r == 0 && view->format == TABLE_TEXT)
		r = show_text(view);
	else if (r == 0)
		r = view->level == LEVEL_ROWS ? show_rows(view) : show_counts(view);
	if (r < 0)
		log_error("list show: cannot write to standard output: %s", strerror(-r));
	free(view->rows);
	return r;
}

static int parse_level(const char *name, enum level *ret_level)
{
	static const char *const names[] = { "vendor", "product", "version" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(names[i], name)) {
			*ret_level = (enum level)i;
			return 0;
		}
	}
	log_error("list show: --by is vendor, product or version");
	return -EINVAL;
}

static int parse(int argc, char **argv, struct list_policy_source *source, struct view *view)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "vendors", required_argument, NULL, 'v' },
		{ "by", required_argument, NULL, 'b' },
		{ "format", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'c') {
			source->config = optarg;
		} else if (option == 'v') {
			source->vendors = optarg;
		} else if (option == 'b') {
			if (parse_level(optarg, &view->level) < 0)
				return -EINVAL;
		} else if (option != 'f') {
			return -EINVAL;
		} else if (table_format_parse(optarg, &view->format) < 0) {
			log_error("list show: --format is text, csv or json");
			return -EINVAL;
		}
	}
	source->files = (const char *const *)argv + optind;
	source->file_count = (size_t)(argc - optind);
	if (source->vendors && source->file_count > 0) {
		log_error("list show: either --vendors or files");
		return -EINVAL;
	}
	return 0;
}

int cmd_list_show(int argc, char **argv)
{
	struct view view = { .level = LEVEL_ROWS, .format = TABLE_TEXT };
	struct problems *problems = problems_new();
	struct list_policy_source source = { 0 };
	struct policy *policy = NULL;
	struct config config = { 0 };
	int status = EXIT_TROUBLE;

	if (problems && parse(argc, argv, &source, &view) == 0) {
		int r = list_policy_load(&source, problems, &config, &policy);

		problems_print(problems, PROBLEMS_KEPT_MAX);
		view.policy = policy;
		if (r == 0 && show(&view) == 0)
			status = EXIT_FINE;
	}
	problems_free(problems);
	policy_free(policy);
	config_release(&config);
	return status;
}
