/* SPDX-License-Identifier: BSD-2-Clause */
#include "monitor_identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "enrich.h"
#include "fnv.h"
#include "locate.h"
#include "log.h"
#include "monitor_private.h"
#include "process.h"
#include "suspect.h"
#include "util.h"

#define NS_PER_S 1000000000ULL

/* Files that are hashed in any one second: who makes up files must not fill the log. */
#define RATE_MAX 100U

/* A file that was named and is being hashed. The policy may change meanwhile. */
struct request {
	struct alert alert;
	char *vendor; /* id */
	char *package, *version;
	bool elsewhere;
	bool foreign;
};

static void request_free(struct request *request)
{
	if (!request)
		return;
	alert_release(&request->alert);
	free(request->vendor);
	free(request->package);
	free(request->version);
	free(request);
}

/* --- what the policy asks for --- */

static uint64_t hash_strings(uint64_t hash, const struct strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		hash = fnv_text(hash, strings->item[i]);
	return fnv_text(hash, "");
}

static bool is_watched(const struct vendor *vendor, int32_t today)
{
	return vendor_has_identity(vendor) &&
	       schedule_phase(&vendor->schedule, today) != PHASE_RETIRED;
}

static void look_at_vendors(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;
	const struct policy *policy = inforce_policy(monitor->inforce);
	int32_t today = inforce_today(monitor->inforce);
	uint64_t hash = 0;

	watch->wants_units = watch->wants_owners = false;
	for (size_t i = 0; i < policy_vendor_count(policy); i++) {
		const struct vendor *vendor = policy_vendor(policy, i);
		const struct identity *identity = &vendor->identity;

		if (!is_watched(vendor, today))
			continue;
		watch->wants_units |= identity->unit.count > 0;
		/* Owners are also asked about what is to be learned, or named by its unit. */
		watch->wants_owners |= identity->package.count || identity->unit.count ||
				       identity->learn;
		hash = fnv_text(hash ? hash : FNV_BASIS, vendor->id);
		hash = hash_strings(hash, &identity->package);
		hash = hash_strings(hash, &identity->path);
		hash = hash_strings(hash, &identity->unit);
		hash = hash_strings(hash, &identity->module);
	}
	if (hash != watch->identities)
		watch->round++;
	watch->identities = hash;
}

/* --- first executions --- */

/* One file of one vendor, as it is. Never 0. */
static uint64_t reported_key(const struct event *event, const char *vendor)
{
	const struct file_stamp *file = &event->file;
	const uint64_t words[] = { file->inode,
				   file->size,
				   (uint64_t)file->ctime_sec,
				   (uint64_t)file->ctime_nsec << 32 | file->dev,
				   file->inode_generation };
	uint64_t hash = fnv_text(FNV_BASIS, vendor);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		hash = (hash ^ words[i]) * 0x9E3779B97F4A7C15ULL;
		hash ^= hash >> 32;
	}
	return hash ? hash : 1;
}

static uint64_t *reported_place(const struct identity_watch *watch, uint64_t key)
{
	size_t i = (size_t)(key % REPORTED_MAX);

	while (watch->reported[i] && watch->reported[i] != key)
		i = (i + 1) % REPORTED_MAX;
	return &watch->reported[i];
}

/* Forgets all of them when it is full: then they are reported once more. */
static void reported_add(struct identity_watch *watch, uint64_t key)
{
	if (watch->reported_count >= REPORTED_MAX / 2) {
		memset(watch->reported, 0, REPORTED_MAX * sizeof(*watch->reported));
		watch->reported_count = 0;
	}
	*reported_place(watch, key) = key;
	watch->reported_count++;
}

/* By /proc while the process is there, else by its cgroup, which outlives it. */
static char *unit_of(const struct event *event)
{
	_cleanup_free_ char *cgroups = process_cgroups((pid_t)event->tgid);
	_cleanup_free_ char *path = NULL;

	if (cgroups && process_is((pid_t)event->tgid, event->start))
		return suspect_unit(cgroups);
	path = event->cgroup ? process_cgroup_path(event->cgroup) : NULL;
	return path ? suspect_unit(path) : NULL;
}

static void drop(struct monitor *monitor, const struct event *event)
{
	monitor->identity.dropped++;
	kernel_forget_first(monitor->kernel, event);
}

static bool rate_allows(struct identity_watch *watch)
{
	uint64_t second = clock_boottime() / NS_PER_S;

	if (second != watch->second) {
		watch->second = second;
		watch->in_second = 0;
	}
	return watch->in_second++ < RATE_MAX;
}

static struct request *request_new(const struct vendor *vendor, const struct suspect_match *match)
{
	struct request *request = calloc(1, sizeof(*request));
	bool complete;

	if (!request)
		return NULL;
	request->foreign = match->foreign;
	request->vendor = strdup(vendor->id);
	request->alert.suspect_by = format_string("%s:%s", match->kind, match->glob);
	complete = request->vendor && request->alert.suspect_by;
	if (match->owner.package) {
		request->package = strdup(match->owner.package);
		request->version = strdup(match->owner.version);
		complete = complete && request->package && request->version;
	}
	if (complete)
		return request;
	request_free(request);
	return NULL;
}

/* Moves the alert into the request, whose own part of it stays. */
static void request_take_alert(struct request *request, struct alert *alert)
{
	char *by = request->alert.suspect_by;

	request->alert = *alert;
	request->alert.suspect_by = by;
	*alert = (struct alert){ 0 };
}

static int request_start(struct identity_watch *watch, struct request *request)
{
	const struct event *event = &request->alert.event;
	struct hash_job job = {
		.fd = -EBADF,
		.open = location_open,
		.open_data = location_new(event, request->alert.path),
		.keep_fd = !(event->flags & EVENT_UNCACHEABLE),
		.unverifiable = event->flags & EVENT_UNVERIFIABLE,
		.size = event->file.size,
		.cookie = request,
	};
	int r = job.open_data ? hasher_submit(watch->hasher, &job) : -ENOMEM;

	if (r < 0)
		free(job.open_data);
	return r;
}

static void look_closer(struct monitor *monitor, struct alert *alert, const struct vendor *vendor,
			const struct suspect_facts *facts, const struct suspect_match *match)
{
	struct identity_watch *watch = &monitor->identity;
	struct event event = alert->event;
	struct request *request;

	watch->named++;
	if (*reported_place(watch, reported_key(&event, vendor->id)))
		return;
	request = rate_allows(watch) ? request_new(vendor, match) : NULL;
	if (request) {
		request->elsewhere = facts->elsewhere;
		request_take_alert(request, alert);
		if (request_start(watch, request) == 0)
			return;
	}
	request_free(request);
	drop(monitor, &event);
}

void monitor_identity_record(struct monitor *monitor, struct alert *alert)
{
	struct identity_watch *watch = &monitor->identity;
	const struct policy *policy = inforce_policy(monitor->inforce);
	int32_t today = inforce_today(monitor->inforce);
	_cleanup_free_ char *unit = NULL;
	struct suspect_facts facts = {
		.kind = alert->event.kind,
		.path = alert->event.flags & EVENT_PATH_CUT ? NULL : alert->path,
		.elsewhere = !process_mounts_are_ours(alert->event.mnt_ns),
		.owners = watch->owners,
	};

	watch->seen++;
	if (!watch->hasher) /* a record from before a reload */
		return;
	if (watch->wants_units)
		facts.unit = unit = unit_of(&alert->event); /* NOLINT: unit frees it */
	for (size_t i = 0; i < policy_vendor_count(policy); i++) {
		const struct vendor *vendor = policy_vendor(policy, i);
		struct suspect_match match;

		if (!is_watched(vendor, today) || !suspect_names(vendor, &facts, &match))
			continue;
		look_closer(monitor, alert, vendor, &facts, &match);
		return;
	}
}

static const struct vendor *find_vendor(const struct monitor *monitor, const char *id,
					uint32_t *ret_number)
{
	const struct policy *policy = inforce_policy(monitor->inforce);

	for (size_t i = 0; i < policy_vendor_count(policy); i++) {
		const struct vendor *vendor = policy_vendor(policy, i);

		if (!streq(vendor->id, id) || !is_watched(vendor, inforce_today(monitor->inforce)))
			continue;
		*ret_number = (uint32_t)i + 1;
		return vendor;
	}
	return NULL;
}

/* Fills in what makes the record of a suspect. */
static void make_suspect(struct monitor *monitor, struct request *request,
			 const struct vendor *vendor)
{
	struct alert *alert = &request->alert;
	int32_t today = inforce_today(monitor->inforce);

	alert->event.decision = DECISION_SUSPECT;
	alert->event.generation = monitor->context.policy_generation;
	alert->phase = schedule_phase(&vendor->schedule, today);
	alert->days_left = schedule_days_left(&vendor->schedule, today);
	/* Elsewhere the path leads to another file, or to none. */
	if (alert->path && *alert->path == '/' && !request->elsewhere)
		alert->suspect_command = suspect_command(vendor, alert->path);
	if (request->package && !alert->package)
		alert->package = strdup(request->package);
}

static void report(struct monitor *monitor, struct request *request, const struct vendor *vendor,
		   const struct hash_result *result)
{
	struct alert *alert = &request->alert;
	struct learn_wish wish = {
		.file = {
			.stat = result->stat,
			.elsewhere = request->elsewhere,
			.unverifiable = alert->event.flags & EVENT_UNVERIFIABLE,
			.foreign = request->foreign,
		},
		.vendor = vendor,
		.package = request->package,
		.version = request->version,
	};
	bool learn = vendor->identity.learn && alert->event.reason == REASON_NONE;
	_cleanup_free_ char *path = alert->path ? strdup(alert->path) : NULL;
	_cleanup_free_ char *by = strdup(alert->suspect_by);

	memcpy(wish.file.digest, alert->event.digest, sizeof(wish.file.digest));
	make_suspect(monitor, request, vendor);
	if (result->fd >= 0)
		(void)enrich_from_file(alert, result->fd);
	reported_add(&monitor->identity, reported_key(&alert->event, vendor->id));
	monitor->identity.suspect++;
	monitor_report(monitor, alert);
	wish.file.path = path;
	wish.by = by ? by : "?";
	if (learn)
		monitor_learn(monitor, &wish);
}

/* True if the request has a digest, or the reason why it has none. */
static void take_result(struct request *request, const struct hash_result *result)
{
	struct event *event = &request->alert.event;
	int error = result->error;

	if (!error && !locate_matches(event, &result->stat))
		error = -ESTALE;
	if (error) {
		event->reason = REASON_UNHASHABLE;
		event->error = error;
		event->hash_source = HASH_SOURCE_NONE;
		return;
	}
	event->reason = REASON_NONE;
	event->hash_source = HASH_SOURCE_USER;
	memcpy(event->digest, result->digest, sizeof(event->digest));
}

static void on_hashed(const struct hash_result *result, void *context)
{
	struct monitor *monitor = context;
	struct request *request = result->cookie;
	struct alert *alert = &request->alert;
	const struct vendor *vendor = NULL;

	take_result(request, result);
	if (result->error != -ECANCELED)
		vendor = find_vendor(monitor, request->vendor, &alert->vendor);
	if (vendor && alert->event.reason == REASON_NONE &&
	    policy_find(inforce_policy(monitor->inforce), alert->event.digest))
		monitor->identity.listed++;
	else if (vendor && !*reported_place(&monitor->identity,
					    reported_key(&alert->event, vendor->id)))
		report(monitor, request, vendor, result);
	request_free(request);
}

/* --- life --- */

/* Starts the threads when the first vendor needs them. */
static int start(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;
	const struct hasher_options options = { .done = on_hashed, .context = monitor };
	int r = 0;

	if (watch->hasher)
		return 0;
	if (!watch->reported)
		watch->reported = calloc(REPORTED_MAX, sizeof(*watch->reported));
	if (!watch->reported)
		return -ENOMEM;
	if (!watch->background)
		r = background_new(monitor, &watch->background);
	if (r == 0)
		r = hasher_new(&options, &watch->hasher);
	if (r < 0)
		return r;
	monitor_watch(monitor, hasher_fd(watch->hasher));
	monitor_watch(monitor, background_fd(watch->background));
	return 0;
}

void monitor_identity_policy(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;
	struct runtime *runtime = kernel_runtime(monitor->kernel);
	int r;

	look_at_vendors(monitor);
	if (!watch->identities) {
		runtime->report_first = 0;
		return;
	}
	r = start(monitor);
	if (r < 0) {
		runtime->report_first = 0;
		log_error("first executions are not looked at: %s", strerror(-r));
		report_health(monitor->report, "loss", HEALTH_CRIT, NULL,
			      "first executions are not looked at: %s", strerror(-r));
		return;
	}
	monitor_packages_policy(monitor);
	runtime->report_first = watch->round;
}

bool monitor_identity_ready(struct monitor *monitor, int fd)
{
	struct identity_watch *watch = &monitor->identity;

	if (watch->hasher && fd == hasher_fd(watch->hasher))
		hasher_dispatch(watch->hasher);
	else if (watch->background && fd == background_fd(watch->background))
		background_dispatch(watch->background);
	else
		return false;
	return true;
}

void monitor_identity_tick(struct monitor *monitor, uint64_t now)
{
	struct identity_watch *watch = &monitor->identity;
	uint64_t dropped = watch->dropped - watch->dropped_before;

	if (!watch->hasher)
		return;
	monitor_packages_tick(monitor, now);
	monitor_learn_tick(monitor, now);
	if (dropped)
		report_health(monitor->report, "loss", HEALTH_INFO, NULL,
			      "%llu first executions were too many to look at: they are when the "
			      "files are executed again",
			      (unsigned long long)dropped);
	watch->dropped_before = watch->dropped;
}

json_t *monitor_identity_status(const struct monitor *monitor)
{
	const struct identity_watch *watch = &monitor->identity;

	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "enabled",
			 watch->identities != 0, "seen", (json_int_t)watch->seen, "named",
			 (json_int_t)watch->named, "listed", (json_int_t)watch->listed, "suspect",
			 (json_int_t)watch->suspect, "dropped", (json_int_t)watch->dropped,
			 "learned", (json_int_t)watch->learned, "refused",
			 (json_int_t)watch->refused, "packaged_paths",
			 (json_int_t)owners_count(watch->owners));
}

void monitor_identity_release(struct monitor *monitor)
{
	struct identity_watch *watch = &monitor->identity;

	hasher_free(watch->hasher);
	watch->hasher = NULL;
	background_free(watch->background);
	watch->background = NULL;
	monitor_learn_release(monitor);
	owners_free(watch->owners);
	watch->owners = NULL;
	free(watch->reported);
	watch->reported = NULL;
}
