/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scan, written out: its findings and what it covered, as text, CSV, JSON or ECS.
 */
#ifndef INTERDICT_SCAN_REPORT_H
#define INTERDICT_SCAN_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "context.h"
#include "fields.h"
#include "scan.h"

enum scan_format {
	SCAN_TEXT, /* a line a finding; the coverage behind it, each line with '#' before it */
	SCAN_CSV,  /* a row a finding; the coverage is not in it */
	SCAN_JSON, /* one document: findings, coverage */
	SCAN_ECS,  /* a document a finding, and a last one for the coverage */
};

struct scan_report {
	const struct scan *scan;
	const struct policy *policy;
	const struct context *context;
	int32_t today;
};

/* "text" ... -> its number. Returns 0 or -EINVAL. */
int scan_format_parse(const char *name, enum scan_format *ret_format);

/* Writes it all. Returns 0, -ENOMEM, or a negative errno of @out. */
int scan_report_write(const struct scan_report *report, enum scan_format format, FILE *out);

/* Writes the coverage as the text format has it. Returns 0 or a negative errno. */
int scan_report_coverage(const struct scan_report *report, FILE *out);

/* The coverage as one object. NULL: out of memory. (scan_coverage.c) */
json_t *scan_coverage_json(const struct scan_report *report);

/* What a finding says: one table for all formats. (scan_fields.c) */
struct scan_field {
	const char *key; /* in text, CSV and JSON; NULL: not there */
	const char *ecs; /* NULL: not there */
	enum field_type type;
	bool (*get)(const struct scan_report *report, const struct scan_finding *finding,
		    struct value *ret_value);
};

size_t scan_field_count(void);
const struct scan_field *scan_field_at(size_t index);

#endif
