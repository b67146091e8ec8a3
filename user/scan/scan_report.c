/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_report.h"

#include <errno.h>
#include <string.h>

#include "cleanup.h"
#include "escape.h"
#include "field_json.h"
#include "json_text.h"
#include "util.h"

int scan_format_parse(const char *name, enum scan_format *ret_format)
{
	static const char *const names[] = {
		[SCAN_TEXT] = "text",
		[SCAN_CSV] = "csv",
		[SCAN_JSON] = "json",
		[SCAN_ECS] = "ecs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (streq(names[i], name)) {
			*ret_format = (enum scan_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

static const struct scan_finding *finding_at(const struct scan_report *report, size_t index)
{
	const struct scan_findings *findings = scan_get_findings(report->scan);

	return index < findings->count ? &findings->item[index] : NULL;
}

/* Text */

static void append_list(struct buffer *line, const struct value *value)
{
	for (size_t i = 0; i < value->count; i++) {
		buffer_append_char(line, i == 0 ? '[' : ',');
		escape_append_value(line, value->list[i], strlen(value->list[i]), SIZE_MAX);
	}
	buffer_append_char(line, ']');
}

static void append_text(struct buffer *line, const struct scan_field *field,
			const struct value *value)
{
	/* The first word of a line has no key. */
	if (line->size > 0) {
		buffer_append_char(line, ' ');
		buffer_append_string(line, field->key);
		buffer_append_char(line, '=');
	}
	if (field->type == FIELD_LONG)
		buffer_append_s64(line, value->number);
	else if (field->type == FIELD_KEYWORDS)
		append_list(line, value);
	else
		escape_append_value(line, value->bytes, value->size, SIZE_MAX);
}

static void append_text_line(struct buffer *line, const struct scan_report *report,
			     const struct scan_finding *finding)
{
	for (size_t i = 0; i < scan_field_count(); i++) {
		const struct scan_field *field = scan_field_at(i);
		struct value value;

		if (field->key && field->get(report, finding, &value))
			append_text(line, field, &value);
	}
	buffer_append_char(line, '\n');
}

/* CSV: what is escaped holds no line end, so that every row is one line. */

static void append_quoted(struct buffer *line, const char *bytes, size_t size)
{
	bool plain = !memchr(bytes, ',', size) && !memchr(bytes, '"', size);

	if (plain) {
		buffer_append(line, bytes, size);
		return;
	}
	buffer_append_char(line, '"');
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '"')
			buffer_append_char(line, '"');
		buffer_append_char(line, bytes[i]);
	}
	buffer_append_char(line, '"');
}

/* The items of a list are separated by blanks. */
static void append_csv(struct buffer *line, const struct scan_field *field,
		       const struct value *value)
{
	struct buffer text = { 0 };

	if (field->type == FIELD_LONG)
		buffer_append_s64(&text, value->number);
	else if (field->type == FIELD_KEYWORD)
		escape_append(&text, value->bytes, value->size);
	for (size_t i = 0; field->type == FIELD_KEYWORDS && i < value->count; i++) {
		if (i > 0)
			buffer_append_char(&text, ' ');
		escape_append(&text, value->list[i], strlen(value->list[i]));
	}
	if (text.size > 0)
		append_quoted(line, text.data, text.size);
	line->failed = line->failed || text.failed;
	buffer_release(&text);
}

/* @finding NULL: the line of the names. */
static void append_csv_line(struct buffer *line, const struct scan_report *report,
			    const struct scan_finding *finding)
{
	bool first = true;

	for (size_t i = 0; i < scan_field_count(); i++) {
		const struct scan_field *field = scan_field_at(i);
		struct value value;

		if (!field->key)
			continue;
		if (!first)
			buffer_append_char(line, ',');
		first = false;
		if (!finding)
			buffer_append_string(line, field->key);
		else if (field->get(report, finding, &value))
			append_csv(line, field, &value);
	}
	buffer_append_char(line, '\n');
}

/* JSON */

/* NULL: out of memory. */
static json_t *finding_json(const struct scan_report *report, const struct scan_finding *finding,
			    bool ecs)
{
	json_t *object = json_object();
	struct buffer scratch = { 0 };
	int r = object ? 0 : -ENOMEM;

	for (size_t i = 0; i < scan_field_count() && r == 0; i++) {
		const struct scan_field *field = scan_field_at(i);
		const char *name = ecs ? field->ecs : field->key;
		struct value value;

		if (name && field->get(report, finding, &value))
			r = json_place(object, name, field_json(&scratch, field->type, &value));
	}
	buffer_release(&scratch);
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

static int dump(json_t *object, FILE *out)
{
	int r = object ? json_dumpf(object, out, JSON_COMPACT) : -1;

	json_decref(object);
	return r < 0 ? (ferror(out) ? -EIO : -ENOMEM) : 0;
}

/* A finding a line, so that two documents can be compared by lines. */
static int write_json(const struct scan_report *report, FILE *out)
{
	const struct scan_finding *finding;
	int r = 0;

	fputs("{\"findings\":[", out);
	for (size_t i = 0; r == 0 && (finding = finding_at(report, i)); i++) {
		fputs(i > 0 ? ",\n" : "\n", out);
		r = dump(finding_json(report, finding, false), out);
	}
	fputs("\n],\"coverage\":", out);
	if (r == 0)
		r = dump(scan_coverage_json(report), out);
	fputs("}\n", out);
	return r;
}

/* What is the same in every document is had from the table, with a finding of nothing. */
static json_t *coverage_ecs(const struct scan_report *report)
{
	static const char *const shared[] = { "@timestamp",	"event.action",	 "event.module",
					      "event.dataset",	"event.type",	 "host.id",
					      "host.hostname",	"agent.type",	 "agent.version",
					      "ecs.version",	"interdict.policy.digest" };
	static const struct scan_finding none;
	json_t *object = json_object();
	struct buffer scratch = { 0 };
	int r = object ? 0 : -ENOMEM;

	for (size_t i = 0; i < scan_field_count() && r == 0; i++) {
		const struct scan_field *field = scan_field_at(i);
		struct value value;
		bool wanted = false;

		for (size_t j = 0; field->ecs && j < ARRAY_SIZE(shared); j++)
			wanted = wanted || streq(shared[j], field->ecs);
		if (wanted && field->get(report, &none, &value))
			r = json_place(object, field->ecs,
				       field_json(&scratch, field->type, &value));
	}
	buffer_release(&scratch);
	if (r == 0)
		r = json_place(object, "event.kind", json_string("state"));
	if (r == 0)
		r = json_place(object, "event.category", json_pack("[s]", "host"));
	if (r == 0)
		r = json_place(object, "interdict.coverage", scan_coverage_json(report));
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

static int write_ecs(const struct scan_report *report, FILE *out)
{
	const struct scan_finding *finding;
	int r = 0;

	for (size_t i = 0; r == 0 && (finding = finding_at(report, i)); i++) {
		r = dump(finding_json(report, finding, true), out);
		fputc('\n', out);
	}
	if (r == 0)
		r = dump(coverage_ecs(report), out);
	fputc('\n', out);
	return r;
}

static int write_lines(const struct scan_report *report, FILE *out, bool csv)
{
	const struct scan_finding *finding;
	struct buffer line = { 0 };
	int r = 0;

	if (csv) {
		append_csv_line(&line, report, NULL);
		fwrite(line.data, 1, line.size, out);
	}
	for (size_t i = 0; r == 0 && (finding = finding_at(report, i)); i++) {
		buffer_clear(&line);
		if (csv)
			append_csv_line(&line, report, finding);
		else
			append_text_line(&line, report, finding);
		r = line.failed ? -ENOMEM : 0;
		fwrite(line.data, 1, line.size, out);
	}
	buffer_release(&line);
	return r;
}

int scan_report_write(const struct scan_report *report, enum scan_format format, FILE *out)
{
	int r;

	switch (format) {
	case SCAN_JSON:
		r = write_json(report, out);
		break;
	case SCAN_ECS:
		r = write_ecs(report, out);
		break;
	default:
		r = write_lines(report, out, format == SCAN_CSV);
		if (r == 0 && format == SCAN_TEXT)
			r = scan_report_coverage(report, out);
	}
	if (r == 0 && (ferror(out) || fflush(out) != 0))
		r = -EIO;
	return r;
}
