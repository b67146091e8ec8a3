/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vendors of a policy: of a directory of vendor files, or made up for lists.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "listing_read.h"
#include "policy_internal.h"
#include "secure_file.h"
#include "util.h"

#define SUFFIX ".vendor"

static int is_vendor_file(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > strlen(SUFFIX) &&
	       streq(entry->d_name + size - strlen(SUFFIX), SUFFIX);
}

/* Loads one vendor file into the policy; true unless there is no memory for it. */
static int add_vendor(struct policy *policy, struct problems *problems, const char *directory,
		      const char *name)
{
	_cleanup_free_ char *path = format_string("%s/%s", directory, name);
	struct policy_vendor *vendors;
	int r;

	vendors = reallocarray(policy->vendors, policy->vendor_count + 1, sizeof(*vendors));
	if (!path || !vendors) {
		policy->vendors = vendors ? vendors : policy->vendors;
		return -ENOMEM;
	}
	policy->vendors = vendors;
	vendors[policy->vendor_count].entries = 0;
	r = vendor_load(path, problems, &vendors[policy->vendor_count].vendor);
	if (r == 0)
		policy->vendor_count++;
	return r == -ENOMEM ? r : 0; /* the others are in the problems */
}

static int add_vendors(struct policy *policy, struct problems *problems, const char *directory,
		       struct dirent **names, size_t count)
{
	if (count == 0)
		problems_add(problems, PROBLEM_ERROR, directory, 0,
			     "expected at least one *" SUFFIX " file in this directory");
	if (count > POLICY_INDEX_MAX) {
		problems_add(problems, PROBLEM_ERROR, directory, 0,
			     "expected at most %u vendor files", POLICY_INDEX_MAX);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		int r = add_vendor(policy, problems, directory, names[i]->d_name);

		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int compare_vendors(const void *left, const void *right)
{
	const struct policy_vendor *a = left, *b = right;
	int order = strcmp(a->vendor->id, b->vendor->id);

	return order ? order : strcmp(a->vendor->file, b->vendor->file);
}

static void sort_vendors(struct policy *policy, struct problems *problems)
{
	if (policy->vendor_count > 0)
		qsort(policy->vendors, policy->vendor_count, sizeof(*policy->vendors),
		      compare_vendors);
	for (size_t i = 1; i < policy->vendor_count; i++) {
		const struct vendor *vendor = policy->vendors[i].vendor;
		const struct vendor *before = policy->vendors[i - 1].vendor;
		_cleanup_free_ char *file = NULL;

		if (!streq(vendor->id, before->id))
			continue;
		file = problem_quote(before->file, strlen(before->file));
		problems_add(problems, PROBLEM_ERROR, vendor->file, vendor->id_line,
			     "id %s is taken: expected another than that of %s", vendor->id,
			     file ? file : "another vendor file");
	}
}

int policy_read_vendors(struct policy *policy, struct problems *problems, const char *directory)
{
	_cleanup_close_ int fd = -EBADF;
	struct dirent **names = NULL;
	int count, r;

	r = secure_open_directory(directory, problems, &fd);
	if (r < 0)
		return r;
	count = scandirat(fd, ".", &names, is_vendor_file, compare_names);
	if (count < 0) {
		r = -errno;
		problems_add(problems, PROBLEM_ERROR, directory, 0, "cannot be read: %s",
			     strerror(-r));
		return r;
	}
	r = add_vendors(policy, problems, directory, names, (size_t)count);
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
	if (r == 0)
		sort_vendors(policy, problems);
	return r;
}

/* A vendor that nobody wrote a file about, for one list. */
static struct vendor *make_vendor(const char *path, size_t number)
{
	struct vendor *vendor = calloc(1, sizeof(*vendor));

	if (!vendor)
		return NULL;
	vendor->schedule = (struct schedule)SCHEDULE_INIT;
	vendor->id = format_string("file%zu", number);
	vendor->name = strdup(listing_read_name(path));
	vendor->lists = calloc(1, sizeof(*vendor->lists));
	vendor->list_count = vendor->lists ? 1 : 0;
	if (vendor->lists)
		vendor->lists->path = strdup(path);
	if (vendor->id && vendor->name && vendor->lists && vendor->lists->path)
		return vendor;
	vendor_free(vendor);
	return NULL;
}

int policy_make_vendors(struct policy *policy, struct problems *problems, const char *const *paths,
			size_t count)
{
	if (count > POLICY_INDEX_MAX) {
		problems_add(problems, PROBLEM_ERROR, NULL, 0, "expected at most %u lists",
			     POLICY_INDEX_MAX);
		return -E2BIG;
	}
	policy->vendors = calloc(count + 1, sizeof(*policy->vendors));
	if (!policy->vendors)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		policy->vendors[i].vendor = make_vendor(paths[i], i + 1);
		if (!policy->vendors[i].vendor)
			return -ENOMEM;
		policy->vendor_count++;
	}
	return 0;
}
