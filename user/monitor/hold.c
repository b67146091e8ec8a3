/* SPDX-License-Identifier: BSD-2-Clause */
#include "hold.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"
#include "elf_facts.h"
#include "hold_parents.h"
#include "locate.h"
#include "log.h"
#include "process.h"
#include "util.h"

/* A hold of this age whose record has not come: the record was lost. */
#define RECORD_GRACE_NS (300ULL * 1000 * 1000)

/* Processes are found by their number in one of so many lists. */
#define PROCESS_LISTS 1024U

/* So many holds are looked after a tick: with thousands of them, all would take as long. */
#define LOOKS_A_TICK 256

/* A held process, from its first record to its verdict. */
struct held_process {
	struct held_process *next;
	uint32_t tgid;
	uint64_t start;
	int pidfd;
	unsigned int asked;   /* records of it that came */
	unsigned int decided; /* of these: allowed */
	unsigned int before;  /* requests of a hold that a later one has replaced */
	bool killed;
	pid_t parent;
	uint64_t parent_start; /* hold_parents_start() */
};

/* A file that is being hashed. */
struct request {
	struct alert alert;
	bool learn; /* only to store the digest */
	bool overdue;
};

struct hold {
	struct kernel *kernel;
	struct digest_maps maps; /* the kernel's descriptors */
	struct hold_options options;
	struct hold_calls calls;
	struct hasher *hasher;
	struct held_process *processes[PROCESS_LISTS];
	uint32_t looked_after; /* the last one in the map of held tasks */
	struct hold_parents parents;
	struct hold_status status;
};

static void request_free(struct request *request)
{
	if (!request)
		return;
	alert_release(&request->alert);
	free(request);
}

static struct held_process **process_find(struct hold *hold, uint32_t tgid)
{
	struct held_process **link = &hold->processes[tgid % PROCESS_LISTS];

	while (*link && (*link)->tgid != tgid)
		link = &(*link)->next;
	return link;
}

static void process_remove(struct hold *hold, struct held_process **link)
{
	struct held_process *process = *link;

	*link = process->next; /* NOLINT: the caller has found it */
	if (process->pidfd >= 0)
		close(process->pidfd);
	free(process);
	hold->status.held--;
}

/* The process that a HELD record is about; NULL if it is gone or memory is. */
static struct held_process *process_get(struct hold *hold, uint32_t tgid, uint64_t start,
					uint32_t parent)
{
	struct held_process **link = process_find(hold, tgid);
	struct held_process *process = *link;

	if (process && process->start == start)
		return process;
	if (process) /* the pid was used again */
		process_remove(hold, link);
	process = calloc(1, sizeof(*process));
	if (!process)
		return NULL;
	process->tgid = tgid;
	process->start = start;
	/* Whose number it is by now is looked at before it is killed: it takes a while. */
	process->pidfd = (int)syscall(SYS_pidfd_open, tgid, 0);
	if (process->pidfd < 0) {
		free(process);
		return NULL;
	}
	process->parent = (pid_t)parent;
	process->parent_start = hold_parents_start(&hold->parents, process->parent);
	link = &hold->processes[tgid % PROCESS_LISTS];
	process->next = *link;
	*link = process;
	hold->status.held++;
	return process;
}

static void send_signal(const struct held_process *process, int signal)
{
	if (syscall(SYS_pidfd_send_signal, process->pidfd, signal, NULL, 0) && errno != ESRCH)
		log_warning("cannot send signal %d to held process %u: %s", signal, process->tgid,
			    strerror(errno));
}

/* Takes the hold of one process out of the map, not that of the next one with its number. */
static int take_held(struct hold *hold, uint32_t tgid, uint64_t start, struct held_task *ret)
{
	struct held_task task;
	int error = kernel_take_held(hold->kernel, tgid, &task);

	if (!error && task.start != start) {
		kernel_restore_held(hold->kernel, tgid, &task);
		error = -ESRCH;
	}
	if (!error && ret)
		*ret = task;
	return error;
}

/* Kills first and forgets then: in between nobody can resume it. */
static void process_kill(struct hold *hold, struct held_process *process)
{
	/* In doubt it is the one, as when there is no descriptor left to look. */
	if (!process->killed && !process_is_gone((pid_t)process->tgid, process->start)) {
		send_signal(process, SIGKILL);
		hold->status.killed++;
	}
	process->killed = true;
	take_held(hold, process->tgid, process->start, NULL);
	hold_parents_watch(&hold->parents, process->parent, process->parent_start);
	process_remove(hold, process_find(hold, process->tgid));
}

/* Forgets a verdict that came too late, and the process if that was all. */
static void process_forget_verdict(struct hold *hold, struct held_process *process)
{
	process->asked--;
	process->decided--;
	if (process->asked == 0)
		process_remove(hold, process_find(hold, process->tgid));
}

/*
 * Lets it go on if every file that it waits for is decided. @time: of the record that was
 * decided now; a hold that is younger is another one, and that one's was decided before,
 * without its record.
 */
static void process_release(struct hold *hold, struct held_process *process, uint64_t time)
{
	struct held_task task;
	int error = take_held(hold, process->tgid, process->start, &task);

	if (!error && task.since > time) {
		kernel_restore_held(hold->kernel, process->tgid, &task);
		process_forget_verdict(hold, process);
		return;
	}
	if (!error && process->before + task.requests > process->decided) {
		/* Another thread asked in the meantime; its record is on the way. */
		if (kernel_restore_held(hold->kernel, process->tgid, &task))
			process->before += task.requests; /* one has asked just now */
		return;
	}
	/* Out of the map first: the kernel kills what is resumed while it is there. */
	send_signal(process, SIGCONT);
	hold->status.released++;
	hold_parents_watch(&hold->parents, process->parent, process->parent_start);
	process_remove(hold, process_find(hold, process->tgid));
}

/*
 * A denial of what was not held (hold = no, or this process was stalled): what is
 * listed is killed now, and says that it is late. What has no digest is not worth
 * that, and the record does not claim a denial that did not happen.
 */
static void deny_late(struct alert *alert)
{
	const struct event *event = &alert->event;
	_cleanup_close_ int pidfd = -EBADF;

	if (event->reason != REASON_LISTED) {
		alert->event.decision = DECISION_AUDIT;
		return;
	}
	alert->late = true;
	alert->event.flags |= EVENT_LATE;
	pidfd = (int)syscall(SYS_pidfd_open, event->tgid, 0);
	if (pidfd >= 0 && process_is((pid_t)event->tgid, event->start))
		(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

static bool is_denied_late(const struct event *event)
{
	return event->decision == DECISION_DENY && !(event->flags & EVENT_HELD) &&
	       event->backend == BACKEND_TRACEPOINT;
}

/*
 * A held task that somebody resumed was killed for that by the kernel, whatever
 * its file: so the record says it, and that it was denied.
 */
static bool was_resumed(const struct hold *hold, const struct event *event)
{
	struct held_task task;

	return (event->flags & EVENT_HELD) &&
	       kernel_find_held(hold->kernel, event->tgid, &task) == 0 &&
	       task.start == event->start && task.resumed;
}

/* Carries out what was decided for a task that waits. */
static void give_verdict(struct hold *hold, const struct event *event)
{
	struct held_process *process;

	if (!(event->flags & EVENT_HELD))
		return;
	process = *process_find(hold, event->tgid);
	if (!process || process->start != event->start)
		return;
	/* With lsm the read is refused by file_permission: the task may go on. */
	if (event->decision == DECISION_DENY && event->backend == BACKEND_TRACEPOINT) {
		process_kill(hold, process);
		return;
	}
	process->decided++;
	process_release(hold, process, event->time);
}

/*
 * A writer who has come since the record may have changed ctime already and the content not
 * yet, and be gone when the digest is stored. If the tick of the last change was over when the
 * record was made, that ctime was another one.
 */
static bool may_store(const struct event *event)
{
	uint64_t recorded = event->time + (clock_realtime() - clock_boottime());

	return digest_maps_is_settled(&event->file, recorded);
}

static void read_elf_facts(struct alert *alert, int fd)
{
	struct elf_facts facts = {};

	if (fd < 0 || elf_facts_read(fd, &facts))
		return;
	free(alert->build_id);
	free(alert->soname);
	free(alert->elf_package);
	alert->build_id = TAKE_PTR(facts.build_id);
	alert->soname = TAKE_PTR(facts.soname);
	alert->elf_package = TAKE_PTR(facts.package);
	elf_facts_release(&facts);
}

static void decide_error(struct hold *hold, struct alert *alert, int error)
{
	alert->event.reason = REASON_UNHASHABLE;
	alert->event.error = error;
	alert->event.hash_source = HASH_SOURCE_NONE;
	/* The monitor ends: nothing was denied here. */
	alert->event.decision = error == -ECANCELED ?
					DECISION_AUDIT :
					hold->calls.decide_unhashable(alert, hold->calls.context);
}

/* Decides a request; @error, or the digest in the alert. True if it is to be reported. */
static bool request_decide(struct hold *hold, struct request *request, int error)
{
	struct alert *alert = &request->alert;
	bool report = true;

	if (error) {
		hold->status.unhashable++;
		decide_error(hold, alert, error);
	} else {
		alert->event.hash_source = HASH_SOURCE_USER;
		report = hold->calls.decide(alert, hold->calls.context);
		if (report)
			hold->status.matched++;
		else
			alert->event.decision = DECISION_ALLOW;
	}
	if (was_resumed(hold, &alert->event)) {
		alert->event.flags |= EVENT_FOREIGN_CONT;
		alert->event.decision = DECISION_DENY;
		if (!report)
			alert->event.reason = REASON_UNHASHABLE;
		report = true;
	}
	if (is_denied_late(&alert->event))
		deny_late(alert);
	if (alert->event.decision == DECISION_DENY)
		hold->status.denied++;
	/* Nobody is let go, nor killed, only because the monitor ends. */
	if (error != -ECANCELED)
		give_verdict(hold, &alert->event);
	return report;
}

/* An alert that is lost if this process dies now. */
static bool is_loose(const struct request *request)
{
	return !request->learn && !(request->alert.event.flags & EVENT_HELD);
}

/* The monitor ends and the hold does not: the next one finds it in the map and decides. */
static bool is_left_held(const struct hold *hold, const struct alert *alert, int error)
{
	struct held_task task;

	return error == -ECANCELED && (alert->event.flags & EVENT_HELD) &&
	       kernel_find_held(hold->kernel, alert->event.tgid, &task) == 0;
}

static void request_done(struct hold *hold, struct request *request,
			 const struct hash_result *result)
{
	struct alert *alert = &request->alert;
	int error = result->error;

	hold->status.waiting--;
	if (is_loose(request))
		hold->status.loose--;
	if (!error && !locate_matches(&alert->event, &result->stat))
		error = -ESTALE;
	if (!error) {
		hold->status.hashed++;
		memcpy(alert->event.digest, result->digest, sizeof(alert->event.digest));
		if (may_store(&alert->event))
			(void)digest_maps_store(&hold->maps, &alert->event, result->fd,
						result->digest);
	}
	if (!request->learn) {
		hold->status.open--;
		if (is_left_held(hold, alert, error)) {
			hold->status.dropped++;
		} else if (request_decide(hold, request, error)) {
			hold->status.reported++;
			read_elf_facts(alert, result->fd);
			hold->calls.report(alert, hold->calls.context);
		} else {
			hold->status.allowed++;
		}
	}
	request_free(request);
}

static void on_hashed(const struct hash_result *result, void *context)
{
	request_done(context, result->cookie, result);
}

int hold_new(struct kernel *kernel, const struct hold_options *options,
	     const struct hold_calls *calls, struct hold **ret)
{
	struct hold *hold = calloc(1, sizeof(*hold));
	struct hasher_options hasher = { .done = on_hashed, .context = hold };
	int error;

	if (!hold)
		return -ENOMEM;
	hold->kernel = kernel;
	kernel_digest_maps(kernel, &hold->maps);
	hold->options = *options;
	hold->calls = *calls;
	error = hasher_new(&hasher, &hold->hasher);
	if (error) {
		free(hold);
		return error;
	}
	*ret = hold;
	return 0;
}

int hold_fd(const struct hold *hold)
{
	return hasher_fd(hold->hasher);
}

void hold_dispatch(struct hold *hold)
{
	hasher_dispatch(hold->hasher);
}

/* Hands the request to the workers; without them it is decided at once, as unhashable. */
static void request_start(struct hold *hold, struct request *request)
{
	const struct alert *alert = &request->alert;
	struct location *location = location_new(&alert->event, alert->path);
	struct hash_job job = {
		.fd = -EBADF,
		.open = location_open,
		.open_data = location,
		/* Reading and closing may wait for the file system: only local ones. */
		.keep_fd = !(alert->event.flags & EVENT_UNCACHEABLE),
		.unverifiable = alert->event.flags & EVENT_UNVERIFIABLE,
		.urgent = alert->event.flags & EVENT_HELD,
		.owner = alert->event.uid,
		.size = alert->event.file.size,
		.cookie = request,
	};
	struct hash_result failed = { .fd = -EBADF };
	int error = -ENOMEM;

	hold->status.waiting++;
	if (is_loose(request))
		hold->status.loose++;
	if (alert->event.flags & EVENT_HELD)
		job.deadline = clock_boottime() + hold->options.deadline;
	if (location)
		error = hasher_submit(hold->hasher, &job);
	if (error) {
		free(location);
		failed.error = error;
		request_done(hold, request, &failed);
	}
}

void hold_request(struct hold *hold, struct alert *alert)
{
	struct request *request = calloc(1, sizeof(*request));

	hold->status.asked++;
	if (!request) {
		/* The tick finds the hold again; what is not held is reported as it is. */
		if (alert->event.flags & EVENT_HELD) {
			hold->status.dropped++;
			return;
		}
		hold->status.reported++;
		decide_error(hold, alert, -ENOMEM);
		hold->calls.report(alert, hold->calls.context);
		return;
	}
	request->alert = *alert;
	memset(alert, 0, sizeof(*alert));
	if (request->alert.event.flags & EVENT_HELD) {
		struct held_process *process = process_get(hold, request->alert.event.tgid,
							   request->alert.event.start,
							   request->alert.event.ppid);

		if (process)
			process->asked++;
	}
	if (hold->calls.may_be_listed(&request->alert.event, hold->calls.context)) {
		hold->status.open++;
		request_start(hold, request);
		return;
	}
	/* The kernel's gate lets a few sizes pass that nobody listed. */
	hold->status.cleared++;
	request->alert.event.decision = DECISION_ALLOW;
	give_verdict(hold, &request->alert.event);
	request_free(request);
}

void hold_learn(struct hold *hold, const struct alert *alert)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return;
	request->learn = true;
	request->alert.event = alert->event;
	request->alert.event.flags &= ~EVENT_HELD;
	request->alert.path = alert->path ? strdup(alert->path) : NULL;
	request_start(hold, request);
}

/* A hold without a record: makes one from the map and from /proc. */
static void recover(struct hold *hold, uint32_t tgid, const struct held_task *task)
{
	struct alert alert = {};
	struct event *event = &alert.event;

	event->size = sizeof(*event);
	event->kind = task->kind;
	event->time = task->since;
	event->flags = EVENT_HELD | EVENT_ARGV_MISSING | EVENT_PATH_MISSING;
	process_describe((pid_t)tgid, event);
	event->tgid = tgid;
	event->pid = task->pid;
	event->start = task->start;
	event->file = task->file;
	event->inode_address = task->inode_address;
	event->fd = task->fd;
	event->address = task->address;
	event->backend = BACKEND_TRACEPOINT;
	event->mode = MODE_ENFORCE;
	event->decision = DECISION_PENDING;
	/* The address and the stamp may be of another load of the programs: not stored. */
	event->flags |= EVENT_UNCACHEABLE;
	alert.time = clock_realtime();
	alert.path = task->kind == EVENT_EXEC ? process_link((pid_t)tgid, "exe") : NULL;
	hold->status.recovered++;
	hold_request(hold, &alert);
}

static void look_after(struct hold *hold, uint32_t tgid, const struct held_task *task, uint64_t now)
{
	struct held_process *process = *process_find(hold, tgid);
	/* It may have begun since the tick has. */
	uint64_t age = now > task->since ? now - task->since : 0;

	if (process_is_gone((pid_t)tgid, task->start)) {
		/* Its record still comes, and wants to know why. */
		if (process && process->asked > process->decided)
			return;
		take_held(hold, tgid, task->start, NULL);
		if (process)
			process_remove(hold, process_find(hold, tgid));
		return;
	}
	if (!process) {
		if (age > RECORD_GRACE_NS)
			recover(hold, tgid, task);
		return;
	}
	/* The workers have a deadline of their own; this is for a record that never came. */
	if (age > 2 * hold->options.deadline) {
		log_warning("process %u held beyond its deadline: killed as unhashable", tgid);
		hold->status.overdue++;
		process_kill(hold, process);
	}
}

void hold_tick(struct hold *hold, uint64_t now)
{
	struct held_task task;
	uint32_t tgid = hold->looked_after;
	bool more = kernel_next_held(hold->kernel, &tgid, &task) == 0;

	hold_parents_tick(&hold->parents);

	/* Where the last tick has left off; what is not found there any more begins anew. */
	hold->looked_after = 0;
	for (int i = 0; more; i++) {
		uint32_t current = tgid;
		struct held_task found = task;

		/* The next one first: this one may be taken out. */
		more = kernel_next_held(hold->kernel, &tgid, &task) == 0;
		look_after(hold, current, &found, now);
		if (i == LOOKS_A_TICK && more) {
			hold->looked_after = current;
			break;
		}
	}
}

void hold_release_all(struct hold *hold)
{
	struct held_task task;
	uint32_t tgid = 0;

	while (kernel_next_held(hold->kernel, &tgid, &task) == 0) {
		struct held_process *process = process_get(hold, tgid, task.start, 0);

		kernel_take_held(hold->kernel, tgid, NULL);
		if (process) {
			send_signal(process, SIGCONT);
			hold->status.released++;
			process_remove(hold, process_find(hold, tgid));
		}
		tgid = 0;
	}
}

void hold_get_status(const struct hold *hold, struct hold_status *ret)
{
	*ret = hold->status;
	ret->parents = hold->parents.count;
}

void hold_cancel(struct hold *hold)
{
	hasher_free(hold->hasher);
	hold->hasher = NULL;
}

void hold_free(struct hold *hold)
{
	if (!hold)
		return;
	hold_cancel(hold);
	for (unsigned int i = 0; i < PROCESS_LISTS; i++) {
		while (hold->processes[i])
			process_remove(hold, &hold->processes[i]);
	}
	hold_parents_release(&hold->parents);
	free(hold);
}
