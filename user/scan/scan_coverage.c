/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scan covered, and what not: for a person, and for a machine.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "escape.h"
#include "json_text.h"
#include "scan_report.h"
#include "util.h"

/* Never looked at, by design: no report may claim that these hold nothing. */
static const char *const blind_spots[] = {
	"contents of archives, packages, disk images and compressed files",
	"code of a vendor that is embedded in files of others",
	"memory of processes, other than the files that they execute or map",
	"files that were moved, made or changed behind the scan while it ran",
};

struct number {
	const char *key;
	const char *text;
	uint64_t value;
};

#define NUMBERS_MAX 32

/* All numbers, in the order in which they are said. */
static size_t get_numbers(const struct scan_coverage *c, struct number numbers[NUMBERS_MAX])
{
	const struct scan_counters *n = &c->counters;
	const struct number all[] = {
		{ "files.seen", "files seen", n->files },
		{ "files.links", "further names of them", n->links },
		{ "files.cleared_by_size", "cleared by their size", n->cleared },
		{ "files.hashed", "hashed", n->hashed },
		{ "files.hashed_bytes", "bytes hashed", n->bytes },
		{ "files.matched", "matched", n->matched },
		{ "files.matched_retired", "of these of retired vendors", n->retired },
		{ "files.special", "links, devices, sockets and FIFOs, not opened",
		  n->walk.special },
		{ "directories.read", "directories read", n->walk.directories },
		{ "directories.waiting", "directories not reached", n->walk.waiting },
		{ "mount_points.met", "mount points met", n->walk.covered },
		{ "mount_points.not_seen_beneath", "of these not seen beneath",
		  n->walk.unreached },
		{ "skipped.permission", "skipped: permission", n->skipped[SKIP_PERMISSION] },
		{ "skipped.changed", "skipped: changed while read", n->skipped[SKIP_CHANGED] },
		{ "skipped.vanished", "skipped: vanished", n->skipped[SKIP_VANISHED] },
		{ "skipped.unreadable", "skipped: unreadable", n->skipped[SKIP_UNREADABLE] },
		{ "skipped.unfinished", "skipped: stopped before", n->skipped[SKIP_UNFINISHED] },
	};
	const struct number whole[] = {
		{ "running.processes", "processes looked at", c->running.processes },
		{ "running.files", "files of processes", c->running.files },
		{ "running.unhashable", "of these without a digest", c->running.unhashable },
		{ "running.unreadable", "processes not readable", c->running.unreadable },
		{ "installed.packages", "packages looked at", c->packages },
		{ "installed.units", "units looked at", c->units },
		{ "installed.modules", "loaded modules looked at", c->modules },
	};

	memcpy(numbers, all, sizeof(all));
	if (!c->whole)
		return ARRAY_SIZE(all);
	memcpy(numbers + ARRAY_SIZE(all), whole, sizeof(whole));
	return ARRAY_SIZE(all) + ARRAY_SIZE(whole);
}

/* Why it is not all that was asked for; "" if it is. */
static const char *state_of(const struct scan_coverage *coverage)
{
	if (coverage->stalled)
		return "ended: a file system does not answer";
	if (coverage->interrupted)
		return "interrupted";
	return scan_is_complete(coverage) ? "complete" : "incomplete";
}

/* Mounts that are worth a word: not those that others show, nor those that nobody asked for. */
static bool is_said(const struct mount *mount)
{
	return mount->choice != MOUNT_TWICE && mount->choice != MOUNT_OUTSIDE;
}

static json_t *text_json(struct buffer *scratch, const char *text)
{
	return json_escaped(scratch, text, strlen(text));
}

static int mounts_json(json_t *object, const struct mounts *mounts, struct buffer *scratch)
{
	json_t *list = json_array();
	int r = 0;

	for (size_t i = 0; i < mounts->count && r == 0; i++) {
		const struct mount *mount = &mounts->item[i];
		json_t *item;

		if (!is_said(mount))
			continue;
		item = json_object();
		if (json_place(item, "mount_point", text_json(scratch, mount->point)) < 0 ||
		    json_place(item, "type", text_json(scratch, mount->type)) < 0 ||
		    json_place(item, "source", text_json(scratch, mount->source)) < 0 ||
		    json_place(item, "seen", json_boolean(mount->choice == MOUNT_SEEN)) < 0 ||
		    (mount->choice != MOUNT_SEEN &&
		     json_place(item, "reason", json_string(mount_choice_name(mount->choice))) < 0))
			r = -ENOMEM;
		if (json_array_append_new(list, item) < 0)
			r = -ENOMEM;
	}
	return json_place(object, "file_systems", list) < 0 ? -ENOMEM : r;
}

static int skipped_json(json_t *object, const struct scan_coverage *coverage,
			struct buffer *scratch)
{
	json_t *list = json_array();
	int r = 0;

	for (size_t i = 0; i < coverage->skipped_count && r == 0; i++) {
		const struct scan_skipped *skipped = &coverage->skipped[i];
		const char *error = strerrorname_np(-skipped->error);
		json_t *item = json_object();

		if (json_place(item, "path", text_json(scratch, skipped->path)) < 0 ||
		    json_place(item, "reason", json_string(scan_skip_name(skipped->reason))) < 0 ||
		    json_place(item, "error", json_string(error ? error : "?")) < 0 ||
		    json_array_append(list, item) < 0)
			r = -ENOMEM;
		json_decref(item);
	}
	return json_place(object, "skipped_paths", list) < 0 ? -ENOMEM : r;
}

static int strings_json(json_t *object, const char *key, const char *const *texts, size_t count,
			struct buffer *scratch)
{
	json_t *list = json_array();
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		if (json_array_append_new(list, text_json(scratch, texts[i])) < 0)
			r = -ENOMEM;
	return json_place(object, key, list) < 0 ? -ENOMEM : r;
}

static int facts_json(json_t *object, const struct scan_report *report, struct buffer *scratch)
{
	const struct scan_coverage *coverage = scan_get_coverage(report->scan);
	const struct context *context = report->context;
	char hex[DIGEST_HEX_SIZE];

	digest_to_hex(context->policy_digest, hex);
	if (json_place(object, "state", json_string(state_of(coverage))) < 0 ||
	    json_place(object, "complete", json_boolean(scan_is_complete(coverage))) < 0 ||
	    json_place(object, "interrupted", json_boolean(coverage->interrupted)) < 0 ||
	    json_place(object, "whole_machine", json_boolean(coverage->whole)) < 0 ||
	    json_place(object, "root", json_boolean(coverage->root)) < 0 ||
	    json_place(object, "reads_every_file", json_boolean(coverage->gate_open)) < 0 ||
	    json_place(object, "started", json_date(coverage->started)) < 0 ||
	    json_place(object, "seconds", json_real((double)coverage->duration / 1e9)) < 0 ||
	    json_place(object, "host", text_json(scratch, context->hostname)) < 0 ||
	    json_place(object, "version", json_string(INTERDICT_VERSION)) < 0 ||
	    json_place(object, "policy.digest", json_string(hex)) < 0 ||
	    json_place(object, "policy.entries",
		       json_integer((json_int_t)policy_entry_count(report->policy))) < 0 ||
	    json_place(object, "policy.archives",
		       json_integer((json_int_t)policy_archive_count(report->policy))) < 0)
		return -ENOMEM;
	return 0;
}

json_t *scan_coverage_json(const struct scan_report *report)
{
	const struct scan_coverage *coverage = scan_get_coverage(report->scan);
	json_t *object = json_object();
	struct number numbers[NUMBERS_MAX];
	size_t count = get_numbers(coverage, numbers);
	struct buffer scratch = { 0 };
	int r = facts_json(object, report, &scratch);

	for (size_t i = 0; i < count && r == 0; i++)
		r = json_place(object, numbers[i].key, json_integer((json_int_t)numbers[i].value));
	if (r == 0)
		r = strings_json(object, "paths", (const char *const *)coverage->paths,
				 coverage->path_count, &scratch);
	if (r == 0)
		r = mounts_json(object, &coverage->mounts, &scratch);
	if (r == 0)
		r = skipped_json(object, coverage, &scratch);
	if (r == 0)
		r = strings_json(object, "not_looked_into", blind_spots, ARRAY_SIZE(blind_spots),
				 &scratch);
	buffer_release(&scratch);
	if (r < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* Text from outside as it may stand in a line. */
static void print_quoted(FILE *out, const char *before, const char *text)
{
	struct buffer buffer = { 0 };

	escape_append_value(&buffer, text, strlen(text), SIZE_MAX);
	fprintf(out, "%s%.*s", before, (int)buffer.size, buffer.data ? buffer.data : "");
	buffer_release(&buffer);
}

static void print_head(const struct scan_report *report, FILE *out)
{
	const struct scan_coverage *coverage = scan_get_coverage(report->scan);
	time_t started = (time_t)(coverage->started / 1000000000U);
	char hex[DIGEST_HEX_SIZE], date[64];
	struct tm local;

	digest_to_hex(report->context->policy_digest, hex);
	localtime_r(&started, &local);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S %z", &local);
	fprintf(out, "# coverage: %s\n", state_of(coverage));
	print_quoted(out, "# host ", report->context->hostname);
	fprintf(out, ", %s, began %s, took %.1f s, interdict %s\n",
		coverage->root ? "as root" : "not as root", date, (double)coverage->duration / 1e9,
		INTERDICT_VERSION);
	fprintf(out, "# policy %s: %zu entries, %zu of archives\n", hex,
		policy_entry_count(report->policy), policy_archive_count(report->policy));
	if (coverage->gate_open)
		fputs("# some entry has no size: every file was read, none cleared by its size\n",
		      out);
	fputs(coverage->whole ? "# the whole machine" : "# only", out);
	for (size_t i = 0; i < coverage->path_count; i++)
		print_quoted(out, " ", coverage->paths[i]);
	fputc('\n', out);
}

static void print_mounts(const struct mounts *mounts, FILE *out)
{
	uint64_t pseudo = 0;

	for (size_t i = 0; i < mounts->count; i++) {
		const struct mount *mount = &mounts->item[i];

		pseudo += mount->choice == MOUNT_NO_FILES;
		if (!is_said(mount) || mount->choice == MOUNT_NO_FILES)
			continue;
		fputs(mount->choice == MOUNT_SEEN ? "# file system" : "# file system not seen", out);
		print_quoted(out, " ", mount->point);
		print_quoted(out, " (", mount->type);
		if (mount->choice == MOUNT_SEEN)
			fputs(")\n", out);
		else
			fprintf(out, "): %s\n", mount_choice_name(mount->choice));
	}
	if (pseudo > 0)
		fprintf(out, "# file systems not seen, of the kernel's own making: %" PRIu64 "\n",
			pseudo);
}

static void print_limits(const struct scan_coverage *coverage, FILE *out)
{
	if (!coverage->root)
		fputs("# not as root: files and processes of others, and what is mounted over, "
		      "may not have been seen\n",
		      out);
	if (coverage->packages_incomplete)
		fputs("# installed packages: not all could be looked at\n", out);
	if (coverage->modules_incomplete)
		fputs("# loaded modules: could not be looked at\n", out);
	if (coverage->findings_lost)
		fputs("# findings are missing: out of memory\n", out);
	if (!coverage->whole)
		fputs("# not looked at: processes, installed packages, units, modules\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(blind_spots); i++)
		fprintf(out, "# not looked into: %s\n", blind_spots[i]);
}

int scan_report_coverage(const struct scan_report *report, FILE *out)
{
	const struct scan_coverage *coverage = scan_get_coverage(report->scan);
	struct number numbers[NUMBERS_MAX];
	size_t count = get_numbers(coverage, numbers);

	print_head(report, out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "# %s: %" PRIu64 "\n", numbers[i].text, numbers[i].value);
	for (size_t i = 0; i < coverage->skipped_count; i++) {
		const struct scan_skipped *skipped = &coverage->skipped[i];

		fprintf(out, "# skipped, %s", scan_skip_name(skipped->reason));
		print_quoted(out, ": ", skipped->path);
		fprintf(out, ": %s\n", strerror(-skipped->error));
	}
	print_mounts(&coverage->mounts, out);
	print_limits(coverage, out);
	return ferror(out) ? -EIO : 0;
}
