/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `interdict list diff`: what a new list changes, before it is put in force.
 */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cleanup.h"
#include "cmd_list.h"
#include "command.h"
#include "listing_diff.h"
#include "listing_read.h"
#include "log.h"
#include "table.h"
#include "util.h"

const char cmd_list_diff_help[] =
	"usage: interdict list diff [OPTION...] OLD NEW\n"
	"\n"
	"Compares two lists of any format; one of them may be -, standard input. Added and\n"
	"removed are digests that only one of them has. Changed is a digest that has another\n"
	"size, product, version, package or path, and another digest of the same product and\n"
	"path. Provenance is not compared. Sorted by product, path and version.\n"
	"\n"
	"  --format FORMAT  text, csv or json\n"
	"\n"
	"Exit status: 0 the lists say the same, 1 they do not, 2 usage error, or a list that\n"
	"could not be understood.\n";

/* The two sides of a change, and which of them there are. */
struct sides {
	struct list_row row[2]; /* old, new */
	bool there[2];
};

static void get_sides(const struct listing *const lists[2], const struct listing_change *change,
		      struct sides *ret_sides)
{
	const size_t index[2] = { change->before, change->after };

	*ret_sides = (struct sides){ 0 };
	for (size_t i = 0; i < 2; i++) {
		ret_sides->there[i] = index[i] != LISTING_NO_ROW;
		if (ret_sides->there[i])
			listing_get(lists[i], index[i], &ret_sides->row[i]);
	}
}

static const char *change_name(enum listing_change_kind kind)
{
	static const char *const names[] = {
		[LISTING_ADDED] = "added",
		[LISTING_REMOVED] = "removed",
		[LISTING_CHANGED] = "changed",
	};

	return names[kind];
}

/* A value of a row as text that is safe in a line; "-" if the row does not say. */
static void print_value(const char *text)
{
	_cleanup_free_ char *quoted = text && *text ? problem_quote(text, strlen(text)) : NULL;

	fputs(quoted ? quoted : "-", stdout);
}

static void format_size(const struct list_row *row, char text[24])
{
	text[0] = '\0';
	if (row->size != ENTRY_SIZE_UNKNOWN)
		snprintf(text, 24, "%llu", (unsigned long long)row->size);
}

/* ", version 1.0 -> 1.1" if it is another. */
static void print_difference(const char *name, const char *before, const char *after)
{
	if (streq(before, after))
		return;
	printf(", %s ", name);
	print_value(before);
	fputs(" -> ", stdout);
	print_value(after);
}

static void print_differences(const struct list_row rows[2])
{
	static const struct {
		const char *name;
		enum list_text text;
	} texts[] = {
		{ "product", LIST_PRODUCT },
		{ "version", LIST_VERSION },
		{ "package", LIST_PACKAGE },
		{ "path", LIST_PATH },
	};
	char hex[2][DIGEST_HEX_SIZE], size[2][24];

	for (size_t i = 0; i < 2; i++) {
		digest_to_hex(rows[i].digest, hex[i]);
		format_size(&rows[i], size[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		print_difference(texts[i].name, rows[0].text[texts[i].text].bytes,
				 rows[1].text[texts[i].text].bytes);
	print_difference("size", size[0], size[1]);
	if (!streq(hex[0], hex[1]))
		printf(", now %s", hex[1]);
}

/* "added    DIGEST PRODUCT VERSION PATH", and for a change what is new. */
static void print_change(const struct listing_change *change, const struct sides *sides)
{
	const struct list_row *row = &sides->row[!sides->there[0]];
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(row->digest, hex);
	printf("%-8s %s ", change_name(change->kind), hex);
	print_value(row->text[LIST_PRODUCT].bytes);
	putchar(' ');
	print_value(row->text[LIST_VERSION].bytes);
	putchar(' ');
	print_value(row->text[LIST_PATH].bytes);
	if (change->kind == LISTING_CHANGED)
		print_differences(sides->row);
	putchar('\n');
}

/* What both sides say of a change, side by side. */
static void change_row(struct table *table, const struct listing_change *change,
		       const struct sides *sides)
{
	static const enum list_text texts[] = { LIST_PRODUCT, LIST_VERSION, LIST_PACKAGE,
						LIST_PATH };
	const char *values[1 + 2 * (2 + ARRAY_SIZE(texts))] = { change_name(change->kind) };
	char hex[2][DIGEST_HEX_SIZE], size[2][24];

	for (size_t i = 0; i < 2; i++) {
		if (!sides->there[i])
			continue;
		digest_to_hex(sides->row[i].digest, hex[i]);
		format_size(&sides->row[i], size[i]);
		values[1 + i] = hex[i];
		values[3 + i] = size[i];
		for (size_t j = 0; j < ARRAY_SIZE(texts); j++)
			values[5 + 2 * j + i] = sides->row[i].text[texts[j]].bytes;
	}
	table_row(table, values);
}

static int print_changes(const struct listing *const lists[2], enum table_format format,
			 const struct listing_change *changes, size_t count)
{
	static const struct table_column columns[] = {
		{ "change", false },	  { "old_sha256", false }, { "sha256", false },
		{ "old_size", true },	  { "size", true },	   { "old_product", false },
		{ "product", false },	  { "old_version", false }, { "version", false },
		{ "old_package", false }, { "package", false },	   { "old_path", false },
		{ "path", false },
	};
	struct table table = { .out = stdout,
			       .format = format,
			       .columns = columns,
			       .column_count = ARRAY_SIZE(columns) };

	if (format != TABLE_TEXT)
		table_begin(&table);
	for (size_t i = 0; i < count && !ferror(stdout); i++) {
		struct sides sides;

		get_sides(lists, &changes[i], &sides);
		if (format == TABLE_TEXT)
			print_change(&changes[i], &sides);
		else
			change_row(&table, &changes[i], &sides);
	}
	return format == TABLE_TEXT ? table_flush(stdout) : table_end(&table);
}

/* Reads one side. Anything that is malformed is trouble: it might be the difference. */
static int read_side(const char *path, struct listing **ret_listing)
{
	struct problems *problems = problems_new();
	struct list_facts facts = { 0 };
	uint32_t weak = 0;
	int r = problems ? listing_new(ret_listing) : -ENOMEM;

	if (r == 0)
		r = listing_read(*ret_listing, path, NULL, NULL, problems, &facts);
	if (r == 0) {
		listing_merge(*ret_listing, NULL, problems);
		r = problems_errors(problems) > 0 ? -EINVAL : 0;
	}
	for (size_t i = 0; i < LIST_WEAK_COUNT; i++)
		weak += facts.weak[i];
	if (problems && weak > 0)
		problems_add(problems, PROBLEM_WARNING, listing_read_name(path), 0,
			     "%u digests that are no SHA-256 are not compared", weak);
	if (problems)
		problems_print(problems, PROBLEMS_KEPT_MAX);
	problems_free(problems);
	return r;
}

static int compare(char **paths, enum table_format format)
{
	struct listing *lists[2] = { NULL, NULL };
	struct listing_change *changes = NULL;
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < 2; i++)
		if (read_side(paths[i], &lists[i]) < 0)
			r = -EINVAL;
	if (r == 0)
		r = listing_diff(lists[0], lists[1], &changes, &count);
	if (r == 0) {
		r = print_changes((const struct listing *const *)lists, format, changes, count);
		if (r < 0)
			log_error("list diff: cannot write to standard output: %s", strerror(-r));
	}
	free(changes);
	listing_free(lists[0]);
	listing_free(lists[1]);
	if (r < 0)
		return EXIT_TROUBLE;
	return count > 0 ? EXIT_FOUND : EXIT_FINE;
}

int cmd_list_diff(int argc, char **argv)
{
	static const struct option options[] = {
		{ "format", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	enum table_format format = TABLE_TEXT;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'f')
			return EXIT_TROUBLE;
		if (table_format_parse(optarg, &format) < 0) {
			log_error("list diff: --format is text, csv or json");
			return EXIT_TROUBLE;
		}
	}
	if (argc - optind != 2 || (streq(argv[optind], "-") && streq(argv[optind + 1], "-"))) {
		log_error("list diff: expected two lists; see `interdict list diff --help`");
		return EXIT_TROUBLE;
	}
	return compare(argv + optind, format);
}
