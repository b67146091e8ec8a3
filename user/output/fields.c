/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The getters, then the table. The order of the table is the order of both
 * formats: what a person wants to know first stands first.
 */
#include "fields.h"

#include <inttypes.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "account.h"
#include "classify.h"
#include "last_run.h"
#include "policy.h"
#include "util.h"
#include "vendor.h"

/* Of the clock ticks that /proc counts in (USER_HZ). */
#define NSEC_PER_TICK 10000000U

void record_from_alert(struct record *ret_record, const struct context *context,
                       const struct alert *alert)
{
	*ret_record = (struct record){
		.context = context,
		.alert = alert,
		.time = alert->time,
		.sequence = alert->sequence,
		.severity = alert_severity(alert),
	};
	if (alert->policy)
		ret_record->entry = alert->entry ? policy_entry(alert->policy, alert->entry)
						 : alert->archive;
	if (alert->policy && alert->vendor)
		ret_record->vendor = policy_vendor(alert->policy, alert->vendor - 1);
	if (ret_record->entry)
		ret_record->vendor = policy_vendor(alert->policy, ret_record->entry->vendor);
}

void record_from_health(struct record *ret_record, const struct health *health)
{
	*ret_record = (struct record){
		.context = health->context,
		.health = health,
		.time = health->time,
		.sequence = health->sequence,
		.severity = health_severity(health),
	};
}

/* Getters. Each sets its part of @ret and says whether there is a value. */

static bool set_bytes(struct value *ret, const char *bytes, size_t size)
{
	ret->bytes = bytes; /* NOLINT: every getter is called with a value */
	ret->size = size;
	return bytes && size > 0;
}

static bool set_string(struct value *ret, const char *text)
{
	return set_bytes(ret, text, text ? strlen(text) : 0);
}

static bool set_number(struct value *ret, bool known, int64_t number)
{
	ret->number = number;
	return known;
}

static bool set_list(struct value *ret, const char *const *list, size_t count)
{
	ret->list = list;
	ret->count = count;
	return count > 0;
}

static bool set_id(struct value *ret, uint64_t number)
{
	snprintf(ret->text, sizeof(ret->text), "%" PRIu64, number);
	return set_string(ret, ret->text);
}

#define GETTER(name) static bool get_##name(const struct record *r, struct value *ret)
#define STRING(name, expression)                                                                   \
	GETTER(name)                                                                               \
	{                                                                                          \
		return set_string(ret, expression);                                                \
	}
#define CONSTANT(name, text)                                                                       \
	GETTER(name)                                                                               \
	{                                                                                          \
		(void)r;                                                                           \
		return set_string(ret, text);                                                      \
	}
#define NUMBER(name, expression)                                                                   \
	GETTER(name)                                                                               \
	{                                                                                          \
		return set_number(ret, true, (int64_t)(expression));                               \
	}
#define NUMBER_IF(name, known, expression)                                                         \
	GETTER(name)                                                                               \
	{                                                                                          \
		return set_number(ret, known, (int64_t)(expression));                              \
	}
#define ID(name, expression)                                                                       \
	GETTER(name)                                                                               \
	{                                                                                          \
		return set_id(ret, expression);                                                    \
	}
#define ENTRY_TEXT(name)                                                                           \
	STRING(entry_##name, r->entry ? policy_entry_##name(r->alert->policy, r->entry) : NULL)

NUMBER(time, r->time)
NUMBER(sequence, r->sequence)
STRING(run, r->context->run_id)
NUMBER(severity, r->severity)
STRING(level, severity_name(r->severity))
CONSTANT(ecs_version, "8.11.0")
CONSTANT(agent_type, "interdict")
CONSTANT(agent_version, INTERDICT_VERSION)
STRING(host_id, r->context->host_id)
STRING(hostname, r->context->hostname)

STRING(dataset, r->alert ? "interdict.alert" : "interdict.health")
STRING(action, event_kind_name(r->alert ? r->alert->event.kind : EVENT_HEALTH))
STRING(kind, r->alert ? alert_ecs_kind(r->alert) : health_ecs_kind(r->health))
STRING(outcome, r->alert ? alert_ecs_outcome(r->alert) : health_ecs_outcome(r->health))

GETTER(category)
{
	size_t count = r->alert ? alert_ecs_category(r->alert, ret->names)
	                        : health_ecs_category(r->health, ret->names);

	return set_list(ret, ret->names, count);
}

GETTER(type)
{
	size_t count = r->alert ? alert_ecs_type(r->alert, ret->names)
	                        : health_ecs_type(r->health, ret->names);

	return set_list(ret, ret->names, count);
}

STRING(health_action, r->health->action)
STRING(health_message, r->health->message)

/* A run that was killed has got at least so far. */
STRING(before_id, r->health->before ? r->health->before->id : NULL)
NUMBER_IF(before_sequence, r->health->before,
          r->health->before ? r->health->before->sequence : 0)
NUMBER_IF(before_clean, r->health->before, r->health->before && r->health->before->clean)
STRING(before_mode, r->health->before ? mode_name(r->health->before->mode) : NULL)
NUMBER_IF(old_generation, r->health->old_digest && r->health->old_generation,
          r->health->old_generation)

GETTER(old_digest)
{
	if (!r->health->old_digest)
		return false;
	digest_to_hex(r->health->old_digest, ret->text);
	return set_string(ret, ret->text);
}

/* SYMBOL(name, "key", present, value, "meaning"), of the account in a health record */
#define ACCOUNT_OUTPUT(SYMBOL, output, what)                                                       \
	SYMBOL(output##_written, #output ".written", account->has_##output,                        \
	       account->output.written, what ": alerts that were written, each with its repeats as one")  \
	SYMBOL(output##_repeated, #output ".repeated", account->has_##output,                      \
	       account->output.repeated, what ": further alerts that those stand for")             \
	SYMBOL(output##_lost, #output ".lost", account->has_##output, account->output.lost,        \
	       what ": alerts that were lost, repeats counted singly")                             \
	SYMBOL(output##_waiting, #output ".waiting", account->has_##output,                        \
	       account->output.waiting, what ": alerts that wait, repeats counted singly")
#define ACCOUNT_FIELDS(SYMBOL)                                                                     \
	SYMBOL(sent, "sent", true, account->sent, "records that the kernel sent to this run")      \
	SYMBOL(found, "found", true, account->found,                                               \
	       "what the monitor found itself: running processes, suspects, forgotten holds")      \
	SYMBOL(undecodable, "undecodable", true, account->undecodable,                             \
	       "records that could not be decoded, or for which there was no memory")              \
	SYMBOL(dismissed, "dismissed", true, account->dismissed,                                   \
	       "records that make no alert: not listed, or a first execution")                     \
	SYMBOL(waiting, "waiting", true, account->waiting,                                         \
	       "records on the rings, and files that are being hashed")                            \
	SYMBOL(reported, "reported", true, account->reported, "alerts")                            \
	SYMBOL(collapsed, "collapsed", true, account->collapsed,                                   \
	       "alerts whose record, as a repeat, is not written yet")                             \
	ACCOUNT_OUTPUT(SYMBOL, events, "event file")                                               \
	ACCOUNT_OUTPUT(SYMBOL, syslog, "system log")                                               \
	SYMBOL(difference, "difference", true, account->difference,                                \
	       "records that are in none of these numbers: 0, or something was lost uncounted")

#define ACCOUNT_GETTER(name, key, present, value, meaning)                                         \
	GETTER(account_##name)                                                                     \
	{                                                                                          \
		const struct account *account = r->health->account;                                \
                                                                                                   \
		return account && (present) && set_number(ret, true, (int64_t)(value));            \
	}
ACCOUNT_FIELDS(ACCOUNT_GETTER)
#undef ACCOUNT_GETTER

STRING(decision, decision_name(r->alert->event.decision))
STRING(reason, reason_name(r->alert->event.reason))
STRING(phase, r->vendor ? phase_name(r->alert->phase) : NULL)
NUMBER_IF(days_left, r->vendor && r->alert->phase == PHASE_GRACE, r->alert->days_left)
NUMBER(repeat, r->alert->repeat)
NUMBER(late, r->alert->late)
STRING(mode, mode_name(r->alert ? r->alert->event.mode : r->context->mode))
STRING(backend, backend_name(r->alert ? r->alert->event.backend : r->context->backend))
STRING(hash_source,
       hash_source_name(r->alert ? r->alert->event.hash_source : r->context->hash_source))

GETTER(flags)
{
	return set_list(ret, ret->names, event_flag_names(r->alert->event.flags, ret->names));
}

GETTER(error)
{
	int error = r->alert->event.error;
	const char *name = error < 0 && error > -4096 ? strerrorname_np(-error) : NULL;

	if (error == 0 || name)
		return set_string(ret, name);
	snprintf(ret->text, sizeof(ret->text), "%d", error);
	return set_string(ret, ret->text);
}

/* The file */

STRING(path, r->alert->path)

static bool file_is_known(const struct alert *alert)
{
	return alert->event.file.inode != 0;
}

NUMBER_IF(size, file_is_known(r->alert), r->alert->event.file.size)

GETTER(inode)
{
	return file_is_known(r->alert) && set_id(ret, r->alert->event.file.inode);
}

GETTER(device)
{
	uint32_t dev = r->alert->event.file.dev;

	snprintf(ret->text, sizeof(ret->text), "%u:%u", dev >> 20, dev & 0xfffffU);
	return file_is_known(r->alert) && set_string(ret, ret->text);
}

GETTER(digest)
{
	unsigned int source = r->alert->event.hash_source;

	if (source != HASH_SOURCE_IMA && source != HASH_SOURCE_USER)
		return false;
	digest_to_hex(r->alert->event.digest, ret->text);
	return set_string(ret, ret->text);
}

STRING(package, r->alert->package)
STRING(suspect_by, r->alert->suspect_by)
STRING(suspect_command, r->alert->suspect_command)
STRING(build_id, r->alert->build_id)
STRING(soname, r->alert->soname)
STRING(elf_package, r->alert->elf_package)

/* The process */

/* True if the file is what the process executes, and not something it only opened or mapped. */
static bool file_is_executable_of(const struct alert *alert)
{
	if (alert->event.kind != EVENT_EXEC && alert->event.kind != EVENT_RUNNING)
		return false;
	return !alert->executable || (alert->path && streq(alert->executable, alert->path));
}

GETTER(executable)
{
	if (r->alert->executable)
		return set_string(ret, r->alert->executable);
	return file_is_executable_of(r->alert) && set_string(ret, r->alert->path);
}

GETTER(process_digest)
{
	return file_is_executable_of(r->alert) && get_digest(r, ret);
}

/* The start in clock ticks, as /proc/PID/stat has it: no source knows it less exactly. */
GETTER(entity_id)
{
	snprintf(ret->text, sizeof(ret->text), "%s-%u-%" PRIu64,
	         *r->context->boot_id ? r->context->boot_id : r->context->host_id,
	         r->alert->event.tgid, (uint64_t)r->alert->event.start / NSEC_PER_TICK);
	return set_string(ret, ret->text);
}

GETTER(args)
{
	return set_list(ret, (const char *const *)r->alert->args, r->alert->arg_count);
}

GETTER(user_name)
{
	/* The name is that of the real user. */
	return r->alert->event.uid == r->alert->event.euid && set_string(ret, r->alert->user);
}

NUMBER(pid, r->alert->event.tgid)
NUMBER(tid, r->alert->event.pid)
NUMBER(ppid, r->alert->event.ppid)
STRING(comm, r->alert->event.comm)
STRING(parent_executable, r->alert->parent_executable)
STRING(cwd, r->alert->cwd)
ID(uid, r->alert->event.uid)
ID(gid, r->alert->event.gid)
ID(euid, r->alert->event.euid)
STRING(real_user_name, r->alert->user)
STRING(container, r->alert->container)
NUMBER_IF(start, r->alert->event.start != 0 && r->alert->event.start <= r->alert->event.time,
          r->alert->time - (r->alert->event.time - r->alert->event.start))
NUMBER_IF(loginuid, r->alert->event.loginuid != UINT32_MAX, r->alert->event.loginuid)
NUMBER_IF(sessionid, r->alert->event.sessionid != UINT32_MAX, r->alert->event.sessionid)
NUMBER_IF(mnt_ns, r->alert->event.mnt_ns != 0, r->alert->event.mnt_ns)
NUMBER_IF(pid_ns, r->alert->event.pid_ns != 0, r->alert->event.pid_ns)

GETTER(cgroup)
{
	return r->alert->event.cgroup != 0 && set_id(ret, r->alert->event.cgroup);
}

/* The entry, its vendor and the policy */

STRING(vendor_id, r->vendor ? r->vendor->id : NULL)
STRING(vendor_name, r->vendor ? r->vendor->name : NULL)
ENTRY_TEXT(product)
ENTRY_TEXT(version)
ENTRY_TEXT(package)
ENTRY_TEXT(path)
ENTRY_TEXT(source)

GETTER(entry_list)
{
	const char *file;

	if (!r->entry)
		return false;
	file = policy_list_file(r->alert->policy, r->entry->list);
	snprintf(ret->text, sizeof(ret->text), "%s:%u", file, r->entry->line);
	return set_string(ret, ret->text);
}

GETTER(rule_id)
{
	char hex[DIGEST_HEX_SIZE];

	if (!r->entry)
		return false;
	digest_to_hex(r->entry->digest, hex);
	snprintf(ret->text, sizeof(ret->text), "%s/%.16s", r->vendor->id, hex);
	return set_string(ret, ret->text);
}

GETTER(rule_name)
{
	const char *product, *version;

	if (!r->entry)
		return false;
	product = policy_entry_product(r->alert->policy, r->entry);
	version = policy_entry_version(r->alert->policy, r->entry);
	snprintf(ret->text, sizeof(ret->text), "%s%s%s", *product ? product : r->vendor->name,
	         *version ? " " : "", version);
	return set_string(ret, ret->text);
}

GETTER(citation)
{
	return r->vendor &&
	       set_list(ret, (const char *const *)r->vendor->citation.item, r->vendor->citation.count);
}

GETTER(url)
{
	return r->vendor &&
	       set_list(ret, (const char *const *)r->vendor->url.item, r->vendor->url.count);
}

GETTER(reference)
{
	return r->vendor && r->vendor->url.count > 0 && set_string(ret, r->vendor->url.item[0]);
}

/* The exemption */

STRING(exempt_id, r->alert->exemption ? r->alert->exemption->id : NULL)
STRING(exempt_approver, r->alert->exemption ? r->alert->exemption->approver : NULL)
STRING(exempt_reason, r->alert->exemption ? r->alert->exemption->reason : NULL)
STRING(exempt_ticket, r->alert->exemption ? r->alert->exemption->ticket : NULL)

GETTER(exempt_until)
{
	if (!r->alert->exemption)
		return false;
	schedule_format_date(r->alert->exemption->until, ret->text);
	return set_string(ret, ret->text);
}

NUMBER(generation, r->alert ? r->alert->event.generation : r->context->policy_generation)

GETTER(policy_digest)
{
	/* The context is that of the policy in force; an event may still be of the one before. */
	if (r->alert && r->alert->event.generation != r->context->policy_generation)
		return false;
	digest_to_hex(r->context->policy_digest, ret->text);
	return set_string(ret, ret->text);
}

GETTER(rule_version)
{
	if (!r->entry || !get_policy_digest(r, ret))
		return false;
	return set_bytes(ret, ret->text, 16);
}

#define BOTH (FIELD_ALERT | FIELD_HEALTH)

static const struct field fields[] = {
	{ "@timestamp", "time", FIELD_DATE, BOTH | FIELD_WORD, get_time, 0,
	  "when the kernel saw it; UTC in ECS, local time with offset in text" },
	{ "interdict.decision", "decision", FIELD_KEYWORD, FIELD_ALERT | FIELD_WORD, get_decision,
	  0, "allow, audit (would have been denied), grace, exempt, deny" },
	{ "event.action", "action", FIELD_KEYWORD, BOTH | FIELD_WORD, get_action, 0,
	  "exec, open, map, module, running or health" },
	{ "interdict.health.action", "health", FIELD_KEYWORD, FIELD_HEALTH | FIELD_WORD,
	  get_health_action, 0, "what happened to the monitor: start, stop, reload, loss ..." },
	{ "log.level", "level", FIELD_KEYWORD, BOTH, get_level, 0,
	  "severity in the words of syslog" },
	{ "message", "message", FIELD_KEYWORD, FIELD_HEALTH, get_health_message, 0,
	  "what happened, in one sentence" },
	{ "file.path", "path", FIELD_KEYWORD, FIELD_ALERT, get_path, 0,
	  "the file, as the kernel resolved it; its beginning is cut off if no / leads" },
	{ "interdict.vendor.id", "vendor", FIELD_KEYWORD, FIELD_ALERT, get_vendor_id, 0,
	  "vendor whose list holds the digest, or whose [identity] names the file" },
	{ "interdict.entry.product", "product", FIELD_KEYWORD, FIELD_ALERT, get_entry_product, 0,
	  "product, as the list has it" },
	{ "interdict.entry.version", "version", FIELD_KEYWORD, FIELD_ALERT, get_entry_version, 0,
	  "version, as the list has it" },
	{ "event.reason", "reason", FIELD_KEYWORD, FIELD_ALERT, get_reason, 0,
	  "listed, or unhashable: passed the size gate and its digest cannot be had or trusted" },
	{ "interdict.suspect.by", "named_by", FIELD_KEYWORD, FIELD_ALERT, get_suspect_by, 0,
	  "what of the vendor's [identity] names the file: kind:glob" },
	{ "interdict.suspect.command", "command", FIELD_KEYWORD, FIELD_ALERT, get_suspect_command,
	  0, "the command that would add the file to a list" },
	{ "interdict.error", "error", FIELD_KEYWORD, FIELD_ALERT, get_error, 0,
	  "why it is unhashable, as errno names it" },
	{ "interdict.phase", "phase", FIELD_KEYWORD, FIELD_ALERT, get_phase, 0,
	  "where the vendor stands: announced, grace, prohibited, retired" },
	{ "interdict.days_left", "days_left", FIELD_LONG, FIELD_ALERT, get_days_left, 0,
	  "days of grace that are left" },
	{ "interdict.exemption.id", "exempt", FIELD_KEYWORD, FIELD_ALERT, get_exempt_id, 0,
	  "exemption that it was allowed by" },
	{ "interdict.exemption.until", "exempt_until", FIELD_KEYWORD, FIELD_ALERT,
	  get_exempt_until, 0, "last day of the exemption, YYYY-MM-DD" },
	{ "interdict.late", "late", FIELD_BOOLEAN, FIELD_ALERT | FIELD_NONZERO, get_late, 0,
	  "denied after it may have run some instructions" },
	{ "interdict.repeat", "repeat", FIELD_LONG, FIELD_ALERT | FIELD_NONZERO, get_repeat, 0,
	  "further events of this digest, user and decision that the record stands for" },
	{ "process.pid", "pid", FIELD_LONG, FIELD_ALERT, get_pid, 0, "process" },
	{ "process.name", "comm", FIELD_KEYWORD, FIELD_ALERT, get_comm, 0,
	  "comm of the task; for a denied exec still the caller's" },
	{ "process.executable", "exe", FIELD_KEYWORD, FIELD_ALERT | FIELD_DISTINCT, get_executable,
	  0, "what the process executes" },
	{ "process.args", "args", FIELD_KEYWORDS, FIELD_ALERT, get_args, 0,
	  "argv, of a denied exec too; its first 4 KiB" },
	{ "process.working_directory", "cwd", FIELD_KEYWORD, FIELD_ALERT, get_cwd, 0,
	  "current directory" },
	{ "process.parent.pid", "ppid", FIELD_LONG, FIELD_ALERT, get_ppid, 0, "parent process" },
	{ "process.parent.executable", "parent", FIELD_KEYWORD, FIELD_ALERT, get_parent_executable,
	  0, "what the parent executes" },
	{ "process.real_user.id", "uid", FIELD_KEYWORD, FIELD_ALERT, get_uid, 0, "real user" },
	{ "process.real_user.name", "user", FIELD_KEYWORD, FIELD_ALERT, get_real_user_name, 0,
	  "name of the real user" },
	{ "process.user.id", "euid", FIELD_KEYWORD, FIELD_ALERT, get_euid, 0, "effective user" },
	{ "process.user.name", NULL, FIELD_KEYWORD, FIELD_ALERT, get_user_name, 0,
	  "name of the effective user, where it is the real one" },
	{ "process.real_group.id", "gid", FIELD_KEYWORD, FIELD_ALERT, get_gid, 0, "real group" },
	{ "interdict.audit.loginuid", "loginuid", FIELD_LONG, FIELD_ALERT, get_loginuid, 0,
	  "user who logged in, of the audit subsystem; absent if nobody did" },
	{ "interdict.audit.sessionid", "sessionid", FIELD_LONG, FIELD_ALERT, get_sessionid, 0,
	  "session of that login" },
	{ "container.id", "container", FIELD_KEYWORD, FIELD_ALERT, get_container, 0, "container" },
	{ "package.name", "package", FIELD_KEYWORD, FIELD_ALERT, get_package, 0,
	  "installed package that owns the file" },
	{ "file.hash.sha256", "sha256", FIELD_KEYWORD, FIELD_ALERT, get_digest, 0,
	  "digest of the file" },
	{ "process.hash.sha256", NULL, FIELD_KEYWORD, FIELD_ALERT, get_process_digest, 0,
	  "the same, where the file is what the process executes" },
	{ "interdict.hash_source", "hash_source", FIELD_KEYWORD, BOTH, get_hash_source, 0,
	  "who computed the digest: ima (kernel), user (daemon), size (nobody had to)" },
	{ "file.size", "size", FIELD_LONG, FIELD_ALERT, get_size, 0, "bytes" },
	{ "file.inode", "inode", FIELD_KEYWORD, FIELD_ALERT, get_inode, 0, "inode number" },
	{ "file.device", "dev", FIELD_KEYWORD, FIELD_ALERT, get_device, 0,
	  "major:minor of the file system" },
	{ "interdict.elf.build_id", "build_id", FIELD_KEYWORD, FIELD_ALERT, get_build_id, 0,
	  "GNU build id" },
	{ "interdict.elf.soname", "soname", FIELD_KEYWORD, FIELD_ALERT, get_soname, 0,
	  "name of a shared library" },
	{ "interdict.elf.package", "elf_package", FIELD_KEYWORD, FIELD_ALERT, get_elf_package, 0,
	  "name and version in .note.package" },
	{ "interdict.entry.list", "list", FIELD_KEYWORD, FIELD_ALERT, get_entry_list, 0,
	  "file:line of the list that holds the digest" },
	{ "interdict.entry.package", "list_package", FIELD_KEYWORD, FIELD_ALERT, get_entry_package,
	  0, "package, as the list has it" },
	{ "interdict.entry.path", "list_path", FIELD_KEYWORD, FIELD_ALERT, get_entry_path, 0,
	  "path, as the list has it" },
	{ "interdict.entry.source", "list_source", FIELD_KEYWORD, FIELD_ALERT, get_entry_source, 0,
	  "where the list has the digest from" },
	{ "interdict.authority.citation", "authority", FIELD_KEYWORDS, FIELD_ALERT, get_citation, 0,
	  "on what authority the vendor is restricted" },
	{ "interdict.authority.url", "url", FIELD_KEYWORDS, FIELD_ALERT, get_url, 0,
	  "where that can be read" },
	{ "interdict.exemption.ticket", "exempt_ticket", FIELD_KEYWORD, FIELD_ALERT,
	  get_exempt_ticket, 0, "where the exemption was decided" },
	{ "interdict.exemption.approver", NULL, FIELD_KEYWORD, FIELD_ALERT, get_exempt_approver, 0,
	  "who answers for the exemption" },
	{ "interdict.exemption.reason", NULL, FIELD_KEYWORD, FIELD_ALERT, get_exempt_reason, 0,
	  "why it is needed" },
	{ "interdict.vendor.name", NULL, FIELD_KEYWORD, FIELD_ALERT, get_vendor_name, 0,
	  "name of the vendor" },
	{ "rule.id", NULL, FIELD_KEYWORD, FIELD_ALERT, get_rule_id, 0,
	  "the entry: vendor/first 16 digits of its digest" },
	{ "rule.name", NULL, FIELD_KEYWORD, FIELD_ALERT, get_rule_name, 0,
	  "product and version, or the vendor" },
	{ "rule.ruleset", NULL, FIELD_KEYWORD, FIELD_ALERT, get_vendor_id, 0, "vendor" },
	{ "rule.version", NULL, FIELD_KEYWORD, FIELD_ALERT, get_rule_version, 0,
	  "first 16 digits of the policy's digest" },
	{ "rule.reference", NULL, FIELD_KEYWORD, FIELD_ALERT, get_reference, 0,
	  "first URL of the authority" },
	{ "interdict.mode", "mode", FIELD_KEYWORD, BOTH, get_mode, 0, "audit or enforce" },
	{ "interdict.backend", "backend", FIELD_KEYWORD, BOTH, get_backend, 0,
	  "how the kernel is hooked: lsm or tracepoint" },
	{ "interdict.policy.generation", "generation", FIELD_LONG, BOTH, get_generation, 0,
	  "of the policy that decided; of the one in force in health records" },
	{ "interdict.policy.digest", NULL, FIELD_KEYWORD, BOTH, get_policy_digest, 0,
	  "SHA-256 of that policy, if it is in force" },
	{ "interdict.flags", "flags", FIELD_KEYWORDS, FIELD_ALERT, get_flags, 0,
	  "what else is to be known: path-cut, argv-cut, held, script, mprotect ..." },
	{ "interdict.cgroup.id", "cgroup", FIELD_KEYWORD, FIELD_ALERT, get_cgroup, 0,
	  "in the unified hierarchy" },
	{ "interdict.namespace.mnt", "mnt_ns", FIELD_LONG, FIELD_ALERT, get_mnt_ns, 0,
	  "inode number of the mount namespace" },
	{ "interdict.namespace.pid", "pid_ns", FIELD_LONG, FIELD_ALERT, get_pid_ns, 0,
	  "inode number of the pid namespace" },
	{ "process.thread.id", "tid", FIELD_LONG, FIELD_ALERT, get_tid, 0, "thread" },
	{ "process.entity_id", NULL, FIELD_KEYWORD, FIELD_ALERT, get_entity_id, 0,
	  "boot id, process, and its start in clock ticks: one process only" },
	{ "process.start", NULL, FIELD_DATE, FIELD_ALERT, get_start, 0, "start of the process" },
	{ "interdict.run", "run", FIELD_KEYWORD, BOTH, get_run, 0,
	  "name of this run of the monitor, random" },
	{ "event.sequence", "seq", FIELD_LONG, BOTH, get_sequence, 0,
	  "number of the record in this run, from 1; a gap is a loss" },
	{ "interdict.before.run", "before", FIELD_KEYWORD, FIELD_HEALTH, get_before_id, 0,
	  "start: the run before this one" },
	{ "interdict.before.sequence", "before_seq", FIELD_LONG, FIELD_HEALTH, get_before_sequence,
	  0, "start: number of its last record; if it did not end cleanly, at least" },
	{ "interdict.before.clean", "before_clean", FIELD_BOOLEAN, FIELD_HEALTH, get_before_clean,
	  0, "start: whether it ended by itself" },
	{ "interdict.before.mode", "before_mode", FIELD_KEYWORD, FIELD_HEALTH, get_before_mode, 0,
	  "start: its mode" },
	{ "interdict.policy.old.digest", "old_digest", FIELD_KEYWORD, FIELD_HEALTH, get_old_digest,
	  0, "policy, reload: SHA-256 of the policy that was in force before" },
	{ "interdict.policy.old.generation", "old_generation", FIELD_LONG, FIELD_HEALTH,
	  get_old_generation, 0, "its generation, if it was of this run" },
	{ "event.kind", NULL, FIELD_KEYWORD, BOTH, get_kind, 0, "alert, event, metric or state" },
	{ "event.category", NULL, FIELD_KEYWORDS, BOTH, get_category, 0,
	  "ECS category, such as process, file, driver, configuration" },
	{ "event.type", NULL, FIELD_KEYWORDS, BOTH, get_type, 0,
	  "ECS type, such as start, access; denied or allowed" },
	{ "event.outcome", NULL, FIELD_KEYWORD, BOTH, get_outcome, 0,
	  "success: the decision was carried out; failure: too late; unknown: not decided yet" },
	{ "event.severity", NULL, FIELD_LONG, BOTH, get_severity, 0,
	  "severity in the numbers of syslog: 1 is an alert, 6 information" },
	{ "event.module", NULL, FIELD_KEYWORD, BOTH, get_agent_type, 0, "interdict" },
	{ "event.dataset", NULL, FIELD_KEYWORD, BOTH, get_dataset, 0,
	  "interdict.alert or interdict.health" },
	{ "host.id", NULL, FIELD_KEYWORD, BOTH, get_host_id, 0, "machine id" },
	{ "host.hostname", NULL, FIELD_KEYWORD, BOTH, get_hostname, 0, "host name" },
	{ "agent.type", NULL, FIELD_KEYWORD, BOTH, get_agent_type, 0, "interdict" },
	{ "agent.version", NULL, FIELD_KEYWORD, BOTH, get_agent_version, 0, "its version" },
	{ "ecs.version", NULL, FIELD_KEYWORD, BOTH, get_ecs_version, 0,
	  "version of ECS that the names follow" },
#define ACCOUNT_FIELD(name, key, present, value, meaning)                                          \
	{ "interdict.account." key, "account." key, FIELD_LONG, FIELD_HEALTH | FIELD_NONZERO,      \
	  get_account_##name,	    0,		    meaning },
	ACCOUNT_FIELDS(ACCOUNT_FIELD)
#undef ACCOUNT_FIELD
#define COUNTER_FIELD(symbol, key, text)                                                           \
	{ "interdict.counters." key, key, FIELD_LONG, FIELD_HEALTH | FIELD_NONZERO, NULL,          \
	  COUNTER_##symbol + 1,      text },
	INTERDICT_COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
};

size_t field_count(void)
{
	return ARRAY_SIZE(fields);
}

const struct field *field_at(size_t i)
{
	return &fields[i];
}

bool field_get(const struct field *field, const struct record *record, struct value *ret_value)
{
	if (!(field->flags & (record->alert ? FIELD_ALERT : FIELD_HEALTH)))
		return false;
	if (field->get)
		return field->get(record, ret_value);
	if (!record->health->counters)
		return false;
	return set_number(ret_value, true, (int64_t)record->health->counters[field->counter - 1]);
}

void fields_print(FILE *file)
{
	static const char *const types[] = { "keyword", "keyword[]", "long", "boolean", "date" };

	fprintf(file, "%-34s %-9s %-12s %-15s %s\n", "FIELD (ecs)", "TYPE", "RECORDS", "KEY (text)",
	        "MEANING");
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *field = &fields[i];
		unsigned int records = field->flags & BOTH;
		char key[24];

		snprintf(key, sizeof(key), field->flags & FIELD_WORD ? "<%s>" : "%s",
		         field->text ? field->text : "-");
		fprintf(file, "%-34s %-9s %-12s %-15s %s\n", field->name, types[field->type],
		        records == BOTH          ? "alert,health"
		        : records == FIELD_ALERT ? "alert"
		                                 : "health",
		        key, field->meaning);
	}
	fputs("\nStrings are escaped: \\\\ is a backslash, \\\" a quotation mark (in text only), and\n"
	      "\\xHH one byte that is not valid UTF-8, controls a terminal or cannot be seen. In\n"
	      "JSON this is within the string: undo JSON first.\n",
	      file);
}
