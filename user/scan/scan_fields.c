/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of a finding, in the order of all formats.
 */
#include <string.h>

#include "scan_report.h"
#include "util.h"

typedef const struct scan_report *report_t;
typedef const struct scan_finding *finding_t;

static bool set_string(struct value *ret, const char *text)
{
	ret->bytes = text;
	ret->size = text ? strlen(text) : 0;
	return ret->size > 0;
}

#define GETTER(name) static bool get_##name(report_t r, finding_t f, struct value *ret)
#define STRING(name, expression)                                                                   \
	GETTER(name)                                                                               \
	{                                                                                          \
		(void)r, (void)f;                                                                  \
		return set_string(ret, expression);                                                \
	}
#define NUMBER_IF(name, known, expression)                                                         \
	GETTER(name)                                                                               \
	{                                                                                          \
		(void)r;                                                                           \
		ret->number = (int64_t)(expression);                                               \
		return known;                                                                      \
	}
#define ENTRY_TEXT(name) STRING(name, f->entry ? policy_entry_##name(r->policy, f->entry) : NULL)

STRING(kind, scan_kind_name(f->kind))
STRING(path, f->path)
STRING(name, f->name)
STRING(vendor, f->vendor->id)
STRING(vendor_name, f->vendor->name)
STRING(phase, phase_name(schedule_phase(&f->vendor->schedule, r->today)))
STRING(exemption, f->exemption ? f->exemption->id : NULL)
ENTRY_TEXT(product)
ENTRY_TEXT(package)
ENTRY_TEXT(source)
NUMBER_IF(size, f->has_size, f->size)
NUMBER_IF(pid, f->pid > 0, f->pid)
STRING(process_name, f->kind == SCAN_RUNNING ? f->name : NULL)
STRING(package_name, f->kind == SCAN_PACKAGE ? f->name : NULL)
STRING(package_version, f->kind == SCAN_PACKAGE ? f->version : NULL)
STRING(service_name, f->kind == SCAN_UNIT ? f->name : NULL)
STRING(module_name, f->kind == SCAN_MODULE ? f->name : NULL)
STRING(event_kind, "alert")
STRING(event_action, "scan")
STRING(event_module, "interdict")
STRING(event_dataset, "interdict.scan")
STRING(agent_version, INTERDICT_VERSION)
STRING(ecs_version, "8.11.0")
STRING(host_id, r->context->host_id)
STRING(hostname, r->context->hostname)

/* Of a package its own; of a file the one in the list. */
GETTER(version)
{
	if (f->version)
		return set_string(ret, f->version);
	return f->entry && set_string(ret, policy_entry_version(r->policy, f->entry));
}

GETTER(digest)
{
	(void)r;
	digest_to_hex(f->digest, ret->text);
	return f->has_digest && set_string(ret, ret->text);
}

GETTER(list)
{
	if (!f->entry)
		return false;
	snprintf(ret->text, sizeof(ret->text), "%s:%u", policy_list_file(r->policy, f->entry->list),
		 f->entry->line);
	return set_string(ret, ret->text);
}

GETTER(flags)
{
	(void)r;
	ret->list = ret->names;
	ret->count = 0;
	if (f->covered)
		ret->names[ret->count++] = "covered";
	if (f->deleted)
		ret->names[ret->count++] = "deleted";
	if (f->mapped)
		ret->names[ret->count++] = "mapped";
	return ret->count > 0;
}

GETTER(authority)
{
	(void)r;
	ret->list = (const char *const *)f->vendor->citation.item;
	ret->count = f->vendor->citation.count;
	return ret->count > 0;
}

GETTER(rule_id)
{
	char hex[DIGEST_HEX_SIZE];

	(void)r;
	if (!f->entry)
		return false;
	digest_to_hex(f->entry->digest, hex);
	snprintf(ret->text, sizeof(ret->text), "%s/%.16s", f->vendor->id, hex);
	return set_string(ret, ret->text);
}

GETTER(category)
{
	(void)r;
	ret->list = ret->names;
	ret->names[0] = f->kind == SCAN_RUNNING	  ? "process"
			: f->kind == SCAN_PACKAGE ? "package"
			: f->kind == SCAN_UNIT	  ? "configuration"
			: f->kind == SCAN_MODULE  ? "driver"
						  : "file";
	ret->count = 1;
	return true;
}

GETTER(type)
{
	(void)r, (void)f;
	ret->list = ret->names;
	ret->names[0] = "info";
	ret->count = 1;
	return true;
}

GETTER(time)
{
	(void)f;
	ret->number = (int64_t)scan_get_coverage(r->scan)->started;
	return true;
}

GETTER(policy_digest)
{
	(void)f;
	digest_to_hex(r->context->policy_digest, ret->text);
	return set_string(ret, ret->text);
}

static const struct scan_field fields[] = {
	{ NULL, "@timestamp", FIELD_DATE, get_time },
	{ "kind", "interdict.finding", FIELD_KEYWORD, get_kind },
	{ "path", "file.path", FIELD_KEYWORD, get_path },
	{ "name", NULL, FIELD_KEYWORD, get_name },
	{ "vendor", "interdict.vendor.id", FIELD_KEYWORD, get_vendor },
	{ "phase", "interdict.phase", FIELD_KEYWORD, get_phase },
	{ "exemption", "interdict.exemption.id", FIELD_KEYWORD, get_exemption },
	{ "product", "interdict.entry.product", FIELD_KEYWORD, get_product },
	{ "version", "interdict.entry.version", FIELD_KEYWORD, get_version },
	{ "package", "interdict.entry.package", FIELD_KEYWORD, get_package },
	{ "sha256", "file.hash.sha256", FIELD_KEYWORD, get_digest },
	{ "size", "file.size", FIELD_LONG, get_size },
	{ "pid", "process.pid", FIELD_LONG, get_pid },
	{ "flags", "interdict.flags", FIELD_KEYWORDS, get_flags },
	{ "list", "interdict.entry.list", FIELD_KEYWORD, get_list },
	{ "source", "interdict.entry.source", FIELD_KEYWORD, get_source },
	{ "authority", "interdict.authority.citation", FIELD_KEYWORDS, get_authority },
	{ NULL, "process.name", FIELD_KEYWORD, get_process_name },
	{ NULL, "package.name", FIELD_KEYWORD, get_package_name },
	{ NULL, "package.version", FIELD_KEYWORD, get_package_version },
	{ NULL, "service.name", FIELD_KEYWORD, get_service_name },
	{ NULL, "interdict.module", FIELD_KEYWORD, get_module_name },
	{ NULL, "interdict.vendor.name", FIELD_KEYWORD, get_vendor_name },
	{ NULL, "interdict.policy.digest", FIELD_KEYWORD, get_policy_digest },
	{ NULL, "rule.id", FIELD_KEYWORD, get_rule_id },
	{ NULL, "rule.ruleset", FIELD_KEYWORD, get_vendor },
	{ NULL, "event.kind", FIELD_KEYWORD, get_event_kind },
	{ NULL, "event.action", FIELD_KEYWORD, get_event_action },
	{ NULL, "event.category", FIELD_KEYWORDS, get_category },
	{ NULL, "event.type", FIELD_KEYWORDS, get_type },
	{ NULL, "event.module", FIELD_KEYWORD, get_event_module },
	{ NULL, "event.dataset", FIELD_KEYWORD, get_event_dataset },
	{ NULL, "host.id", FIELD_KEYWORD, get_host_id },
	{ NULL, "host.hostname", FIELD_KEYWORD, get_hostname },
	{ NULL, "agent.type", FIELD_KEYWORD, get_event_module },
	{ NULL, "agent.version", FIELD_KEYWORD, get_agent_version },
	{ NULL, "ecs.version", FIELD_KEYWORD, get_ecs_version },
};

size_t scan_field_count(void)
{
	return ARRAY_SIZE(fields);
}

const struct scan_field *scan_field_at(size_t index)
{
	return &fields[index];
}
