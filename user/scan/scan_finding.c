/* SPDX-License-Identifier: BSD-2-Clause */
#include "scan_finding.h"

#include <stdlib.h>
#include <string.h>

static void finding_release(struct scan_finding *finding)
{
	free(finding->path);
	free(finding->name);
	free(finding->version);
}

void findings_init(struct scan_findings *findings)
{
	*findings = (struct scan_findings){ 0 };
	pthread_mutex_init(&findings->lock, NULL);
}

void findings_release(struct scan_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		finding_release(&findings->item[i]);
	free(findings->item);
	pthread_mutex_destroy(&findings->lock);
}

static bool make_room(struct scan_findings *findings)
{
	size_t size = findings->size ? 2 * findings->size : 64;
	struct scan_finding *item;

	if (findings->count < findings->size)
		return true;
	item = reallocarray(findings->item, size, sizeof(*item));
	if (!item)
		return false;
	findings->item = item;
	findings->size = size;
	return true;
}

void findings_add(struct scan_findings *findings, struct scan_finding *finding)
{
	bool taken = false;

	pthread_mutex_lock(&findings->lock);
	if (!findings->closed && make_room(findings)) {
		findings->item[findings->count++] = *finding;
		taken = true;
	} else if (!findings->closed) {
		findings->failed = true;
	}
	pthread_mutex_unlock(&findings->lock);
	if (!taken)
		finding_release(finding);
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare(const void *left, const void *right)
{
	const struct scan_finding *a = left, *b = right;
	int order = compare_texts(a->path, b->path);

	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	if (order == 0)
		order = compare_texts(a->name, b->name);
	if (order == 0)
		order = compare_texts(a->version, b->version);
	if (order == 0)
		order = strcmp(a->vendor->id, b->vendor->id);
	if (order == 0)
		order = (a->pid > b->pid) - (a->pid < b->pid);
	if (order == 0)
		order = (int)a->covered - (int)b->covered;
	if (order == 0)
		order = memcmp(a->digest, b->digest, sizeof(a->digest));
	return order;
}

void findings_close(struct scan_findings *findings)
{
	size_t kept = 0;

	pthread_mutex_lock(&findings->lock);
	findings->closed = true;
	if (findings->count > 0)
		qsort(findings->item, findings->count, sizeof(*findings->item), compare);
	for (size_t i = 0; i < findings->count; i++) {
		if (kept > 0 && compare(&findings->item[kept - 1], &findings->item[i]) == 0)
			finding_release(&findings->item[i]);
		else
			findings->item[kept++] = findings->item[i];
	}
	findings->count = kept;
	pthread_mutex_unlock(&findings->lock);
}

const char *scan_kind_name(enum scan_kind kind)
{
	static const char *const names[] = {
		[SCAN_LISTED] = "listed",   [SCAN_ARCHIVE] = "archive", [SCAN_SUSPECT] = "suspect",
		[SCAN_RUNNING] = "running", [SCAN_PACKAGE] = "package", [SCAN_UNIT] = "unit",
		[SCAN_MODULE] = "module",
	};

	return names[kind];
}
