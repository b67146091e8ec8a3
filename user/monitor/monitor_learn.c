/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suspects of vendors that ask for it become entries of their learned lists: checked
 * and written in the background, a batch at a time, and then put in force.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "log.h"
#include "monitor_identity.h"
#include "monitor_private.h"
#include "util.h"

#define NS_PER_S 1000000000ULL

#define BATCH_MAX 256U

/* Between two reloads: a second at least, and so long that most of the time is not theirs. */
#define RELOAD_PAUSE	     NS_PER_S
#define RELOAD_PAUSE_FACTOR  10U
#define RELOAD_REFUSED_PAUSE (60 * NS_PER_S)

/* What could not be written is tried again, since it is not executed for the first time again. */
#define RETRY_PAUSE (60 * NS_PER_S)

struct learn_item {
	struct learn_item *next;
	struct learn_file file;
	char *path, *vendor, *by, *list, *package, *version, *source;
	const char *refusal; /* NULL: it may be learned */
	int error;	     /* negative errno: the list could not be written */
	char *problem;	     /* what is wrong with the list, or NULL */
};

struct batch {
	struct learn_item *items;
};

static void item_free(struct learn_item *item)
{
	if (!item)
		return;
	free(item->path);
	free(item->vendor);
	free(item->by);
	free(item->list);
	free(item->package);
	free(item->version);
	free(item->source);
	free(item->problem);
	for (size_t i = 0; i < item->file.packages.count; i++)
		free(item->file.packages.item[i]);
	free(item->file.packages.item);
	free(item);
}

static void items_free(struct learn_item *item)
{
	while (item) {
		struct learn_item *next = item->next;

		item_free(item);
		item = next;
	}
}

static char *source_text(const struct learn_wish *wish)
{
	time_t now = time(NULL);
	struct tm local;
	char date[16];

	localtime_r(&now, &local);
	strftime(date, sizeof(date), "%F", &local);
	return format_string("learned %s from %s, named by %s", date, wish->file.path, wish->by);
}

/* The vendor may be gone when the copy is looked at. False: out of memory. */
static bool copy_strings(const struct strings *strings, struct strings *ret_copy)
{
	char **item = calloc(strings->count + 1, sizeof(*item));

	if (!item)
		return false;
	*ret_copy = (struct strings){ item, strings->count };
	for (size_t i = 0; i < strings->count; i++) {
		item[i] = strdup(strings->item[i]);
		if (!item[i])
			return false;
	}
	return true;
}

static struct learn_item *item_new(const struct learn_wish *wish)
{
	struct learn_item *item = calloc(1, sizeof(*item));

	if (!item)
		return NULL;
	item->file = wish->file;
	item->file.packages = (struct strings){ 0 };
	item->path = strdup(wish->file.path);
	item->file.path = item->path;
	item->vendor = strdup(wish->vendor->id);
	item->by = strdup(wish->by);
	item->list = vendor_learned_list(wish->vendor);
	item->package = strdup(wish->package ? wish->package : "");
	item->version = strdup(wish->version ? wish->version : "");
	item->source = source_text(wish);
	if (item->path && item->vendor && item->by && item->list && item->package &&
	    item->version && item->source &&
	    copy_strings(&wish->vendor->identity.package, &item->file.packages))
		return item;
	item_free(item);
	return NULL;
}

/* --- in the background --- */

static struct slice slice_of(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static struct list_row row_of(const struct learn_item *item)
{
	struct list_row row = {
		.size = (uint64_t)item->file.stat.st_size,
		.text = {
			[LIST_PRODUCT] = slice_of(item->package),
			[LIST_VERSION] = slice_of(item->version),
			[LIST_PACKAGE] = slice_of(item->package),
			[LIST_PATH] = slice_of(item->path),
			[LIST_SOURCE] = slice_of(item->source),
		},
	};

	memcpy(row.digest, item->file.digest, sizeof(row.digest));
	return row;
}

static void problems_freep(struct problems **problems)
{
	problems_free(*problems);
}

/* Writes all that goes into the list of the first of @items, which holds for all these. */
static void write_list(struct learn_item *items)
{
	_cleanup_(problems_freep) struct problems *problems = problems_new();
	struct list_row rows[BATCH_MAX];
	const struct problem *first;
	size_t count = 0;
	int r = -ENOMEM;

	for (struct learn_item *item = items; item; item = item->next)
		if (!item->refusal && streq(item->list, items->list))
			rows[count++] = row_of(item);
	if (problems)
		r = learn_add(items->list, rows, count, problems);
	first = problems ? problems_first_error(problems) : NULL;
	for (struct learn_item *item = items; item; item = item->next) {
		if (item->refusal || !streq(item->list, items->list))
			continue;
		item->error = r;
		item->problem = first ? problem_format(first) : NULL;
	}
}

/* True if an item before this one has the same list: then it is written. */
static bool is_written(const struct learn_item *items, const struct learn_item *item)
{
	for (; items != item; items = items->next)
		if (!items->refusal && streq(items->list, item->list))
			return true;
	return false;
}

static void find_twins(struct learn_item *items)
{
	struct learn_file *files[BATCH_MAX] = { NULL };
	size_t count = 0;

	for (struct learn_item *item = items; item; item = item->next)
		if (!item->refusal)
			files[count++] = &item->file;
	if (count)
		learn_find_twins(files, count, NULL);
	for (struct learn_item *item = items; item; item = item->next)
		if (!item->refusal)
			item->refusal = learn_refusal(&item->file);
}

static void batch_run(void *data)
{
	struct batch *batch = data;
	struct learn_item *item;

	for (item = batch->items; item; item = item->next)
		item->refusal = learn_refusal_on_disk(&item->file);
	find_twins(batch->items);
	for (item = batch->items; item; item = item->next)
		if (!item->refusal && !is_written(batch->items, item))
			write_list(item);
}

/* --- in the event loop --- */

static void say_refused(struct monitor *monitor, const char *vendor, const char *path,
			const char *why)
{
	_cleanup_free_ char *quoted = problem_quote(path ? path : "?", strlen(path ? path : "?"));

	monitor->identity.refused++;
	report_health(monitor->report, "learn-refused", HEALTH_INFO, NULL, "%s: %s not learned: %s",
		      vendor, quoted ? quoted : "a file", why);
}

static void say_failed(struct monitor *monitor, const struct learn_item *item)
{
	_cleanup_free_ char *quoted = problem_quote(item->list, strlen(item->list));
	const char *why = item->problem ? item->problem : strerror(-item->error);

	if (item->error == -EDQUOT)
		why = "it is full";
	log_error("cannot add to %s: %s", quoted ? quoted : "the learned list", why);
	report_health(monitor->report, "learn-failed", HEALTH_CRIT, NULL,
		      "%s: nothing is learned for now, %s cannot be written: %s", item->vendor,
		      quoted ? quoted : "the list", why);
}

static void say_learned(struct monitor *monitor, const struct learn_item *item)
{
	_cleanup_free_ char *path = problem_quote(item->path, strlen(item->path));
	_cleanup_free_ char *by = problem_quote(item->by, strlen(item->by));
	char hex[DIGEST_HEX_SIZE];

	monitor->identity.learned++;
	monitor->identity.learned_today++;
	digest_to_hex(item->file.digest, hex);
	report_health(monitor->report, "learned", HEALTH_INFO, NULL, "%s: %s learned, SHA-256 %s, named by %s",
		      item->vendor, path ? path : "a file", hex, by ? by : "?");
}

static void batch_start(struct monitor *monitor);

static void want_reload(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;
	uint64_t now = clock_boottime();

	watch->next_reload = now > watch->reload_not_before ? now : watch->reload_not_before;
	if (monitor->next_tick > watch->next_reload)
		monitor->next_tick = watch->next_reload;
}

/* The item waits for the next batch. */
static void put_back(struct identity_watch *watch, struct learn_item *item)
{
	free(item->problem);
	item->problem = NULL;
	item->error = 0;
	item->next = watch->to_learn;
	watch->to_learn = item;
	watch->to_learn_count++;
}

/* Says what came of the item, and keeps or frees it. Returns true if it was learned. */
static bool item_done(struct monitor *monitor, struct learn_item *item)
{
	struct identity_watch *watch = &monitor->identity;
	bool learned = !item->refusal && !item->error;

	if (learned)
		say_learned(monitor, item);
	else if (item->refusal)
		say_refused(monitor, item->vendor, item->path, item->refusal);
	else if (watch->to_learn_count >= BATCH_MAX)
		say_refused(monitor, item->vendor, item->path, "too many wait to be learned");
	if (!item->refusal && item->error && watch->to_learn_count < BATCH_MAX)
		put_back(watch, item);
	else
		item_free(item);
	return learned;
}

static void batch_done(void *data, void *context)
{
	struct batch *batch = data;
	struct learn_item *item = batch->items, *next;
	struct monitor *monitor = context;
	bool learned = false, failed = false;

	free(batch);
	if (!monitor) {
		items_free(item);
		return;
	}
	monitor->identity.learning = false;
	for (; item; item = next) {
		next = item->next;
		/* One record for all: the disk is full for each of them. */
		if (!item->refusal && item->error && !failed) {
			say_failed(monitor, item);
			failed = true;
		}
		learned |= item_done(monitor, item);
	}
	if (failed)
		monitor->identity.learn_not_before = clock_boottime() + RETRY_PAUSE;
	if (learned)
		want_reload(monitor);
	batch_start(monitor);
}

static void batch_start(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;
	struct background_job job = { .run = batch_run, .done = batch_done };
	struct batch *batch;

	if (!watch->to_learn || watch->learning || clock_boottime() < watch->learn_not_before)
		return;
	job.data = batch = calloc(1, sizeof(*batch));
	if (!batch)
		return;
	batch->items = watch->to_learn;
	if (background_submit(watch->background, &job) < 0) {
		free(batch); /* they wait: the next tick tries again */
		return;
	}
	watch->to_learn = NULL;
	watch->to_learn_count = 0;
	watch->learning = true;
}

static bool day_allows(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;
	int32_t today = inforce_today(monitor->inforce);

	if (today != watch->learn_day) {
		watch->learn_day = today;
		watch->learned_today = 0;
	}
	return watch->learned_today + watch->to_learn_count < LEARN_DAY_MAX;
}

void monitor_learn(struct monitor *monitor, const struct learn_wish *wish)
{
	struct identity_watch *watch = &monitor->identity;
	const char *refusal = learn_refusal(&wish->file);
	struct learn_item *item = NULL;

	if (!refusal && !day_allows(monitor))
		refusal = "too many were learned today";
	if (!refusal && watch->to_learn_count >= BATCH_MAX)
		refusal = "too many are to be learned at once";
	if (!refusal) {
		item = item_new(wish);
		refusal = item ? NULL : "out of memory";
	}
	if (refusal) {
		say_refused(monitor, wish->vendor->id, wish->file.path, refusal);
		return;
	}
	item->next = watch->to_learn;
	watch->to_learn = item;
	watch->to_learn_count++;
	batch_start(monitor);
}

void monitor_learn_tick(struct monitor *monitor, uint64_t now)
{
	struct identity_watch *watch = &monitor->identity;
	uint64_t pause;
	int error;

	batch_start(monitor);
	if (!watch->next_reload || now < watch->next_reload)
		return;
	watch->next_reload = 0;
	error = monitor_reload(monitor);
	pause = (clock_boottime() - now) * RELOAD_PAUSE_FACTOR;
	if (error)
		pause = RELOAD_REFUSED_PAUSE; /* only what is learned then asks again */
	watch->reload_not_before = now + (pause > RELOAD_PAUSE ? pause : RELOAD_PAUSE);
}

void monitor_learn_release(struct monitor *monitor)
{
	items_free(monitor->identity.to_learn);
	monitor->identity.to_learn = NULL;
}
