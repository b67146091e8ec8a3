/* SPDX-License-Identifier: BSD-2-Clause */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "enrich.h"
#include "file_hash.h"
#include "inforce.h"
#include "process.h"
#include "schedule.h"
#include "util.h"

/* A file that is being written may be quiet the next time. */
#define ATTEMPTS 3

/* Pins the file without opening it: opening a device or a FIFO has effects of its own. */
static int pin(const char *path, struct stat *ret_stat)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_stat) < 0)
		return -errno;
	if (S_ISDIR(ret_stat->st_mode))
		return -EISDIR;
	if (!S_ISREG(ret_stat->st_mode))
		return -EINVAL;
	return TAKE_FD(fd);
}

/* The file behind @fd, open for reading; its path too, as the kernel resolves it. */
static int reopen(int fd, char **ret_path)
{
	_cleanup_free_ char *link = format_string("fd/%d", fd);
	_cleanup_free_ char *name = format_string("/proc/self/fd/%d", fd);
	int readable;

	if (!link || !name)
		return -ENOMEM;
	*ret_path = process_link(getpid(), link);
	readable = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return readable < 0 ? -errno : readable;
}

static int hash(int fd, uint8_t ret_digest[INTERDICT_DIGEST_SIZE], struct stat *ret_stat)
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < ATTEMPTS; i++)
		r = file_hash_limited(fd, NULL, ret_digest, ret_stat);
	return r;
}

static void set_file(struct file_stamp *file, const struct stat *stat)
{
	file->inode = stat->st_ino;
	file->size = (uint64_t)stat->st_size;
	file->ctime_sec = stat->st_ctim.tv_sec;
	file->ctime_nsec = (uint32_t)stat->st_ctim.tv_nsec;
	file->dev = kernel_dev(stat->st_dev);
}

static bool is_size_cleared(const struct policy *policy, uint64_t size)
{
	return !policy_has_unsized(policy) && !policy_size_listed(policy, size);
}

static void decide_unhashable(const struct checker *checker, struct check_result *result)
{
	uint32_t flags = policy_flags(checker->policy, checker->today);
	struct event *event = &result->alert.event;

	event->reason = REASON_UNHASHABLE;
	event->error = result->error;
	event->decision = (uint8_t)inforce_decide_flags(flags, EVENT_EXEC, checker->mode);
	result->open = inforce_decide_flags(flags, EVENT_OPEN, checker->mode);
}

static void decide_digest(const struct checker *checker, struct check_result *result)
{
	struct alert *alert = &result->alert;
	uint32_t entry = policy_find(checker->policy, alert->event.digest);
	struct policy_ruling ruling;
	const struct vendor *vendor;
	uint8_t action;

	if (!entry)
		return;
	ruling = policy_rule(checker->policy, entry, alert->event.uid, checker->today);
	vendor = policy_vendor(checker->policy,
			       policy_entry(checker->policy, ruling.entry)->vendor);
	action = ruling.action;
	alert->entry = alert->event.entry = ruling.entry;
	alert->exemption = ruling.exemption;
	alert->event.reason = REASON_LISTED;
	alert->event.action = action;
	alert->phase = schedule_phase(&vendor->schedule, checker->today);
	alert->days_left = schedule_days_left(&vendor->schedule, checker->today);
	alert->event.decision = (uint8_t)inforce_decide_action(action, EVENT_EXEC, checker->mode);
	result->open = inforce_decide_action(action, EVENT_OPEN, checker->mode);
}

/* A package file is no program: it is named, and nothing happens to it. */
static void find_archive(const struct checker *checker, struct check_result *result)
{
	struct alert *alert = &result->alert;
	const struct vendor *vendor;

	result->archive = policy_find_archive(checker->policy, alert->event.digest);
	if (!result->archive)
		return;
	vendor = policy_vendor(checker->policy, result->archive->vendor);
	alert->archive = result->archive;
	alert->event.hash_source = HASH_SOURCE_USER;
	alert->event.reason = REASON_LISTED;
	alert->phase = schedule_phase(&vendor->schedule, checker->today);
	alert->days_left = schedule_days_left(&vendor->schedule, checker->today);
}

/* The process of the record is this one: no other has run the file. */
static void set_record(const struct checker *checker, struct alert *alert)
{
	struct event *event = &alert->event;

	event->size = sizeof(*event);
	event->kind = EVENT_EXEC;
	event->time = clock_boottime();
	event->loginuid = event->sessionid = (__u32)-1;
	event->fd = (__u32)-1;
	event->decision = DECISION_ALLOW;
	event->mode = (uint8_t)checker->mode;
	event->backend = (uint8_t)checker->backend;
	process_describe(getpid(), event);
	event->uid = checker->uid;
	alert->time = clock_realtime();
	alert->policy = checker->policy;
	alert->days_left = SCHEDULE_NONE;
}

static void add_facts(const struct checker *checker, struct alert *alert, int fd)
{
	const char *owner = NULL;

	if (fd >= 0)
		enrich_from_file(alert, fd);
	if (checker->packages && alert->path && alert->entry)
		owner = packages_owner(checker->packages, alert->path, clock_boottime());
	if (owner)
		alert->package = strdup(owner);
}

int check_file(const struct checker *checker, const char *path, struct check_result *ret_result)
{
	struct check_result result = { .open = DECISION_ALLOW };
	struct event *event = &result.alert.event;
	_cleanup_close_ int readable = -EBADF;
	_cleanup_close_ int fd = -EBADF;
	struct stat stat;
	int r;

	fd = pin(path, &stat);
	if (fd < 0)
		return fd;
	set_record(checker, &result.alert);
	readable = reopen(fd, &result.alert.path);
	r = readable < 0 ? readable : hash(readable, event->digest, &stat);
	set_file(&event->file, &stat);
	result.error = r;
	result.has_digest = r == 0;
	result.size_cleared = is_size_cleared(checker->policy, event->file.size);
	if (result.size_cleared) {
		event->hash_source = HASH_SOURCE_SIZE;
	} else if (r < 0) {
		decide_unhashable(checker, &result);
	} else {
		event->hash_source = HASH_SOURCE_USER;
		decide_digest(checker, &result);
	}
	if (r == 0 && !result.alert.entry)
		find_archive(checker, &result);
	add_facts(checker, &result.alert, readable);
	*ret_result = result;
	return 0;
}

void check_release(struct check_result *result)
{
	alert_release(&result->alert);
}
