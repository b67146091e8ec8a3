/* SPDX-License-Identifier: BSD-2-Clause */
#include "vendor.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "ini_file.h"
#include "secure_file.h"
#include "steady_file.h"
#include "util.h"
#include "vendor_private.h"

#define ID_MAX 64U

#define EXEMPT_PREFIX "exempt "

struct vendor_key {
	struct ini_key name;
	void (*set)(struct loader *loader, const struct ini_line *line, size_t offset);
	size_t offset; /* of the member of struct vendor */
};

static void *member(struct vendor *vendor, size_t offset)
{
	return (char *)vendor + offset;
}

/* Text goes to logs and reports: no control characters. False if it was reported. */
static bool text_is_plain(const struct ini_line *line, struct problems *problems)
{
	for (const char *c = line->value; *c; c++) {
		if ((unsigned char)*c >= ' ' && *c != 0x7f)
			continue;
		problems_add_found(problems, line->file, line->number, line->value,
				   strlen(line->value), "%s: expected no control characters",
				   line->key);
		return false;
	}
	return true;
}

void vendor_set_text(struct loader *loader, const struct ini_line *line, char **text)
{
	if (!text_is_plain(line, loader->problems))
		return;
	*text = strdup(line->value);
	loader->out_of_memory |= !*text;
}

static void set_text(struct loader *loader, const struct ini_line *line, size_t offset)
{
	vendor_set_text(loader, line, member(loader->vendor, offset));
}

static void add_text(struct loader *loader, const struct ini_line *line, size_t offset)
{
	struct strings *list = member(loader->vendor, offset);
	char **item;

	if (!text_is_plain(line, loader->problems))
		return;
	item = reallocarray(list->item, list->count + 1, sizeof(*item));
	if (item) {
		list->item = item;
		item[list->count] = strdup(line->value);
	}
	if (!item || !item[list->count])
		loader->out_of_memory = true;
	else
		list->count++;
}

/* A glob that matches every text names nothing. */
static void add_glob(struct loader *loader, const struct ini_line *line, size_t offset)
{
	if (line->value[strspn(line->value, "*?/")] == '\0') {
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value), "%s: expected a glob that names something",
				   line->key);
		return;
	}
	add_text(loader, line, offset);
}

static void add_path_glob(struct loader *loader, const struct ini_line *line, size_t offset)
{
	if (*line->value != '/') {
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value), "path: expected a glob of absolute paths");
		return;
	}
	add_glob(loader, line, offset);
}

static void set_id(struct loader *loader, const struct ini_line *line, size_t offset)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t size = strlen(line->value);

	if (size > ID_MAX || strspn(line->value, characters) != size ||
	    strchr("._-", *line->value)) {
		problems_add_found(loader->problems, line->file, line->number, line->value, size,
				   "id: expected at most %u lower-case letters, digits and . _ - "
				   "after the first",
				   ID_MAX);
		return;
	}
	loader->vendor->id_line = line->number;
	set_text(loader, line, offset);
}

static void set_date(struct loader *loader, const struct ini_line *line, size_t offset)
{
	int32_t *day = member(loader->vendor, offset);

	if (schedule_parse_date(line->value, day) < 0)
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value),
				   "%s: expected a date of the calendar as YYYY-MM-DD", line->key);
}

static void set_grace(struct loader *loader, const struct ini_line *line, size_t offset)
{
	(void)offset;
	if (schedule_parse_days(line->value, &loader->grace) < 0)
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value),
				   "grace: expected a number of days from 1d to 36500d");
}

/* Reads one of two words: true for @yes. */
static bool one_of(struct loader *loader, const struct ini_line *line, const char *no,
		   const char *yes)
{
	if (!streq(line->value, no) && !streq(line->value, yes))
		problems_add_found(loader->problems, line->file, line->number, line->value,
				   strlen(line->value), "%s: expected %s or %s", line->key, no, yes);
	return streq(line->value, yes);
}

static void set_open(struct loader *loader, const struct ini_line *line, size_t offset)
{
	*(bool *)member(loader->vendor, offset) = one_of(loader, line, "audit", "deny");
}

static void set_mode(struct loader *loader, const struct ini_line *line, size_t offset)
{
	*(bool *)member(loader->vendor, offset) = one_of(loader, line, "enforce", "audit");
}

static void set_learn(struct loader *loader, const struct ini_line *line, size_t offset)
{
	*(bool *)member(loader->vendor, offset) = one_of(loader, line, "no", "yes");
}

static void set_signed_by(struct loader *loader, const struct ini_line *line, size_t offset)
{
	loader->vendor->signed_by_line = line->number;
	set_text(loader, line, offset);
}

/* Takes over list->path, which is NULL if there was no memory for it. */
static void append_list(struct loader *loader, const struct vendor_list *list)
{
	struct vendor *vendor = loader->vendor;
	struct vendor_list *lists;

	lists = reallocarray(vendor->lists, vendor->list_count + 1, sizeof(*lists));
	if (lists)
		vendor->lists = lists;
	if (!lists || !list->path) {
		free(list->path);
		loader->out_of_memory = true;
		return;
	}
	lists[vendor->list_count++] = *list;
}

/* Relative to the directory of the vendor file. */
static void add_list_file(struct loader *loader, const struct ini_line *line, bool archive)
{
	const char *file = loader->vendor->file;
	const char *slash = strrchr(file, '/');
	int directory = slash && *line->value != '/' ? (int)(slash + 1 - file) : 0;
	const struct vendor_list list = {
		.path = format_string("%.*s%s", directory, file, line->value),
		.line = line->number,
		.archive = archive,
	};

	append_list(loader, &list);
}

static void add_list(struct loader *loader, const struct ini_line *line, size_t offset)
{
	(void)offset;
	add_list_file(loader, line, false);
}

static void add_archive(struct loader *loader, const struct ini_line *line, size_t offset)
{
	(void)offset;
	add_list_file(loader, line, true);
}

#define SCHEDULE(date) offsetof(struct vendor, schedule.date)
#define IDENTITY(kind) offsetof(struct vendor, identity.kind)

/* Keys of one section stand together. */
static const struct vendor_key keys[] = {
	{ { "vendor", "id", false }, set_id, offsetof(struct vendor, id) },
	{ { "vendor", "name", false }, set_text, offsetof(struct vendor, name) },
	{ { "vendor", "alias", true }, add_text, offsetof(struct vendor, alias) },
	{ { "vendor", "mode", false }, set_mode, offsetof(struct vendor, audit_only) },
	{ { "authority", "citation", true }, add_text, offsetof(struct vendor, citation) },
	{ { "authority", "url", true }, add_text, offsetof(struct vendor, url) },
	{ { "authority", "scope", false }, set_text, offsetof(struct vendor, scope) },
	{ { "schedule", "announced", false }, set_date, SCHEDULE(announced) },
	{ { "schedule", "identify", false }, set_date, SCHEDULE(identify) },
	{ { "schedule", "plan", false }, set_date, SCHEDULE(plan) },
	{ { "schedule", "begin-removal", false }, set_date, SCHEDULE(begin_removal) },
	{ { "schedule", "prohibited", false }, set_date, SCHEDULE(prohibited) },
	{ { "schedule", "grace", false }, set_grace, 0 },
	{ { "schedule", "vendor-updates-end", false }, set_date, SCHEDULE(vendor_updates_end) },
	{ { "schedule", "review", false }, set_date, SCHEDULE(review) },
	{ { "schedule", "retired", false }, set_date, SCHEDULE(retired) },
	{ { "lists", "file", true }, add_list, 0 },
	{ { "lists", "archive", true }, add_archive, 0 },
	{ { "lists", "open", false }, set_open, offsetof(struct vendor, open_deny) },
	{ { "lists", "signed-by", false }, set_signed_by, offsetof(struct vendor, signed_by) },
	{ { "identity", "package", true }, add_glob, IDENTITY(package) },
	{ { "identity", "path", true }, add_path_glob, IDENTITY(path) },
	{ { "identity", "unit", true }, add_glob, IDENTITY(unit) },
	{ { "identity", "module", true }, add_glob, IDENTITY(module) },
	{ { "identity", "learn", false }, set_learn, IDENTITY(learn) },
};

static void handle_line(void *cookie, const struct ini_line *line)
{
	struct loader *loader = cookie;
	const struct vendor_key *key;

	if (strncmp(line->section, EXEMPT_PREFIX, strlen(EXEMPT_PREFIX)) == 0) {
		exemption_line(loader, line, line->section + strlen(EXEMPT_PREFIX));
		return;
	}
	key = ini_lookup(loader->table, line, loader->problems);
	if (key)
		key->set(loader, line, key->offset);
}

/* Line in which a key was given; 0: it was not. */
static unsigned int line_of(const struct loader *loader, const char *section, const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (streq(keys[i].name.section, section) && streq(keys[i].name.key, key))
			return loader->table->seen[i];
	return 0;
}

static void schedule_error(const struct loader *loader, const char *key, const char *text)
{
	problems_add(loader->problems, PROBLEM_ERROR, loader->vendor->file,
		     line_of(loader, "schedule", key), "%s: %s", key, text);
}

/* What comes before the prohibition has to be in its order. */
static void finish_milestones(struct loader *loader)
{
	const struct schedule *schedule = &loader->vendor->schedule;
	const struct {
		const char *key;
		int32_t day;
	} order[] = {
		{ "announced", schedule->announced },
		{ "identify", schedule->identify },
		{ "plan", schedule->plan },
		{ "begin-removal", schedule->begin_removal },
	};
	size_t before = 0;

	for (size_t i = 1; i < ARRAY_SIZE(order); i++) {
		if (order[i].day == SCHEDULE_NONE)
			continue;
		if (order[before].day != SCHEDULE_NONE && order[i].day < order[before].day)
			problems_add(loader->problems, PROBLEM_ERROR, loader->vendor->file,
				     line_of(loader, "schedule", order[i].key),
				     "%s: expected a date not before that of %s", order[i].key,
				     order[before].key);
		before = i;
	}
}

/* Works grace out, and checks the order of the dates. */
static void finish_schedule(struct loader *loader)
{
	struct schedule *schedule = &loader->vendor->schedule;
	bool announced = line_of(loader, "schedule", "announced") > 0;
	bool prohibited = line_of(loader, "schedule", "prohibited") > 0;
	bool grace = line_of(loader, "schedule", "grace") > 0;

	if (grace && prohibited)
		schedule_error(loader, "grace", "expected either grace or prohibited, not both");
	else if (grace && !announced)
		schedule_error(loader, "grace",
			       "expected a date announced too, from which the days are counted");
	else if (announced && !grace && !prohibited)
		schedule_error(loader, "announced",
			       "expected prohibited = YYYY-MM-DD or grace = 45d with it");
	else if (grace && loader->grace != SCHEDULE_NONE && schedule->announced != SCHEDULE_NONE)
		schedule->prohibited = schedule->announced + loader->grace;
	if (prohibited && schedule->prohibited != SCHEDULE_NONE &&
	    schedule->prohibited < schedule->announced)
		schedule_error(loader, "prohibited",
			       "expected a date not before the one it was announced at");
	finish_milestones(loader);
	if (schedule->retired != SCHEDULE_NONE && (schedule->retired < schedule->announced ||
						   schedule->retired < schedule->prohibited))
		schedule_error(loader, "retired", "expected a date after all the others");
}

/* What was learned stays in force when nothing more is learned. */
static void add_learned_list(struct loader *loader)
{
	const struct vendor_list list = {
		.path = vendor_learned_list(loader->vendor),
		.learned = true,
	};
	struct stat st;

	if (!list.path || lstat(list.path, &st) == 0 || errno != ENOENT)
		append_list(loader, &list);
	else
		free(list.path);
}

static void finish(struct loader *loader)
{
	struct vendor *vendor = loader->vendor;

	finish_schedule(loader);
	if (!line_of(loader, "vendor", "id"))
		problems_add(loader->problems, PROBLEM_ERROR, vendor->file, 0,
			     "expected id = ... in [vendor]");
	if (vendor->id && !vendor->name) {
		vendor->name = strdup(vendor->id);
		loader->out_of_memory |= !vendor->name;
	}
	if (!line_of(loader, "lists", "file") && !vendor_has_identity(vendor))
		problems_add(loader->problems, PROBLEM_WARNING, vendor->file, 0,
			     "no file = ... in [lists] and no [identity]: nothing of this vendor is "
			     "recognised");
	if (vendor->identity.learn && !vendor_has_identity(vendor))
		problems_add(loader->problems, PROBLEM_ERROR, vendor->file,
			     line_of(loader, "identity", "learn"),
			     "learn: expected package, path, unit or module with it");
	exemptions_finish(loader);
	add_learned_list(loader);
	if (loader->out_of_memory)
		problems_add(loader->problems, PROBLEM_ERROR, vendor->file, 0, "out of memory");
}

static void free_pointer(struct vendor **vendor)
{
	vendor_free(*vendor);
}

static int vendor_new(const char *path, struct vendor **ret_vendor)
{
	_cleanup_(free_pointer) struct vendor *vendor = calloc(1, sizeof(*vendor));

	if (!vendor)
		return -ENOMEM;
	vendor->schedule = (struct schedule)SCHEDULE_INIT;
	vendor->file = strdup(path);
	if (!vendor->file)
		return -ENOMEM;
	*ret_vendor = TAKE_PTR(vendor);
	return 0;
}

int vendor_load(const char *path, struct problems *problems, struct vendor **ret_vendor)
{
	_cleanup_(free_pointer) struct vendor *vendor = NULL;
	unsigned int seen[ARRAY_SIZE(keys)] = { 0 };
	const struct ini_table table = { keys, ARRAY_SIZE(keys), sizeof(keys[0]), seen };
	struct loader loader = { .problems = problems, .table = &table, .grace = SCHEDULE_NONE };
	size_t errors = problems_errors(problems);
	_cleanup_close_ int fd = -EBADF;
	struct steady_file file = { 0 };
	int r;

	r = secure_open_file(path, NULL, problems, &fd);
	if (r < 0)
		return r;
	r = vendor_new(path, &vendor);
	if (r < 0)
		return r;
	loader.vendor = vendor;
	r = steady_file_begin(fd, path, problems, &file);
	if (r == 0)
		r = ini_read(fd, path, problems, handle_line, &loader);
	if (r == 0)
		r = steady_file_end(&file, fd, path, problems);
	if (r < 0)
		return r;
	finish(&loader);
	if (loader.out_of_memory)
		return -ENOMEM;
	if (problems_errors(problems) > errors)
		return -EINVAL;
	*ret_vendor = TAKE_PTR(vendor);
	return 0;
}

char *vendor_learned_list(const struct vendor *vendor)
{
	static const char suffix[] = ".vendor";
	size_t stem = strlen(vendor->file);

	if (stem > strlen(suffix) && streq(vendor->file + stem - strlen(suffix), suffix))
		stem -= strlen(suffix);
	return format_string("%.*s.learned.csv", (int)stem, vendor->file);
}

bool vendor_has_identity(const struct vendor *vendor)
{
	const struct identity *identity = &vendor->identity;

	return identity->package.count || identity->path.count || identity->unit.count ||
	       identity->module.count;
}

static void free_strings(struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->item[i]);
	free(strings->item);
}

void vendor_free(struct vendor *vendor)
{
	if (!vendor)
		return;
	free_strings(&vendor->alias);
	free_strings(&vendor->citation);
	free_strings(&vendor->url);
	free_strings(&vendor->identity.package);
	free_strings(&vendor->identity.path);
	free_strings(&vendor->identity.unit);
	free_strings(&vendor->identity.module);
	for (size_t i = 0; i < vendor->exemption_count; i++)
		exemption_release(&vendor->exemptions[i]);
	free(vendor->exemptions);
	for (size_t i = 0; i < vendor->list_count; i++)
		free(vendor->lists[i].path);
	free(vendor->lists);
	free(vendor->file);
	free(vendor->id);
	free(vendor->name);
	free(vendor->scope);
	free(vendor->signed_by);
	free(vendor);
}
